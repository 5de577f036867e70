/* SPDX-License-Identifier: ISC */
#include "ca/cvc.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <string.h>

#include "ca/der.h"
#include "ca/key.h"

enum cvc_tag {
	TAG_OID = 0x06,
	TAG_CAR = 0x42,
	TAG_REQUEST = 0x67,
	TAG_PRIME = 0x81, /* to 85: a, b, base point, order */
	TAG_POINT = 0x86,
	TAG_COFACTOR = 0x87,
	TAG_CHR = 0x5F20,
	TAG_EXPIRES = 0x5F24,
	TAG_EFFECTIVE = 0x5F25,
	TAG_VERSION = 0x5F29,
	TAG_SIGNATURE = 0x5F37,
	TAG_CVC = 0x7F21,
	TAG_KEY = 0x7F49,
	TAG_CHAT = 0x7F4C,
	TAG_BODY = 0x7F4E,
};
#define DOMAIN 5
#define FIELD_MAX 66
#define DATE_LEN 6

struct cvc {
	struct der whole, body; /* body: with its tag, as it is signed */
	struct der signature;
	char car[CVC_NAME_MAX + 1], chr[CVC_NAME_MAX + 1];
	bool request; /* no role, no dates */
	struct der domain[DOMAIN];
	bool has_domain;
	struct der point;
	const EVP_MD *md;
};

/* ---- tags and lengths ---------------------------------------------------- */

static bool
take_octet(struct der *in, unsigned *out)
{
	if (in->len == 0)
		return false;
	*out = in->data[0];
	in->data++;
	in->len--;
	return true;
}

static bool
take_header(struct der *in, unsigned *tag, size_t *len)
{
	unsigned octet, high;

	if (!take_octet(in, tag))
		return false;
	if ((*tag & 0x1F) == 0x1F) {
		if (!take_octet(in, &octet) || (octet & 0x80) != 0)
			return false;
		*tag = *tag << 8 | octet;
	}
	if (!take_octet(in, &octet))
		return false;
	*len = octet;
	if (octet < 0x80)
		return true;
	if (octet == 0x81)
		return take_octet(in, &octet) && (*len = octet) >= 0x80;
	if (octet != 0x82 || !take_octet(in, &high) || !take_octet(in, &octet))
		return false;
	*len = (size_t)high << 8 | octet;
	return *len >= 0x100;
}

/* Take the element of this tag off in; whole (may be NULL) has its header,
 * too.  False leaves in as it was. */
static bool
take(struct der *in, unsigned tag, struct der *content, struct der *whole)
{
	struct der rest = *in;
	unsigned found;
	size_t len;

	if (!take_header(&rest, &found, &len) || found != tag || len > rest.len)
		return false;
	*content = (struct der){ rest.data, len };
	rest.data += len;
	rest.len -= len;
	if (whole != NULL)
		*whole =
		    (struct der){ in->data, (size_t)(rest.data - in->data) };
	*in = rest;
	return true;
}

/* ---- a certificate ------------------------------------------------------- */

static bool
take_name(struct der *in, unsigned tag, char out[CVC_NAME_MAX + 1])
{
	struct der name;

	if (!take(in, tag, &name, NULL) || name.len == 0 ||
	    name.len > CVC_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.data[i] < 0x21 || name.data[i] > 0x7e)
			return false;
		out[i] = (char)name.data[i];
	}
	out[name.len] = '\0';
	return true;
}

/* id-TA-ECDSA-SHA-256, -384, -512 */
static const EVP_MD *
algorithm(struct der oid)
{
	static const uint8_t ecdsa[] = { 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02,
		0x02, 0x02, 0x02 };

	if (oid.len != sizeof(ecdsa) + 1 ||
	    memcmp(oid.data, ecdsa, sizeof(ecdsa)) != 0)
		return NULL;
	switch (oid.data[sizeof(ecdsa)]) {
	case 3:
		return EVP_sha256();
	case 4:
		return EVP_sha384();
	case 5:
		return EVP_sha512();
	}
	return NULL;
}

