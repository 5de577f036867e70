/* SPDX-License-Identifier: ISC */
#include "ca/csr.h"

#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <string.h>

#include "ca/csr_extension.h"
#include "ca/der.h"
#include "ca/spki.h"
#include "ca/weak.h"

#define SCALAR_MAX 48 /* octets of r on P-384 */

/* A CSR while it is checked, filled as the rules go. */
struct check {
	struct der in;
	const char *id;
	const struct profile *profile;
	struct der version, spki_der, signature; /* borrowed from in */
	struct spki spki;
	X509_REQ *req;
};

static enum rule
check_size(struct check *c)
{
	return c->in.len == 0 || c->in.len > CSR_MAX ? RULE_SIZE : RULE_OK;
}

/* RFC 2986, 4.1 and 4.2. */
static bool
split(struct check *c, struct der outer)
{
	struct der all, info, algorithm, skipped, attributes;

	if (!der_take(&outer, DER_SEQUENCE, &all) ||
	    !der_take(&all, DER_SEQUENCE, &info) ||
	    !der_take(&all, DER_SEQUENCE, &algorithm) ||
	    !der_take(&all, DER_BIT_STRING, &c->signature) || all.len != 0)
		return false;
	if (!der_take(&info, DER_INTEGER, &c->version) ||
	    !der_take(&info, DER_SEQUENCE, &skipped) ||
	    !der_take_element(&info, &c->spki_der) ||
	    !der_take(&info, DER_CONTEXT_0, &attributes) || info.len != 0)
		return false;
	/* the octet of unused bits: none in a signature */
	if (c->signature.data[0] != 0)
		return false;
	c->signature.data++;
	c->signature.len--;
	/* an IMPLICIT tag hides from der_check() that this is a SET OF */
	return der_sorted(attributes);
}

/* Encode afresh, not from what OpenSSL cached when parsing, and compare. */
static bool
encodes_to(X509_REQ *req, struct der der)
{
	unsigned char *info = NULL, *all = NULL;
	int info_len = i2d_re_X509_REQ_tbs(req, &info); /* drops the cache */
	int len = i2d_X509_REQ(req, &all);
	bool same;

	same = info_len > 0 && len > 0 &&
	    der_equal(der, (struct der){ all, (size_t)len });
	OPENSSL_free(info);
	OPENSSL_free(all);
	return same;
}

static enum rule
check_der(struct check *c)
{
	struct der first = c->in;
	const unsigned char *p = first.data;

	if (!der_check(c->in, &first.len) || !split(c, first))
		return RULE_DER;
	c->req = d2i_X509_REQ(NULL, &p, (long)first.len);
	if (c->req == NULL || p != first.data + first.len ||
	    !encodes_to(c->req, first))
		return RULE_DER;
	return first.len != c->in.len ? RULE_TRAILING : RULE_OK;
}

static enum rule
check_version(struct check *c)
{
	return c->version.len == 1 && c->version.data[0] == 0 ? RULE_OK
							      : RULE_VERSION;
}

static enum rule
check_key(struct check *c)
{
	enum spki_fault fault = spki_read(c->spki_der, &c->spki);
	bool p256 = c->spki.curve == NID_X9_62_prime256v1;
	bool p384 = c->spki.curve == NID_secp384r1;

	if (c->spki.rsa)
		return RULE_RSA;
	if (fault == SPKI_ENCODING)
		return RULE_CURVE;
	if (!(p256 && c->profile->p256) && !(p384 && c->profile->p384))
		return RULE_CURVE;
	return fault == SPKI_OK ? RULE_OK : RULE_POINT;
}

static enum rule
check_algorithm(struct check *c)
{
	const X509_ALGOR *algorithm = NULL;
	const ASN1_OBJECT *oid = NULL;
	int type = V_ASN1_UNDEF;

	X509_REQ_get0_signature(c->req, NULL, &algorithm);
	X509_ALGOR_get0(&oid, &type, NULL, algorithm);
	/* RFC 5758, 3.2: the parameters field is absent */
	if (type != V_ASN1_UNDEF)
		return RULE_ALGORITHM;
	switch (OBJ_obj2nid(oid)) {
	case NID_ecdsa_with_SHA256:
	case NID_ecdsa_with_SHA384:
	case NID_ecdsa_with_SHA512:
		return RULE_OK;
	default:
		return RULE_ALGORITHM;
	}
}

static enum rule
check_possession(struct check *c)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(c->req);

	if (key == NULL || X509_REQ_verify(c->req, key) != 1)
		return RULE_POP;
	return RULE_OK;
}

