/* SPDX-License-Identifier: ISC */
/* Keys that others made on a token, RSA among them, as an operator may bring
 * them. */
#include <openssl/rsa.h>

#include "smartcard/head.h"
#include "smartcard/module.h"
#include "smartcard/session.h"
#include "tests/smartcard/fixture.h"

static const char TEXT[] = "a text\n";

/* How a key is made, by others. */
struct made {
	const char *label;
	uint8_t id;
	CK_ULONG bits;
	bool extractable, each_use, open;
};

static void
make_rsa(struct token *t, const struct made *k)
{
	CK_BBOOL yes = 1, extractable = k->extractable, each = k->each_use;
	CK_BBOOL private = !k->open;
	CK_BYTE exponent[] = { 1, 0, 1 };
	CK_ULONG bits = k->bits;
	CK_MECHANISM mechanism = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE pub[] = {
		{ CKA_TOKEN, &yes, 1 },
		{ CKA_MODULUS_BITS, &bits, sizeof(bits) },
		{ CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent) },
		{ CKA_ID, (void *)&k->id, 1 },
		{ CKA_LABEL, (void *)k->label, strlen(k->label) },
	};
	CK_ATTRIBUTE priv[] = {
		{ CKA_TOKEN, &yes, 1 },
		{ CKA_PRIVATE, &private, 1 },
		{ CKA_SENSITIVE, &yes, 1 },
		{ CKA_EXTRACTABLE, &extractable, 1 },
		{ CKA_SIGN, &yes, 1 },
		{ CKA_DECRYPT, &yes, 1 },
		{ CKA_ALWAYS_AUTHENTICATE, &each, 1 },
		{ CKA_ID, (void *)&k->id, 1 },
		{ CKA_LABEL, (void *)k->label, strlen(k->label) },
	};
	CK_OBJECT_HANDLE a, b;

	assert_int_equal(t->m->f->C_GenerateKeyPair(t->session, &mechanism, pub,
			     5, priv, 9, &a, &b),
	    CKR_OK);
}

/* A token with one such key, logged in. */
static struct token *
token_with(struct fixture *f, const char *label, const struct made *k)
{
	struct token *t = new_token(f, label);

	make_rsa(t, k);
	return t;
}

static void
test_sign(void **state)
{
	static const char *const names[] = { "SIGN key", "id=02", "id=2" };
	static const enum card_error want[] = { CARD_OK, CARD_OK,
		CARD_ERR_ARGUMENT };
	static const struct made k = { "SIGN key", 2, 2048, .open = false };
	struct fixture *f = *state;
	struct token *t = token_with(f, "piv-1", &k);

	for (size_t i = 0; i < 3; i++) {
		uint8_t *spki = NULL, *sig = NULL;
		size_t spki_len = 0, sig_len = 0;

		assert_int_equal(token_public_key(t, names[i], &spki,
				     &spki_len),
		    want[i]);
		if (want[i] != CARD_OK)
			continue;
		assert_int_equal(token_sign_text(t, names[i], spki, spki_len,
				     TEXT, strlen(TEXT), &sig, &sig_len),
		    CARD_OK);
		assert_int_equal(sig_len, 256);
		OPENSSL_free(sig);
		OPENSSL_free(spki);
	}
	token_close(t);
}

/* Raw RSA on the token, OAEP by OpenSSL: what opens a share. */
static void
test_decrypt(void **state)
{
	static const struct made k = { "KEY MAN key", 3, 2048, .open = false };
	struct fixture *f = *state;
	struct token *t = token_with(f, "piv-2", &k);
	uint8_t sealed[256], out[256];
	size_t sealed_len = sizeof(sealed), out_len = sizeof(out);
	struct key key = { 0 };
	EVP_PKEY *private = NULL, *public;
	EVP_PKEY_CTX *ctx;

	assert_int_equal(token_public_key(t, "id=03", &key.spki, &key.len),
	    CARD_OK);
	assert_int_equal(token_key(t, "id=03", key.spki, key.len, &private),
	    CARD_OK);
	public = public_key(&key);
	for (int i = 0; i < 2; i++) {
		ctx = EVP_PKEY_CTX_new(i == 0 ? public : private, NULL);
		assert_int_equal(i == 0 ? EVP_PKEY_encrypt_init(ctx)
					: EVP_PKEY_decrypt_init(ctx),
		    1);
		assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx,
				RSA_PKCS1_OAEP_PADDING) > 0);
		assert_true(
		    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0);
		assert_true(
		    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0);
		if (i == 0)
			assert_int_equal(EVP_PKEY_encrypt(ctx, sealed,
					     &sealed_len, (const uint8_t *)TEXT,
					     strlen(TEXT)),
			    1);
		else
			assert_int_equal(EVP_PKEY_decrypt(ctx, out, &out_len,
					     sealed, sealed_len),
			    1);
		EVP_PKEY_CTX_free(ctx);
	}
	assert_int_equal(out_len, strlen(TEXT));
	assert_memory_equal(out, TEXT, out_len);
	EVP_PKEY_free(public);
	OPENSSL_free(key.spki);
	token_close(t);
}

