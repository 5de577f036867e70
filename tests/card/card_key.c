/* SPDX-License-Identifier: ISC */
/* Keys: generation, signatures, decryption, key agreement. */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "tests/card/card_core.h"
#include "tests/card/card_cvc.h"

static EVP_PKEY *
key_of(const struct card *c, const struct apdu *a)
{
	return c->state.keys[a->p1].key;
}

bool
card_key_remove(struct card *c, uint8_t reference)
{
	struct card_key *k = &c->state.keys[reference];

	if (k->key == NULL)
		return false;
	c->state.gone[reference] = k->uses + 1;
	card_key_clear(k);
	return true;
}

uint16_t
card_random(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	uint8_t octets[1024];
	size_t n = a->expected < sizeof(octets) ? a->expected : sizeof(octets);

	(void)c;
	if (RAND_bytes(octets, (int)n) != 1)
		return SW_BROKEN;
	card_bytes_put(out, octets, n);
	return SW_OK;
}

/* ---- generation ------------------------------------------------------- */

static EVP_PKEY *
make_rsa(const uint8_t *public, size_t len)
{
	const uint8_t *bits, *e;
	size_t bits_len, e_len;
	unsigned n;

	if (!card_tlv_find(public, len, 0x02, &bits, &bits_len) ||
	    !card_tlv_find(public, len, 0x82, &e, &e_len) || bits_len != 2 ||
	    e_len != 3 || memcmp(e, "\x01\x00\x01", 3) != 0)
		return NULL;
	n = (unsigned)bits[0] << 8 | bits[1];
	if (n != 2048 && n != 3072 && n != 4096)
		return NULL;
	return EVP_RSA_gen(n);
}

/* By the public key of the request: a prime, or the bits of a modulus. */
static EVP_PKEY *
make(const uint8_t *public, size_t len)
{
	const struct card_curve *curve;
	const uint8_t *p;
	size_t p_len;

	if (!card_tlv_find(public, len, 0x81, &p, &p_len))
		return make_rsa(public, len);
	curve = card_curve_by_prime(p, p_len);
	return curve != NULL ? EVP_EC_gen(curve->name) : NULL;
}

struct request {
	const uint8_t *car, *public, *chr;
	size_t car_len, public_len, chr_len;
};

static bool
request_read(const struct apdu *a, struct request *r)
{
	return card_tlv_find(a->data, a->len, 0x42, &r->car, &r->car_len) &&
	    card_tlv_find(a->data, a->len, 0x7F49, &r->public,
		&r->public_len) &&
	    card_tlv_find(a->data, a->len, 0x5F20, &r->chr, &r->chr_len) &&
	    r->car_len <= CARD_HOLDER_MAX && r->chr_len <= CARD_HOLDER_MAX;
}

uint16_t
card_key_make(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	struct card_key *k = &c->state.keys[a->p1];
	struct request r = { 0 };
	EVP_PKEY *key;

	if (k->key != NULL)
		return SW_EXISTS;
	if (a->p1 == 0 || !request_read(a, &r))
		return SW_DATA;
	key = make(r.public, r.public_len);
	if (key == NULL)
		return SW_DATA;
	card_file_remove(&c->state, 0xCE00 | a->p1);
	if (!card_cvc_request(&c->state, key, r.car, r.car_len, r.chr,
		r.chr_len, out) ||
	    !card_file_write(&c->state, 0xCE00 | a->p1, 0, out->data,
		out->len)) {
		EVP_PKEY_free(key);
		return SW_BROKEN;
	}
	*k = (struct card_key){ .key = key };
	c->changed = true;
	return SW_OK;
}

/* ---- signature -------------------------------------------------------- */

/* What is given to one operation, and what comes of it. */
struct job {
	EVP_PKEY *key;
	const struct apdu *a;
	struct card_bytes *out;
};

typedef uint16_t key_operation(const struct job *j);

/* Run an operation that is prepared in ctx, and free it. */
static uint16_t
finish(const struct job *j, EVP_PKEY_CTX *ctx, bool ready,
    int (*run)(EVP_PKEY_CTX *, uint8_t *, size_t *, const uint8_t *, size_t))
{
	uint8_t result[512];
	size_t len = sizeof(result);
	bool ok = ready && run(ctx, result, &len, j->a->data, j->a->len) == 1;

	if (ok)
		card_bytes_put(j->out, result, len);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok ? SW_OK : SW_DATA;
}

/* The block is as long as the modulus; whoever asks pads and unpads. */
static uint16_t
rsa_raw_sign(const struct job *j)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(j->key, NULL);

	return finish(j, ctx,
	    EVP_PKEY_sign_init(ctx) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1,
	    EVP_PKEY_sign);
}

static uint16_t
rsa_raw_decrypt(const struct job *j)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(j->key, NULL);

	return finish(j, ctx,
	    EVP_PKEY_decrypt_init(ctx) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1,
	    EVP_PKEY_decrypt);
}

/* The digest of that length. */
static const EVP_MD *
digest_by_length(size_t len)
{
	static const struct {
		size_t len;
		const EVP_MD *(*md)(void);
	} rows[] = {
		{ 20, EVP_sha1 },
		{ 32, EVP_sha256 },
		{ 48, EVP_sha384 },
		{ 64, EVP_sha512 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].len == len)
			return rows[i].md();
	return NULL;
}

