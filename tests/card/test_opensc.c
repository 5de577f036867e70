/* SPDX-License-Identifier: ISC */
/* Our own layer on a SmartCard-HSM: what test_token.c and test_key.c do with
 * SoftHSM, through OpenSC, with virtual cards. */
#include <dlfcn.h>
#include <openssl/ec.h>

#include "smartcard/copy.h"
#include "smartcard/module.h"
#include "smartcard/opensc.h"
#include "smartcard/schsm.h"
#include "tests/card/opensc_world.h"

/* ---- tokens ----------------------------------------------------------- */

static void
test_list(void **state)
{
	struct world *w = *state;
	struct token_info info[TOKEN_LIST_MAX];
	struct token *t = NULL;
	size_t n = 0;

	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_int_equal(n, 2);
	assert_string_equal(info[0].serial + 3 + 8, "");
	assert_string_not_equal(info[0].serial, info[1].serial);
	assert_false(info[0].pin_pad);
	assert_int_equal(token_open(w->m, "one", info[0].serial, &t), CARD_OK);
	token_close(t);
	assert_int_equal(token_open(w->m, "one", info[1].serial, &t),
	    CARD_ERR_NO_TOKEN);
}

/* A card that was begun before is initialised again with the PIN it has. */
static void
test_init_again(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_EITHER };
	struct token *t = opened(w);

	assert_int_equal(token_write_object(t, "x", "x", 1), CARD_OK);
	token_close(t);
	assert_int_equal(token_init(w->m, "one", &so, w->other, &t), CARD_OK);
	assert_int_equal(so.at, TOKEN_SO_NEXT);
	assert_int_equal(token_login(t, w->pin), CARD_ERR_PIN);
	assert_int_equal(token_login(t, w->other), CARD_OK);
	token_close(t);
}

static void
test_pins(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	struct token *t = opened(w);

	assert_int_equal(token_login(t, w->wrong), CARD_ERR_PIN);
	assert_int_equal(token_refresh(t), CARD_OK);
	assert_true(token_info(t)->pin_count_low);
	assert_int_equal(token_set_pin(t, w->pin, w->other), CARD_OK);
	assert_int_equal(token_login(t, w->pin), CARD_ERR_PIN);
	assert_int_equal(token_login(t, w->other), CARD_OK);
	/* the SO sets the user PIN and moves on */
	assert_int_equal(token_init_pin(t, &so, w->pin), CARD_OK);
	assert_int_equal(so.at, TOKEN_SO_NEXT);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	so.at = TOKEN_SO_PIN;
	assert_int_equal(token_init_pin(t, &so, w->other), CARD_ERR_PIN);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	token_close(t);
}

static void
test_locked(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	struct token *t = opened(w);

	assert_int_equal(token_login(t, w->wrong), CARD_ERR_PIN);
	assert_int_equal(token_login(t, w->wrong), CARD_ERR_PIN);
	assert_int_equal(token_login(t, w->wrong), CARD_ERR_PIN_LOCKED);
	assert_int_equal(token_login(t, w->pin), CARD_ERR_PIN_LOCKED);
	assert_int_equal(token_refresh(t), CARD_OK);
	assert_true(token_info(t)->pin_locked);
	assert_int_equal(token_init_pin(t, &so, w->pin), CARD_OK);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	token_close(t);
}

static void
test_pin_pad(void **state)
{
	struct world *w = *state;
	struct token *t = NULL;

	module_free(w->m);
	opensc_control(&w->opensc, 0, "pin-pad " USER_PIN "\n");
	assert_int_equal(module_load("opensc", &w->m), CARD_OK);
	module_pin_pad(w->m, true);
	assert_int_equal(token_open(w->m, "one", NULL, &t), CARD_OK);
	assert_true(token_info(t)->pin_pad);
	assert_int_equal(token_login(t, NULL), CARD_OK);
	opensc_control(&w->opensc, 0, "pin-pad 111111\n");
	assert_int_equal(token_login(t, NULL), CARD_ERR_PIN);
	token_close(t);
}

