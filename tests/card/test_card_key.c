/* SPDX-License-Identifier: ISC */
/* The keys of the virtual card: made, attested, used, wrapped; OpenSSL says
 * whether what comes out is right. */
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <time.h>

#include "tests/card/card_cvc.h"
#include "tests/card/fixture.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* ---- certificates ----------------------------------------------------- */

struct slice {
	const uint8_t *data;
	size_t len;
};

static struct slice
find(struct slice in, unsigned tag)
{
	struct slice out = { 0 };

	if (!card_tlv_find(in.data, in.len, tag, &out.data, &out.len))
		fail_msg("no tag %04X", tag);
	return out;
}

/* The object with its tag and length, from the start of what it is in. */
static struct slice
with_head(struct slice in, struct slice value)
{
	return (struct slice){ in.data,
		(size_t)(value.data + value.len - in.data) };
}

static EVP_PKEY *ec_public(struct slice public)
{
	struct slice prime = find(public, 0x81), point = find(public, 0x86);
	EVP_PKEY *base, *key = EVP_PKEY_new();

	base = EVP_EC_gen(card_curve_by_prime(prime.data, prime.len)->name);
	assert_int_equal(EVP_PKEY_copy_parameters(key, base), 1);
	assert_int_equal(EVP_PKEY_set1_encoded_public_key(key, point.data,
			     point.len),
	    1);
	EVP_PKEY_free(base);
	return key;
}

static EVP_PKEY *rsa_public(struct slice public)
{
	struct slice n = find(public, 0x81), e = find(public, 0x82);
	RSA *rsa = RSA_new();
	EVP_PKEY *key = EVP_PKEY_new();

	RSA_set0_key(rsa, BN_bin2bn(n.data, (int)n.len, NULL),
	    BN_bin2bn(e.data, (int)e.len, NULL), NULL);
	assert_int_equal(EVP_PKEY_assign_RSA(key, rsa), 1);
	return key;
}

/* The key of a 7F49, by the last octets of its algorithm. */
static EVP_PKEY *public_key(struct slice public)
{
	struct slice oid = find(public, 0x06);

	assert_int_equal(oid.len, 10);
	return oid.data[8] == 2 ? ec_public(public) : rsa_public(public);
}

/* r || s as OpenSSL wants it; an RSA signature as it is. */
static size_t
signature(EVP_PKEY *key, struct slice plain, uint8_t out[512])
{
	int half = (int)plain.len / 2;
	uint8_t *p = out;
	ECDSA_SIG *sig;
	int n;

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
		memcpy(out, plain.data, plain.len);
		return plain.len;
	}
	sig = ECDSA_SIG_new();
	ECDSA_SIG_set0(sig, BN_bin2bn(plain.data, half, NULL),
	    BN_bin2bn(plain.data + half, half, NULL));
	n = i2d_ECDSA_SIG(sig, &p);
	ECDSA_SIG_free(sig);
	return (size_t)n;
}

static bool
verified(EVP_PKEY *key, const EVP_MD *md, struct slice sig, struct slice data)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, sig.data, sig.len, data.data, data.len) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

/* Is the 5F37 behind the object of that tag the key's signature over all that
 * stands before it? */
static bool
signed_by(EVP_PKEY *key, struct slice in, unsigned tag)
{
	uint8_t sig[512];
	size_t len = signature(key, find(in, 0x5F37), sig);

	return verified(key, EVP_sha256(), (struct slice){ sig, len },
	    with_head(in, find(in, tag)));
}

static EVP_PKEY *
holder_key(struct slice cvc)
{
	return public_key(find(find(cvc, 0x7F4E), 0x7F49));
}

/* The device key, from EF 2F02: its certificate and its issuer's. */
static EVP_PKEY *
device_key(struct fixture *f)
{
	struct slice file = { 0 }, device, issuer;
	struct card_bytes top = { 0 };
	EVP_PKEY *own, *above, *root;

	assert_int_equal(command(f, 0x00B12F02, "\x54\x02\x00\x00", 4, ALL),
	    0x9000);
	file = (struct slice){ f->data, f->len };
	device = find(file, 0x7F21);
	issuer =
	    find((struct slice){ device.data + device.len,
		     (size_t)(f->data + f->len - device.data) - device.len },
		0x7F21);
	own = holder_key(device);
	above = holder_key(issuer);
	assert_true(card_cvc_root("", &top));
	root = holder_key(find((struct slice){ top.data, top.len }, 0x7F21));
	assert_true(signed_by(above, device, 0x7F4E));
	assert_true(signed_by(root, issuer, 0x7F4E));
	assert_false(signed_by(own, device, 0x7F4E));
	assert_memory_equal(find(find(device, 0x7F4E), 0x5F20).data,
	    card_serial(f->card), 11);
	EVP_PKEY_free(above);
	EVP_PKEY_free(root);
	return own;
}

