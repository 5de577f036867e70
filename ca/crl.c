/* SPDX-License-Identifier: ISC */
#include "ca/crl.h"

#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ca/date.h"
#include "ca/der.h"
#include "ca/extension.h"
#include "ca/sigalg.h"

/* RFC 5280, 5.3.1; 0 is said by leaving the extension out. */
static bool
reason_valid(int reason)
{
	switch (reason) {
	case CRL_REASON_UNSPECIFIED:
	case CRL_REASON_KEY_COMPROMISE:
	case CRL_REASON_AFFILIATION_CHANGED:
	case CRL_REASON_SUPERSEDED:
	case CRL_REASON_CESSATION_OF_OPERATION:
	case CRL_REASON_PRIVILEGE_WITHDRAWN:
		return true;
	default:
		return false;
	}
}

static bool
entry_valid(const struct crl_entry *e)
{
	return e->serial_len >= 1 && e->serial_len <= sizeof(e->serial) &&
	    e->serial[0] != 0x00 &&
	    (e->serial_len < sizeof(e->serial) || e->serial[0] < 0x80) &&
	    reason_valid(e->reason);
}

static int
by_serial(const void *a, const void *b)
{
	const struct crl_entry *x = *(const struct crl_entry *const *)a;
	const struct crl_entry *y = *(const struct crl_entry *const *)b;

	if (x->serial_len != y->serial_len)
		return x->serial_len < y->serial_len ? -1 : 1;
	return memcmp(x->serial, y->serial, x->serial_len);
}

/* Every entry is well formed and no serial stands twice. */
static enum ca_error
check_entries(const struct crl_spec *spec)
{
	const struct crl_entry **sorted;
	enum ca_error ret = CA_OK;

	if (spec->count == 0)
		return CA_OK;
	if ((sorted = calloc(spec->count, sizeof(*sorted))) == NULL)
		return CA_ERR_MEMORY;
	for (size_t i = 0; i < spec->count; i++) {
		sorted[i] = &spec->entries[i];
		if (!entry_valid(sorted[i]))
			ret = CA_ERR_ARGUMENT;
	}
	if (ret == CA_OK)
		qsort(sorted, spec->count, sizeof(*sorted), by_serial);
	for (size_t i = 1; ret == CA_OK && i < spec->count; i++)
		if (by_serial(&sorted[i - 1], &sorted[i]) == 0)
			ret = CA_ERR_ARGUMENT;
	free(sorted);
	return ret;
}

static enum ca_error
check_spec(const struct crl_spec *spec)
{
	if (spec->issuer == NULL || (spec->entries == NULL && spec->count > 0))
		return CA_ERR_ARGUMENT;
	/* RFC 5280, 4.2.1.3 */
	if (!extension_may_sign(spec->issuer, KU_CRL_SIGN))
		return CA_ERR_PROFILE;
	if (spec->this_update >= spec->next_update)
		return CA_ERR_DATE;
	return check_entries(spec);
}

static enum ca_error
set_reason(X509_REVOKED *revoked, int reason)
{
	ASN1_ENUMERATED *e;
	bool ok;

	if (reason == CRL_REASON_UNSPECIFIED)
		return CA_OK;
	if ((e = ASN1_ENUMERATED_new()) == NULL)
		return CA_ERR_MEMORY;
	ok = ASN1_ENUMERATED_set(e, reason) == 1 &&
	    X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, e, 0,
		X509V3_ADD_DEFAULT) == 1;
	ASN1_ENUMERATED_free(e);
	return ok ? CA_OK : CA_ERR_MEMORY;
}

static enum ca_error
fill_revoked(X509_REVOKED *revoked, const struct crl_entry *entry)
{
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *date = ASN1_TIME_new();
	enum ca_error ret = CA_ERR_MEMORY;

	if (serial == NULL || date == NULL ||
	    ASN1_STRING_set(serial, entry->serial, (int)entry->serial_len) !=
		1 ||
	    X509_REVOKED_set_serialNumber(revoked, serial) != 1)
		goto out;
	if ((ret = date_to_asn1(entry->date, date)) != CA_OK)
		goto out;
	ret = CA_ERR_MEMORY;
	if (X509_REVOKED_set_revocationDate(revoked, date) == 1)
		ret = set_reason(revoked, entry->reason);
out:
	ASN1_TIME_free(date);
	ASN1_INTEGER_free(serial);
	return ret;
}

static enum ca_error
add_entries(X509_CRL *crl, const struct crl_spec *spec)
{
	enum ca_error ret = CA_OK;
	X509_REVOKED *revoked;

	for (size_t i = 0; i < spec->count && ret == CA_OK; i++) {
		if ((revoked = X509_REVOKED_new()) == NULL)
			return CA_ERR_MEMORY;
		ret = fill_revoked(revoked, &spec->entries[i]);
		if (ret == CA_OK && X509_CRL_add0_revoked(crl, revoked) != 1)
			ret = CA_ERR_MEMORY;
		if (ret != CA_OK)
			X509_REVOKED_free(revoked);
	}
	return ret;
}

static enum ca_error
set_dates(X509_CRL *crl, const struct crl_spec *spec)
{
	ASN1_TIME *time = ASN1_TIME_new();
	enum ca_error ret = CA_ERR_MEMORY;

	if (time == NULL)
		return ret;
	if ((ret = date_to_asn1(spec->this_update, time)) != CA_OK)
		goto out;
	if (X509_CRL_set1_lastUpdate(crl, time) != 1) {
		ret = CA_ERR_MEMORY;
		goto out;
	}
	if ((ret = date_to_asn1(spec->next_update, time)) != CA_OK)
		goto out;
	if (X509_CRL_set1_nextUpdate(crl, time) != 1)
		ret = CA_ERR_MEMORY;
out:
	ASN1_TIME_free(time);
	return ret;
}

