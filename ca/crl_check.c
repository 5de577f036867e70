/* SPDX-License-Identifier: ISC */
#include "ca/crl.h"

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

#include "ca/date.h"
#include "ca/der.h"
#include "ca/extension.h"
#include "ca/sigalg.h"

static X509_CRL *
read_crl(struct der der)
{
	const unsigned char *p = der.data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.len);

	if (crl != NULL && p != der.data + der.len) {
		X509_CRL_free(crl);
		crl = NULL;
	}
	return crl;
}

/* Encode afresh, not from what OpenSSL cached when parsing, and compare. */
static bool
encodes_to(X509_CRL *crl, struct der der)
{
	unsigned char *all = NULL;
	int tbs_len = i2d_re_X509_CRL_tbs(crl, NULL); /* drops the cache */
	int len = i2d_X509_CRL(crl, &all);
	bool same;

	same = tbs_len > 0 && len > 0 &&
	    der_equal(der, (struct der){ all, (size_t)len });
	OPENSSL_free(all);
	return same;
}

enum ca_error
crl_parse(const uint8_t *der, size_t len, X509_CRL **out)
{
	struct der in = { der, len };
	X509_CRL *crl;
	bool strict;

	*out = NULL;
	if (len == 0 || len > CRL_MAX || !der_check_all(in))
		return CA_ERR_ENCODING;
	/* one to try, another with its octets kept, for crl_tbs() */
	if ((crl = read_crl(in)) == NULL)
		return CA_ERR_ENCODING;
	strict = encodes_to(crl, in);
	X509_CRL_free(crl);
	if (!strict)
		return CA_ERR_ENCODING;
	*out = read_crl(in);
	return *out != NULL ? CA_OK : CA_ERR_MEMORY;
}

static enum ca_error
compare_tbs(X509_CRL *crl, const struct crl_spec *spec)
{
	uint8_t have[32], want[32];
	X509_CRL *again = NULL;
	enum ca_error ret;

	if ((ret = crl_build(spec, &again)) != CA_OK ||
	    (ret = crl_tbs_digest(again, want)) != CA_OK ||
	    (ret = crl_tbs_digest(crl, have)) != CA_OK)
		goto out;
	ret = memcmp(have, want, sizeof(have)) == 0 ? CA_OK : CA_ERR_SELFCHECK;
out:
	X509_CRL_free(again);
	return ret;
}

enum ca_error
crl_selfcheck(const uint8_t *der, size_t len, const struct crl_spec *spec)
{
	X509_CRL *crl = NULL;
	enum ca_error ret;
	EVP_PKEY *key;

	if (spec->issuer == NULL)
		return CA_ERR_ARGUMENT;
	if ((ret = crl_parse(der, len, &crl)) != CA_OK)
		return ret;
	key = X509_get0_pubkey(spec->issuer);
	if (key == NULL || X509_CRL_verify(crl, key) != 1)
		ret = CA_ERR_SIGNATURE;
	else
		ret = compare_tbs(crl, spec);
	X509_CRL_free(crl);
	return ret;
}

/* The CRL names this issuer, by name and key identifier, and it may sign. */
static enum ca_error
check_issuer(X509_CRL *crl, const X509 *issuer)
{
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id((X509 *)issuer);
	AUTHORITY_KEYID *aki;
	bool ok;

	if (!extension_may_sign(issuer, KU_CRL_SIGN) || ski == NULL ||
	    X509_NAME_cmp(X509_CRL_get_issuer(crl),
		X509_get_subject_name(issuer)) != 0)
		return CA_ERR_CHAIN;
	aki =
	    X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
	ok = aki != NULL && aki->keyid != NULL && aki->issuer == NULL &&
	    aki->serial == NULL && ASN1_OCTET_STRING_cmp(aki->keyid, ski) == 0;
	AUTHORITY_KEYID_free(aki);
	return ok ? CA_OK : CA_ERR_CHAIN;
}

/* RFC 5280, 5.1.1.2: the algorithm stands in two places, and X509_CRL_verify()
 * does not compare them.  It is the one that goes with the issuer's curve. */
static bool
algorithm_valid(X509_CRL *crl, const EVP_PKEY *key)
{
	const struct sigalg *row = sigalg_for_key(key);
	const X509_ALGOR *algorithm = NULL;
	struct der all, tbs, version, inner, outer;
	uint8_t *der = NULL;
	size_t len;
	bool ok;

	X509_CRL_get0_signature(crl, NULL, &algorithm);
	if (row == NULL || !sigalg_is(algorithm, row) ||
	    crl_der(crl, &der, &len) != CA_OK)
		return false;
	all = (struct der){ der, len };
	ok = der_take(&all, DER_SEQUENCE, &all) &&
	    der_take(&all, DER_SEQUENCE, &tbs);
	if (ok) /* v1 has none, which is for read_fields() to refuse */
		(void)der_take(&tbs, DER_INTEGER, &version);
	ok = ok && der_take_element(&tbs, &inner) &&
	    der_take_element(&all, &outer) && der_equal(inner, outer);
	OPENSSL_free(der);
	return ok;
}

/* RFC 5280, 5.1: version 2, a nextUpdate, and no extension but the two that
 * we write: delta and indirect CRLs would mean something else. */
static enum ca_error
read_fields(X509_CRL *crl, uint64_t *number, int64_t *from, int64_t *to)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	enum ca_error ret = CA_ERR_ENCODING;
	ASN1_INTEGER *n;

	n = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	if (n == NULL || X509_CRL_get_version(crl) != X509_CRL_VERSION_2 ||
	    X509_CRL_get_ext_count(crl) != 2 || next == NULL ||
	    ASN1_INTEGER_get_uint64(number, n) != 1 ||
	    date_from_asn1(X509_CRL_get0_lastUpdate(crl), from) != CA_OK ||
	    date_from_asn1(next, to) != CA_OK || *from >= *to)
		goto out;
	ret = CA_OK;
out:
	ASN1_INTEGER_free(n);
	return ret;
}

enum ca_error
crl_verify(X509_CRL *crl, const X509 *issuer, uint64_t *number,
    int64_t *this_update, int64_t *next_update)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	enum ca_error ret;
	int64_t from, to;
	uint64_t n;

	if ((ret = check_issuer(crl, issuer)) != CA_OK)
		return ret;
	if (key == NULL || !algorithm_valid(crl, key) ||
	    X509_CRL_verify(crl, key) != 1)
		return CA_ERR_SIGNATURE;
	if ((ret = read_fields(crl, &n, &from, &to)) != CA_OK)
		return ret;
	if (number != NULL)
		*number = n;
	if (this_update != NULL)
		*this_update = from;
	if (next_update != NULL)
		*next_update = to;
	return CA_OK;
}

enum ca_error
crl_lookup(X509_CRL *crl, const X509 *cert)
{
	X509_REVOKED *revoked = NULL;

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl),
		X509_get_issuer_name(cert)) != 0)
		return CA_ERR_CHAIN;
	/* 0 is "not listed"; 2, "removed from the CRL", we never write */
	return X509_CRL_get0_by_serial(crl, &revoked,
		   (ASN1_INTEGER *)X509_get0_serialNumber(cert)) == 0
	    ? CA_OK
	    : CA_ERR_REVOKED;
}