/* ---- generation ------------------------------------------------------- */

static size_t
request(uint8_t out[1024], const struct card_bytes *public)
{
	struct card_bytes b = { 0 };

	card_tlv_put(&b, 0x5F29, "", 1);
	card_tlv_put(&b, 0x42, "UTCA00001", 9);
	card_tlv_put(&b, 0x7F49, public->data, public->len);
	card_tlv_put(&b, 0x5F20, "ANC0000000100001", 16);
	assert_true(b.len <= 1024);
	memcpy(out, b.data, b.len);
	return b.len;
}

static size_t
ec_request(uint8_t out[1024], int nid)
{
	const struct card_curve curve = { "", nid,
		nid == NID_secp384r1 ? 48 : 32 };
	struct card_bytes b = { 0 };
	uint8_t value[97];

	for (unsigned tag = 0x81; tag <= 0x85; tag++)
		card_tlv_put(&b, tag, value,
		    card_curve_domain(&curve, tag, value));
	card_tlv_put(&b, 0x87, "\x01", 1);
	return request(out, &b);
}

static size_t
rsa_request(uint8_t out[1024], unsigned bits)
{
	struct card_bytes b = { 0 };
	uint8_t size[2] = { (uint8_t)(bits >> 8), (uint8_t)bits };

	card_tlv_put(&b, 0x82, "\x01\x00\x01", 3);
	card_tlv_put(&b, 0x02, size, 2);
	return request(out, &b);
}

/* Make a key: its public half, out of the answer, which is verified. */
static EVP_PKEY *
make(struct fixture *f, uint8_t reference, const uint8_t *req, size_t len)
{
	uint32_t header = 0x00460000u | (uint32_t)reference << 8;
	struct slice answer, cvc;
	EVP_PKEY *key, *device;
	struct card_bytes kept = { 0 };

	assert_int_equal(command(f, header, req, len, ALL), 0x9000);
	card_bytes_put(&kept, f->data, f->len);
	device = device_key(f);
	answer = find((struct slice){ kept.data, kept.len }, 0x67);
	cvc = find(answer, 0x7F21);
	key = holder_key(cvc);
	assert_true(signed_by(key, cvc, 0x7F4E));
	assert_true(signed_by(device, answer, 0x42));
	assert_memory_equal(find(answer, 0x42).data, card_serial(f->card), 11);
	assert_memory_equal(find(find(cvc, 0x7F4E), 0x5F20).data,
	    "ANC0000000100001", 16);
	/* it is kept in CExx, too */
	assert_int_equal(command(f, 0x00B1CE00u | reference, "\x54\x02\x00\x00",
			     4, ALL),
	    0x9000);
	assert_int_equal(f->len, kept.len);
	assert_memory_equal(f->data, kept.data, kept.len);
	EVP_PKEY_free(device);
	return key;
}

static EVP_PKEY *
make_ec(struct fixture *f, uint8_t reference, int nid)
{
	uint8_t req[1024];

	return make(f, reference, req, ec_request(req, nid));
}

static EVP_PKEY *
make_rsa(struct fixture *f, uint8_t reference, unsigned bits)
{
	uint8_t req[1024];

	return make(f, reference, req, rsa_request(req, bits));
}

static void
test_make(void **state)
{
	struct fixture *f = *state;
	uint8_t req[1024];
	size_t len = ec_request(req, NID_X9_62_prime256v1);

	initialise(f);
	assert_int_equal(command(f, 0x00460100, req, len, ALL), 0x6982);
	assert_int_equal(verify(f, USER_PIN), 0x9000);
	EVP_PKEY_free(make_ec(f, 1, NID_X9_62_prime256v1));
	EVP_PKEY_free(make_ec(f, 2, NID_secp384r1));
	EVP_PKEY_free(make_rsa(f, 3, 2048));
	assert_int_equal(command(f, 0x00460100, req, len, ALL), 0x6A89);
	assert_int_equal(command(f, 0x00460000, req, len, ALL), 0x6A80);
	assert_int_equal(command(f, 0x00460400, req, len - 1, ALL), 0x6A80);
	/* an unknown prime, and sizes of RSA nobody wants */
	req[40]++;
	assert_int_equal(command(f, 0x00460400, req, len, ALL), 0x6A80);
	len = rsa_request(req, 1024);
	assert_int_equal(command(f, 0x00460400, req, len, ALL), 0x6A80);
	/* the list: device key, keys, answers */
	assert_int_equal(command(f, 0x80580000, NULL, 0, ALL), 0x9000);
	assert_int_equal(f->len, 14);
	assert_memory_equal(f->data, "\xCC\x00\xCC\x01\xCC\x02\xCC\x03", 8);
	assert_int_equal(command(f, 0x00E40200, "\xCC\x01", 2, NO_LE), 0x9000);
	assert_int_equal(card_key_uses(f->card, 1), -1);
	assert_int_equal(card_key_uses(f->card, 2), 0);
}

