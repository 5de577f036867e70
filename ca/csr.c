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

/* A CSR while it is checked, filled as the rules go; what is a struct der is
 * borrowed from in. */
struct check {
	struct der in;
	const char *id;
	const struct profile *profile;
	struct der info; /* CertificationRequestInfo, as it was signed */
	struct der version, spki_der, attributes;
	struct der algorithm; /* contents of the outer one */
	struct der signature;
	struct spki spki;
	const EVP_MD *(*digest)(void);
	X509_NAME *name;
	struct csr_asks *asks;
};

static enum rule
check_size(struct check *c)
{
	return c->in.len == 0 || c->in.len > CSR_MAX ? RULE_SIZE : RULE_OK;
}

/* AlgorithmIdentifier (RFC 5280, 4.1.1.2): an OID, and one thing or none. */
static bool
algorithm_formed(struct der a)
{
	struct der oid, parameters;

	return der_take(&a, DER_OID, &oid) &&
	    (a.len == 0 || der_take_element(&a, &parameters)) && a.len == 0;
}

static bool
spki_formed(struct der in)
{
	struct der all, algorithm, bits;

	return der_take(&in, DER_SEQUENCE, &all) && in.len == 0 &&
	    der_take(&all, DER_SEQUENCE, &algorithm) &&
	    der_take(&all, DER_BIT_STRING, &bits) && all.len == 0 &&
	    algorithm_formed(algorithm);
}

/* Attribute (RFC 2986, 4.1), one after the other.  An IMPLICIT tag hides from
 * der_check() that they are a SET OF. */
static bool
attributes_formed(struct der in)
{
	struct der attribute, type, values;

	if (!der_sorted(in))
		return false;
	while (in.len > 0)
		if (!der_take(&in, DER_SEQUENCE, &attribute) ||
		    !der_take(&attribute, DER_OID, &type) ||
		    !der_take(&attribute, DER_SET, &values) ||
		    attribute.len != 0)
			return false;
	return true;
}

static bool
read_name(struct check *c, struct der name)
{
	const unsigned char *p = name.data;

	c->name = d2i_X509_NAME(NULL, &p, (long)name.len);
	return c->name != NULL && p == name.data + name.len;
}

/*
 * RFC 2986, 4.1 and 4.2.  Of DER there is but one way to write all this, so
 * what has the form need not be written again to be compared.  OpenSSL's own
 * parser is not asked: 3.0 takes longer to find a decoder for the key than to
 * verify the signature.
 */
static bool
split(struct check *c, struct der outer)
{
	struct der all, rest, name;

	if (!der_take(&outer, DER_SEQUENCE, &all) ||
	    !der_take_element(&all, &c->info) ||
	    !der_take(&all, DER_SEQUENCE, &c->algorithm) ||
	    !der_take(&all, DER_BIT_STRING, &c->signature) || all.len != 0)
		return false;
	rest = c->info;
	if (!der_take(&rest, DER_SEQUENCE, &rest) ||
	    !der_take(&rest, DER_INTEGER, &c->version) ||
	    !der_take_element(&rest, &name) ||
	    !der_take_element(&rest, &c->spki_der) ||
	    !der_take(&rest, DER_CONTEXT_0, &c->attributes) || rest.len != 0)
		return false;
	/* the octet of unused bits: none in a signature */
	if (c->signature.data[0] != 0)
		return false;
	c->signature.data++;
	c->signature.len--;
	return algorithm_formed(c->algorithm) && spki_formed(c->spki_der) &&
	    attributes_formed(c->attributes) && read_name(c, name);
}

static enum rule
check_der(struct check *c)
{
	struct der first = c->in;

	if (!der_check(c->in, &first.len) || !split(c, first))
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

	if (c->spki.rsa && c->profile->rsa_min == 0)
		return RULE_RSA;
	if (c->spki.rsa)
		return fault == SPKI_OK &&
			c->spki.modulus.len * 8 >= c->profile->rsa_min
		    ? RULE_OK
		    : RULE_RSA_SIZE;
	if (fault == SPKI_ENCODING)
		return RULE_CURVE;
	if (!(p256 && c->profile->p256) && !(p384 && c->profile->p384))
		return RULE_CURVE;
	return fault == SPKI_OK ? RULE_OK : RULE_POINT;
}

/* RFC 5758, 3.2: ecdsa-with-SHA2, the parameters field absent; RFC 4055, 5:
 * sha2WithRSAEncryption, its parameters NULL. */
