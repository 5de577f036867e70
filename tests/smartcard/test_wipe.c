/* SPDX-License-Identifier: ISC */
/* Everything on a token is destroyed, and seen to be gone. */
#include "smartcard/wipe.h"

#include <stdio.h>
#include <stdlib.h>

#include "smartcard/contents.h"
#include "tests/smartcard/fixture.h"

#define DATA_COUNT 40 /* more than are looked at in one go */

/* A CA's token: two keys, a certificate, data. */
static struct token *
full_token(struct fixture *f, struct key keys[2])
{
	struct token *t = new_token(f, "ca");
	X509 *cert;
	uint8_t *der = NULL;
	int len;

	keys[0] = new_key(t, KEY_P384, KEY_SIGN, 1, "root");
	keys[1] = new_key(t, KEY_P256, KEY_SIGN, 2, "sealer");
	cert = certificate_for(&keys[0]);
	len = i2d_X509(cert, &der);
	assert_int_equal(token_write_cert(t, "root", 1, der, (size_t)len),
	    CARD_OK);
	for (int i = 0; i < DATA_COUNT; i++) {
		char label[16];

		snprintf(label, sizeof(label), "data-%d", i);
		assert_int_equal(token_write_object(t, label, "x", 1), CARD_OK);
	}
	X509_free(cert);
	OPENSSL_free(der);
	return t;
}

static void
free_keys(struct key keys[2])
{
	OPENSSL_free(keys[0].spki);
	OPENSSL_free(keys[1].spki);
}

static enum card_error
sign(struct token *t, const char *label, const struct key *k)
{
	return token_sign_text(t, label, k->spki, k->len, "x", 1, NULL, NULL);
}

static void
test_wipe(void **state)
{
	struct fixture *f = *state;
	struct key keys[2];
	struct token *t = full_token(f, keys);
	EVP_PKEY *key = NULL;
	struct token_contents contents;
	size_t count = 0, left = 0;

	token_logout(t);
	assert_int_equal(token_contents(t, &contents), CARD_OK);
	assert_int_equal(contents.count, 2);
	assert_false(contents.more);
	assert_int_equal(token_login(t, f->pin), CARD_OK);
	assert_int_equal(token_prove_empty(t, f->pin, "root", &left),
	    CARD_ERR_LEFT);
	assert_true(left > 0);
	assert_int_equal(token_key(t, "root", keys[0].spki, keys[0].len, &key),
	    CARD_OK);
	assert_int_equal(token_wipe(t, f->pin, &count), CARD_OK);
	assert_int_equal(count, 4 + 1 + DATA_COUNT);
	assert_int_equal(token_prove_empty(t, f->pin, "root", &left), CARD_OK);
	assert_int_equal(left, 0);
	assert_int_equal(sign(t, "root", &keys[0]), CARD_ERR_KEY_MISSING);
	assert_int_equal(sign(t, "sealer", &keys[1]), CARD_ERR_KEY_MISSING);
	token_close(t);
	reload(f);
	assert_int_equal(token_open(f->m, "ca", NULL, &t), CARD_OK);
	assert_int_equal(token_login(t, f->pin), CARD_OK);
	assert_int_equal(token_prove_empty(t, f->pin, "root", &left), CARD_OK);
	assert_int_equal(token_wipe(t, f->pin, &count), CARD_OK);
	assert_int_equal(count, 0);
	assert_int_equal(token_contents(t, &contents), CARD_OK);
	assert_int_equal(contents.count, 0);
	token_close(t);
	free_keys(keys);
}

/* What is private only seems to be missing then. */
static void
test_no_login(void **state)
{
	struct fixture *f = *state;
	struct key keys[2];
	struct token *t = full_token(f, keys);

	token_logout(t);
	assert_int_equal(token_wipe(t, f->pin, NULL), CARD_ERR_MODULE);
	assert_int_equal(token_prove_empty(t, f->pin, "root", NULL),
	    CARD_ERR_MODULE);
	assert_int_equal(token_login(t, f->pin), CARD_OK);
	assert_int_equal(sign(t, "root", &keys[0]), CARD_OK);
	token_close(t);
	free_keys(keys);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_wipe),
		CASE(test_no_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