/* ---- signatures ------------------------------------------------------- */

static const char text[] = "a text to sign, of more octets than a digest has";
static const struct slice text_slice = { (const uint8_t *)text, sizeof(text) };

static void
test_ecdsa(void **state)
{
	static const struct {
		uint8_t reference, algorithm;
		const char *digest;
		bool over_digest; /* the card gets the digest, not the text */
	} cases[] = {
		{ 1, 0x70, "SHA256", true },
		{ 1, 0x70, "SHA1", true },
		{ 1, 0x71, "SHA1", false },
		{ 1, 0x72, "SHA224", false },
		{ 1, 0x73, "SHA256", false },
		{ 2, 0x70, "SHA384", true },
		{ 2, 0x70, "SHA512", true },
		{ 2, 0x73, "SHA256", false },
	};
	struct fixture *f = *state;
	EVP_PKEY *keys[3] = { 0 };

	ready(f);
	keys[1] = make_ec(f, 1, NID_X9_62_prime256v1);
	keys[2] = make_ec(f, 2, NID_secp384r1);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		uint32_t header = 0x80680000u |
		    (uint32_t)cases[i].reference << 8 | cases[i].algorithm;
		const EVP_MD *md = EVP_get_digestbyname(cases[i].digest);
		uint8_t digest[64];
		unsigned n = 0;

		EVP_Digest(text, sizeof(text), digest, &n, md, NULL);
		assert_int_equal(cases[i].over_digest
			? command(f, header, digest, n, 512)
			: command(f, header, text, sizeof(text), 512),
		    0x9000);
		assert_true(verified(keys[cases[i].reference], md,
		    (struct slice){ f->data, f->len }, text_slice));
	}
	assert_int_equal(card_key_uses(f->card, 1), 5);
	restart(f);
	assert_int_equal(card_key_uses(f->card, 2), 3);
	assert_int_equal(command(f, 0x80680170, text, 32, 512), 0x6982);
	EVP_PKEY_free(keys[1]);
	EVP_PKEY_free(keys[2]);
}

static bool
pss_verified(EVP_PKEY *key, struct slice sig, const uint8_t *digest)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok = EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32) == 1 &&
	    EVP_PKEY_verify(ctx, sig.data, sig.len, digest, 32) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static void
test_rsa(void **state)
{
	/* DigestInfo of SHA-256, without the digest */
	static const uint8_t info[] = { 0x30, 0x31, 0x30, 0x0D, 0x06, 0x09,
		0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
		0x00, 0x04, 0x20 };
	struct fixture *f = *state;
	uint8_t block[256], whole[51], *digest = whole + sizeof(info);
	EVP_PKEY *key;

	ready(f);
	key = make_rsa(f, 3, 2048);
	memcpy(whole, info, sizeof(info));
	EVP_Digest(text, sizeof(text), digest, NULL, EVP_sha256(), NULL);
	/* PKCS#1 v1.5, padded outside */
	memset(block, 0xFF, sizeof(block));
	block[0] = 0;
	block[1] = 1;
	block[256 - 51 - 1] = 0;
	memcpy(block + 256 - 51, whole, 51);
	assert_int_equal(command(f, 0x80680320, block, 256, 512), 0x9000);
	assert_true(verified(key, EVP_sha256(),
	    (struct slice){ f->data, f->len }, text_slice));
	/* raw the other way gives the block again */
	assert_int_equal(command(f, 0x80680320, block, 255, 512), 0x6A80);
	assert_int_equal(command(f, 0x80620321, block, 256, 512), 0x9000);
	assert_int_equal(f->len, 256);
	/* PSS over a digest, and over its DigestInfo */
	assert_int_equal(command(f, 0x80680340, digest, 32, 512), 0x9000);
	assert_true(
	    pss_verified(key, (struct slice){ f->data, f->len }, digest));
	assert_int_equal(command(f, 0x80680340, whole, 51, 512), 0x9000);
	assert_true(
	    pss_verified(key, (struct slice){ f->data, f->len }, digest));
	assert_int_equal(command(f, 0x80680340, whole, 31, 512), 0x6A80);
	assert_int_equal(card_key_uses(f->card, 3), 4);
	EVP_PKEY_free(key);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *name;
		uint32_t header;
		unsigned sw;
	} cases[] = {
		{ "no such key", 0x80680970, 0x6A82 },
		{ "the device key", 0x80680070, 0x6A82 },
		{ "RSA with an EC key", 0x80680120, 0x6A86 },
		{ "no such algorithm", 0x80680174, 0x6A86 },
		{ "ECDH as a signature", 0x80680180, 0x6A86 },
		{ "not a point", 0x80620180, 0x6A80 },
	};
	struct fixture *f = *state;

	ready(f);
	EVP_PKEY_free(make_ec(f, 1, NID_X9_62_prime256v1));
	for (size_t i = 0; i < LENGTH(cases); i++) {
		unsigned sw = command(f, cases[i].header, text, 32, 512);

		if (sw != cases[i].sw)
			fail_msg("%s: %04X", cases[i].name, sw);
	}
	assert_int_equal(card_key_uses(f->card, 1), 0);
}