static void
test_attributes(void **state)
{
	static const struct {
		const char *label;
		struct made key;
		enum card_error want;
	} rows[] = {
		{ "good", { "k", 1, 1024, .open = false }, CARD_OK },
		{ "extractable", { "k", 1, 1024, .extractable = true },
		    CARD_ERR_ATTRIBUTES },
		{ "without login", { "k", 1, 1024, .open = true },
		    CARD_ERR_ATTRIBUTES },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct token *t = token_with(f, rows[i].label, &rows[i].key);
		struct key_attributes a = { 0 };

		assert_int_equal(token_check_key(t, "k", KEY_FOREIGN, &a),
		    rows[i].want);
		/* recorded, not judged */
		assert_true(a.sign && a.decrypt && a.local);
		assert_int_equal(a.extractable, rows[i].key.extractable);
		assert_int_equal(token_check_key(t, "id=07", KEY_FOREIGN, &a),
		    CARD_ERR_KEY_MISSING);
		assert_int_equal(token_check_key(t, "k", KEY_SIGN, &a),
		    CARD_ERR_ATTRIBUTES);
		token_close(t);
	}
}

static void
test_ambiguous(void **state)
{
	static const struct made keys[] = { { "one", 1, 1024, .open = false },
		{ "one", 2, 1024, .open = false },
		{ "two", 2, 1024, .open = false } };
	struct fixture *f = *state;
	struct token *t = new_token(f, "twins");

	for (int i = 0; i < 3; i++)
		make_rsa(t, &keys[i]);
	assert_int_equal(token_check_key(t, "one", KEY_FOREIGN, NULL),
	    CARD_ERR_KEY_AMBIGUOUS);
	assert_int_equal(token_check_key(t, "id=02", KEY_FOREIGN, NULL),
	    CARD_ERR_KEY_AMBIGUOUS);
	assert_int_equal(token_check_key(t, "id=01", KEY_FOREIGN, NULL),
	    CARD_OK);
	assert_int_equal(token_check_key(t, "two", KEY_FOREIGN, NULL), CARD_OK);
	token_close(t);
}

/* As a PIV card's 9C: the PIN for each signature, or none. */
static void
test_each_use(void **state)
{
	static const struct made k = { "9C", 2, 2048, .each_use = true };
	static const struct made other = { "9D", 3, 2048, .open = false };
	struct fixture *f = *state;
	struct token *t = token_with(f, "piv-3", &k);
	struct key key = { 0 };
	uint8_t *sig = NULL;
	size_t len = 0;
	bool each = false;

	make_rsa(t, &other);
	assert_int_equal(token_public_key(t, "9C", &key.spki, &key.len),
	    CARD_OK);
	assert_int_equal(token_key_each_use(t, "9C", &each), CARD_OK);
	assert_true(each);
	assert_int_equal(token_key_each_use(t, "9D", &each), CARD_OK);
	assert_false(each);
	assert_int_equal(token_sign_text(t, "9C", key.spki, key.len, TEXT,
			     strlen(TEXT), &sig, &len),
	    CARD_ERR_MODULE);
	assert_int_equal(token_login(t, f->pin), CARD_OK);
	assert_int_equal(token_keep_pin(t, f->pin), CARD_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(token_sign_text(t, "9C", key.spki, key.len,
				     TEXT, strlen(TEXT), &sig, &len),
		    CARD_OK);
		OPENSSL_free(sig);
	}
	/* another PIN than was kept would be tried, and counted, once */
	assert_int_equal(token_login(t, f->pin), CARD_OK);
	assert_int_equal(token_keep_pin(t, f->other), CARD_OK);
	assert_int_equal(token_sign_text(t, "9C", key.spki, key.len, TEXT,
			     strlen(TEXT), &sig, &len),
	    CARD_ERR_PIN);
	token_logout(t);
	assert_null(t->pin);
	assert_int_equal(token_keep_pin(t, f->pin), CARD_ERR_MODULE);
	OPENSSL_free(key.spki);
	token_close(t);
}

/* No such key: nothing is kept. */
static void
test_no_each_use(void **state)
{
	static const struct made k = { "k", 1, 1024, .open = false };
	struct fixture *f = *state;
	struct token *t = token_with(f, "plain", &k);

	assert_int_equal(token_keep_pin(t, f->pin), CARD_OK);
	assert_null(t->pin);
	assert_false(t->each_use);
	token_close(t);
}

static void
test_objects(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "objects");
	struct head head;
	bool can = false;

	assert_int_equal(token_try_object(t, "head-0", &can), CARD_OK);
	assert_true(can);
	assert_int_equal(head_read(t, &head), CARD_ERR_OBJECT_MISSING);
	token_logout(t);
	assert_int_equal(token_try_object(t, "head-0", &can), CARD_ERR_MODULE);
	assert_false(can);
	token_close(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sign, setup, teardown),
		cmocka_unit_test_setup_teardown(test_decrypt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_attributes, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_ambiguous, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_each_use, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_each_use, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_objects, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
