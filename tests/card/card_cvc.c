/* SPDX-License-Identifier: ISC */
#include "tests/card/card_cvc.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

static const char issuer_name[] = "ANDICA0100001";
static const char root_name[] = "ANSRCA0100001";
#define SEQUENCE "00001" /* at the end of a device's name */

/* ---- curves ----------------------------------------------------------- */

static const struct card_curve curves[] = {
	{ "P-256", NID_X9_62_prime256v1, 32 },
	{ "P-384", NID_secp384r1, 48 },
	/* of the root that stands above all cards */
	{ "brainpoolP320r1", NID_brainpoolP320r1, 40 },
};

const struct card_curve *
card_curve_by_prime(const uint8_t *p, size_t len)
{
	uint8_t prime[97];

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (card_curve_domain(&curves[i], 0x81, prime) == len &&
		    memcmp(p, prime, len) == 0)
			return &curves[i];
	return NULL;
}

const struct card_curve *
card_curve_of(const EVP_PKEY *key)
{
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)
		return NULL;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (EVP_PKEY_get_bits(key) == 8 * (int)curves[i].field)
			return &curves[i];
	return NULL;
}

size_t
card_curve_domain(const struct card_curve *curve, unsigned tag, uint8_t *out)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(curve->nid);
	BIGNUM *p = BN_new(), *a = BN_new(), *b = BN_new();
	const BIGNUM *n = NULL;
	size_t len = 0;

	if (group != NULL && tag == 0x84)
		len = EC_POINT_point2oct(group, EC_GROUP_get0_generator(group),
		    POINT_CONVERSION_UNCOMPRESSED, out, 97, NULL);
	else if (group != NULL && EC_GROUP_get_curve(group, p, a, b, NULL) == 1)
		n = tag == 0x81   ? p
		    : tag == 0x82 ? a
		    : tag == 0x83 ? b
				  : EC_GROUP_get0_order(group);
	if (n != NULL && BN_bn2binpad(n, out, (int)curve->field) > 0)
		len = curve->field;
	BN_free(p);
	BN_free(a);
	BN_free(b);
	EC_GROUP_free(group);
	return len;
}

/* ---- public keys ------------------------------------------------------ */

/* 04 || X || Y; OpenSSL hands out some keys compressed. */
static size_t
point_of(EVP_PKEY *key, const struct card_curve *curve, uint8_t out[97])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(curve->nid);
	EC_POINT *point = EC_POINT_new(group);
	size_t len = 0;

	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out,
		97, &len) == 1 &&
	    EC_POINT_oct2point(group, point, out, len, NULL) == 1)
		len = EC_POINT_point2oct(group, point,
		    POINT_CONVERSION_UNCOMPRESSED, out, 97, NULL);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return len;
}

static void
put_ec(EVP_PKEY *key, struct card_bytes *out)
{
	static const uint8_t ecdsa_sha256[] = { 0x04, 0x00, 0x7F, 0x00, 0x07,
		0x02, 0x02, 0x02, 0x02, 0x03 };
	const struct card_curve *curve = card_curve_of(key);
	uint8_t value[97];

	card_tlv_put(out, 0x06, ecdsa_sha256, sizeof(ecdsa_sha256));
	for (unsigned tag = 0x81; tag <= 0x85; tag++)
		card_tlv_put(out, tag, value,
		    card_curve_domain(curve, tag, value));
	card_tlv_put(out, 0x86, value, point_of(key, curve, value));
	card_tlv_put(out, 0x87, "\x01", 1);
}

static void
put_number(EVP_PKEY *key, const char *param, unsigned tag,
    struct card_bytes *out)
{
	BIGNUM *n = NULL;
	uint8_t value[512];

	if (EVP_PKEY_get_bn_param(key, param, &n) != 1 ||
	    BN_num_bytes(n) > (int)sizeof(value))
		out->full = true;
	else
		card_tlv_put(out, tag, value, (size_t)BN_bn2bin(n, value));
	BN_free(n);
}

static void
put_rsa(EVP_PKEY *key, struct card_bytes *out)
{
	static const uint8_t rsa_sha256[] = { 0x04, 0x00, 0x7F, 0x00, 0x07,
		0x02, 0x02, 0x02, 0x01, 0x02 };

	card_tlv_put(out, 0x06, rsa_sha256, sizeof(rsa_sha256));
	put_number(key, OSSL_PKEY_PARAM_RSA_N, 0x81, out);
	put_number(key, OSSL_PKEY_PARAM_RSA_E, 0x82, out);
}

