/* SPDX-License-Identifier: ISC */
#include "ca/extension.h"

#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define VALUE_MAX 128 /* characters of a value as X509V3 reads it */
#define SKI_SIZE 20

static enum ca_error
add_text(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	int ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;

	X509_EXTENSION_free(ext);
	return ok ? CA_OK : CA_ERR_MEMORY;
}

static enum ca_error
add_basic_constraints(X509 *cert, const struct profile *profile,
    const struct stated *stated)
{
	int pathlen = stated != NULL ? stated->pathlen : profile->pathlen;
	char value[VALUE_MAX];

	/* RFC 5280, 4.2.1.9: cA defaults to FALSE; ends go without */
	if (!profile->ca)
		return CA_OK;
	if (pathlen < 0)
		return add_text(cert, NID_basic_constraints,
		    "critical,CA:TRUE");
	(void)snprintf(value, sizeof(value), "critical,CA:TRUE,pathlen:%d",
	    pathlen);
	return add_text(cert, NID_basic_constraints, value);
}

static enum ca_error
add_key_usage(X509 *cert, const struct profile *profile)
{
	char value[VALUE_MAX];
	int n =
	    snprintf(value, sizeof(value), "critical,%s", profile->key_usage);

	if (n < 0 || (size_t)n >= sizeof(value))
		return CA_ERR_PROFILE;
	return add_text(cert, NID_key_usage, value);
}

/* RFC 7093, 2, method 1: leftmost 160 bits of SHA-256 of the key's bits. */
static enum ca_error
add_ski(X509 *cert)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(cert);
	ASN1_OCTET_STRING *ski = ASN1_OCTET_STRING_new();
	unsigned char digest[SHA256_DIGEST_LENGTH];
	enum ca_error ret = CA_ERR_MEMORY;

	if (ski == NULL || bits == NULL)
		goto out;
	SHA256(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits),
	    digest);
	if (ASN1_OCTET_STRING_set(ski, digest, SKI_SIZE) != 1 ||
	    X509_add1_ext_i2d(cert, NID_subject_key_identifier, ski, 0,
		X509V3_ADD_DEFAULT) != 1)
		goto out;
	ret = CA_OK;
out:
	ASN1_OCTET_STRING_free(ski);
	return ret;
}

static enum ca_error
add_aki(X509 *cert, const X509 *issuer)
{
	AUTHORITY_KEYID *aki = NULL;
	enum ca_error ret;

	/* RFC 5280, 4.2.1.1: a self-signed certificate may omit it */
	if (issuer == NULL)
		return CA_OK;
	if ((ret = extension_aki(issuer, &aki)) != CA_OK)
		return ret;
	if (X509_add1_ext_i2d(cert, NID_authority_key_identifier, aki, 0,
		X509V3_ADD_DEFAULT) != 1)
		ret = CA_ERR_MEMORY;
	AUTHORITY_KEYID_free(aki);
	return ret;
}

enum ca_error
extension_add_all(X509 *cert, const struct profile *profile,
    const struct stated *stated, const X509 *issuer)
{
	enum ca_error ret;

	if ((ret = add_basic_constraints(cert, profile, stated)) != CA_OK ||
	    (ret = add_key_usage(cert, profile)) != CA_OK)
		return ret;
	if (profile->eku != NULL &&
	    (ret = add_text(cert, NID_ext_key_usage, profile->eku)) != CA_OK)
		return ret;
	if (stated != NULL && (ret = stated_add(stated, cert)) != CA_OK)
		return ret;
	if ((ret = add_ski(cert)) != CA_OK)
		return ret;
	return add_aki(cert, issuer);
}

enum ca_error
extension_aki(const X509 *issuer, AUTHORITY_KEYID **out)
{
	/* caches the parsed extensions in the certificate, changes nothing */
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id((X509 *)issuer);
	AUTHORITY_KEYID *aki;

	*out = NULL;
	if (ski == NULL)
		return CA_ERR_PROFILE;
	if ((aki = AUTHORITY_KEYID_new()) == NULL)
		return CA_ERR_MEMORY;
	if ((aki->keyid = ASN1_OCTET_STRING_dup(ski)) == NULL) {
		AUTHORITY_KEYID_free(aki);
		return CA_ERR_MEMORY;
	}
	*out = aki;
	return CA_OK;
}

bool
extension_may_sign(const X509 *issuer, uint32_t usage)
{
	X509 *ca = (X509 *)issuer; /* only caches its extensions */

	/* of a certificate without keyUsage OpenSSL says that it has it all */
	return X509_check_ca(ca) == 1 &&
	    (X509_get_extension_flags(ca) & EXFLAG_KUSAGE) != 0 &&
	    (X509_get_key_usage(ca) & usage) != 0;
}
