/* SPDX-License-Identifier: ISC */
/* Our own layer on a SmartCard-HSM: what test_token.c and test_key.c do with
 * SoftHSM, through OpenSC, with virtual cards. */
#include <openssl/ec.h>

#include "smartcard/copy.h"
#include "smartcard/module.h"
#include "smartcard/opensc.h"
#include "smartcard/schsm.h"
#include "smartcard/wipe.h"
#include "tests/card/opensc.h"
#include "tests/smartcard/fixture.h"

#define USER_PIN "648219"
static const uint8_t so_octets[8] = { 0x35, 0x37, 0x36, 0x32, 0x31, 0x38, 0x38,
	0x30 };

/* OpenSC 0.23 loses memory of its own, and is unloaded by the time that leaks
 * are looked for, so that they cannot be told by its name. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

struct world {
	struct opensc opensc;
	struct module *m;
	struct secret *pin, *other, *wrong, *so, *so_next;
};

/* One initialised card, "one", and one that is blank. */
static int
begin(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL || opensc_make(&w->opensc, 2) != 0)
		return -1;
	*state = w;
	if (opensc_initialise(&w->opensc, 0, "one", USER_PIN, so_octets) != 0)
		return -1;
	w->pin = secret_from(USER_PIN, strlen(USER_PIN));
	w->other = secret_from(NEW_PIN, strlen(NEW_PIN));
	w->wrong = secret_from("111111", 6);
	w->so = secret_from(SO_PIN, strlen(SO_PIN));
	w->so_next = secret_from(SO_NEXT, strlen(SO_NEXT));
	return module_load("opensc", &w->m) == CARD_OK ? 0 : -1;
}

static int
end(void **state)
{
	struct world *w = *state;

	module_free(w->m);
	secret_free(w->pin);
	secret_free(w->other);
	secret_free(w->wrong);
	secret_free(w->so);
	secret_free(w->so_next);
	opensc_remove(&w->opensc);
	free(w);
	return 0;
}

/* As a later process sees it, logged in. */
static struct token *
again(struct world *w)
{
	struct token *t = NULL;

	module_free(w->m);
	w->m = NULL;
	assert_int_equal(module_load("opensc", &w->m), CARD_OK);
	assert_int_equal(token_open(w->m, "one", NULL, &t), CARD_OK);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	return t;
}

static struct token *
opened(struct world *w)
{
	struct token *t = NULL;

	assert_int_equal(token_open(w->m, "one", NULL, &t), CARD_OK);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	return t;
}

static void
control_later(struct world *w, unsigned i, const char *text)
{
	assert_int_equal(opensc_control(&w->opensc, i, text), 0);
}

static long
uses(struct world *w, uint8_t reference)
{
	char path[600];
	struct card *c;
	long n;

	opensc_card_path(&w->opensc, 0, path);
	c = card_new(path);
	assert_non_null(c);
	n = card_key_uses(c, reference);
	card_free(c);
	return n;
}

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
	assert_int_equal(token_open(w->m, "one", NULL, &t), CARD_OK);
	assert_true(token_info(t)->pin_pad);
	assert_int_equal(token_login(t, NULL), CARD_OK);
	opensc_control(&w->opensc, 0, "pin-pad 111111\n");
	assert_int_equal(token_login(t, NULL), CARD_ERR_PIN);
	token_close(t);
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
check_sign_as(struct token *t, const char *label, const struct key *k)
{
	assert_int_equal(token_sign_text(t, label, k->spki, k->len, "text", 4,
			     NULL, NULL),
	    CARD_OK);
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
	assert_int_equal(token_prove_empty(t, "sign", &left), CARD_ERR_LEFT);
	assert_int_equal(token_wipe(t, &count), CARD_OK);
	assert_true(count > 0);
	token_close(t);
	t = again(w);
	assert_int_equal(token_prove_empty(t, "sign", &left), CARD_OK);
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
	assert_int_equal(opensc_scan(p, &scan), CARD_OK);
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
	assert_int_equal(opensc_scan(p, &scan), CARD_OK);
	assert_int_equal(scan.card[1].pin_tries, SCHSM_PIN_TRIES);
	pcsc_free(p);
}

/* ---- blank cards ------------------------------------------------------ */

/* The one blank card is found, gets its label, PINs and a DKEK; afterwards the
 * other card has no more been touched than listed. */