static void
put_public_key(EVP_PKEY *key, struct card_bytes *out)
{
	struct card_bytes inner = { 0 };

	if (card_curve_of(key) != NULL)
		put_ec(key, &inner);
	else
		put_rsa(key, &inner);
	card_tlv_put(out, 0x7F49, inner.data, inner.len);
}

/* ---- signatures ------------------------------------------------------- */

/* DER to r || s. */
static size_t
plain(const uint8_t *der, size_t len, const struct card_curve *curve,
    uint8_t *out)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	int field = (int)curve->field;
	bool ok = sig != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, field) == field &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + field, field) == field;

	ECDSA_SIG_free(sig);
	return ok ? 2 * curve->field : 0;
}

/* The root signs with a nonce that is no secret either: what it signed is the
 * same on all cards. */
static size_t
plain_fixed(EVP_PKEY *key, const uint8_t *data, size_t len,
    const struct card_curve *curve, uint8_t *out)
{
	const EC_KEY *ec = EVP_PKEY_get0_EC_KEY(key);
	const EC_GROUP *group = EC_KEY_get0_group(ec);
	const BIGNUM *n = EC_GROUP_get0_order(group);
	EC_POINT *point = EC_POINT_new(group);
	BIGNUM *k = BN_new(), *inverse = BN_new(), *r = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	uint8_t digest[32], der[112], *p = der;
	ECDSA_SIG *sig = NULL;
	int der_len = 0;

	BN_set_word(k, 20261126);
	if (EC_POINT_mul(group, point, k, NULL, NULL, ctx) == 1 &&
	    EC_POINT_get_affine_coordinates(group, point, r, NULL, ctx) == 1 &&
	    BN_nnmod(r, r, n, ctx) == 1 &&
	    BN_mod_inverse(inverse, k, n, ctx) != NULL &&
	    EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL) == 1)
		sig = ECDSA_do_sign_ex(digest, sizeof(digest), inverse, r,
		    (EC_KEY *)(uintptr_t)ec);
	if (sig != NULL)
		der_len = i2d_ECDSA_SIG(sig, &p);
	ECDSA_SIG_free(sig);
	BN_free(k);
	BN_free(inverse);
	BN_free(r);
	BN_CTX_free(ctx);
	EC_POINT_free(point);
	return der_len > 0 ? plain(der, (size_t)der_len, curve, out) : 0;
}

/* 5F37 over what is in data. */
static void
put_signature(EVP_PKEY *key, const uint8_t *data, size_t data_len,
    struct card_bytes *out)
{
	const struct card_curve *curve = card_curve_of(key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[512], raw[96];
	size_t len = sizeof(sig);

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, sig, &len, data, data_len) != 1)
		out->full = true;
	else if (curve == NULL)
		card_tlv_put(out, 0x5F37, sig, len);
	else
		card_tlv_put(out, 0x5F37, raw, plain(sig, len, curve, raw));
	EVP_MD_CTX_free(ctx);
}

/* ---- certificates ----------------------------------------------------- */

struct cvc {
	const void *car, *chr;
	size_t car_len, chr_len;
	EVP_PKEY *key, *signer;
	const char *role; /* of a certificate, one octet; NULL: a request */
	bool fixed;       /* its signature is always the same */
};

/* Who it is for and how long; requests have none of it. */
static void
put_validity(const struct cvc *v, struct card_bytes *out)
{
	static const uint8_t role_oid[] = { 0x2B, 0x06, 0x01, 0x04, 0x01, 0x81,
		0xC3, 0x1F, 0x03, 0x01, 0x01 };
	struct card_bytes chat = { 0 };

	card_tlv_put(&chat, 0x06, role_oid, sizeof(role_oid));
	card_tlv_put(&chat, 0x53, v->role, 1);
	card_tlv_put(out, 0x7F4C, chat.data, chat.len);
	card_tlv_put(out, 0x5F25, "\x02\x00\x00\x01\x00\x01", 6);
	card_tlv_put(out, 0x5F24, "\x04\x09\x01\x02\x03\x01", 6);
}

