/* SPDX-License-Identifier: ISC */
/*
 * The device key encryption key: shares, and keys wrapped with it.  A blob is
 *
 *   8 octets of SHA-256(DKEK); key type; four fields with a length before
 *   each: algorithm (an OID), allowed algorithms, access conditions, key OID;
 *   AES-256-CBC with a zero IV of 8 random octets, bits of the key, components
 *   with a length before each, padding 80 00 ..; AES-256-CMAC of all before it
 *
 * The two keys are SHA-256(DKEK || 00000001) and SHA-256(DKEK || 00000002).
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

#include "tests/card/card_core.h"
#include "tests/card/card_cvc.h"

#define KCV_LEN 8
#define MAC_LEN 16
#define BLOCK 16
#define COMPONENTS 7 /* of a key of either kind */

static void
kcv(const struct card_dkek *d, uint8_t out[KCV_LEN])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	SHA256(d->key, CARD_DKEK_LEN, hash);
	memcpy(out, hash, KCV_LEN);
}

static void
derive(const struct card_dkek *d, uint8_t which, uint8_t out[32])
{
	uint8_t in[CARD_DKEK_LEN + 4] = { 0 };

	memcpy(in, d->key, CARD_DKEK_LEN);
	in[sizeof(in) - 1] = which;
	SHA256(in, sizeof(in), out);
}

/* ---- shares ----------------------------------------------------------- */

/* With a share: import it.  Shares, missing ones and the check value. */
uint16_t
card_dkek_import(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	struct card_dkek *d = &c->state.dkek;
	uint8_t check[KCV_LEN] = { 0 };

	if (!d->set)
		return SW_INS; /* as if there were no such thing */
	if (a->len > 0) {
		if (a->len != CARD_DKEK_LEN)
			return SW_LENGTH;
		if (d->missing == 0)
			return SW_CONDITIONS;
		for (size_t i = 0; i < CARD_DKEK_LEN; i++)
			d->key[i] ^= a->data[i];
		d->missing--;
		c->changed = true;
	}
	if (d->missing == 0)
		kcv(d, check);
	card_bytes_number(out, d->shares, 1);
	card_bytes_number(out, d->missing, 1);
	card_bytes_put(out, check, KCV_LEN);
	return SW_OK;
}

static uint16_t
dkek_ready(const struct card_dkek *d)
{
	if (!d->set)
		return SW_INS;
	return d->missing > 0 ? SW_CONDITIONS : SW_OK;
}

/* ---- ciphers ---------------------------------------------------------- */

/* Whole blocks, in place. */
static bool
cbc(const struct card_dkek *d, int encrypt, uint8_t *data, size_t len)
{
	static const uint8_t iv[BLOCK];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[32];
	int n = 0;
	bool ok;

	derive(d, 1, key);
	ok = EVP_CipherInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv,
		 encrypt) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_CipherUpdate(ctx, data, &n, data, (int)len) == 1 &&
	    (size_t)n == len;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static bool
cmac(const struct card_dkek *d, const uint8_t *data, size_t len,
    uint8_t out[MAC_LEN])
{
	uint8_t key[32];
	size_t n = 0;

	derive(d, 2, key);
	return EVP_Q_mac(NULL, "CMAC", NULL, "AES-256-CBC", NULL, key,
		   sizeof(key), data, len, out, MAC_LEN, &n) != NULL &&
	    n == MAC_LEN;
}

/* ---- the two kinds of keys -------------------------------------------- */

/* A component: a number of the key by OpenSSL's name, or of its curve's
 * domain by its tag. */
struct component {
	const char *param;
	unsigned tag;
	bool point;
};

static const struct kind {
	int type;
	uint8_t mark;
	uint8_t oid[10];
	struct component components[COMPONENTS];
} kinds[] = {
	{ EVP_PKEY_RSA, 6,
	    { 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02, 0x01, 0x02 },
	    { { OSSL_PKEY_PARAM_RSA_EXPONENT1, 0, false },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT2, 0, false },
		{ OSSL_PKEY_PARAM_RSA_FACTOR1, 0, false },
		{ OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 0, false },
		{ OSSL_PKEY_PARAM_RSA_FACTOR2, 0, false },
		{ OSSL_PKEY_PARAM_RSA_N, 0, false },
		{ OSSL_PKEY_PARAM_RSA_E, 0, false } } },
	{ EVP_PKEY_EC, 12,
	    { 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x03 },
	    { { NULL, 0x82, false }, { NULL, 0x83, false },
		{ NULL, 0x81, false }, { NULL, 0x85, false },
		{ NULL, 0x84, false }, { OSSL_PKEY_PARAM_PRIV_KEY, 0, false },
		{ OSSL_PKEY_PARAM_PUB_KEY, 0, true } } },
};