static void
test_init_blank(void **state)
{
	static const char label[] = "a-label-of-thirty-two-characters";
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	struct secret *dkek = secret_random(32);
	struct token_info info[TOKEN_LIST_MAX];
	struct token *t = NULL;
	size_t n = 0;

	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_int_equal(n, 2);
	assert_true(info[0].initialised && !info[1].initialised);
	assert_string_equal(info[1].label, "");
	assert_int_equal(token_init_blank(w->m, "one", &so, NULL, &t),
	    CARD_ERR_NOT_BLANK);
	assert_int_equal(token_init_blank(w->m, label, &so, dkek, &t), CARD_OK);
	assert_string_equal(token_info(t)->label, label);
	assert_string_equal(token_info(t)->serial, info[1].serial);
	assert_int_equal(so.at, TOKEN_SO_PIN);
	assert_int_equal(token_init_pin(t, &so, w->other), CARD_OK);
	assert_int_equal(so.at, TOKEN_SO_NEXT);
	assert_int_equal(token_login(t, w->other), CARD_OK);
	token_close(t);
	assert_int_equal(token_open(w->m, label, info[1].serial, &t), CARD_OK);
	assert_string_equal(token_info(t)->label, label);
	token_close(t);
	so.at = TOKEN_SO_PIN;
	assert_int_equal(token_init_blank(w->m, "third", &so, NULL, &t),
	    CARD_ERR_NO_TOKEN);
	secret_free(dkek);
}

/* Two blank cards: the first, or the one of the serial that is asked for. */
static void
test_init_which(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	struct token_info info[TOKEN_LIST_MAX];
	char cards[2000] = "", path[600];
	struct token *t = NULL;
	size_t n = 0;

	for (unsigned i = 0; i < 4; i++) {
		opensc_card_path(&w->opensc, i, path);
		strcat(cards, path);
		strcat(cards, ":");
	}
	setenv("VIRTUAL_CARDS", cards, 1);
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_int_equal(n, 4);
	module_blank(w->m, info[2].serial);
	assert_int_equal(token_init(w->m, "a", &so, w->other, &t), CARD_OK);
	assert_string_equal(token_info(t)->serial, info[2].serial);
	token_close(t);
	/* begun before, but not the one that is named: it is left as it is */
	module_blank(w->m, info[1].serial);
	so.at = TOKEN_SO_EITHER;
	assert_int_equal(token_init(w->m, "a", &so, w->other, &t),
	    CARD_ERR_NO_TOKEN);
	/* not blank any more, and no other will do */
	module_blank(w->m, info[2].serial);
	so.at = TOKEN_SO_PIN;
	assert_int_equal(token_init(w->m, "b", &so, w->other, &t),
	    CARD_ERR_NO_TOKEN);
	module_blank(w->m, "");
	assert_int_equal(token_init(w->m, "b", &so, w->other, &t), CARD_OK);
	assert_string_equal(token_info(t)->serial, info[1].serial);
	token_close(t);
}

/* A card that was made ready by another program since it was found blank is
 * not initialised again, whoever knows its SO PIN. */
static void
test_init_raced(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	struct token_info info[TOKEN_LIST_MAX];
	char path[600], text[700];
	struct token *t = NULL;
	size_t n = 0;

	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	snprintf(text, sizeof(text), "serial %s\n", info[1].serial);
	opensc_control(&w->opensc, 2, text);
	assert_int_equal(opensc_initialise(&w->opensc, 2, "two", USER_PIN,
			     so_octets),
	    0);
	opensc_card_path(&w->opensc, 2, path);
	snprintf(text, sizeof(text), "fault swap 58 1 %s\n", path);
	opensc_control(&w->opensc, 1, text);
	assert_int_equal(token_init_blank(w->m, "third", &so, NULL, &t),
	    CARD_ERR_REMOVED);
	assert_null(t);
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_string_equal(info[1].label, "two");
}

static void
wipe(struct world *w, const char *reader, const struct secret *so)
{
	struct schsm *c = NULL;
	struct pcsc *p = NULL;

	assert_int_equal(pcsc_new(NULL, &p), CARD_OK);
	assert_int_equal(schsm_open(p, reader, &c), CARD_OK);
	assert_int_equal(schsm_wipe(c, so), CARD_OK);
	schsm_close(c);
	pcsc_free(p);
	(void)w;
}