static void
put_cvc(const struct cvc *v, struct card_bytes *out)
{
	struct card_bytes body = { 0 }, whole = { 0 };
	uint8_t sig[96];

	card_tlv_put(&body, 0x5F29, "", 1);
	card_tlv_put(&body, 0x42, v->car, v->car_len);
	put_public_key(v->key, &body);
	card_tlv_put(&body, 0x5F20, v->chr, v->chr_len);
	if (v->role != NULL)
		put_validity(v, &body);
	card_tlv_put(&whole, 0x7F4E, body.data, body.len);
	if (v->fixed)
		card_tlv_put(&whole, 0x5F37, sig,
		    plain_fixed(v->signer, whole.data, whole.len,
			card_curve_of(v->signer), sig));
	else
		put_signature(v->signer, whole.data, whole.len, &whole);
	card_tlv_put(out, 0x7F21, whole.data, whole.len);
	out->full = out->full || body.full || whole.full;
}

/* The key of an issuer or a root, no secret: 32 octets of text, with the
 * vendor's name over them. */
static EVP_PKEY *
vendor_key(const char *vendor, int nid)
{
	char d[] = "virtual cards only, not a secret";
	EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
	EC_KEY *ec = EC_KEY_new();
	EC_POINT *q = EC_POINT_new(group);
	BIGNUM *n;
	EVP_PKEY *key = EVP_PKEY_new();

	memcpy(d, vendor, strnlen(vendor, sizeof(d) - 1));
	n = BN_bin2bn((const uint8_t *)d, 32, NULL);
	if (EC_POINT_mul(group, q, n, NULL, NULL, NULL) != 1 ||
	    EC_KEY_set_group(ec, group) != 1 ||
	    EC_KEY_set_private_key(ec, n) != 1 ||
	    EC_KEY_set_public_key(ec, q) != 1 ||
	    EVP_PKEY_set1_EC_KEY(key, ec) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	BN_free(n);
	EC_POINT_free(q);
	EC_KEY_free(ec);
	EC_GROUP_free(group);
	return key;
}

static size_t
device_name(const struct card_state *s, char out[CARD_HOLDER_MAX + 1])
{
	memcpy(out, s->serial, CARD_SERIAL_LEN);
	memcpy(out + CARD_SERIAL_LEN, SEQUENCE, sizeof(SEQUENCE));
	return strlen(out);
}

/* The issuer's certificate under the root's key, or the root's under its own. */
static bool
put_above(EVP_PKEY *root, const char *name, EVP_PKEY *key,
    struct card_bytes *out)
{
	struct cvc above = { .car = root_name,
		.car_len = strlen(root_name),
		.chr = name,
		.chr_len = strlen(name),
		.key = key,
		.signer = root,
		.role = key == root ? "\xC0" : "\x80",
		.fixed = true };

	if (root != NULL && key != NULL)
		put_cvc(&above, out);
	return root != NULL && key != NULL && !out->full;
}

bool
card_cvc_root(const char *vendor, struct card_bytes *out)
{
	EVP_PKEY *root = vendor_key(vendor, NID_brainpoolP320r1);
	bool ok = put_above(root, root_name, root, out);

	EVP_PKEY_free(root);
	return ok;
}

bool
card_cvc_device(const struct card_state *s, const char *vendor,
    struct card_bytes *out)
{
	EVP_PKEY *root = vendor_key(vendor, NID_brainpoolP320r1);
	EVP_PKEY *issuer = vendor_key(vendor, NID_X9_62_prime256v1);
	char name[CARD_HOLDER_MAX + 1];
	struct cvc own = { .car = issuer_name,
		.car_len = strlen(issuer_name),
		.chr = name,
		.chr_len = device_name(s, name),
		.key = s->device.key,
		.signer = issuer,
		.role = "\x00" };
	bool ok = issuer != NULL;

	if (ok)
		put_cvc(&own, out);
	ok = ok && put_above(root, issuer_name, issuer, out);
	EVP_PKEY_free(root);
	EVP_PKEY_free(issuer);
	return ok;
}

bool
card_cvc_request(const struct card_state *s, EVP_PKEY *key, const uint8_t *car,
    size_t car_len, const uint8_t *chr, size_t chr_len, struct card_bytes *out)
{
	struct cvc v = { car, chr, car_len, chr_len, key, key, NULL, false };
	struct card_bytes body = { 0 };
	char name[CARD_HOLDER_MAX + 1];

	put_cvc(&v, &body);
	card_tlv_put(&body, 0x42, name, device_name(s, name));
	put_signature(s->device.key, body.data, body.len, &body);
	card_tlv_put(out, 0x67, body.data, body.len);
	return !out->full && !body.full;
}