/* The reader's, through OpenSC. */
static void
test_reader_pad(void **state)
{
	static const struct {
		const char *control;
		enum card_error want;
	} cases[] = {
		{ "reader-pad " USER_PIN "\n", CARD_OK },
		{ "reader-pad 111111\n", CARD_ERR_PIN },
		{ "reader-pad cancel\n", CARD_ERR_CANCELLED },
		{ "reader-pad late\n", CARD_ERR_CANCELLED },
		{ "reader-pad none\n", CARD_ERR_MODULE },
		{ "reader-pad " USER_PIN "\n", CARD_OK },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct token *t = NULL;

		opensc_control(&w->opensc, 0, cases[i].control);
		module_pin_pad(w->m, true);
		assert_int_equal(token_open(w->m, "one", NULL, &t), CARD_OK);
		assert_true(token_info(t)->pin_pad);
		/* what we hold is not what counts */
		assert_int_equal(token_login(t, i % 2 == 0 ? NULL : w->pin),
		    cases[i].want);
		token_close(t);
	}
}

/* A pad that may not be used is not told of: the PIN is given. */
static void
test_reader_pad_off(void **state)
{
	static const char *const pads[] = { "reader-pad 111111\n",
		"pin-pad 111111\n" };
	struct world *w = *state;

	for (size_t i = 0; i < 2; i++) {
		struct token *t = NULL;

		opensc_control(&w->opensc, 0, pads[i]);
		module_pin_pad(w->m, false);
		assert_int_equal(token_open(w->m, "one", NULL, &t), CARD_OK);
		assert_false(token_info(t)->pin_pad);
		assert_int_equal(token_login(t, NULL), CARD_ERR_ARGUMENT);
		assert_int_equal(token_login(t, w->pin), CARD_OK);
		token_close(t);
	}
}

/* ---- keys ------------------------------------------------------------- */

static const struct {
	enum key_curve_id curve;
	enum key_use use;
	const char *label;
} kinds[] = {
	{ KEY_P256, KEY_SIGN, "sign-256" },
	{ KEY_P384, KEY_SIGN, "sign-384" },
	{ KEY_P256, KEY_DERIVE, "derive-256" },
	{ KEY_P384, KEY_DERIVE, "derive-384" },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void
check_sign(struct token *t, size_t i, const struct key *k)
{
	static const char text[] = "anchorite-test/v1\n";
	uint8_t *sig = NULL;
	size_t len = 0;

	assert_int_equal(token_sign_text(t, kinds[i].label, k->spki, k->len,
			     text, sizeof(text), &sig, &len),
	    CARD_OK);
	OPENSSL_free(sig);
}

static void
check_ecdh(struct token *t, size_t i, const struct key *k)
{
	EVP_PKEY *public = public_key(k), *own;
	EVP_PKEY_CTX *ctx;
	uint8_t *point = NULL, x[48];
	size_t len, n = sizeof(x);
	struct secret *s = NULL;

	own = EVP_EC_gen(kinds[i].curve == KEY_P256 ? "P-256" : "P-384");
	len = EVP_PKEY_get1_encoded_public_key(own, &point);
	ctx = EVP_PKEY_CTX_new(own, NULL);
	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, public), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, x, &n), 1);
	assert_int_equal(token_ecdh(t, kinds[i].label, point, len, &s),
	    CARD_OK);
	assert_int_equal(s->len, n);
	assert_memory_equal(s->data, x, n);
	secret_free(s);
	OPENSSL_free(point);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	EVP_PKEY_free(public);
}

/* Made, loaded again, judged, used: each use is one command to the card. */
static void
test_keys(void **state)
{
	struct world *w = *state;
	struct token *t = opened(w);
	struct key keys[KINDS] = { 0 };

	for (size_t i = 0; i < KINDS; i++)
		assert_int_equal(token_make_key(t, kinds[i].curve, kinds[i].use,
				     (uint8_t)(0x20 + i), kinds[i].label, NULL,
				     &keys[i].spki, &keys[i].len),
		    CARD_OK);
	token_close(t);
	t = again(w);
	for (size_t i = 0; i < KINDS; i++) {
		struct key_attributes a = { 0 };

		assert_int_equal(token_check_key(t, kinds[i].label,
				     kinds[i].use, &a),
		    CARD_OK);
		assert_int_equal(uses(w, (uint8_t)(i + 1)), 0);
		if (kinds[i].use == KEY_SIGN)
			check_sign(t, i, &keys[i]);
		else
			check_ecdh(t, i, &keys[i]);
		assert_int_equal(uses(w, (uint8_t)(i + 1)), 1);
	}
	for (size_t i = 0; i < KINDS; i++)
		OPENSSL_free(keys[i].spki);
	token_close(t);
}