#define ECDSA_WITH(n) 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, (n)
#define RSA_WITH(n)                                                            \
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, (n), 0x05, \
	    0x00

static enum rule
check_algorithm(struct check *c)
{
	static const struct {
		bool rsa;
		size_t len;
		uint8_t element[13];
		const EVP_MD *(*digest)(void);
	} rows[] = {
		{ false, 10, { ECDSA_WITH(2) }, EVP_sha256 },
		{ false, 10, { ECDSA_WITH(3) }, EVP_sha384 },
		{ false, 10, { ECDSA_WITH(4) }, EVP_sha512 },
		{ true, 13, { RSA_WITH(11) }, EVP_sha256 },
		{ true, 13, { RSA_WITH(12) }, EVP_sha384 },
		{ true, 13, { RSA_WITH(13) }, EVP_sha512 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].rsa == c->spki.rsa &&
		    der_equal(c->algorithm,
			(struct der){ rows[i].element, rows[i].len }))
			c->digest = rows[i].digest;
	return c->digest != NULL ? RULE_OK : RULE_ALGORITHM;
}

static enum rule
check_possession(struct check *c)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *key = NULL;
	enum rule rule = RULE_POP;

	if (ctx != NULL &&
	    key_from_spki(c->spki_der.data, c->spki_der.len, &key) == CA_OK &&
	    EVP_DigestVerifyInit(ctx, NULL, c->digest(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, c->signature.data, c->signature.len,
		c->info.data, c->info.len) == 1)
		rule = RULE_OK;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return rule;
}

/* In any string type: the octets of a BMPString would show zeros too. */
static enum rule
check_control(struct check *c)
{
	for (int i = 0; i < X509_NAME_entry_count(c->name); i++) {
		const ASN1_STRING *s =
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(c->name, i));
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
	const X509_NAME_ENTRY *entry = X509_NAME_get_entry(c->name, 0);
	size_t len = strlen(c->id);
	const ASN1_STRING *s;

	/* one attribute in all, therefore one RDN too */
	if (X509_NAME_entry_count(c->name) != 1 ||
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
	return csr_extension_allowed(c->attributes) ? RULE_OK : RULE_EXTENSION;
}

static enum rule
check_weak(struct check *c)
{
	bool weak = c->spki.rsa ? weak_rsa(&c->spki) : weak_key(&c->spki);

	return weak ? RULE_WEAK_KEY : RULE_OK;
}

static enum rule
check_asks(struct check *c)
{
	return csr_asks_read(c->name, c->attributes, c->asks) ? RULE_OK
							      : RULE_ASKS;
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

/* What remains of them for a CA: its subject and its extensions are the
 * plan's. */
static enum rule (*const ca_checks[])(struct check *) = {
	check_size,
	check_der,
	check_version,
	check_key,
	check_algorithm,
	check_possession,
	check_asks,
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
	    (!c->spki.rsa && !hash_r(c->signature, out->r_sha256))) {
		memset(out, 0, sizeof(*out));
		return RULE_POP;
	}
	memcpy(out->spki, c->spki_der.data, c->spki_der.len);
	out->spki_len = c->spki_der.len;
	return RULE_OK;
}

static enum rule
check_all(struct check *c, enum rule (*const list[])(struct check *),
    size_t count, struct csr *out)
{
	enum rule rule = RULE_OK;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < count && rule == RULE_OK; i++)
		rule = list[i](c);
	if (rule == RULE_OK)
		rule = keep(c, out);
	X509_NAME_free(c->name);
	return rule;
}

enum rule
csr_check(const uint8_t *der, size_t len, const char *id,
    const struct profile *profile, struct csr *out)
{
	struct check c = { .in = { der, len }, .id = id, .profile = profile };

	return check_all(&c, checks, sizeof(checks) / sizeof(checks[0]), out);
}

enum rule
csr_check_ca(const uint8_t *der, size_t len, const struct profile *profile,
    struct csr *out, struct csr_asks *asks)
{
	struct check c = { .in = { der, len },
		.profile = profile,
		.asks = asks };
	enum rule rule;

	memset(asks, 0, sizeof(*asks));
	rule = check_all(&c, ca_checks,
	    sizeof(ca_checks) / sizeof(ca_checks[0]), out);
	if (rule != RULE_OK)
		memset(asks, 0, sizeof(*asks));
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