/* In any string type: the octets of a BMPString would show zeros too. */
static enum rule
check_control(struct check *c)
{
	const X509_NAME *name = X509_REQ_get_subject_name(c->req);

	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		const ASN1_STRING *s =
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));
		const uint8_t *octets = ASN1_STRING_get0_data(s);

		for (int j = 0; j < ASN1_STRING_length(s); j++)
			if (octets[j] < 0x20 || octets[j] == 0x7f)
				return RULE_SUBJECT_NUL;
	}
	return RULE_OK;
}

static enum rule
check_subject(struct check *c)
{
	const X509_NAME *name = X509_REQ_get_subject_name(c->req);
	const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, 0);
	size_t len = strlen(c->id);
	const ASN1_STRING *s;

	/* one attribute in all, therefore one RDN too */
	if (X509_NAME_entry_count(name) != 1 ||
	    OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_commonName)
		return RULE_SUBJECT;
	s = X509_NAME_ENTRY_get_data(entry);
	if ((ASN1_STRING_type(s) != V_ASN1_UTF8STRING &&
		ASN1_STRING_type(s) != V_ASN1_PRINTABLESTRING) ||
	    !subject_id_valid(c->id) || (size_t)ASN1_STRING_length(s) != len ||
	    memcmp(ASN1_STRING_get0_data(s), c->id, len) != 0)
		return RULE_SUBJECT;
	return RULE_OK;
}

static enum rule
check_extension(struct check *c)
{
	return csr_extension_allowed(c->req) ? RULE_OK : RULE_EXTENSION;
}

static enum rule
check_weak(struct check *c)
{
	return weak_key(&c->spki) ? RULE_WEAK_KEY : RULE_OK;
}

/* In the order of enum rule; each may rely on those before it. */
static enum rule (*const checks[])(struct check *) = {
	check_size,
	check_der, /* and trailing */
	check_version,
	check_key, /* rsa, curve, point */
	check_algorithm,
	check_possession,
	check_control,
	check_subject,
	check_extension,
	check_weak,
};

/* The same r twice is the same nonce twice: minimal octets, so one form. */
static bool
hash_r(struct der signature, uint8_t out[32])
{
	const unsigned char *p = signature.data;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)signature.len);
	uint8_t r[SCALAR_MAX];
	bool ok = false;
	int len;

	if (sig == NULL || BN_num_bytes(ECDSA_SIG_get0_r(sig)) > SCALAR_MAX)
		goto out;
	len = BN_bn2bin(ECDSA_SIG_get0_r(sig), r);
	SHA256(r, (size_t)len, out);
	ok = true;
out:
	ECDSA_SIG_free(sig);
	return ok;
}

/* Only a CSR that passed every check is kept; then neither can fail but for
 * want of memory. */
static enum rule
keep(const struct check *c, struct csr *out)
{
	if (c->spki_der.len > sizeof(out->spki) ||
	    key_identify(c->spki_der.data, c->spki_der.len, &out->key) !=
		CA_OK ||
	    !hash_r(c->signature, out->r_sha256)) {
		memset(out, 0, sizeof(*out));
		return RULE_POP;
	}
	memcpy(out->spki, c->spki_der.data, c->spki_der.len);
	out->spki_len = c->spki_der.len;
	return RULE_OK;
}

enum rule
csr_check(const uint8_t *der, size_t len, const char *id,
    const struct profile *profile, struct csr *out)
{
	struct check c = { .in = { der, len }, .id = id, .profile = profile };
	enum rule rule = RULE_OK;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0;
	     i < sizeof(checks) / sizeof(checks[0]) && rule == RULE_OK; i++)
		rule = checks[i](&c);
	if (rule == RULE_OK)
		rule = keep(&c, out);
	X509_REQ_free(c.req);
	return rule;
}

/* Copy the one CN of a name, if its text is a valid id. */
static bool
copy_id(const X509_NAME *name, char id[SUBJECT_ID_MAX + 1])
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *text = NULL;
	bool ok = false;
	int len;

	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return false;
	len = ASN1_STRING_to_UTF8(&text,
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (len > 0 && strlen((char *)text) == (size_t)len &&
	    subject_id_valid((char *)text)) {
		memcpy(id, text, (size_t)len + 1);
		ok = true;
	}
	OPENSSL_free(text);
	return ok;
}

bool
csr_peek_id(const uint8_t *der, size_t len, char id[SUBJECT_ID_MAX + 1])
{
	const unsigned char *p = der;
	X509_REQ *req = NULL;
	bool ok = false;

	id[0] = '\0';
	if (len == 0 || len > CSR_MAX)
		return false;
	req = d2i_X509_REQ(NULL, &p, (long)len);
	if (req != NULL)
		ok = copy_id(X509_REQ_get_subject_name(req), id);
	X509_REQ_free(req);
	return ok;
}
