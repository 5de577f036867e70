/* SPDX-License-Identifier: ISC */
/* Keys made on tokens, and libp11's use of them, against real SoftHSM tokens. */
#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>

#include "tests/smartcard/fixture.h"

/* ---- keys ----------------------------------------------------------- */

static const struct {
	enum key_curve_id curve;
	enum key_use use;
	const char *label, *group;
} kinds[] = {
	{ KEY_P256, KEY_SIGN, "sign-256", "prime256v1" },
	{ KEY_P384, KEY_SIGN, "sign-384", "secp384r1" },
	{ KEY_P256, KEY_DERIVE, "derive-256", "prime256v1" },
	{ KEY_P384, KEY_DERIVE, "derive-384", "secp384r1" },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void
check_kind(const struct key_attributes *a, const struct key *k, size_t i)
{
	EVP_PKEY *key = public_key(k);
	char group[64];

	assert_true(a->token && a->private_ && a->sensitive);
	assert_true(a->always_sensitive && a->never_extractable && a->local);
	assert_false(a->extractable || a->decrypt || a->unwrap);
	assert_false(a->sign_recover);
	assert_int_equal(a->sign, kinds[i].use == KEY_SIGN);
	assert_int_equal(a->derive, kinds[i].use == KEY_DERIVE);
	assert_int_equal(EVP_PKEY_get_group_name(key, group, sizeof(group),
			     NULL),
	    1);
	assert_string_equal(group, kinds[i].group);
	EVP_PKEY_free(key);
}

static void
test_make_key(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");

	for (size_t i = 0; i < KINDS; i++) {
		struct key_attributes a = { 0 };
		struct key k = { 0 }, again = { 0 };

		assert_int_equal(token_make_key(t, kinds[i].curve, kinds[i].use,
				     (uint8_t)i, kinds[i].label, &a, &k.spki,
				     &k.len),
		    CARD_OK);
		check_kind(&a, &k, i);
		memset(&a, 0, sizeof(a));
		assert_int_equal(token_check_key(t, kinds[i].label,
				     kinds[i].use, &a),
		    CARD_OK);
		check_kind(&a, &k, i);
		/* the other use is not what the key has */
		assert_int_equal(token_check_key(t, kinds[i].label,
				     kinds[i].use == KEY_SIGN ? KEY_DERIVE
							      : KEY_SIGN,
				     NULL),
		    CARD_ERR_ATTRIBUTES);
		/* known without login, too */
		token_logout(t);
		assert_int_equal(token_public_key(t, kinds[i].label,
				     &again.spki, &again.len),
		    CARD_OK);
		assert_int_equal(again.len, k.len);
		assert_memory_equal(again.spki, k.spki, k.len);
		assert_int_equal(token_login(t, f->pin), CARD_OK);
		OPENSSL_free(k.spki);
		OPENSSL_free(again.spki);
	}
	token_close(t);
}

static void
test_make_key_refusals(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");
	struct key k = new_key(t, KEY_P256, KEY_SIGN, 1, "sign"), none;

	assert_int_equal(token_make_key(t, KEY_P256, KEY_SIGN, 2, "sign", NULL,
			     &none.spki, &none.len),
	    CARD_ERR_KEY_AMBIGUOUS);
	assert_null(none.spki);
	assert_int_equal(token_make_key(t, KEY_P256, KEY_SIGN, 1, "x", NULL,
			     &none.spki, &none.len),
	    CARD_ERR_KEY_AMBIGUOUS);
	assert_int_equal(token_make_key(t, (enum key_curve_id)7, KEY_SIGN, 2,
			     "x", NULL, &none.spki, &none.len),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(token_make_key(t, KEY_P256, KEY_SIGN, 2, "", NULL,
			     &none.spki, &none.len),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(token_check_key(t, "nosuch", KEY_SIGN, NULL),
	    CARD_ERR_KEY_MISSING);
	assert_int_equal(token_public_key(t, "nosuch", &none.spki, &none.len),
	    CARD_ERR_KEY_MISSING);
	token_logout(t);
	assert_int_equal(token_make_key(t, KEY_P256, KEY_SIGN, 2, "x", NULL,
			     &none.spki, &none.len),
	    CARD_ERR_MODULE);
	assert_string_equal(module_last_rv(f->m), "CKR_USER_NOT_LOGGED_IN");
	OPENSSL_free(k.spki);
	token_close(t);
}

static void
test_sign_text(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");
	struct key sign = new_key(t, KEY_P256, KEY_SIGN, 1, "sign");
	struct key big = new_key(t, KEY_P384, KEY_SIGN, 2, "big");
	struct key derive = new_key(t, KEY_P256, KEY_DERIVE, 3, "derive");
	const struct {
		const char *label;
		const struct key *key;
		size_t cut;
		enum card_error want;
	} cases[] = {
		{ "sign", &sign, 0, CARD_OK },
		{ "big", &big, 0, CARD_OK },
		{ "sign", &derive, 0, CARD_ERR_SELFTEST },
		{ "sign", &big, 0, CARD_ERR_SELFTEST },
		{ "big", &sign, 0, CARD_ERR_SELFTEST },
		{ "sign", &sign, 1, CARD_ERR_ARGUMENT },
		{ "nosuch", &sign, 0, CARD_ERR_KEY_MISSING },
		{ "derive", &derive, 0, CARD_ERR_MODULE },
	};
	static const char text[] = "anchorite-test/v1\n";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *sig = NULL;
		size_t len = 0;

		print_message("%zu %s\n", i, cases[i].label);
		assert_int_equal(token_sign_text(t, cases[i].label,
				     cases[i].key->spki,
				     cases[i].key->len - cases[i].cut, text,
				     sizeof(text) - 1, &sig, &len),
		    cases[i].want);
		assert_int_equal(sig != NULL, cases[i].want == CARD_OK);
		OPENSSL_free(sig);
	}
	assert_string_equal(module_last_rv(f->m),
	    "CKR_KEY_FUNCTION_NOT_PERMITTED");
	assert_int_equal(token_sign_text(t, "sign", sign.spki, sign.len, text,
			     0, NULL, NULL),
	    CARD_OK);
	OPENSSL_free(sign.spki);
	OPENSSL_free(big.spki);
	OPENSSL_free(derive.spki);
	token_close(t);
}

/* The raw uncompressed point of a key. */
static size_t
raw_point(EVP_PKEY *key, uint8_t out[97])
{
	size_t len = 0;

	assert_int_equal(EVP_PKEY_get_octet_string_param(key,
			     OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, out, 97, &len),
	    1);
	return len;
}

static void
software_ecdh(EVP_PKEY *mine, EVP_PKEY *theirs, uint8_t *out, size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mine, NULL);

	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, theirs), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, out, len), 1);
	EVP_PKEY_CTX_free(ctx);
}