static uint16_t
pss_sign(const struct job *j, const uint8_t *digest, size_t len)
{
	const EVP_MD *md = digest_by_length(len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(j->key, NULL);
	struct apdu bare = *j->a;
	struct job of_digest = { j->key, &bare, j->out };

	bare.data = digest;
	bare.len = len;
	return finish(&of_digest, ctx,
	    md != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) ==
		    1,
	    EVP_PKEY_sign);
}

/* OpenSC 0.23 sends the digest, or (CKM_SHA256_RSA_PKCS_PSS) a DigestInfo. */
static uint16_t
rsa_pss_sign(const struct job *j)
{
	const uint8_t *p = j->a->data;
	X509_SIG *info = d2i_X509_SIG(NULL, &p, (long)j->a->len);
	const ASN1_OCTET_STRING *digest = NULL;
	uint16_t sw;

	ERR_clear_error();
	if (info == NULL)
		return pss_sign(j, j->a->data, j->a->len);
	X509_SIG_get0(info, NULL, &digest);
	sw = pss_sign(j, ASN1_STRING_get0_data(digest),
	    (size_t)ASN1_STRING_length(digest));
	X509_SIG_free(info);
	return sw;
}

static uint16_t
ecdsa_sign(const struct job *j)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(j->key, NULL);

	return finish(j, ctx, EVP_PKEY_sign_init(ctx) == 1, EVP_PKEY_sign);
}

static uint16_t
ecdsa_digest_sign(const struct job *j, const EVP_MD *md)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[128];
	size_t len = sizeof(sig);
	bool ok = EVP_DigestSignInit(ctx, NULL, md, NULL, j->key) == 1 &&
	    EVP_DigestSign(ctx, sig, &len, j->a->data, j->a->len) == 1;

	if (ok)
		card_bytes_put(j->out, sig, len);
	EVP_MD_CTX_free(ctx);
	return ok ? SW_OK : SW_DATA;
}

static uint16_t
ecdsa_sha1_sign(const struct job *j)
{
	return ecdsa_digest_sign(j, EVP_sha1());
}

static uint16_t
ecdsa_sha224_sign(const struct job *j)
{
	return ecdsa_digest_sign(j, EVP_sha224());
}

static uint16_t
ecdsa_sha256_sign(const struct job *j)
{
	return ecdsa_digest_sign(j, EVP_sha256());
}

/* ---- key agreement ---------------------------------------------------- */

/* Somebody else's public key: a raw point, which must be on the curve. */
static EVP_PKEY *
peer(EVP_PKEY *own, const struct apdu *a)
{
	EVP_PKEY *key = EVP_PKEY_new();

	if (key != NULL && EVP_PKEY_copy_parameters(key, own) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(key, a->data, a->len) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* 04 and the X coordinate: OpenSC drops the first octet. */
static uint16_t
ecdh(const struct job *j)
{
	EVP_PKEY *other = peer(j->key, j->a);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(j->key, NULL);
	uint8_t x[48];
	size_t len = sizeof(x);
	bool ok = other != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, other) == 1 &&
	    EVP_PKEY_derive(ctx, x, &len) == 1;

	if (ok) {
		card_bytes_put(j->out, "\x04", 1);
		card_bytes_put(j->out, x, len);
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
	ERR_clear_error();
	return ok ? SW_OK : SW_DATA;
}

/* ---- by algorithm ----------------------------------------------------- */

#define INS_SIGN 0x68
#define INS_DECIPHER 0x62

static const struct {
	uint8_t ins, algorithm;
	int type;
	key_operation *run;
} operations[] = {
	{ INS_SIGN, 0x20, EVP_PKEY_RSA, rsa_raw_sign },
	{ INS_SIGN, 0x40, EVP_PKEY_RSA, rsa_pss_sign },
	{ INS_SIGN, 0x70, EVP_PKEY_EC, ecdsa_sign },
	{ INS_SIGN, 0x71, EVP_PKEY_EC, ecdsa_sha1_sign },
	{ INS_SIGN, 0x72, EVP_PKEY_EC, ecdsa_sha224_sign },
	{ INS_SIGN, 0x73, EVP_PKEY_EC, ecdsa_sha256_sign },
	{ INS_DECIPHER, 0x21, EVP_PKEY_RSA, rsa_raw_decrypt },
	{ INS_DECIPHER, 0x80, EVP_PKEY_EC, ecdh },
};

static key_operation *
operation_find(const struct apdu *a, EVP_PKEY *key)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (operations[i].ins == a->ins &&
		    operations[i].algorithm == a->p2 &&
		    EVP_PKEY_get_base_id(key) == operations[i].type)
			return operations[i].run;
	return NULL;
}

/* A card is slower than this machine: as slow as it was told to be. */
static void
take_time(unsigned microseconds)
{
	struct timespec t = { microseconds / 1000000,
		microseconds % 1000000 * 1000L };

	if (microseconds > 0)
		nanosleep(&t, NULL);
}

uint16_t
card_key_use(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	struct job j = { key_of(c, a), a, out };
	key_operation *run;
	uint16_t sw;

	if (j.key == NULL)
		return SW_NOT_FOUND;
	run = operation_find(a, j.key);
	if (run == NULL)
		return SW_P1P2;
	take_time(c->control.delay);
	sw = run(&j);
	if (sw == SW_OK) {
		c->state.keys[a->p1].uses++;
		c->changed = true;
	}
	return sw;
}