/* Made and met again: the card's word is there, and is the card's. */
static void
test_settle(void **state)
{
	struct world *w = *state;
	struct token *t = opened(w);
	struct token_evidence e;
	EVP_PKEY *evp = NULL;

	for (size_t i = 0; i < KINDS; i++) {
		struct key k = new_key(t, kinds[i].curve, kinds[i].use,
		    (uint8_t)(i + 1), kinds[i].label);
		struct key_attributes a = { 0 };

		/* libp11 is loaded, too */
		if (kinds[i].use == KEY_SIGN)
			assert_int_equal(token_key(t, kinds[i].label, k.spki,
					     k.len, &evp),
			    CARD_OK);
		assert_int_equal(token_settle_key(t, w->pin, kinds[i].label,
				     kinds[i].use, k.spki, k.len, &a, &e),
		    CARD_OK);
		assert_true(a.sensitive && a.always_sensitive && a.local &&
		    a.never_extractable && !a.extractable);
		assert_true(e.attestation.len > 200);
		assert_int_equal(e.attestation.data[0], 0x67);
		assert_true(e.device.len > 300);
		assert_int_equal(e.device.data[0], 0x7F);
		if (kinds[i].use == KEY_SIGN)
			check_sign(t, i, &k);
		else
			check_ecdh(t, i, &k);
		k.spki[k.len - 1] ^= 1;
		assert_int_equal(token_settle_key(t, w->pin, kinds[i].label,
				     kinds[i].use, k.spki, k.len, &a, &e),
		    CARD_ERR_SELFTEST);
		OPENSSL_free(k.spki);
	}
	assert_int_equal(token_settle_key(t, w->wrong, kinds[0].label, KEY_SIGN,
			     (const uint8_t *)"x", 1, NULL, &e),
	    CARD_ERR_PIN);
	token_close(t);
}

/* Pulled at each command while it is met again: an error, and the token can
 * still be closed. */
static void
test_settle_pulled(void **state)
{
	static const char *const faults[] = { "pull-before", "pull-during",
		"pull-after" };
	struct world *w = *state;
	struct token *t = opened(w);
	struct key k = new_key(t, KEY_P256, KEY_SIGN, 1, "sign");
	int failed = 0;

	for (int at = 1; at <= 60; at += 4)
		for (size_t i = 0; i < 3; i++) {
			struct token_evidence e;
			char text[100];
			enum card_error ret;

			snprintf(text, sizeof(text), "fault %s * %d\n",
			    faults[i], at);
			control_later(w, 0, text);
			ret = token_settle_key(t, w->pin, "sign", KEY_SIGN,
			    k.spki, k.len, NULL, &e);
			failed += ret != CARD_OK;
			if (ret != CARD_OK)
				assert_int_not_equal(token_sign_text(t, "sign",
							 k.spki, k.len, "x", 1,
							 NULL, NULL),
				    CARD_OK);
			control_later(w, 0, "");
			token_close(t);
			t = opened(w);
		}
	assert_true(failed > 30);
	token_close(t);
	OPENSSL_free(k.spki);
}

/* libp11's EVP_PKEY, which signs certificates. */
static void
test_evp(void **state)
{
	static const uint8_t text[] = "a text";
	struct world *w = *state;
	struct token *t = opened(w);
	struct key k = new_key(t, KEY_P256, KEY_SIGN, 1, "sign");
	EVP_PKEY *key = NULL, *public = public_key(&k);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[80];
	size_t len = sizeof(sig);

	assert_int_equal(token_key(t, "sign", k.spki, k.len, &key), CARD_OK);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, text, sizeof(text)), 1);
	EVP_MD_CTX_reset(ctx);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL,
			     public),
	    1);
	assert_int_equal(EVP_DigestVerify(ctx, sig, len, text, sizeof(text)),
	    1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(public);
	OPENSSL_free(k.spki);
	token_close(t);
}

/* ---- objects ---------------------------------------------------------- */

static void
test_objects(void **state)
{
	static uint8_t value[TOKEN_OBJECT_MAX];
	static const struct {
		const char *label;
		size_t len;
	} cases[] = {
		{ "a", 4 },
		{ "b", 1 },
		{ "a", 300 },
		{ "a", TOKEN_OBJECT_MAX },
		{ "b", 255 },
	};
	struct world *w = *state;
	struct token *t = opened(w);

	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *data = NULL;
		size_t len = 0;

		assert_int_equal(token_write_object(t, cases[i].label, value,
				     cases[i].len),
		    CARD_OK);
		token_close(t);
		t = again(w);
		assert_int_equal(token_read_object(t, cases[i].label, &data,
				     &len),
		    CARD_OK);
		assert_int_equal(len, cases[i].len);
		assert_memory_equal(data, value, len);
		free(data);
	}
	token_close(t);
}

