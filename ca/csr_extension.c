/* SPDX-License-Identifier: ISC */
#include "ca/csr_extension.h"

#include <openssl/x509v3.h>

static bool
basic_constraints_allowed(const void *value)
{
	const BASIC_CONSTRAINTS *bc = value;

	return bc->ca == 0 && bc->pathlen == NULL;
}

/* Bits are numbered from the left (X.680, 22): 0, 1 and 4 are allowed. */
static bool
key_usage_allowed(const void *value)
{
	const ASN1_BIT_STRING *bits = value;
	const uint8_t *octets = ASN1_STRING_get0_data(bits);
	int len = ASN1_STRING_length(bits);
	const unsigned allowed =
	    KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION | KU_KEY_AGREEMENT;

	for (int i = 0; i < len; i++)
		if ((octets[i] & ~(i == 0 ? allowed : 0u)) != 0)
			return false;
	return true;
}

static bool
ext_key_usage_allowed(const void *value)
{
	const EXTENDED_KEY_USAGE *eku = value;

	for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, i));

		if (nid != NID_client_auth && nid != NID_server_auth)
			return false;
	}
	return true;
}

static bool
any_allowed(const void *value)
{
	(void)value;
	return true;
}

static const struct row {
	int nid;
	bool (*allowed)(const void *value);
} rows[] = {
	{ NID_basic_constraints, basic_constraints_allowed },
	{ NID_key_usage, key_usage_allowed },
	{ NID_ext_key_usage, ext_key_usage_allowed },
	{ NID_subject_key_identifier, any_allowed },
};

static bool
extension_allowed(X509_EXTENSION *ext)
{
	int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));
	const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(ext);
	const X509V3_EXT_METHOD *method = X509V3_EXT_get_nid(nid);
	const struct row *row = NULL;
	bool allowed;
	void *value;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].nid == nid)
			row = &rows[i];
	if (row == NULL || method == NULL ||
	    !der_check_all((struct der){ ASN1_STRING_get0_data(data),
		(size_t)ASN1_STRING_length(data) }) ||
	    (value = X509V3_EXT_d2i(ext)) == NULL)
		return false;
	allowed = row->allowed(value);
	ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
	return allowed;
}

/* The extensions of the one attribute there is; NULL when it is another, such
 * as Microsoft's own. */
static X509_EXTENSIONS *
requested(struct der attributes)
{
	/* 1.2.840.113549.1.9.14 */
	static const uint8_t ext_req[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		0x01, 0x09, 0x0e };
	struct der attribute, type, values, list;
	X509_EXTENSIONS *out;
	const unsigned char *p;

	if (!der_take(&attributes, DER_SEQUENCE, &attribute) ||
	    attributes.len != 0 || !der_take(&attribute, DER_OID, &type) ||
	    !der_equal(type, (struct der){ ext_req, sizeof(ext_req) }) ||
	    !der_take(&attribute, DER_SET, &values) ||
	    !der_take_element(&values, &list) || values.len != 0)
		return NULL;
	p = list.data;
	out = d2i_X509_EXTENSIONS(NULL, &p, (long)list.len);
	if (p != list.data + list.len) {
		sk_X509_EXTENSION_pop_free(out, X509_EXTENSION_free);
		out = NULL;
	}
	return out;
}

bool
csr_extension_allowed(struct der attributes)
{
	X509_EXTENSIONS *list;
	bool allowed = false;

	if (attributes.len == 0)
		return true;
	if ((list = requested(attributes)) == NULL)
		return false;
	for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
		X509_EXTENSION *ext = sk_X509_EXTENSION_value(list, i);
		ASN1_OBJECT *oid = X509_EXTENSION_get_object(ext);

		/* RFC 5280, 4.2: not more than one instance */
		if (X509v3_get_ext_by_OBJ(list, oid, i) >= 0 ||
		    !extension_allowed(ext))
			goto out;
	}
	allowed = true;
out:
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return allowed;
}