static enum ca_error
add_extensions(X509_CRL *crl, const struct crl_spec *spec)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	AUTHORITY_KEYID *aki = NULL;
	enum ca_error ret;

	if ((ret = extension_aki(spec->issuer, &aki)) != CA_OK)
		goto out;
	if (number == NULL ||
	    ASN1_INTEGER_set_uint64(number, spec->number) != 1 ||
	    X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, aki, 0,
		X509V3_ADD_DEFAULT) != 1 ||
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0,
		X509V3_ADD_DEFAULT) != 1)
		ret = CA_ERR_MEMORY;
out:
	AUTHORITY_KEYID_free(aki);
	ASN1_INTEGER_free(number);
	return ret;
}

/*
 * OpenSSL 3.0 has no way to write tbsCertList.signature but to sign, and we
 * need the digest of the TBS before that.  So a draft is read from an empty
 * CRL that has the algorithm in both places: ecdsa-with-SHA256 as it stands
 * here, -SHA384 with the last octet of each OID changed (RFC 5758, 3.2).
 */
#define SKELETON_OID_END_TBS 18
#define SKELETON_OID_END_OUTER 47
static const uint8_t skeleton[] = {
	0x30, 0x31,       /* CertificateList */
	0x30, 0x20,       /* tbsCertList */
	0x02, 0x01, 0x01, /* v2 */
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
	0x30, 0x00, /* issuer, still empty */
	0x17, 0x0d, '7', '0', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0',
	'Z', /* thisUpdate */
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
	0x03, 0x01, 0x00, /* no signature */
};

static enum ca_error
new_draft(const X509 *issuer, X509_CRL **out)
{
	const EVP_PKEY *key = X509_get0_pubkey(issuer);
	const struct sigalg *row = key != NULL ? sigalg_for_key(key) : NULL;
	uint8_t der[sizeof(skeleton)];
	const unsigned char *p = der;

	if (row == NULL)
		return CA_ERR_KEY;
	memcpy(der, skeleton, sizeof(der));
	if (row->nid == NID_ecdsa_with_SHA384) {
		der[SKELETON_OID_END_TBS] = 0x03;
		der[SKELETON_OID_END_OUTER] = 0x03;
	}
	*out = d2i_X509_CRL(NULL, &p, (long)sizeof(der));
	return *out != NULL ? CA_OK : CA_ERR_MEMORY;
}

enum ca_error
crl_build(const struct crl_spec *spec, X509_CRL **out)
{
	enum ca_error ret;
	X509_CRL *crl = NULL;

	*out = NULL;
	if ((ret = check_spec(spec)) != CA_OK ||
	    (ret = new_draft(spec->issuer, &crl)) != CA_OK)
		goto out;
	ret = CA_ERR_MEMORY;
	if (X509_CRL_set_issuer_name(crl,
		X509_get_subject_name(spec->issuer)) != 1)
		goto out;
	if ((ret = set_dates(crl, spec)) != CA_OK ||
	    (ret = add_entries(crl, spec)) != CA_OK ||
	    (ret = add_extensions(crl, spec)) != CA_OK)
		goto out;
	/* the setters leave the octets that were read from the skeleton */
	if (i2d_re_X509_CRL_tbs(crl, NULL) <= 0) {
		ret = CA_ERR_MEMORY;
		goto out;
	}
	*out = crl;
	crl = NULL;
out:
	X509_CRL_free(crl);
	return ret;
}

enum ca_error
crl_sign(X509_CRL *crl, EVP_PKEY *key)
{
	const struct sigalg *row = sigalg_for_key(key);
	const X509_ALGOR *algorithm = NULL;

	X509_CRL_get0_signature(crl, NULL, &algorithm);
	if (row == NULL || !sigalg_is(algorithm, row))
		return CA_ERR_SIGN;
	return X509_CRL_sign(crl, key, row->digest()) > 0 ? CA_OK : CA_ERR_SIGN;
}

enum ca_error
crl_der(const X509_CRL *crl, uint8_t **out, size_t *len)
{
	unsigned char *der = NULL;
	int n = i2d_X509_CRL(crl, &der);

	*out = NULL;
	*len = 0;
	if (n <= 0)
		return CA_ERR_MEMORY;
	*out = der;
	*len = (size_t)n;
	return CA_OK;
}

/*
 * The TBS is cut from the whole: X509_CRL_get0_by_serial() sorts the entries
 * in place, so that i2d_re_X509_CRL_tbs() of a CRL that was looked into gives
 * other octets than were signed.
 */
enum ca_error
crl_tbs(X509_CRL *crl, uint8_t **out, size_t *len)
{
	struct der rest, tbs;
	uint8_t *all = NULL;
	enum ca_error ret;
	size_t all_len;

	*out = NULL;
	*len = 0;
	if ((ret = crl_der(crl, &all, &all_len)) != CA_OK)
		return ret;
	rest = (struct der){ all, all_len };
	ret = CA_ERR_MEMORY;
	if (der_take(&rest, DER_SEQUENCE, &rest) &&
	    der_take_element(&rest, &tbs) &&
	    (*out = OPENSSL_memdup(tbs.data, tbs.len)) != NULL) {
		*len = tbs.len;
		ret = CA_OK;
	}
	OPENSSL_free(all);
	return ret;
}

enum ca_error
crl_tbs_digest(X509_CRL *crl, uint8_t out[32])
{
	uint8_t *tbs = NULL;
	enum ca_error ret;
	size_t len;

	if ((ret = crl_tbs(crl, &tbs, &len)) != CA_OK)
		return ret;
	SHA256(tbs, len, out);
	OPENSSL_free(tbs);
	return CA_OK;
}
