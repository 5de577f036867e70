/* SPDX-License-Identifier: ISC */
#include "ceremony/process/card_cert.h"

#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "ca/date.h"
#include "ca/key.h"
#include "ca/serial.h"

static bool
set_names(X509 *cert, const char *operator_id, const char *log)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		   (const unsigned char *)operator_id, -1, -1, 0) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
		(const unsigned char *)log, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(cert, name) == 1;
}

static bool
set_serial(X509 *cert)
{
	uint8_t seed[SERIAL_SEED_MIN], serial[SERIAL_SIZE];
	BIGNUM *n = NULL;
	bool ok = RAND_bytes(seed, sizeof(seed)) == 1 &&
	    serial_make(seed, sizeof(seed), 0, serial) == CA_OK &&
	    (n = BN_bin2bn(serial, sizeof(serial), NULL)) != NULL &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;

	BN_free(n);
	return ok;
}

static bool
set_dates(X509 *cert, int64_t date)
{
	char from[DATE_COMPACT_SIZE], to[DATE_COMPACT_SIZE];

	return date_format_compact(date, from) == CA_OK &&
	    date_format_compact(DATE_FOREVER, to) == CA_OK &&
	    ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), from) == 1 &&
	    ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), to) == 1;
}

static bool
add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	bool ok;

	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

/* All but the signature. */
static X509 *
draft(const uint8_t *spki, size_t spki_len, bool derive,
    const char *operator_id, const char *log, int64_t date)
{
	X509 *cert = X509_new();
	EVP_PKEY *key = NULL;
	const char *usage = "critical,digitalSignature";
	bool ok = key_from_spki(spki, spki_len, &key) == CA_OK;

	if (derive)
		usage = ok && key_curve(key) == NID_undef
		    ? "critical,keyEncipherment"
		    : "critical,keyAgreement";
	ok = ok && cert != NULL &&
	    X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
	    set_names(cert, operator_id, log) && set_dates(cert, date) &&
	    X509_set_pubkey(cert, key) == 1 &&
	    add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(cert, NID_key_usage, usage) &&
	    add_extension(cert, NID_subject_key_identifier, "hash");
	EVP_PKEY_free(key);
	if (ok)
		return cert;
	X509_free(cert);
	return NULL;
}

X509 *
card_cert_make(const uint8_t *spki, size_t spki_len, bool derive,
    const char *operator_id, const char *log, int64_t date, EVP_PKEY *sign_key)
{
	X509 *cert = draft(spki, spki_len, derive, operator_id, log, date);

	if (cert != NULL && X509_sign(cert, sign_key, EVP_sha256()) > 0)
		return cert;
	X509_free(cert);
	return NULL;
}

/* OpenSSL has no setters for what X509_sign() sets. */
static bool
set_algorithm(const X509_ALGOR *algorithm, bool rsa)
{
	return X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)algorithm,
		   OBJ_nid2obj(rsa ? NID_sha256WithRSAEncryption
				   : NID_ecdsa_with_SHA256),
		   rsa ? V_ASN1_NULL : V_ASN1_UNDEF, NULL) == 1;
}

static bool
set_signature(const ASN1_BIT_STRING *field, const uint8_t *sig, size_t len)
{
	ASN1_BIT_STRING *bits = (ASN1_BIT_STRING *)(uintptr_t)field;

	if (ASN1_STRING_set(bits, sig, (int)len) != 1)
		return false;
	bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
	bits->flags |= ASN1_STRING_FLAG_BITS_LEFT; /* no unused bits */
	return true;
}

static bool
sign_with(X509 *cert, bool rsa, card_cert_signer *sign, void *arg)
{
	const ASN1_BIT_STRING *field = NULL;
	const X509_ALGOR *outer = NULL;
	uint8_t *tbs = NULL, *sig = NULL;
	size_t sig_len = 0;
	int len = -1;
	bool ok;

	X509_get0_signature(&field, &outer, cert);
	if (set_algorithm(X509_get0_tbs_sigalg(cert), rsa) &&
	    set_algorithm(outer, rsa))
		len = i2d_re_X509_tbs(cert, &tbs);
	ok = len > 0 && sign(arg, tbs, (size_t)len, &sig, &sig_len) &&
	    set_signature(field, sig, sig_len);
	OPENSSL_free(tbs);
	OPENSSL_free(sig);
	return ok;
}

X509 *
card_cert_make_by(const uint8_t *spki, size_t spki_len, bool derive,
    const char *operator_id, const char *log, int64_t date, EVP_PKEY *sign_key,
    card_cert_signer *sign, void *arg)
{
	X509 *cert = draft(spki, spki_len, derive, operator_id, log, date);

	if (cert != NULL &&
	    sign_with(cert, EVP_PKEY_is_a(sign_key, "RSA"), sign, arg) &&
	    X509_verify(cert, sign_key) == 1)
		return cert;
	X509_free(cert);
	return NULL;
}