static void
test_certificate(void **state)
{
	struct world *w = *state;
	struct token *t = opened(w);
	struct key k = new_key(t, KEY_P256, KEY_SIGN, 1, "sign"), seen = { 0 };
	X509 *cert = certificate_for(&k);
	uint8_t *der = NULL, *back = NULL;
	size_t back_len = 0;
	int len = i2d_X509(cert, &der);

	for (int i = 0; i < 2; i++) {
		assert_int_equal(token_write_cert(t, "sign", 1, der,
				     (size_t)len),
		    CARD_OK);
		token_close(t);
		t = again(w);
		assert_int_equal(token_read_cert(t, "sign", &back, &back_len),
		    CARD_OK);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, der, back_len);
		OPENSSL_free(back);
	}
	/* the public key is the certificate's from now on */
	assert_int_equal(token_public_key(t, "sign", &seen.spki, &seen.len),
	    CARD_OK);
	assert_int_equal(seen.len, k.len);
	assert_memory_equal(seen.spki, k.spki, k.len);
	OPENSSL_free(seen.spki);
	OPENSSL_free(k.spki);
	OPENSSL_free(der);
	X509_free(cert);
	token_close(t);
}

/* ---- faults ----------------------------------------------------------- */

/* Pulled before or during a signature: an error, never a signature; and the
 * card goes on when it is back and the module was loaded again. */
static void
test_pulled(void **state)
{
	static const struct {
		const char *control;
		enum card_error want;
		long uses;
	} cases[] = {
		{ "fault pull-before 68 1\n", CARD_ERR_REMOVED, 0 },
		{ "fault pull-during 68 1\n", CARD_ERR_REMOVED, 1 },
		{ "fault status 68 1 6F00\n", CARD_ERR_MODULE, 1 },
		{ "fault short 68 1 3\n", CARD_ERR_MODULE, 2 },
	};
	struct world *w = *state;
	struct token *t = opened(w);
	struct key k = new_key(t, KEY_P256, KEY_SIGN, 1, "sign");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *sig = NULL;
		size_t len = 0;

		opensc_control(&w->opensc, 0, cases[i].control);
		assert_int_equal(token_sign_text(t, "sign", k.spki, k.len, "x",
				     1, &sig, &len),
		    cases[i].want);
		assert_null(sig);
		token_close(t);
		opensc_control(&w->opensc, 0, "");
		t = again(w);
		assert_int_equal(uses(w, 1), cases[i].uses);
	}
	assert_int_equal(token_sign_text(t, "sign", k.spki, k.len, "x", 1, NULL,
			     NULL),
	    CARD_OK);
	OPENSSL_free(k.spki);
	token_close(t);
}

static void
test_absent(void **state)
{
	struct world *w = *state;
	struct token_info info[TOKEN_LIST_MAX];
	struct token *t = NULL;
	size_t n = 0;

	module_free(w->m);
	opensc_control(&w->opensc, 0, "fault pull-before * 0\n");
	assert_int_equal(module_load("opensc", &w->m), CARD_OK);
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_int_equal(n, 1);
	assert_int_equal(token_open(w->m, "one", NULL, &t), CARD_ERR_NO_TOKEN);
}

/* Another card with the same label is told from ours by its serial. */
static void
test_twin(void **state)
{
	struct world *w = *state;
	struct token_info info[TOKEN_LIST_MAX];
	struct token *t = NULL;
	size_t n = 0;

	module_free(w->m);
	assert_int_equal(opensc_initialise(&w->opensc, 1, "one", USER_PIN,
			     so_octets),
	    0);
	assert_int_equal(module_load("opensc", &w->m), CARD_OK);
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_int_equal(token_open(w->m, "one", NULL, &t), CARD_ERR_AMBIGUOUS);
	assert_int_equal(token_open(w->m, "", NULL, &t), CARD_ERR_NO_TOKEN);
	/* as tokens personalised elsewhere are, many of one label */
	assert_int_equal(token_open(w->m, "", info[1].serial, &t), CARD_OK);
	token_close(t);
	t = NULL;
	assert_int_equal(token_open(w->m, "one", info[1].serial, &t), CARD_OK);
	assert_string_equal(token_info(t)->serial, info[1].serial);
	token_close(t);
}