static void
test_ecdh(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");

	for (size_t i = 0; i < KINDS; i++) {
		struct key k;
		EVP_PKEY *mine, *theirs;
		struct secret *s = NULL;
		uint8_t point[97], want[48];
		size_t len, want_len = sizeof(want);

		if (kinds[i].use != KEY_DERIVE)
			continue;
		k = new_key(t, kinds[i].curve, KEY_DERIVE, (uint8_t)i,
		    kinds[i].label);
		theirs = public_key(&k);
		mine = EVP_EC_gen(kinds[i].group);
		assert_non_null(mine);
		len = raw_point(mine, point);
		software_ecdh(mine, theirs, want, &want_len);
		assert_int_equal(token_ecdh(t, kinds[i].label, point, len, &s),
		    CARD_OK);
		assert_int_equal(s->len, want_len);
		assert_memory_equal(s->data, want, want_len);
		secret_free(s);
		EVP_PKEY_free(mine);
		EVP_PKEY_free(theirs);
		OPENSSL_free(k.spki);
	}
	token_close(t);
}

static void
test_ecdh_refusals(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");
	struct key derive = new_key(t, KEY_P256, KEY_DERIVE, 1, "derive");
	struct key sign = new_key(t, KEY_P256, KEY_SIGN, 2, "sign");
	EVP_PKEY *key = public_key(&sign);
	uint8_t good[97], off[65], compressed[33];
	const struct {
		const char *label;
		const uint8_t *point;
		size_t len;
		enum card_error want;
	} cases[] = {
		{ "derive", good, 65, CARD_OK },
		{ "derive", off, 65, CARD_ERR_ARGUMENT },
		{ "derive", good, 64, CARD_ERR_ARGUMENT },
		{ "derive", compressed, 33, CARD_ERR_ARGUMENT },
		{ "derive", good, 0, CARD_ERR_ARGUMENT },
		{ "nosuch", good, 65, CARD_ERR_KEY_MISSING },
		{ "sign", good, 65, CARD_ERR_MODULE },
	};

	assert_int_equal(raw_point(key, good), 65);
	memcpy(off, good, 65);
	off[64] ^= 1;
	memcpy(compressed, good, 33);
	compressed[0] = 0x02;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct secret *s = NULL;

		assert_int_equal(token_ecdh(t, cases[i].label, cases[i].point,
				     cases[i].len, &s),
		    cases[i].want);
		assert_int_equal(s != NULL, cases[i].want == CARD_OK);
		secret_free(s);
	}
	EVP_PKEY_free(key);
	OPENSSL_free(derive.spki);
	OPENSSL_free(sign.spki);
	token_close(t);
}