static void
test_delay(void **state)
{
	struct fixture *f = *state;
	struct timespec before, after;
	double took;

	ready(f);
	EVP_PKEY_free(make_ec(f, 1, NID_X9_62_prime256v1));
	control(f, "delay 30000\n");
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(command(f, 0x80680170, text, 32, 512), 0x9000);
	clock_gettime(CLOCK_MONOTONIC, &after);
	took = (double)(after.tv_sec - before.tv_sec) +
	    (double)(after.tv_nsec - before.tv_nsec) / 1e9;
	assert_true(took >= 0.03);
}

/* ---- key agreement ---------------------------------------------------- */

static void
check_ecdh(struct fixture *f, uint8_t reference, EVP_PKEY *card_key)
{
	uint32_t header = 0x80620080u | (uint32_t)reference << 8;
	const struct card_curve *curve = card_curve_of(card_key);
	EVP_PKEY *own = EVP_EC_gen(curve->name);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	uint8_t x[48], *point = NULL;
	size_t n = sizeof(x),
	       len = EVP_PKEY_get1_encoded_public_key(own, &point);

	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, card_key), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, x, &n), 1);
	assert_int_equal(command(f, header, point, len, 512), 0x9000);
	assert_int_equal(f->len, n + 1);
	assert_int_equal(f->data[0], 0x04);
	assert_memory_equal(f->data + 1, x, n);
	point[len - 1] ^= 1; /* off the curve */
	assert_int_equal(command(f, header, point, len, 512), 0x6A80);
	EVP_PKEY_CTX_free(ctx);
	OPENSSL_free(point);
	EVP_PKEY_free(own);
}

static void
test_ecdh(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *small, *large;

	ready(f);
	small = make_ec(f, 1, NID_X9_62_prime256v1);
	large = make_ec(f, 2, NID_secp384r1);
	check_ecdh(f, 1, small);
	check_ecdh(f, 2, large);
	EVP_PKEY_free(small);
	EVP_PKEY_free(large);
}

/* ---- DKEK ------------------------------------------------------------- */

static const char share_a[] = "share a, of thirty-two octets...";
static const char share_b[] = "share b, of thirty-two octets...";

static void
dkek_card(struct fixture *f, uint8_t shares)
{
	uint8_t body[64];
	size_t len = sizeof(INITIALISE) - 1;

	memcpy(body, INITIALISE, len);
	memcpy(body + len, "\x92\x01", 2);
	body[len + 2] = shares;
	assert_int_equal(command(f, 0x80500000, body, len + 3, NO_LE), 0x9000);
	assert_int_equal(verify(f, USER_PIN), 0x9000);
}

static void
test_dkek_shares(void **state)
{
	struct fixture *f = *state;
	uint8_t dkek[32], hash[32];

	ready(f);
	assert_int_equal(command(f, 0x80520000, NULL, 0, 0), 0x6D00);
	assert_int_equal(command(f, 0x80720192, NULL, 0, ALL), 0x6D00);
	dkek_card(f, 2);
	assert_int_equal(command(f, 0x80520000, NULL, 0, 0), 0x9000);
	assert_memory_equal(f->data, "\x02\x02\0\0\0\0\0\0\0\0", 10);
	assert_int_equal(command(f, 0x80520000, share_a, 31, 0), 0x6700);
	assert_int_equal(command(f, 0x80520000, share_a, 32, 0), 0x9000);
	assert_memory_equal(f->data, "\x02\x01\0\0\0\0\0\0\0\0", 10);
	assert_int_equal(command(f, 0x80720192, NULL, 0, ALL), 0x6985);
	restart(f);
	assert_int_equal(command(f, 0x80520000, share_b, 32, 0), 0x9000);
	for (size_t i = 0; i < sizeof(dkek); i++)
		dkek[i] = (uint8_t)(share_a[i] ^ share_b[i]);
	EVP_Digest(dkek, sizeof(dkek), hash, NULL, EVP_sha256(), NULL);
	assert_memory_equal(f->data, "\x02\x00", 2);
	assert_memory_equal(f->data + 2, hash, 8);
	assert_int_equal(command(f, 0x80520000, share_b, 32, 0), 0x6985);
	/* of no shares: the card's own, complete at once */
	dkek_card(f, 0);
	assert_int_equal(command(f, 0x80520000, NULL, 0, 0), 0x9000);
	assert_memory_equal(f->data, "\x00\x00", 2);
	assert_memory_not_equal(f->data + 2, "\0\0\0\0\0\0\0\0", 8);
}

