/* SPDX-License-Identifier: ISC */
#include "ca/cert.h"

#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "ca/date.h"
#include "ca/extension.h"
#include "ca/key.h"
#include "ca/sigalg.h"
#include "ca/subject.h"

/* May issuer issue this at all?  RFC 5280, 4.2.1.3 and 4.2.1.9. */
static enum ca_error
check_issuer(const struct profile *profile, const X509 *issuer)
{
	if (profile->self_issued != (issuer == NULL))
		return CA_ERR_PROFILE;
	if (issuer == NULL)
		return CA_OK;
	if (!extension_may_sign(issuer, KU_KEY_CERT_SIGN))
		return CA_ERR_PROFILE;
	if (profile->ca && X509_get_pathlen((X509 *)issuer) == 0)
		return CA_ERR_PROFILE;
	return CA_OK;
}

static enum ca_error
check_period(const struct cert_spec *spec)
{
	const struct profile *profile = spec->profile;
	int64_t last = DATE_FOREVER;

	if (spec->not_before < 0 || spec->not_after > DATE_FOREVER ||
	    spec->not_before >= spec->not_after)
		return CA_ERR_DATE;
	if (profile->forever)
		return spec->not_after == DATE_FOREVER ? CA_OK : CA_ERR_PROFILE;
	if (date_end_of_years(spec->not_before, profile->max_years, &last) !=
		CA_OK ||
	    spec->not_after > last)
		return CA_ERR_PROFILE;
	return CA_OK;
}

/* Children never outlive their issuer, but for those that are for ever. */
static enum ca_error
check_within_issuer(const struct cert_spec *spec)
{
	int64_t from, to;
	enum ca_error ret;

	if (spec->issuer == NULL)
		return CA_OK;
	if ((ret = cert_dates(spec->issuer, &from, &to)) != CA_OK)
		return ret;
	if (spec->not_before < from || spec->not_before > to)
		return CA_ERR_VALIDITY;
	if (spec->not_after > to && !spec->profile->forever)
		return CA_ERR_VALIDITY;
	return CA_OK;
}

static enum ca_error
check_spec(const struct cert_spec *spec)
{
	enum ca_error ret;

	if (spec->profile == NULL || spec->subject == NULL ||
	    spec->spki == NULL || spec->serial[0] != 0x01)
		return CA_ERR_ARGUMENT;
	if (spec->stated != NULL ? spec->profile->stated == STATED_NEVER
				 : spec->profile->stated == STATED_ALWAYS)
		return CA_ERR_PROFILE;
	if ((ret = check_issuer(spec->profile, spec->issuer)) != CA_OK ||
	    (ret = check_period(spec)) != CA_OK)
		return ret;
	return check_within_issuer(spec);
}

/* The extensions, with what is stated: never more than the issuer may be. */
static enum ca_error
add_extensions(X509 *cert, const struct cert_spec *spec)
{
	struct stated stated = { .pathlen = -1 };
	enum ca_error ret;

	if (spec->stated == NULL)
		return extension_add_all(cert, spec->profile, NULL,
		    spec->issuer);
	ret = stated_parse(spec->stated, &stated);
	if (ret == CA_OK)
		ret = stated_within(&stated, spec->subject, spec->issuer, NULL);
	if (ret == CA_OK)
		ret = extension_add_all(cert, spec->profile, &stated,
		    spec->issuer);
	stated_clear(&stated);
	return ret;
}

static bool
key_allowed(const struct profile *profile, const EVP_PKEY *key)
{
	int curve = key_curve(key);

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		return profile->rsa_min > 0 &&
		    EVP_PKEY_get_bits(key) >= (int)profile->rsa_min;
	return (profile->p256 && curve == NID_X9_62_prime256v1) ||
	    (profile->p384 && curve == NID_secp384r1);
}

static enum ca_error
set_key(X509 *cert, const struct cert_spec *spec)
{
	EVP_PKEY *key = NULL;
	enum ca_error ret = key_from_spki(spec->spki, spec->spki_len, &key);

	if (ret != CA_OK)
		return ret;
	if (!key_allowed(spec->profile, key))
		ret = CA_ERR_KEY;
	else if (X509_set_pubkey(cert, key) != 1)
		ret = CA_ERR_MEMORY;
	EVP_PKEY_free(key);
	return ret;
}

/* The subject, with the hardware serial as its last RDN (IEEE 802.1AR, 8.6). */
static enum ca_error
make_subject(const struct cert_spec *spec, X509_NAME **out)
{
	char text[SUBJECT_TEXT_MAX + 1];
	int n;

	if (!spec->profile->hardware_serial || spec->hwserial == NULL)
		return subject_parse(spec->subject, out);
	if (!subject_id_valid(spec->hwserial))
		return CA_ERR_NAME;
	n = snprintf(text, sizeof(text), "%s,serialNumber=%s", spec->subject,
	    spec->hwserial);
	if (n < 0 || (size_t)n >= sizeof(text))
		return CA_ERR_NAME;
	return subject_parse(text, out);
}

