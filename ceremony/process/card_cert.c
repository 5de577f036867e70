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

X509 *
card_cert_make(const uint8_t *spki, size_t spki_len, bool derive,
    const char *operator_id, const char *log, int64_t date, EVP_PKEY *sign_key)
{
	X509 *cert = X509_new();
	EVP_PKEY *key = NULL;
	bool ok;

	ok = cert != NULL && key_from_spki(spki, spki_len, &key) == CA_OK &&
	    X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
	    set_names(cert, operator_id, log) && set_dates(cert, date) &&
	    X509_set_pubkey(cert, key) == 1 &&
	    add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(cert, NID_key_usage,
		derive ? "critical,keyAgreement"
		       : "critical,digitalSignature") &&
	    add_extension(cert, NID_subject_key_identifier, "hash") &&
	    X509_sign(cert, sign_key, EVP_sha256()) > 0;
	EVP_PKEY_free(key);
	if (ok)
		return cert;
	X509_free(cert);
	return NULL;
}