static const struct kind *
kind_of(EVP_PKEY *key)
{
	return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ? &kinds[0]
							 : &kinds[1];
}

static const struct kind *
kind_by_mark(uint8_t mark)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].mark == mark)
			return &kinds[i];
	return NULL;
}

/* Length before the octets. */
static void
put_field(struct card_bytes *b, const uint8_t *data, size_t len)
{
	card_bytes_number(b, (uint32_t)len, 2);
	card_bytes_put(b, data, len);
}

static void
put_component(EVP_PKEY *key, const struct component *what, struct card_bytes *b)
{
	uint8_t value[512];
	BIGNUM *n = NULL;
	size_t len = 0;

	if (what->param == NULL)
		len = card_curve_domain(card_curve_of(key), what->tag, value);
	else if (what->point)
		EVP_PKEY_get_octet_string_param(key, what->param, value,
		    sizeof(value), &len);
	else if (EVP_PKEY_get_bn_param(key, what->param, &n) == 1 &&
	    BN_num_bytes(n) <= (int)sizeof(value))
		len = (size_t)BN_bn2bin(n, value);
	BN_clear_free(n);
	b->full = b->full || len == 0;
	put_field(b, value, len);
	OPENSSL_cleanse(value, sizeof(value));
}

/* ---- wrap ------------------------------------------------------------- */

static void
put_plain(EVP_PKEY *key, struct card_bytes *b)
{
	const struct kind *kind = kind_of(key);
	uint8_t salt[8];

	RAND_bytes(salt, sizeof(salt));
	card_bytes_put(b, salt, sizeof(salt));
	card_bytes_number(b, (uint32_t)EVP_PKEY_get_bits(key), 2);
	for (size_t i = 0; i < COMPONENTS; i++)
		put_component(key, &kind->components[i], b);
	card_bytes_number(b, 0x80, 1);
	while (!b->full && b->len % BLOCK != 0)
		card_bytes_number(b, 0, 1);
}

uint16_t
card_dkek_wrap(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	const struct card_dkek *d = &c->state.dkek;
	EVP_PKEY *key = c->state.keys[a->p1].key;
	uint16_t sw = dkek_ready(d);
	struct card_bytes plain = { 0 };
	uint8_t octets[MAC_LEN];

	if (sw != SW_OK)
		return sw;
	if (key == NULL)
		return SW_NOT_FOUND;
	kcv(d, octets);
	card_bytes_put(out, octets, KCV_LEN);
	card_bytes_put(out, &kind_of(key)->mark, 1);
	put_field(out, kind_of(key)->oid, sizeof(kind_of(key)->oid));
	for (int i = 0; i < 3; i++)
		put_field(out, NULL, 0);
	put_plain(key, &plain);
	if (plain.full || !cbc(d, 1, plain.data, plain.len))
		return SW_BROKEN;
	card_bytes_put(out, plain.data, plain.len);
	if (out->full || !cmac(d, out->data, out->len, octets))
		return SW_BROKEN;
	card_bytes_put(out, octets, MAC_LEN);
	return SW_OK;
}

/* ---- unwrap ----------------------------------------------------------- */

/* The field at *at, and move on; false when it does not end inside. */
static bool
get_field(const uint8_t **at, const uint8_t *end, const uint8_t **value,
    size_t *len)
{
	if (end - *at < 2)
		return false;
	*len = (size_t)(*at)[0] << 8 | (*at)[1];
	*value = *at + 2;
	if ((size_t)(end - *value) < *len)
		return false;
	*at = *value + *len;
	return true;
}

struct parts {
	const uint8_t *value[COMPONENTS];
	size_t len[COMPONENTS];
};

static EVP_PKEY *
key_of_params(OSSL_PARAM_BLD *build, const char *type)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

/* The numbers that have a name; d of RSA, which has none here, is what OpenSSL
 * asks for first, and e does not tell it: p and q do. */
static bool
push_numbers(OSSL_PARAM_BLD *build, const struct kind *kind,
    const struct parts *parts, BIGNUM *numbers[COMPONENTS])
{
	for (size_t i = 0; i < COMPONENTS; i++) {
		const struct component *what = &kind->components[i];

		if (what->param == NULL || what->point)
			continue;
		numbers[i] =
		    BN_bin2bn(parts->value[i], (int)parts->len[i], NULL);
		if (OSSL_PARAM_BLD_push_BN(build, what->param, numbers[i]) != 1)
			return false;
	}
	return true;
}