/* The domain may be left out as a whole: it is then the issuer's. */
static enum ca_error
read_key(struct der in, struct cvc *out)
{
	struct der oid, cofactor;
	bool first;

	if (!take(&in, TAG_OID, &oid, NULL))
		return CA_ERR_ENCODING;
	out->md = algorithm(oid);
	if (out->md == NULL)
		return CA_ERR_KEY;
	first = take(&in, TAG_PRIME, &out->domain[0], NULL);
	for (unsigned i = 1; first && i < DOMAIN; i++)
		if (!take(&in, TAG_PRIME + i, &out->domain[i], NULL))
			return CA_ERR_ENCODING;
	out->has_domain = first;
	if (!take(&in, TAG_POINT, &out->point, NULL))
		return CA_ERR_ENCODING;
	if (take(&in, TAG_COFACTOR, &cofactor, NULL) &&
	    (!out->has_domain || cofactor.len != 1 || cofactor.data[0] != 1))
		return CA_ERR_ENCODING;
	return in.len == 0 ? CA_OK : CA_ERR_ENCODING;
}

static bool
take_date(struct der *in, unsigned tag)
{
	struct der date;

	if (!take(in, tag, &date, NULL) || date.len != DATE_LEN)
		return false;
	for (size_t i = 0; i < DATE_LEN; i++)
		if (date.data[i] > 9)
			return false;
	return true;
}

/* Role and dates: cards do not look at them, and neither do we. */
static bool
take_role(struct der *in, bool *request)
{
	struct der chat;

	*request = in->len == 0;
	return *request ||
	    (take(in, TAG_CHAT, &chat, NULL) && take_date(in, TAG_EFFECTIVE) &&
		take_date(in, TAG_EXPIRES) && in->len == 0);
}

static enum ca_error
take_cvc(struct der *in, struct cvc *out)
{
	struct der inner, body, version, key;
	enum ca_error ret;

	if (!take(in, TAG_CVC, &inner, &out->whole) ||
	    !take(&inner, TAG_BODY, &body, &out->body) ||
	    !take(&inner, TAG_SIGNATURE, &out->signature, NULL) ||
	    inner.len != 0 || !take(&body, TAG_VERSION, &version, NULL) ||
	    version.len != 1 || version.data[0] != 0 ||
	    !take_name(&body, TAG_CAR, out->car) ||
	    !take(&body, TAG_KEY, &key, NULL))
		return CA_ERR_ENCODING;
	ret = read_key(key, out);
	if (ret != CA_OK)
		return ret;
	if (!take_name(&body, TAG_CHR, out->chr) ||
	    !take_role(&body, &out->request))
		return CA_ERR_ENCODING;
	return CA_OK;
}

/* ---- keys ---------------------------------------------------------------- */

static const int curves[] = { NID_X9_62_prime256v1, NID_secp384r1,
	NID_secp521r1, NID_brainpoolP256r1, NID_brainpoolP320r1,
	NID_brainpoolP384r1, NID_brainpoolP512r1 };

static bool
is_number(struct der value, const BIGNUM *want)
{
	BIGNUM *n = BN_bin2bn(value.data, (int)value.len, NULL);
	bool same = n != NULL && BN_cmp(n, want) == 0;

	BN_free(n);
	return same;
}

static bool
is_base_point(struct der value, const EC_GROUP *group)
{
	uint8_t point[1 + 2 * FIELD_MAX];
	size_t len = EC_POINT_point2oct(group, EC_GROUP_get0_generator(group),
	    POINT_CONVERSION_UNCOMPRESSED, point, sizeof(point), NULL);

	return len != 0 && len == value.len &&
	    memcmp(value.data, point, len) == 0;
}

/* Every parameter is compared: a curve of one's own choice proves nothing. */
static bool
is_curve(const struct der domain[DOMAIN], const EC_GROUP *group)
{
	BIGNUM *p = BN_new(), *a = BN_new(), *b = BN_new();
	bool ok = p != NULL && a != NULL && b != NULL &&
	    EC_GROUP_get_curve(group, p, a, b, NULL) == 1 &&
	    is_number(domain[0], p) && is_number(domain[1], a) &&
	    is_number(domain[2], b) && is_base_point(domain[3], group) &&
	    is_number(domain[4], EC_GROUP_get0_order(group));

	BN_free(p);
	BN_free(a);
	BN_free(b);
	return ok;
}

static int
curve_of(const struct der domain[DOMAIN])
{
	int nid = NID_undef;

	for (size_t i = 0; i < DOMAIN; i++)
		if (domain[i].len > 1 + 2 * FIELD_MAX)
			return NID_undef;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		EC_GROUP *group = EC_GROUP_new_by_curve_name(curves[i]);

		if (group != NULL && is_curve(domain, group))
			nid = curves[i];
		EC_GROUP_free(group);
	}
	return nid;
}

