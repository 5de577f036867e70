/* SPDX-License-Identifier: ISC */
/* A SmartCard-HSM is emptied through OpenSC and by its own commands. */
#include "smartcard/opensc.h"
#include "smartcard/schsm.h"
#include "smartcard/wipe.h"
#include "tests/card/opensc_world.h"

/* A card is emptied; the module knows that when it is loaded again. */
static void
test_wipe(void **state)
{
	struct world *w = *state;
	struct token *t = opened(w);
	struct key k = new_key(t, KEY_P256, KEY_SIGN, 1, "sign");
	struct key d = new_key(t, KEY_P256, KEY_DERIVE, 2, "derive");
	X509 *cert = certificate_for(&k);
	uint8_t *der = NULL;
	size_t count = 0, left = 1;
	int len = i2d_X509(cert, &der);

	assert_int_equal(token_write_cert(t, "sign", 1, der, (size_t)len),
	    CARD_OK);
	assert_int_equal(token_write_object(t, "head", "x", 1), CARD_OK);
	token_close(t);
	t = again(w);
	assert_int_equal(token_prove_empty(t, w->pin, "sign", &left),
	    CARD_ERR_LEFT);
	assert_int_equal(token_wipe(t, w->pin, &count), CARD_OK);
	assert_true(count > 0);
	token_close(t);
	t = again(w);
	assert_int_equal(token_prove_empty(t, w->pin, "sign", &left), CARD_OK);
	assert_int_equal(left, 0);
	assert_int_equal(token_sign_text(t, "sign", k.spki, k.len, "x", 1, NULL,
			     NULL),
	    CARD_ERR_KEY_MISSING);
	token_close(t);
	OPENSSL_free(k.spki);
	OPENSSL_free(d.spki);
	OPENSSL_free(der);
	X509_free(cert);
}

static enum card_error
delete_file(struct schsm *c, const struct schsm_info *now, void *arg)
{
	const uint16_t *fid = arg;

	(void)now;
	return schsm_delete(c, *fid);
}

/* Half of an object, as a deletion that was cut off leaves it: PKCS#11 cannot
 * destroy a description without its value, and lists no value without. */
static void
test_wipe_halves(void **state)
{
	static const uint16_t halves[] = { 0xCD00, 0xC900 };
	struct world *w = *state;
	struct token *t;
	size_t count = 0, left = 0;

	for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
		uint16_t fid = halves[i];

		t = again(w);
		assert_int_equal(token_write_object(t, "head", "x", 1),
		    CARD_OK);
		assert_int_equal(opensc_between(t, w->pin, true, delete_file,
				     &fid),
		    CARD_OK);
		assert_int_equal(token_prove_empty(t, w->pin, NULL, &left),
		    CARD_ERR_LEFT);
		assert_int_equal(left, 1);
		/* through PKCS#11 alone it stays */
		assert_int_equal(token_wipe(t, NULL, &count),
		    i == 0 ? CARD_ERR_MODULE : CARD_OK);
		assert_int_equal(token_prove_empty(t, w->pin, NULL, &left),
		    CARD_ERR_LEFT);
		assert_int_equal(token_wipe(t, w->pin, &count), CARD_OK);
		assert_int_equal(count, 1);
		assert_int_equal(token_prove_empty(t, w->pin, NULL, &left),
		    CARD_OK);
		assert_int_equal(left, 0);
		token_close(t);
	}
}

/* What the card will not delete is left, and it is said. */
static void
test_wipe_refused(void **state)
{
	struct world *w = *state;
	struct token *t;
	size_t left = 0;
	uint16_t fid = 0xCD00;

	t = again(w);
	assert_int_equal(token_write_object(t, "head", "x", 1), CARD_OK);
	assert_int_equal(opensc_between(t, w->pin, true, delete_file, &fid),
	    CARD_OK);
	opensc_control(&w->opensc, 0,
	    "fault status E4 1 6982\nfault status E4 2 6982\n"
	    "fault status E4 3 6982\n");
	assert_int_equal(token_wipe(t, w->pin, NULL), CARD_ERR_STATUS);
	opensc_control(&w->opensc, 0, "");
	assert_int_equal(token_prove_empty(t, w->pin, NULL, &left),
	    CARD_ERR_LEFT);
	assert_int_equal(left, 1);
	assert_int_equal(token_wipe(t, w->wrong, NULL), CARD_ERR_PIN);
	token_close(t);
}

/* Whatever went before it was pulled is gone; the rest goes another time. */
static void
test_wipe_pulled(void **state)
{
	static const char *const faults[] = { "pull-before", "pull-during",
		"pull-after" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct token *t = opened(w);
		struct key k = new_key(t, KEY_P256, KEY_SIGN, 1, "sign");
		struct key d = new_key(t, KEY_P256, KEY_DERIVE, 2, "derive");
		char control[64];
		size_t left = 1;

		snprintf(control, sizeof(control), "fault %s E4 1\n",
		    faults[i]);
		opensc_control(&w->opensc, 0, control);
		assert_int_equal(token_wipe(t, w->pin, NULL), CARD_ERR_REMOVED);
		token_close(t);
		opensc_control(&w->opensc, 0, "");
		t = again(w);
		assert_int_equal(token_wipe(t, w->pin, NULL), CARD_OK);
		token_close(t);
		t = again(w);
		assert_int_equal(token_prove_empty(t, w->pin, "sign", &left),
		    CARD_OK);
		token_close(t);
		OPENSSL_free(k.spki);
		OPENSSL_free(d.spki);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_wipe),
		CASE(test_wipe_halves),
		CASE(test_wipe_refused),
		CASE(test_wipe_pulled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