/* A card that was wiped is blank; one that is never initialised goes first. */
static void
test_init_wiped(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	struct token_info info[TOKEN_LIST_MAX];
	struct token *t = NULL;
	size_t n = 0;

	wipe(w, "Virtual Reader 00", w->so);
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_false(info[0].initialised);
	for (size_t i = 2; i-- > 0;) {
		so.at = TOKEN_SO_PIN;
		assert_int_equal(token_init(w->m, i == 0 ? "b" : "a", &so,
				     w->other, &t),
		    CARD_OK);
		assert_string_equal(token_info(t)->serial, info[i].serial);
		assert_int_equal(so.at, TOKEN_SO_NEXT);
		token_close(t);
	}
}

/* Power is lost at each command while a blank card is initialised: the next
 * try, which knows that there was one, takes the same card. */
static void
test_init_cut_short(void **state)
{
	static const char *const commands[] = { "50 1", "20 5", "20 6", "20 7",
		"E4 1", "D7 1", "D7 2", "2C 1", "24 1" };
	static const char *const faults[] = { "pull-before", "pull-during",
		"pull-after" };
	struct world *w = *state;
	struct token_info info[TOKEN_LIST_MAX];
	int cut = 0;

	for (size_t i = 0; i < 27; i++) {
		struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
		char text[100], path[600];
		struct token *t = NULL;
		enum card_error ret;
		size_t n = 0;

		opensc_card_path(&w->opensc, 1, path);
		unlink(path);
		snprintf(text, sizeof(text), "fault %s %s\n", faults[i % 3],
		    commands[i / 3]);
		control_later(w, 1, text);
		ret = token_init(w->m, "two", &so, w->other, &t);
		token_close(t);
		cut += ret != CARD_OK;
		control_later(w, 1, "");
		assert_int_equal(token_list(w->m, info, &n), CARD_OK);
		so.at = TOKEN_SO_EITHER;
		t = NULL;
		assert_int_equal(token_init(w->m, "two", &so, w->other, &t),
		    CARD_OK);
		assert_string_equal(token_info(t)->serial, info[1].serial);
		assert_int_equal(so.at, TOKEN_SO_NEXT);
		assert_int_equal(token_login(t, w->other), CARD_OK);
		token_close(t);
	}
	assert_true(cut > 15);
}

/* The same by somebody who does not know that there was one, outside of a
 * ceremony: with the SO PIN of then the card is taken again. */
static void
test_init_cut_unknown(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so_next, w->so_next, TOKEN_SO_PIN };
	struct token_info info[TOKEN_LIST_MAX];
	struct token *t = NULL;
	size_t n = 0;

	control_later(w, 1, "fault pull-after 50 1\n");
	assert_int_not_equal(token_init(w->m, "two", &so, w->other, &t),
	    CARD_OK);
	control_later(w, 1, "");
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_false(info[1].initialised);
	so.at = TOKEN_SO_PIN;
	assert_int_equal(token_init(w->m, "two", &so, w->other, &t), CARD_OK);
	assert_string_equal(token_info(t)->serial, info[1].serial);
	token_close(t);
}

/* The SO PIN of a use that was cut short is found where OpenSC asks for it. */
static void
test_so_either(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_EITHER };
	struct token *t = opened(w);

	assert_int_equal(token_init_pin(t, &so, w->other), CARD_OK);
	assert_int_equal(so.at, TOKEN_SO_NEXT);
	so.at = TOKEN_SO_EITHER;
	assert_int_equal(token_init_pin(t, &so, w->pin), CARD_OK);
	assert_int_equal(so.at, TOKEN_SO_NEXT);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	token_close(t);
}

/* ---- copies ----------------------------------------------------------- */

static struct token *
new_card(struct world *w, const char *label, const struct secret *dkek)
{
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	struct token *t = NULL;

	assert_int_equal(token_init_blank(w->m, label, &so, dkek, &t), CARD_OK);
	assert_int_equal(token_init_pin(t, &so, w->pin), CARD_OK);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	return t;
}

static struct token *
card_again(struct world *w, const char *label)
{
	struct token *t = NULL;

	assert_int_equal(token_open(w->m, label, NULL, &t), CARD_OK);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	return t;
}

static void
more_cards(struct world *w)
{
	char cards[2000] = "", path[600];

	for (unsigned i = 0; i < 4; i++) {
		opensc_card_path(&w->opensc, i, path);
		strcat(cards, path);
		strcat(cards, ":");
	}
	setenv("VIRTUAL_CARDS", cards, 1);
}