/* ... and, put in its place after the login, neither has the login nor signs. */
static void
test_swapped(void **state)
{
	struct world *w = *state;
	struct token *t = opened(w);
	struct key k = new_key(t, KEY_P256, KEY_SIGN, 1, "sign");
	char path[600], text[700];

	assert_int_equal(opensc_initialise(&w->opensc, 1, "one", USER_PIN,
			     so_octets),
	    0);
	opensc_card_path(&w->opensc, 1, path);
	snprintf(text, sizeof(text), "fault swap * 0 %s\n", path);
	opensc_control(&w->opensc, 0, text);
	assert_int_equal(token_sign_text(t, "sign", k.spki, k.len, "x", 1, NULL,
			     NULL),
	    CARD_ERR_REMOVED);
	assert_int_not_equal(token_login(t, w->pin), CARD_OK);
	token_close(t);
	OPENSSL_free(k.spki);
}

/* ... and, put in its place before the login, is not given the PIN. */
static void
test_swapped_early(void **state)
{
	struct world *w = *state;
	struct opensc_scan scan;
	struct pcsc *p = NULL;
	char path[600], text[700];

	assert_int_equal(opensc_initialise(&w->opensc, 1, "one", NEW_PIN,
			     so_octets),
	    0);
	opensc_card_path(&w->opensc, 1, path);
	assert_int_equal(pcsc_new(NULL, &p), CARD_OK);
	assert_int_equal(opensc_scan(p, NULL, &scan), CARD_OK);
	pcsc_free(p);
	for (unsigned at = 0; at < 4; at++) {
		struct token *t = NULL;

		assert_int_equal(token_open(w->m, "one", scan.card[0].serial,
				     &t),
		    CARD_OK);
		snprintf(text, sizeof(text), "fault swap * %u %s\n", at, path);
		opensc_control(&w->opensc, 0, text);
		(void)token_login(t, w->pin);
		token_close(t);
		opensc_control(&w->opensc, 0, "");
	}
	assert_int_equal(pcsc_new(NULL, &p), CARD_OK);
	assert_int_equal(opensc_scan(p, NULL, &scan), CARD_OK);
	assert_int_equal(scan.card[1].pin_tries, SCHSM_PIN_TRIES);
	pcsc_free(p);
}

/* ---- readers ---------------------------------------------------------- */

/* While one token is open the module is that card's, and others may have the
 * other reader. */
static void
test_one_card(void **state)
{
	struct world *w = *state;
	struct token_info info[TOKEN_LIST_MAX];
	struct token *t = opened(w), *u = NULL;
	const char *before = getenv("OPENSC_CONF");
	CK_SLOT_ID *ids = NULL;
	CK_ULONG slots = 0;
	size_t n = 0;

	assert_int_equal(token_open(w->m, "one", NULL, &u), CARD_ERR_ARGUMENT);
	assert_int_equal(token_list(w->m, info, &n), CARD_ERR_ARGUMENT);
	assert_int_equal(module_slots(w->m, &ids, &slots), CARD_OK);
	assert_int_equal(slots, 1);
	free(ids);
	assert_string_equal(token_info(t)->reader, "Virtual Reader 00");
	assert_non_null(strstr(w->m->conf, "\"Virtual Reader 01\""));
	assert_null(strstr(w->m->conf, "\"Virtual Reader 00\""));
	assert_non_null(before);
	assert_null(strstr(before, "/proc"));
	token_close(t);
	assert_null(w->m->handle);
}

/* A card that cannot be asked is listed, and may be the one that is wanted. */
static void
test_unread(void **state)
{
	static const struct {
		const char *control;
		enum card_error want;
	} cases[] = {
		{ "reader-says taken\n", CARD_ERR_BUSY },
		{ "reader-says mute\n", CARD_ERR_MUTE },
		{ "fault short B1 1 3\nfault short B1 2 3\n", CARD_ERR_ANSWER },
		{ "fault hang * 0\n", CARD_ERR_TIMEOUT },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct token_info info[TOKEN_LIST_MAX];
		struct token *t = NULL;
		size_t n = 0;

		opensc_control(&w->opensc, 1, cases[i].control);
		assert_int_equal(token_list(w->m, info, &n), CARD_OK);
		assert_int_equal(n, 2);
		assert_int_equal(info[0].unread, CARD_OK);
		assert_int_equal(info[1].unread, cases[i].want);
		assert_string_equal(info[1].reader, "Virtual Reader 01");
		assert_string_equal(info[1].label, "");
		assert_false(info[1].initialised);
		assert_int_equal(token_open(w->m, "two", NULL, &t),
		    cases[i].want);
		assert_string_equal(module_unread(w->m), "Virtual Reader 01");
		/* it is nothing to the others */
		assert_int_equal(token_open(w->m, "one", NULL, &t), CARD_OK);
		assert_string_equal(module_unread(w->m), "");
		token_close(t);
		opensc_control(&w->opensc, 1, "");
	}
}