static EVP_PKEY *
key_on(int nid, struct der point)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    (char *)(uintptr_t)OBJ_nid2sn(nid), 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		    (void *)(uintptr_t)point.data, point.len),
		OSSL_PARAM_END,
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	params[0].data_size = strlen(params[0].data);
	/* 04: neither compressed nor at infinity */
	if (ctx == NULL || point.len < 2 || point.data[0] != 0x04 ||
	    EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return key;
}

/* issuer: whose curve it is on when it says none; NULL: it must. */
static enum ca_error
key_of(const struct cvc *c, const struct cvc *issuer, EVP_PKEY **out)
{
	const struct cvc *on = c->has_domain ? c : issuer;
	int nid =
	    on != NULL && on->has_domain ? curve_of(on->domain) : NID_undef;

	*out = nid != NID_undef ? key_on(nid, c->point) : NULL;
	return *out != NULL ? CA_OK : CA_ERR_KEY;
}

/* ---- signatures ---------------------------------------------------------- */

/* r || s of the same length, to DER; OPENSSL_free() */
static int
to_der(struct der raw, uint8_t **out)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int half = (int)raw.len / 2, len = -1;
	BIGNUM *r = BN_bin2bn(raw.data, half, NULL);
	BIGNUM *s = BN_bin2bn(raw.data + half, half, NULL);

	*out = NULL;
	if (sig != NULL && r != NULL && s != NULL &&
	    ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;
		len = i2d_ECDSA_SIG(sig, out);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return len;
}

static enum ca_error
verify(EVP_PKEY *key, const EVP_MD *md, struct der text, struct der raw)
{
	size_t field = (size_t)(EVP_PKEY_get_bits(key) + 7) / 8;
	EVP_MD_CTX *ctx = NULL;
	uint8_t *der = NULL;
	bool ok = false;
	int len;

	if (raw.len != 2 * field)
		return CA_ERR_SIGNATURE;
	len = to_der(raw, &der);
	ctx = EVP_MD_CTX_new();
	if (len > 0 && ctx != NULL)
		ok = EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, der, (size_t)len, text.data,
			text.len) == 1;
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(der);
	ERR_clear_error();
	return ok ? CA_OK : CA_ERR_SIGNATURE;
}

/* ---- what others ask ----------------------------------------------------- */

void
cvc_device_clear(struct cvc_device *d)
{
	EVP_PKEY_free(d->key);
	memset(d, 0, sizeof(*d));
}

static enum ca_error
check_device(const struct cvc *own, const struct cvc *issuer,
    struct cvc_device *out)
{
	EVP_PKEY *above = NULL;
	enum ca_error ret;

	if (own->request || issuer->request ||
	    strlen(own->chr) <= CVC_SEQUENCE_LEN)
		return CA_ERR_ENCODING;
	if (strcmp(own->car, issuer->chr) != 0)
		return CA_ERR_CHAIN;
	ret = key_of(issuer, NULL, &above);
	if (ret == CA_OK)
		ret = verify(above, issuer->md, own->body, own->signature);
	EVP_PKEY_free(above);
	if (ret == CA_OK)
		ret = key_of(own, issuer, &out->key);
	if (ret != CA_OK)
		return ret;
	memcpy(out->holder, own->chr, sizeof(out->holder));
	out->md = own->md;
	SHA256(issuer->whole.data, issuer->whole.len, out->issuer_sha256);
	return CA_OK;
}

static enum ca_error
take_two(const uint8_t *file, size_t len, struct cvc *own, struct cvc *issuer)
{
	struct der in = { file, len };
	enum ca_error ret;

	if (len > CVC_MAX)
		return CA_ERR_ENCODING;
	ret = take_cvc(&in, own);
	if (ret == CA_OK)
		ret = take_cvc(&in, issuer);
	return ret == CA_OK && in.len != 0 ? CA_ERR_ENCODING : ret;
}

enum ca_error
cvc_device_read(const uint8_t *file, size_t len, struct cvc_device *out)
{
	struct cvc own = { .request = false }, issuer = { .request = false };
	enum ca_error ret;

	memset(out, 0, sizeof(*out));
	ret = take_two(file, len, &own, &issuer);
	return ret == CA_OK ? check_device(&own, &issuer, out) : ret;
}