static void
check_signs(struct fixture *f, uint8_t reference, EVP_PKEY *key)
{
	assert_int_equal(command(f, 0x80680073u | (uint32_t)reference << 8,
			     text, sizeof(text), 512),
	    0x9000);
	assert_true(verified(key, EVP_sha256(),
	    (struct slice){ f->data, f->len }, text_slice));
}

/* Wrap with one card, wipe it, and unwrap. */
static void
test_dkek_wrap(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *keys[4] = { 0 };
	struct slice blobs[4];

	dkek_card(f, 1);
	assert_int_equal(command(f, 0x80520000, share_a, 32, 0), 0x9000);
	keys[1] = make_ec(f, 1, NID_X9_62_prime256v1);
	keys[2] = make_ec(f, 2, NID_secp384r1);
	keys[3] = make_rsa(f, 3, 2048);
	for (uint8_t i = 1; i < 4; i++) {
		uint8_t *copy;

		assert_int_equal(command(f, 0x80720092u | (uint32_t)i << 8,
				     NULL, 0, ALL),
		    0x9000);
		copy = malloc(f->len);
		assert_non_null(copy);
		memcpy(copy, f->data, f->len);
		blobs[i] = (struct slice){ copy, f->len };
	}
	assert_int_equal(command(f, 0x80740193, blobs[1].data, blobs[1].len,
			     NO_LE),
	    0x6A89);
	dkek_card(f, 1);
	assert_int_equal(command(f, 0x80520000, share_a, 32, 0), 0x9000);
	for (uint8_t i = 1; i < 4; i++)
		assert_int_equal(command(f, 0x80740093u | (4u + i) << 8,
				     blobs[i].data, blobs[i].len, NO_LE),
		    0x9000);
	check_signs(f, 5, keys[1]);
	check_signs(f, 6, keys[2]);
	assert_int_equal(command(f, 0x80680740, text, 32, 512), 0x9000);
	assert_true(pss_verified(keys[3], (struct slice){ f->data, f->len },
	    (const uint8_t *)text));
	for (uint8_t i = 1; i < 4; i++) {
		EVP_PKEY_free(keys[i]);
		free((void *)blobs[i].data);
	}
}

/* Each octet of a blob counts, and so does the DKEK. */
static void
test_dkek_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t blob[1024];
	size_t len;

	dkek_card(f, 1);
	assert_int_equal(command(f, 0x80520000, share_a, 32, 0), 0x9000);
	assert_int_equal(command(f, 0x80720192, NULL, 0, ALL), 0x6A82);
	EVP_PKEY_free(make_ec(f, 1, NID_X9_62_prime256v1));
	assert_int_equal(command(f, 0x80720192, NULL, 0, ALL), 0x9000);
	len = f->len;
	assert_true(len < sizeof(blob));
	memcpy(blob, f->data, len);
	for (size_t i = 0; i < len; i += 7) {
		blob[i] ^= 1;
		assert_int_equal(command(f, 0x80740293, blob, len, NO_LE),
		    0x6A80);
		blob[i] ^= 1;
	}
	for (size_t i = 1; i < len; i += 7)
		assert_int_equal(command(f, 0x80740293, blob, i, NO_LE),
		    0x6A80);
	dkek_card(f, 1);
	assert_int_equal(command(f, 0x80520000, share_b, 32, 0), 0x9000);
	assert_int_equal(command(f, 0x80740293, blob, len, NO_LE), 0x6A80);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_make),
		CASE(test_ecdsa),
		CASE(test_rsa),
		CASE(test_refused),
		CASE(test_delay),
		CASE(test_ecdh),
		CASE(test_dkek_shares),
		CASE(test_dkek_wrap),
		CASE(test_dkek_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