/* d = 1/e mod (p - 1)(q - 1) */
static BIGNUM *
rsa_exponent(BIGNUM *numbers[COMPONENTS])
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = BN_dup(numbers[2]), *q = BN_dup(numbers[4]);
	BIGNUM *phi = BN_new(), *d = NULL;

	if (BN_sub_word(p, 1) == 1 && BN_sub_word(q, 1) == 1 &&
	    BN_mul(phi, p, q, ctx) == 1)
		d = BN_mod_inverse(NULL, numbers[6], phi, ctx);
	BN_clear_free(p);
	BN_clear_free(q);
	BN_clear_free(phi);
	BN_CTX_free(ctx);
	return d;
}

static EVP_PKEY *
rsa_key(OSSL_PARAM_BLD *build, BIGNUM *numbers[COMPONENTS])
{
	BIGNUM *d = rsa_exponent(numbers);
	EVP_PKEY *key = NULL;

	if (d != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_D, d) == 1)
		key = key_of_params(build, "RSA");
	BN_clear_free(d);
	return key;
}

static EVP_PKEY *
ec_key(OSSL_PARAM_BLD *build, const struct parts *parts)
{
	const struct card_curve *curve =
	    card_curve_by_prime(parts->value[2], parts->len[2]);

	if (curve == NULL ||
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
		curve->name, 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
		parts->value[6], parts->len[6]) != 1)
		return NULL;
	return key_of_params(build, "EC");
}

static EVP_PKEY *
key_of_parts(const struct kind *kind, const struct parts *parts)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *numbers[COMPONENTS] = { 0 };
	EVP_PKEY *key = NULL;

	if (push_numbers(build, kind, parts, numbers))
		key = kind->type == EVP_PKEY_RSA ? rsa_key(build, numbers)
						 : ec_key(build, parts);
	OSSL_PARAM_BLD_free(build);
	for (size_t i = 0; i < COMPONENTS; i++)
		BN_clear_free(numbers[i]);
	ERR_clear_error();
	return key;
}

/* Is the blob one of ours: check value, a kind we know, and the MAC. */
static bool
blob_ours(const struct card_dkek *d, const struct apdu *a)
{
	uint8_t octets[MAC_LEN];

	if (a->len < KCV_LEN + 1 + MAC_LEN || a->len > CARD_BYTES_MAX)
		return false;
	kcv(d, octets);
	if (CRYPTO_memcmp(octets, a->data, KCV_LEN) != 0)
		return false;
	return cmac(d, a->data, a->len - MAC_LEN, octets) &&
	    CRYPTO_memcmp(octets, a->data + a->len - MAC_LEN, MAC_LEN) == 0;
}

static EVP_PKEY *
blob_open(const struct card_dkek *d, const struct apdu *a)
{
	const struct kind *kind = kind_by_mark(a->data[KCV_LEN]);
	const uint8_t *at = a->data + KCV_LEN + 1;
	const uint8_t *end = a->data + a->len - MAC_LEN;
	struct card_bytes plain = { 0 };
	struct parts parts;

	for (int i = 0; i < 4; i++) /* algorithm, and what we do not use */
		if (!get_field(&at, end, &parts.value[0], &parts.len[0]))
			return NULL;
	if (kind == NULL || (end - at) % BLOCK != 0)
		return NULL;
	card_bytes_put(&plain, at, (size_t)(end - at));
	if (!cbc(d, 0, plain.data, plain.len))
		return NULL;
	at = plain.data + 10; /* salt, bits */
	end = plain.data + plain.len;
	for (size_t i = 0; i < COMPONENTS; i++)
		if (at > end ||
		    !get_field(&at, end, &parts.value[i], &parts.len[i]))
			return NULL;
	return key_of_parts(kind, &parts);
}

uint16_t
card_dkek_unwrap(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	const struct card_dkek *d = &c->state.dkek;
	struct card_key *k = &c->state.keys[a->p1];
	uint16_t sw = dkek_ready(d);
	EVP_PKEY *key;

	(void)out;
	if (sw != SW_OK)
		return sw;
	if (k->key != NULL)
		return SW_EXISTS;
	key = a->p1 != 0 && blob_ours(d, a) ? blob_open(d, a) : NULL;
	if (key == NULL)
		return SW_DATA;
	*k = (struct card_key){ .key = key };
	c->changed = true;
	return SW_OK;
}
