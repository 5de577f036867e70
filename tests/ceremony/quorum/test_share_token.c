/* SPDX-License-Identifier: ISC */
/* Shares for a derive key that lives on a token. */
#include "ceremony/quorum/share.h"
#include "smartcard/token.h"
#include "tests/ceremony/quorum/fixture.h"
#include "tests/smartcard/softhsm.h"

#define PIN "12345678"
#define SO_PIN "1122334455667788"

static const struct share_label LABEL = { "DENK0100001", 7, 4, 3, 5 };

struct setting {
	struct softhsm hsm;
	struct module *module;
	struct token *token;
	uint8_t *spki;
	size_t spki_len;
	X509 *cert;
};

static void
token_make(struct setting *s)
{
	struct secret *pin = secret_from(PIN, strlen(PIN));
	struct token_so so = { secret_from(SO_PIN, strlen(SO_PIN)),
		secret_from(SO_PIN, strlen(SO_PIN)), TOKEN_SO_PIN };
	enum card_error err =
	    token_init(s->module, "op-ann", &so, pin, &s->token);

	if (err == CARD_OK)
		err = token_login(s->token, pin);
	if (err == CARD_OK)
		err = token_make_key(s->token, KEY_P256, KEY_DERIVE, 2,
		    "derive", NULL, &s->spki, &s->spki_len);
	secret_free(pin);
	token_so_clear(&so);
	if (err != CARD_OK)
		fail_msg("token: %s", card_strerror(err));
}

/* The certificate of a key that cannot sign, signed with another. */
static void
cert_make(struct setting *s)
{
	const uint8_t *at = s->spki;
	EVP_PKEY *derive = d2i_PUBKEY(NULL, &at, (long)s->spki_len);
	EVP_PKEY *sign = EVP_EC_gen("P-256");

	assert_non_null(derive);
	s->cert = cert_new("ann", derive, sign, "critical,keyAgreement");
	EVP_PKEY_free(sign);
	EVP_PKEY_free(derive);
}

static int
setup(void **state)
{
	static struct setting s;

	assert_int_equal(softhsm_make(&s.hsm), 0);
	assert_int_equal(module_load("softhsm", &s.module), CARD_OK);
	token_make(&s);
	cert_make(&s);
	*state = &s;
	return 0;
}

static int
teardown(void **state)
{
	struct setting *s = *state;

	X509_free(s->cert);
	OPENSSL_free(s->spki);
	token_close(s->token);
	module_free(s->module);
	softhsm_remove(&s->hsm);
	return 0;
}

static void
test_open(void **state)
{
	const struct setting *s = *state;
	struct secret *share = secret_random(32), *again = NULL;
	EVP_PKEY *key = NULL;
	uint8_t *blob = NULL;
	size_t len = 0;

	assert_int_equal(token_key(s->token, "derive", s->spki, s->spki_len,
			     &key),
	    CARD_OK);
	assert_error("wrap", share_wrap(&LABEL, share, s->cert, &blob, &len),
	    QUORUM_OK);
	assert_error("open",
	    share_unwrap(blob, len, key, s->cert, &LABEL, &again), QUORUM_OK);
	assert_true(secret_equal(share, again));
	secret_free(again);
	blob[len - 1] ^= 1;
	assert_error("tampered",
	    share_unwrap(blob, len, key, s->cert, &LABEL, &again),
	    QUORUM_ERR_UNWRAP);
	assert_null(again);
	OPENSSL_free(blob);
	secret_free(share);
}

static void
test_other_operator(void **state)
{
	const struct setting *s = *state;
	struct secret *share = secret_random(32), *again = NULL;
	EVP_PKEY *key = NULL, *other = EVP_EC_gen("P-256");
	X509 *cert = cert_new("bob", other, other, NULL);
	uint8_t *blob = NULL;
	size_t len = 0;

	assert_int_equal(token_key(s->token, "derive", s->spki, s->spki_len,
			     &key),
	    CARD_OK);
	assert_error("wrap", share_wrap(&LABEL, share, cert, &blob, &len),
	    QUORUM_OK);
	assert_error("bob's blob",
	    share_unwrap(blob, len, key, s->cert, &LABEL, &again),
	    QUORUM_ERR_UNWRAP);
	assert_error("as bob",
	    share_unwrap(blob, len, key, cert, &LABEL, &again),
	    QUORUM_ERR_UNWRAP);
	assert_null(again);
	OPENSSL_free(blob);
	X509_free(cert);
	EVP_PKEY_free(other);
	secret_free(share);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_other_operator),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