static enum ca_error
set_names(X509 *cert, const struct cert_spec *spec)
{
	X509_NAME *subject = NULL;
	const X509_NAME *issuer;
	enum ca_error ret;

	if ((ret = make_subject(spec, &subject)) != CA_OK)
		return ret;
	issuer = spec->issuer != NULL ? X509_get_subject_name(spec->issuer)
				      : subject;
	if (X509_set_subject_name(cert, subject) != 1 ||
	    X509_set_issuer_name(cert, issuer) != 1)
		ret = CA_ERR_MEMORY;
	X509_NAME_free(subject);
	return ret;
}

static enum ca_error
set_numbers(X509 *cert, const struct cert_spec *spec)
{
	enum ca_error ret;

	/* an ASN1_INTEGER holds the magnitude, which is what serial is */
	if (X509_set_version(cert, X509_VERSION_3) != 1 ||
	    ASN1_STRING_set(X509_get_serialNumber(cert), spec->serial,
		SERIAL_SIZE) != 1)
		return CA_ERR_MEMORY;
	ret = date_to_asn1(spec->not_before, X509_getm_notBefore(cert));
	if (ret == CA_OK)
		ret = date_to_asn1(spec->not_after, X509_getm_notAfter(cert));
	return ret;
}

/* Both places that name the algorithm: the TBS, and beside the signature. */
static enum ca_error
set_algorithm(X509 *cert, const X509 *issuer)
{
	const EVP_PKEY *key = X509_get0_pubkey(issuer != NULL ? issuer : cert);
	const struct sigalg *row = key != NULL ? sigalg_for_key(key) : NULL;
	const X509_ALGOR *outer = NULL;
	enum ca_error ret;

	if (row == NULL)
		return CA_ERR_KEY;
	X509_get0_signature(NULL, &outer, cert);
	if ((ret = sigalg_set(X509_get0_tbs_sigalg(cert), row)) != CA_OK)
		return ret;
	return sigalg_set(outer, row);
}

enum ca_error
cert_build(const struct cert_spec *spec, X509 **out)
{
	enum ca_error ret;
	X509 *cert = NULL;

	*out = NULL;
	if ((ret = check_spec(spec)) != CA_OK)
		goto out;
	if ((cert = X509_new()) == NULL) {
		ret = CA_ERR_MEMORY;
		goto out;
	}
	if ((ret = set_key(cert, spec)) != CA_OK ||
	    (ret = set_names(cert, spec)) != CA_OK ||
	    (ret = set_numbers(cert, spec)) != CA_OK ||
	    (ret = set_algorithm(cert, spec->issuer)) != CA_OK ||
	    (ret = add_extensions(cert, spec)) != CA_OK)
		goto out;
	*out = cert;
	cert = NULL;
out:
	X509_free(cert);
	return ret;
}

enum ca_error
cert_sign(X509 *cert, EVP_PKEY *key)
{
	const struct sigalg *row = sigalg_for_key(key);

	/* another curve would change the TBS that was approved */
	if (row == NULL || !sigalg_is(X509_get0_tbs_sigalg(cert), row))
		return CA_ERR_SIGN;
	return X509_sign(cert, key, row->digest()) > 0 ? CA_OK : CA_ERR_SIGN;
}

enum ca_error
cert_der(const X509 *cert, uint8_t **out, size_t *len)
{
	unsigned char *der = NULL;
	int n = i2d_X509(cert, &der);

	*out = NULL;
	*len = 0;
	if (n <= 0)
		return CA_ERR_MEMORY;
	*out = der;
	*len = (size_t)n;
	return CA_OK;
}

enum ca_error
cert_tbs(X509 *cert, uint8_t **out, size_t *len)
{
	unsigned char *der = NULL;
	int n = i2d_re_X509_tbs(cert, &der);

	*out = NULL;
	*len = 0;
	if (n <= 0)
		return CA_ERR_MEMORY;
	*out = der;
	*len = (size_t)n;
	return CA_OK;
}

enum ca_error
cert_tbs_digest(X509 *cert, uint8_t out[32])
{
	uint8_t *tbs = NULL;
	enum ca_error ret;
	size_t len;

	if ((ret = cert_tbs(cert, &tbs, &len)) != CA_OK)
		return ret;
	SHA256(tbs, len, out);
	OPENSSL_free(tbs);
	return CA_OK;
}

enum ca_error
cert_serial(const X509 *cert, uint8_t out[20], size_t *len)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	const uint8_t *data = ASN1_STRING_get0_data(serial);
	size_t n = (size_t)ASN1_STRING_length(serial);

	*len = 0;
	/* RFC 5280, 4.1.2.2: positive, at most 20 octets with the sign */
	if (ASN1_STRING_type(serial) != V_ASN1_INTEGER || n == 0 || n > 20 ||
	    data[0] == 0x00 || (n == 20 && data[0] >= 0x80))
		return CA_ERR_ENCODING;
	memcpy(out, data, n);
	*len = n;
	return CA_OK;
}

enum ca_error
cert_dates(const X509 *cert, int64_t *not_before, int64_t *not_after)
{
	enum ca_error ret;

	ret = date_from_asn1(X509_get0_notBefore(cert), not_before);
	if (ret == CA_OK)
		ret = date_from_asn1(X509_get0_notAfter(cert), not_after);
	return ret;
}

enum ca_error
cert_spki_sha256(const X509 *cert, uint8_t out[32])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (n <= 0)
		return CA_ERR_MEMORY;
	SHA256(der, (size_t)n, out);
	OPENSSL_free(der);
	return CA_OK;
}