static void
test_copy(void **state)
{
	struct world *w = *state;
	struct secret *dkek = secret_random(COPY_DKEK_SIZE);
	struct secret *other = secret_random(COPY_DKEK_SIZE);
	struct key_attributes a;
	struct token *t;
	struct key k;
	uint8_t *blob = NULL;
	size_t len = 0;

	more_cards(w);
	t = new_card(w, "first", dkek);
	k = new_key(t, KEY_P384, KEY_SIGN_ORIGINAL, 1, "root");
	assert_int_equal(token_export_key(t, "none", dkek, &blob, &len),
	    CARD_ERR_KEY_MISSING);
	assert_int_equal(token_export_key(t, "root", other, &blob, &len),
	    CARD_ERR_UNWRAP);
	assert_null(blob);
	assert_int_equal(token_export_key(t, "root", dkek, &blob, &len),
	    CARD_OK);
	check_sign_as(t, "root", &k);
	token_close(t);

	t = new_card(w, "second", dkek);
	assert_int_equal(token_import_key(t, "other", 1, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_ERR_UNWRAP);
	assert_int_equal(token_import_key(t, "root", 2, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_ERR_SELFTEST);
	blob[40] ^= 1;
	assert_int_equal(token_import_key(t, "root", 1, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_ERR_UNWRAP);
	blob[40] ^= 1;
	k.spki[k.len - 1] ^= 1;
	assert_int_equal(token_import_key(t, "root", 1, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_ERR_SELFTEST);
	k.spki[k.len - 1] ^= 1;
	/* nothing of it stayed */
	assert_int_equal(token_import_key(t, "root", 1, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_OK);
	check_sign_as(t, "root", &k);
	assert_int_equal(token_import_key(t, "root", 1, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_ERR_KEY_AMBIGUOUS);
	token_close(t);
	t = card_again(w, "second");
	check_sign_as(t, "root", &k);
	token_close(t);

	t = new_card(w, "third", NULL);
	assert_int_equal(token_import_key(t, "root", 1, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_ERR_MAY_NOT);
	token_close(t);
	free(blob);
	OPENSSL_free(k.spki);
	secret_free(dkek);
	secret_free(other);
}

/* Pulled at each command while a key comes in: an error, and it comes in after
 * all when the card is initialised anew. */
static void
test_copy_pulled(void **state)
{
	static const char *const faults[] = { "pull-before 74 1",
		"pull-during 74 1", "pull-after 74 1", "pull-during D7 1",
		"pull-during D7 2", "pull-before 68 1", "status 74 1 6984",
		"status D7 1 6A84" };
	struct world *w = *state;
	struct secret *dkek = secret_random(COPY_DKEK_SIZE);
	struct token *t;
	struct key k;
	uint8_t *blob = NULL;
	size_t len = 0;

	more_cards(w);
	t = new_card(w, "first", dkek);
	k = new_key(t, KEY_P256, KEY_SIGN_ORIGINAL, 1, "root");
	assert_int_equal(token_export_key(t, "root", dkek, &blob, &len),
	    CARD_OK);
	token_close(t);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		char text[100], path[600];

		opensc_card_path(&w->opensc, 2, path);
		unlink(path);
		t = new_card(w, "second", dkek);
		snprintf(text, sizeof(text), "fault %s\n", faults[i]);
		control_later(w, 2, text);
		assert_int_not_equal(token_import_key(t, "root", 1, k.spki,
					 k.len, dkek, blob, len, NULL),
		    CARD_OK);
		control_later(w, 2, "");
		token_close(t);
	}
	free(blob);
	OPENSSL_free(k.spki);
	secret_free(dkek);
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
		assert_int_equal(opensc_conf_text("", &r, wanted, text),
		    cases[i].want);
	}
	/* the longest there can be */
	struct pcsc_readers r = { .count = PCSC_READERS_MAX };
	bool wanted[PCSC_READERS_MAX] = { true };
	for (size_t i = 0; i < r.count; i++)
		memset(r.reader[i].name, 'a' + (int)i, PCSC_NAME_MAX);
	assert_int_equal(opensc_conf_text("/x", &r, wanted, text), CARD_OK);
}

#undef CASE
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_list),
		CASE(test_init_again),
		CASE(test_pins),
		CASE(test_wipe),
		CASE(test_locked),
		CASE(test_pin_pad),
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
		CASE(test_init_blank),
		CASE(test_init_which),
		CASE(test_init_raced),
		CASE(test_init_wiped),
		CASE(test_init_cut_short),
		CASE(test_init_cut_unknown),
		CASE(test_so_either),
		CASE(test_copy),
		CASE(test_copy_pulled),
		CASE(test_one_card),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