/* ---- libp11 --------------------------------------------------------- */

static bool
signs(EVP_PKEY *key, const struct key *k)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *public = public_key(k);
	uint8_t sig[256];
	size_t len = sizeof(sig);
	bool ok;

	ok = EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig, &len, (const uint8_t *)"text", 4) == 1;
	EVP_MD_CTX_reset(ctx);
	ok = ok &&
	    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, public) == 1 &&
	    EVP_DigestVerify(ctx, sig, len, (const uint8_t *)"text", 4) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(public);
	return ok;
}

static void
test_key_signs(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");
	struct key small = new_key(t, KEY_P256, KEY_SIGN, 1, "small");
	struct key big = new_key(t, KEY_P384, KEY_SIGN, 2, "big");
	EVP_PKEY *key = NULL, *again = NULL;

	assert_int_equal(token_key(t, "small", small.spki, small.len, &key),
	    CARD_OK);
	assert_true(signs(key, &small));
	assert_int_equal(token_key(t, "small", small.spki, small.len, &again),
	    CARD_OK);
	assert_ptr_equal(key, again);
	assert_int_equal(token_key(t, "big", big.spki, big.len, &key), CARD_OK);
	assert_true(signs(key, &big));
	/* refusals */
	assert_int_equal(token_key(t, "small", big.spki, big.len, &key),
	    CARD_ERR_SELFTEST);
	assert_null(key);
	assert_int_equal(token_key(t, "nosuch", big.spki, big.len, &key),
	    CARD_ERR_KEY_MISSING);
	assert_int_equal(token_key(t, "small", NULL, 0, &key),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(token_key(t, NULL, big.spki, big.len, &key),
	    CARD_ERR_ARGUMENT);
	OPENSSL_free(small.spki);
	OPENSSL_free(big.spki);
	token_close(t);
}

/* Between acts the token is logged out; keys made later are found, too. */
static void
test_key_after_logout(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");
	struct key k = new_key(t, KEY_P256, KEY_SIGN, 1, "sign"), late;
	EVP_PKEY *key = NULL, *old;

	assert_int_equal(token_key(t, "sign", k.spki, k.len, &key), CARD_OK);
	assert_true(signs(key, &k));
	old = key;
	token_logout(t);
	assert_int_equal(token_key(t, "sign", k.spki, k.len, &key),
	    CARD_ERR_MODULE);
	assert_null(key);
	assert_false(signs(old, &k));
	assert_int_equal(token_login(t, f->pin), CARD_OK);
	assert_int_equal(token_key(t, "sign", k.spki, k.len, &key), CARD_OK);
	assert_true(signs(key, &k));
	late = new_key(t, KEY_P384, KEY_SIGN, 2, "late");
	assert_int_equal(token_key(t, "late", late.spki, late.len, &key),
	    CARD_OK);
	assert_true(signs(key, &late));
	OPENSSL_free(k.spki);
	OPENSSL_free(late.spki);
	token_close(t);
}

/* Closing one token leaves another's session and keys alone, and leaves no
 * session behind that would keep C_InitToken from working. */
static void
test_key_two_tokens(void **state)
{
	struct fixture *f = *state;
	struct token *a = new_token(f, "a"), *b = new_token(f, "b");
	struct key ka = new_key(a, KEY_P256, KEY_SIGN, 1, "sign");
	struct key kb = new_key(b, KEY_P256, KEY_SIGN, 1, "sign");
	EVP_PKEY *pa = NULL, *pb = NULL;

	assert_int_equal(token_key(a, "sign", ka.spki, ka.len, &pa), CARD_OK);
	assert_int_equal(token_key(b, "sign", kb.spki, kb.len, &pb), CARD_OK);
	assert_int_equal(token_key(b, "sign", ka.spki, ka.len, &pb),
	    CARD_ERR_SELFTEST);
	assert_int_equal(token_key(b, "sign", kb.spki, kb.len, &pb), CARD_OK);
	token_close(a);
	assert_true(signs(pb, &kb));
	assert_int_equal(token_write_object(b, "x", "x", 1), CARD_OK);
	assert_int_equal(token_init(f->m, "a", USED_AGAIN(f), f->pin, &a),
	    CARD_OK);
	assert_true(signs(pb, &kb));
	token_close(a);
	token_close(b);
	assert_int_equal(token_open(f->m, "b", NULL, &b), CARD_OK);
	assert_int_equal(token_login(b, f->pin), CARD_OK);
	assert_int_equal(token_key(b, "sign", kb.spki, kb.len, &pb), CARD_OK);
	assert_true(signs(pb, &kb));
	OPENSSL_free(ka.spki);
	OPENSSL_free(kb.spki);
	token_close(b);
}

/* dhSinglePass-stdDH-sha256kdf-scheme with aes256-wrap. */
static BIO *
cms_encrypt(X509 *to, const EVP_CIPHER *cipher, const char *text)
{
	BIO *in = BIO_new_mem_buf(text, -1), *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms;
	CMS_RecipientInfo *ri;
	EVP_PKEY_CTX *ctx;

	cms = CMS_encrypt(NULL, in, cipher, CMS_BINARY | CMS_PARTIAL);
	assert_non_null(cms);
	ri = CMS_add1_recipient_cert(cms, to, CMS_BINARY | CMS_KEY_PARAM);
	assert_non_null(ri);
	ctx = CMS_RecipientInfo_get0_pkey_ctx(ri);
	assert_true(EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256()) > 0);
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	assert_int_equal(i2d_CMS_bio(out, cms), 1);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return out;
}