/* A certificate alone, and its key. */
static enum ca_error
read_root(const uint8_t *data, size_t len, struct cvc *out, EVP_PKEY **key)
{
	struct der in = { data, len };
	enum ca_error ret;

	*key = NULL;
	if (len > CVC_MAX)
		return CA_ERR_ENCODING;
	ret = take_cvc(&in, out);
	if (ret == CA_OK && (in.len != 0 || out->request))
		ret = CA_ERR_ENCODING;
	return ret == CA_OK ? key_of(out, NULL, key) : ret;
}

enum ca_error
cvc_root_check(const uint8_t *root, size_t len)
{
	struct cvc c = { .request = false };
	EVP_PKEY *key = NULL;
	enum ca_error ret = read_root(root, len, &c, &key);

	EVP_PKEY_free(key);
	return ret;
}

enum ca_error
cvc_issuer_check(const uint8_t *file, size_t len, const uint8_t *root,
    size_t root_len)
{
	struct cvc own = { .request = false }, issuer = { .request = false };
	struct cvc above = { .request = false };
	EVP_PKEY *key = NULL;
	enum ca_error ret = take_two(file, len, &own, &issuer);

	if (ret == CA_OK)
		ret = read_root(root, root_len, &above, &key);
	if (ret == CA_OK && strcmp(issuer.car, above.chr) != 0)
		ret = CA_ERR_CHAIN;
	if (ret == CA_OK)
		ret = verify(key, above.md, issuer.body, issuer.signature);
	EVP_PKEY_free(key);
	return ret;
}

static enum ca_error
check_spki(EVP_PKEY *key, const uint8_t *spki, size_t spki_len)
{
	uint8_t *der = NULL;
	size_t len = 0;
	enum ca_error ret = key_to_spki(key, &der, &len);

	if (ret == CA_OK &&
	    (len != spki_len || memcmp(der, spki, spki_len) != 0))
		ret = CA_ERR_SELFCHECK;
	OPENSSL_free(der);
	return ret;
}

/* Read the answer to a key's making, and verify what the device signed and what
 * the key did; *key new. */
static enum ca_error
check_request(struct der in, const struct cvc_device *device, struct cvc *c,
    EVP_PKEY **key)
{
	struct der inner, text, signature;
	char named[CVC_NAME_MAX + 1];
	enum ca_error ret;

	if (in.len > CVC_MAX || !take(&in, TAG_REQUEST, &inner, NULL) ||
	    in.len != 0)
		return CA_ERR_ENCODING;
	text = inner;
	ret = take_cvc(&inner, c);
	if (ret != CA_OK)
		return ret;
	if (!c->request || !take_name(&inner, TAG_CAR, named))
		return CA_ERR_ENCODING;
	text.len = (size_t)(inner.data - text.data);
	if (!take(&inner, TAG_SIGNATURE, &signature, NULL) || inner.len != 0)
		return CA_ERR_ENCODING;
	if (strcmp(named, device->holder) != 0)
		return CA_ERR_CHAIN;
	ret = verify(device->key, device->md, text, signature);
	if (ret == CA_OK)
		ret = key_of(c, NULL, key);
	if (ret == CA_OK)
		ret = verify(*key, c->md, c->body, c->signature);
	return ret;
}

enum ca_error
cvc_attestation_check(const uint8_t *data, size_t len,
    const struct cvc_device *device, const uint8_t *spki, size_t spki_len)
{
	struct cvc c = { .request = false };
	EVP_PKEY *key = NULL;
	enum ca_error ret =
	    check_request((struct der){ data, len }, device, &c, &key);

	if (ret == CA_OK)
		ret = check_spki(key, spki, spki_len);
	EVP_PKEY_free(key);
	return ret;
}

enum ca_error
cvc_proof_check(const uint8_t *data, size_t len,
    const struct cvc_device *device, const char *holder)
{
	struct cvc c = { .request = false };
	EVP_PKEY *key = NULL;
	enum ca_error ret =
	    check_request((struct der){ data, len }, device, &c, &key);

	if (ret == CA_OK && strcmp(c.chr, holder) != 0)
		ret = CA_ERR_SELFCHECK;
	EVP_PKEY_free(key);
	return ret;
}