/* libpcsclite is no place for two threads at the same time, see look.h. */
static void
test_one_by_one(void **state)
{
	struct world *w = *state;
	struct token_info info[TOKEN_LIST_MAX];
	char path[1024];
	size_t n = 0;
	unsigned (*most)(void) = NULL;
	void *library, *sym;

	/* it counts for as long as it is loaded */
	pcsc_provider(path, sizeof(path));
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	assert_non_null(library);
	sym = dlsym(library, "virtual_most");
	assert_non_null(sym);
	memcpy(&most, &sym, sizeof(most));
	setenv("VIRTUAL_SLOW", "1", 1);
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	unsetenv("VIRTUAL_SLOW");
	assert_int_equal(n, 2);
	assert_int_equal(most(), 1);
	dlclose(library);
}

/* A card that hangs is waited for once, while it is in its reader. */
static void
test_hangs_once(void **state)
{
	struct world *w = *state;
	struct token_info info[TOKEN_LIST_MAX];
	size_t n = 0;

	opensc_control(&w->opensc, 1, "fault hang * 0\n");
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_int_equal(info[1].unread, CARD_ERR_TIMEOUT);
	opensc_control(&w->opensc, 1, "");
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_int_equal(info[1].unread, CARD_ERR_TIMEOUT);
	/* out, and in again: another context sees that */
	assert_int_equal(w->m->hung.count, 1);
	w->m->hung.reader[0].state += 0x10000;
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_int_equal(info[1].unread, CARD_OK);
	assert_int_equal(w->m->hung.count, 0);
}

/* OpenSC ignores by parts of names. */
static void
test_names(void **state)
{
	static const struct {
		const char *names[3];
		size_t wanted;
		enum card_error want;
	} cases[] = {
		{ { "A 00 00", "A 00 01" }, 0, CARD_OK },
		{ { "A 00 00", "A 00 01" }, 1, CARD_OK },
		{ { "A 00 00", "B A 00 00" }, 0, CARD_OK },
		{ { "A 00 00", "B A 00 00" }, 1, CARD_ERR_READERS },
		{ { "A", "B", "A" }, 0, CARD_ERR_READERS },
		{ { "A", "B\"" }, 0, CARD_ERR_READERS },
		{ { "A", "B\\" }, 0, CARD_ERR_READERS },
		{ { "A", "B\"" }, 1, CARD_OK },
		{ { "A" }, 0, CARD_OK },
	};
	char text[OPENSC_CONF_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pcsc_readers r = { .count = 0 };
		bool wanted[PCSC_READERS_MAX] = { false };

		wanted[cases[i].wanted] = true;
		for (size_t j = 0; j < 3 && cases[i].names[j] != NULL; j++)
			strcpy(r.reader[r.count++].name, cases[i].names[j]);
		assert_int_equal(opensc_conf_text("", &r, wanted, false, text),
		    cases[i].want);
	}
	/* the longest there can be */
	struct pcsc_readers r = { .count = PCSC_READERS_MAX };
	bool wanted[PCSC_READERS_MAX] = { true };
	for (size_t i = 0; i < r.count; i++)
		memset(r.reader[i].name, 'a' + (int)i, PCSC_NAME_MAX);
	assert_int_equal(opensc_conf_text("/x", &r, wanted, false, text),
	    CARD_OK);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_list),
		CASE(test_init_again),
		CASE(test_pins),
		CASE(test_locked),
		CASE(test_pin_pad),
		CASE(test_reader_pad),
		CASE(test_reader_pad_off),
		CASE(test_keys),
		CASE(test_settle),
		CASE(test_settle_pulled),
		CASE(test_evp),
		CASE(test_objects),
		CASE(test_certificate),
		CASE(test_pulled),
		CASE(test_absent),
		CASE(test_twin),
		CASE(test_swapped),
		CASE(test_swapped_early),
		CASE(test_one_card),
		CASE(test_unread),
		CASE(test_one_by_one),
		CASE(test_hangs_once),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