static void
test_key_opens_cms(void **state)
{
	static const char text[] = "a share of K";
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");

	for (size_t i = 0; i < 2 * KINDS; i++) {
		size_t kind = i / 2;
		struct key k;
		EVP_PKEY *key = NULL;
		CMS_ContentInfo *cms;
		X509 *cert;
		BIO *der, *clear = BIO_new(BIO_s_mem());
		char back[64] = { 0 };

		if (kinds[kind].use != KEY_DERIVE)
			goto next;
		if (i % 2 == 0)
			k = new_key(t, kinds[kind].curve, KEY_DERIVE,
			    (uint8_t)kind, kinds[kind].label);
		else
			assert_int_equal(token_public_key(t, kinds[kind].label,
					     &k.spki, &k.len),
			    CARD_OK);
		cert = certificate_for(&k);
		der = cms_encrypt(cert,
		    i % 2 ? EVP_aes_256_gcm() : EVP_aes_256_cbc(), text);
		cms = d2i_CMS_bio(der, NULL);
		assert_non_null(cms);
		assert_int_equal(token_key(t, kinds[kind].label, k.spki, k.len,
				     &key),
		    CARD_OK);
		assert_int_equal(CMS_decrypt(cms, key, cert, NULL, clear, 0),
		    1);
		assert_int_equal(BIO_read(clear, back, sizeof(back)),
		    sizeof(text) - 1);
		assert_string_equal(back, text);
		CMS_ContentInfo_free(cms);
		BIO_free(der);
		X509_free(cert);
		OPENSSL_free(k.spki);
next:
		BIO_free(clear);
	}
	token_close(t);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_make_key),
		CASE(test_make_key_refusals),
		CASE(test_sign_text),
		CASE(test_ecdh),
		CASE(test_ecdh_refusals),
		CASE(test_key_signs),
		CASE(test_key_after_logout),
		CASE(test_key_two_tokens),
		CASE(test_key_opens_cms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
