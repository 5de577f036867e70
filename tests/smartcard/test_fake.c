/* SPDX-License-Identifier: ISC */
/* smartcard/ against a module that fails and lies, see module_fake.c. */
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smartcard/head.h"
#include "smartcard/rv.h"
#include "tests/smartcard/softhsm.h"

struct fixture {
	struct softhsm hsm;
	char path[1100];
	struct module *m;
	struct token *t;
	struct secret *pin, *so, *so_next;
	uint8_t *sign, *derive; /* SPKIs of the keys of those labels */
	size_t sign_len, derive_len;
};

/* SO PINs for one use. */
#define USE(f, which) (&(struct token_so){ (f)->so, (f)->so_next, which })

static void
forget_plans(void)
{
	static const char *const names[] = { "FAKE_CALL", "FAKE_AT", "FAKE_RV",
		"FAKE_ATTR", "FAKE_POINT", "FAKE_FLIP", "FAKE_FLAGS",
		"FAKE_SUFFIX", "FAKE_MANUFACTURER", "FAKE_PIN",
		"FAKE_SO_TRIES" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
}

/* The n-th call of a function is to return rv. */
static void
plan(const char *call, unsigned long at, CK_RV rv)
{
	char text[32];

	setenv("FAKE_CALL", call, 1);
	snprintf(text, sizeof(text), "%lu", at);
	setenv("FAKE_AT", text, 1);
	snprintf(text, sizeof(text), "0x%lx", rv);
	setenv("FAKE_RV", text, 1);
}

/* Was the planned failure met? */
static bool
spent(void)
{
	return getenv("FAKE_CALL") == NULL;
}

static int
load(struct fixture *f)
{
	const char *build = getenv("BUILD");

	snprintf(f->path, sizeof(f->path), "%s/tests/smartcard/module_fake.so",
	    build != NULL ? build : "build");
	return module_load(f->path, &f->m) == CARD_OK ? 0 : -1;
}

static int
setup(void **state)
{
	static const char pin[] = "648219";
	struct fixture *f = calloc(1, sizeof(*f));

	forget_plans();
	if (f == NULL || softhsm_make(&f->hsm) != 0)
		return -1;
	*state = f;
	f->pin = secret_from(pin, sizeof(pin) - 1);
	f->so = secret_from("00000001", 8);
	f->so_next = secret_from("00000002", 8);
	if (load(f) != 0 ||
	    token_init(f->m, "one", USE(f, TOKEN_SO_PIN), f->pin, &f->t) !=
		CARD_OK ||
	    token_login(f->t, f->pin) != CARD_OK ||
	    token_make_key(f->t, KEY_P256, KEY_SIGN, 1, "sign", NULL, &f->sign,
		&f->sign_len) != CARD_OK)
		return -1;
	return token_make_key(f->t, KEY_P256, KEY_DERIVE, 2, "derive", NULL,
		   &f->derive, &f->derive_len) == CARD_OK
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	forget_plans();
	token_close(f->t);
	module_free(f->m);
	secret_free(f->pin);
	secret_free(f->so);
	secret_free(f->so_next);
	OPENSSL_free(f->sign);
	OPENSSL_free(f->derive);
	softhsm_remove(&f->hsm);
	free(f);
	return 0;
}

/* ---- operations that fail ------------------------------------------- */

static enum card_error
do_sign(struct fixture *f)
{
	uint8_t *sig = NULL;
	size_t len = 0;
	enum card_error ret;

	ret = token_sign_text(f->t, "sign", f->sign, f->sign_len, "text", 4,
	    &sig, &len);
	assert_int_equal(sig != NULL, ret == CARD_OK);
	OPENSSL_free(sig);
	return ret;
}

static enum card_error
do_make_key(struct fixture *f)
{
	uint8_t *spki = NULL;
	size_t len = 0;
	enum card_error ret;

	ret = token_make_key(f->t, KEY_P256, KEY_DERIVE, 3, "new", NULL, &spki,
	    &len);
	assert_int_equal(spki != NULL, ret == CARD_OK);
	OPENSSL_free(spki);
	return ret;
}

static enum card_error
do_ecdh(struct fixture *f)
{
	struct secret *s = NULL;
	enum card_error ret;

	ret = token_ecdh(f->t, "derive", f->sign + f->sign_len - 65, 65, &s);
	assert_int_equal(s != NULL, ret == CARD_OK);
	secret_free(s);
	return ret;
}

static enum card_error
do_login(struct fixture *f)
{
	return token_login(f->t, f->pin);
}

static enum card_error
do_set_pin(struct fixture *f)
{
	return token_set_pin(f->t, f->pin, f->pin);
}

static enum card_error
do_init_pin(struct fixture *f)
{
	return token_init_pin(f->t, USE(f, TOKEN_SO_NEXT), f->pin);
}

/* The token as it stands has so_next: each pass moves it on, and back. */
static enum card_error
do_move_so(struct fixture *f)
{
	struct token_so so = { f->so_next, f->so, TOKEN_SO_PIN };

	return token_init_pin(f->t, &so, f->pin);
}

static enum card_error
do_again(struct fixture *f)
{
	return token_init_pin(f->t, USE(f, TOKEN_SO_EITHER), f->pin);
}

static enum card_error
do_refresh(struct fixture *f)
{
	return token_refresh(f->t);
}

static enum card_error
do_random(struct fixture *f)
{
	uint8_t out[8];

	return token_random(f->t, out, sizeof(out));
}

static enum card_error
do_write(struct fixture *f)
{
	return token_write_object(f->t, "x", "value", 5);
}

static enum card_error
do_read(struct fixture *f)
{
	uint8_t *data = NULL;
	size_t len = 0;
	enum card_error ret = token_read_object(f->t, "x", &data, &len);

	assert_int_equal(data != NULL, ret == CARD_OK);
	free(data);
	return ret;
}

static enum card_error
do_key(struct fixture *f)
{
	EVP_PKEY *key = NULL;
	enum card_error ret;

	ret = token_key(f->t, "sign", f->sign, f->sign_len, &key);
	assert_int_equal(key != NULL, ret == CARD_OK);
	return ret;
}

static enum card_error
do_list(struct fixture *f)
{
	struct token_info info[TOKEN_LIST_MAX];
	size_t n = 0;

	return token_list(f->m, info, &n);
}

static enum card_error
do_open(struct fixture *f)
{
	struct token *t = NULL;
	enum card_error ret;

	token_close(f->t);
	f->t = NULL;
	ret = token_open(f->m, "one", NULL, &t);
	assert_int_equal(t != NULL, ret == CARD_OK);
	f->t = t;
	return ret;
}

static enum card_error
do_init(struct fixture *f)
{
	struct token *t = NULL;
	enum card_error ret;

	ret = token_init(f->m, "two", USE(f, TOKEN_SO_PIN), f->pin, &t);
	assert_int_equal(t != NULL, ret == CARD_OK);
	token_close(t);
	return ret;
}

static const struct failure {
	enum card_error (*act)(struct fixture *);
	const char *call;
	unsigned long at;
	CK_RV rv;
	enum card_error want;
} failures[] = {
	{ do_sign, "C_SignInit", 1, CKR_KEY_HANDLE_INVALID, CARD_ERR_MODULE },
	{ do_sign, "C_Sign", 1, CKR_DEVICE_REMOVED, CARD_ERR_REMOVED },
	{ do_sign, "C_Sign", 1, CKR_DEVICE_ERROR, CARD_ERR_MODULE },
	{ do_sign, "C_FindObjectsInit", 1, CKR_HOST_MEMORY, CARD_ERR_MEMORY },
	{ do_sign, "C_FindObjects", 1, CKR_DEVICE_ERROR, CARD_ERR_MODULE },
	{ do_sign, "C_FindObjects", 2, CKR_DEVICE_ERROR, CARD_ERR_MODULE },
	{ do_sign, "C_FindObjectsFinal", 1, CKR_DEVICE_ERROR, CARD_ERR_MODULE },
	{ do_sign, "C_GetSessionInfo", 1, CKR_SESSION_HANDLE_INVALID,
	    CARD_ERR_MODULE },
	{ do_make_key, "C_GenerateKeyPair", 1, CKR_DEVICE_MEMORY,
	    CARD_ERR_FULL },
	{ do_make_key, "C_GenerateKeyPair", 1, CKR_TOKEN_NOT_PRESENT,
	    CARD_ERR_REMOVED },
	/* takes no CKA_DERIVE in the public template */
	{ do_make_key, "C_GenerateKeyPair", 1, CKR_TEMPLATE_INCONSISTENT,
	    CARD_OK },
	{ do_make_key, "C_GetAttributeValue", 1, CKR_DEVICE_ERROR,
	    CARD_ERR_MODULE },
	{ do_make_key, "C_GetAttributeValue", 12, CKR_DEVICE_ERROR,
	    CARD_ERR_MODULE },
	{ do_make_key, "C_GetAttributeValue", 13, CKR_DEVICE_ERROR,
	    CARD_ERR_MODULE },
	{ do_make_key, "C_GetAttributeValue", 16, CKR_DEVICE_ERROR,
	    CARD_ERR_MODULE },
	{ do_ecdh, "C_DeriveKey", 1, CKR_FUNCTION_FAILED, CARD_ERR_MODULE },
	{ do_ecdh, "C_GetAttributeValue", 1, CKR_ATTRIBUTE_SENSITIVE,
	    CARD_ERR_MODULE },
	{ do_ecdh, "C_DestroyObject", 1, CKR_DEVICE_ERROR, CARD_ERR_MODULE },
	{ do_login, "C_Login", 1, CKR_PIN_INCORRECT, CARD_ERR_PIN },
	{ do_login, "C_Login", 1, CKR_PIN_LOCKED, CARD_ERR_PIN_LOCKED },
	{ do_login, "C_Login", 1, CKR_USER_ALREADY_LOGGED_IN, CARD_ERR_MODULE },
	{ do_set_pin, "C_SetPIN", 1, CKR_PIN_INVALID, CARD_ERR_PIN_FORM },
	{ do_set_pin, "C_SetPIN", 1, CKR_PIN_LOCKED, CARD_ERR_PIN_LOCKED },
	{ do_init_pin, "C_Login", 1, CKR_PIN_LOCKED, CARD_ERR_PIN_LOCKED },
	{ do_init_pin, "C_InitPIN", 1, CKR_PIN_INCORRECT, CARD_ERR_PIN },
	{ do_init_pin, "C_InitPIN", 1, CKR_PIN_LEN_RANGE, CARD_ERR_PIN_FORM },
	{ do_move_so, "C_Login", 1, CKR_PIN_INCORRECT, CARD_ERR_PIN },
	{ do_move_so, "C_InitPIN", 1, CKR_DEVICE_ERROR, CARD_ERR_MODULE },
	{ do_move_so, "C_SetPIN", 1, CKR_DEVICE_ERROR, CARD_ERR_MODULE },
	{ do_move_so, "C_SetPIN", 1, CKR_PIN_TOO_WEAK, CARD_ERR_PIN_FORM },
	{ do_move_so, "C_GetTokenInfo", 1, CKR_DEVICE_REMOVED,
	    CARD_ERR_REMOVED },
	/* the first of two is refused: the second is no better; locked: it is
	 * not tried */
	{ do_again, "C_Login", 1, CKR_PIN_INCORRECT, CARD_ERR_PIN },
	{ do_again, "C_Login", 1, CKR_PIN_LOCKED, CARD_ERR_PIN_LOCKED },
	{ do_refresh, "C_GetTokenInfo", 1, CKR_TOKEN_NOT_PRESENT,
	    CARD_ERR_REMOVED },
	{ do_refresh, "C_GetSlotInfo", 1, CKR_DEVICE_ERROR, CARD_ERR_MODULE },
	{ do_random, "C_GenerateRandom", 1, CKR_RANDOM_NO_RNG,
	    CARD_ERR_MODULE },
	{ do_write, "C_CreateObject", 1, CKR_DEVICE_MEMORY, CARD_ERR_FULL },
	{ do_read, "C_GetAttributeValue", 1, CKR_DEVICE_ERROR,
	    CARD_ERR_MODULE },
	{ do_read, "C_GetAttributeValue", 2, CKR_DEVICE_REMOVED,
	    CARD_ERR_REMOVED },
	{ do_list, "C_GetSlotList", 1, CKR_GENERAL_ERROR, CARD_ERR_MODULE },
	{ do_list, "C_GetSlotList", 2, CKR_BUFFER_TOO_SMALL, CARD_ERR_MODULE },
	{ do_list, "C_GetTokenInfo", 1, CKR_DEVICE_ERROR, CARD_ERR_MODULE },
	{ do_list, "C_GetTokenInfo", 1, CKR_TOKEN_NOT_RECOGNIZED, CARD_OK },
	{ do_init, "C_InitToken", 1, CKR_PIN_INCORRECT, CARD_ERR_PIN },
	{ do_init, "C_InitToken", 1, CKR_TOKEN_WRITE_PROTECTED,
	    CARD_ERR_MODULE },
	{ do_init, "C_OpenSession", 1, CKR_SESSION_COUNT, CARD_ERR_MODULE },
	{ do_init, "C_SetPIN", 1, CKR_DEVICE_ERROR, CARD_ERR_MODULE },
	{ do_key, "C_GetSlotList", 1, CKR_DEVICE_ERROR, CARD_ERR_MODULE },
	{ do_key, "C_FindObjectsInit", 1, CKR_DEVICE_ERROR, CARD_ERR_MODULE },
	{ do_key, "C_GetTokenInfo", 1, CKR_TOKEN_NOT_PRESENT,
	    CARD_ERR_REMOVED },
	{ do_open, "C_OpenSession", 1, CKR_DEVICE_REMOVED, CARD_ERR_REMOVED },
};

static bool
has_key(struct fixture *f, const char *label)
{
	uint8_t *spki = NULL;
	size_t len = 0;
	bool has;

	has = token_public_key(f->t, label, &spki, &len) == CARD_OK;
	OPENSSL_free(spki);
	return has ||
	    token_check_key(f->t, label, KEY_DERIVE, NULL) !=
	    CARD_ERR_KEY_MISSING;
}

/* Each case has a fresh token: a failure may leave an operation under way. */
static void
test_failures(void **state)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		const struct failure *c = &failures[i];
		struct fixture *f = *state;

		print_message("%zu %s %lu %s\n", i, c->call, c->at,
		    rv_name(c->rv));
		if (c->act == do_read)
			assert_int_equal(do_write(f), CARD_OK);
		plan(c->call, c->at, c->rv);
		assert_int_equal(c->act(f), c->want);
		assert_true(spent());
		if (c->want == CARD_ERR_MODULE && c->act != do_key)
			assert_string_equal(module_last_rv(f->m),
			    rv_name(c->rv));
		if (c->act == do_make_key && c->want != CARD_OK)
			assert_false(has_key(f, "new"));
		teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

static void
test_load_failures(void **state)
{
	static const struct {
		const char *call;
		CK_RV rv;
		enum card_error want;
	} cases[] = {
		{ "C_Initialize", CKR_CANT_LOCK, CARD_ERR_MODULE },
		{ "C_Initialize", CKR_HOST_MEMORY, CARD_ERR_MEMORY },
		{ "C_GetInfo", CKR_FUNCTION_FAILED, CARD_ERR_MODULE },
		{ NULL, 0, CARD_OK },
	};
	struct fixture *f = *state;

	token_close(f->t);
	f->t = NULL;
	module_free(f->m);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].call != NULL)
			plan(cases[i].call, 1, cases[i].rv);
		assert_int_equal(module_load(f->path, &f->m), cases[i].want);
		assert_int_equal(f->m != NULL, cases[i].want == CARD_OK);
		assert_true(spent());
	}
	setenv("FAKE_MODULE", "/nosuch", 1);
	module_free(f->m);
	assert_int_equal(module_load(f->path, &f->m), CARD_ERR_LOAD);
	unsetenv("FAKE_MODULE");
	assert_int_equal(load(f), 0);
}

/* ---- a module that lies --------------------------------------------- */

static const struct {
	const char *attr;
	enum card_error want;
	bool late_ok; /* on OpenSC, until it was loaded again */
} lies[] = {
	{ "1=00", CARD_ERR_ATTRIBUTES, false },   /* TOKEN */
	{ "2=00", CARD_ERR_ATTRIBUTES, false },   /* PRIVATE */
	{ "162=01", CARD_ERR_ATTRIBUTES, false }, /* EXTRACTABLE */
	{ "162=-", CARD_ERR_ATTRIBUTES, false },  /* not told */
	{ "162=", CARD_ERR_ATTRIBUTES, false },   /* empty */
	{ "103=00", CARD_ERR_ATTRIBUTES, true },  /* SENSITIVE */
	{ "165=00", CARD_ERR_ATTRIBUTES, true },  /* ALWAYS_SENSITIVE */
	{ "164=00", CARD_ERR_ATTRIBUTES, true },  /* NEVER_EXTRACTABLE */
	{ "163=00", CARD_ERR_ATTRIBUTES, true },  /* LOCAL */
	{ "163=-", CARD_ERR_ATTRIBUTES, true },   /* not told */
	{ "108=01", CARD_ERR_ATTRIBUTES, false }, /* SIGN */
	{ "10c=00", CARD_ERR_ATTRIBUTES, false }, /* DERIVE */
	{ "105=01", CARD_ERR_ATTRIBUTES, false }, /* DECRYPT */
	{ "107=01", CARD_ERR_ATTRIBUTES, false }, /* UNWRAP */
	{ "109=01", CARD_ERR_ATTRIBUTES, false }, /* SIGN_RECOVER */
	/* public key: on P-384, whose point this is not; no curve; no point */
	{ "180=06052b81040022", CARD_ERR_ATTRIBUTES, false },
	{ "180=06052b81040021", CARD_ERR_ATTRIBUTES, false },
	{ "180=", CARD_ERR_ATTRIBUTES, false },
	{ "181=", CARD_ERR_ATTRIBUTES, false },
	{ "181=0400", CARD_ERR_ATTRIBUTES, false },
	{ "181=-", CARD_ERR_MODULE, false },
};

static void
test_lies(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		print_message("%s\n", lies[i].attr);
		setenv("FAKE_ATTR", lies[i].attr, 1);
		assert_int_equal(do_make_key(f), lies[i].want);
		unsetenv("FAKE_ATTR");
		/* both halves are destroyed */
		assert_false(has_key(f, "new"));
	}
	assert_int_equal(do_make_key(f), CARD_OK);
}

static void
test_late_flags(void **state)
{
	struct fixture *f = *state;

	token_close(f->t);
	module_free(f->m);
	setenv("FAKE_MANUFACTURER", "OpenSC Project", 1);
	assert_int_equal(load(f), 0);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct key_attributes a = { 0 };

		print_message("%s\n", lies[i].attr);
		assert_int_equal(token_init(f->m, "one",
				     USE(f, TOKEN_SO_EITHER), f->pin, &f->t),
		    CARD_OK);
		assert_int_equal(do_login(f), CARD_OK);
		setenv("FAKE_ATTR", lies[i].attr, 1);
		assert_int_equal(do_make_key(f),
		    lies[i].late_ok ? CARD_OK : lies[i].want);
		/* afterwards nothing is let pass */
		assert_int_equal(token_check_key(f->t, "new", KEY_DERIVE, &a),
		    lies[i].late_ok ? CARD_ERR_ATTRIBUTES
				    : CARD_ERR_KEY_MISSING);
		unsetenv("FAKE_ATTR");
		token_close(f->t);
		f->t = NULL;
	}
}

static void
test_raw_point(void **state)
{
	struct fixture *f = *state;
	uint8_t *spki = NULL;
	size_t len = 0;

	setenv("FAKE_POINT", "raw", 1);
	assert_int_equal(token_public_key(f->t, "sign", &spki, &len), CARD_OK);
	assert_int_equal(len, f->sign_len);
	assert_memory_equal(spki, f->sign, len);
	OPENSSL_free(spki);
	assert_int_equal(do_make_key(f), CARD_OK);
}

static void
test_wrong_signature(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(do_sign(f), CARD_OK);
	setenv("FAKE_FLIP", "1", 1);
	assert_int_equal(do_sign(f), CARD_ERR_SELFTEST);
	unsetenv("FAKE_FLIP");
	assert_int_equal(do_sign(f), CARD_OK);
}

static void
test_flags(void **state)
{
	static const struct {
		const char *flags;
		size_t at;
	} cases[] = {
#define AT(member) offsetof(struct token_info, member)
		{ "0x10000", AT(pin_count_low) },
		{ "0x20000", AT(pin_final_try) },
		{ "0x40000", AT(pin_locked) },
		{ "0x100000", AT(so_count_low) },
		{ "0x200000", AT(so_final_try) },
		{ "0x400000", AT(so_locked) },
		{ "0x100", AT(pin_pad) },
#undef AT
	};
	struct fixture *f = *state;

	module_pin_pad(f->m, true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const bool *flag =
		    (const bool *)((const char *)token_info(f->t) +
			cases[i].at);

		assert_int_equal(token_refresh(f->t), CARD_OK);
		assert_false(*flag);
		setenv("FAKE_FLAGS", cases[i].flags, 1);
		assert_int_equal(token_refresh(f->t), CARD_OK);
		assert_true(*flag);
		unsetenv("FAKE_FLAGS");
	}
}

/* Of two SO PINs none is tried when the next wrong one is the last. */
static void
test_so_last_try(void **state)
{
	static const char *const flags[] = { "0x200000", "0x400000" };
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		struct token *t = NULL;

		setenv("FAKE_FLAGS", flags[i], 1);
		assert_int_equal(token_refresh(f->t), CARD_OK);
		plan("C_Login", 1, CKR_PIN_INCORRECT);
		assert_int_equal(do_again(f), CARD_ERR_LAST_TRY);
		assert_false(spent());
		plan("C_InitToken", 1, CKR_PIN_INCORRECT);
		token_close(f->t);
		f->t = NULL;
		assert_int_equal(token_init_blank(f->m, "one",
				     USE(f, TOKEN_SO_EITHER), NULL, &t),
		    CARD_ERR_LAST_TRY);
		assert_false(spent());
		forget_plans();
		assert_int_equal(do_open(f), CARD_OK);
	}
	assert_int_equal(do_again(f), CARD_OK);
}

/* With so many tries one use of the SO PIN ends so, and leaves so many.  The
 * first of two SO PINs is wrong. */
static const struct so_row {
	const char *tries, *left;
	bool right; /* the second */
	enum card_error err;
} so_rows[] = {
	{ "3", "2", true, CARD_OK },
	{ "3", "1", false, CARD_ERR_PIN },
	{ "2", "1", true, CARD_ERR_LAST_TRY },
	{ "2", "1", false, CARD_ERR_LAST_TRY },
	{ "1", "1", true, CARD_ERR_LAST_TRY },
	{ "0", "0", true, CARD_ERR_LAST_TRY },
};

/* The SO PIN of the token is the one of two that is tried second, or neither. */
static enum card_error
so_use(struct fixture *f, bool initialise, struct secret *second,
    struct secret *wrong)
{
	struct token_so so = { second, wrong, TOKEN_SO_EITHER };
	struct token *t = NULL;
	enum card_error ret;

	if (!initialise)
		return token_init_pin(f->t, &so, f->pin);
	token_close(f->t);
	f->t = NULL;
	ret = token_init_blank(f->m, "one", &so, NULL, &t);
	f->t = t;
	return ret;
}

/* Tokens that count: the second is not tried when that would be the last. */
static void
test_so_tries(void **state)
{
	struct fixture *f = *state;
	struct secret *wrong = secret_from("13579246", 8);
	struct token_so back = { wrong, f->so_next, TOKEN_SO_PIN };

	for (size_t i = 0; i < 2 * sizeof(so_rows) / sizeof(so_rows[0]); i++) {
		const struct so_row *row = &so_rows[i / 2];
		const bool initialise = i % 2 != 0;

		assert_int_equal(do_open(f), CARD_OK);
		setenv("FAKE_SO_TRIES", row->tries, 1);
		assert_int_equal(token_refresh(f->t), CARD_OK);
		assert_int_equal(so_use(f, initialise,
				     row->right ? f->so_next : wrong, wrong),
		    row->err);
		assert_string_equal(getenv("FAKE_SO_TRIES"), row->left);
		unsetenv("FAKE_SO_TRIES");
		if (row->err == CARD_OK && !initialise) /* it has moved on */
			assert_int_equal(token_init_pin(f->t, &back, f->pin),
			    CARD_OK);
	}
	secret_free(wrong);
}

/* OpenSC's suffix is not part of the label. */
static void
test_suffix(void **state)
{
	struct fixture *f = *state;

	setenv("FAKE_SUFFIX", " (UserPIN)", 1);
	assert_int_equal(do_open(f), CARD_OK);
	assert_string_equal(token_info(f->t)->label, "one");
}

/* What a card says of itself ends on a screen: nothing in it moves a cursor. */
static void
test_strange_label(void **state)
{
	struct fixture *f = *state;

	setenv("FAKE_SUFFIX", "\x1b[2J\n\xc3\xa4\x7f", 1);
	assert_int_equal(token_refresh(f->t), CARD_OK);
	assert_string_equal(token_info(f->t)->label, "one?[2J????");
}

static void
test_pin_pad(void **state)
{
	struct fixture *f = *state;

	setenv("FAKE_FLAGS", "0x100", 1);
	assert_int_equal(token_refresh(f->t), CARD_OK);
	assert_false(token_info(f->t)->pin_pad);
	module_pin_pad(f->m, true);
	assert_int_equal(token_refresh(f->t), CARD_OK);
	setenv("FAKE_PIN", "000000", 1);
	/* what we hold is not what counts */
	assert_int_equal(token_login(f->t, f->pin), CARD_ERR_PIN);
	setenv("FAKE_PIN", "648219", 1);
	assert_int_equal(token_login(f->t, NULL), CARD_OK);
}

/* ---- writes broken off ---------------------------------------------- */

/* Power is lost after the new object was made, before the old one went. */
static void
test_object_broken_off(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(token_write_object(f->t, "x", "old", 3), CARD_OK);
	plan("C_CreateObject", 1, CKR_DEVICE_REMOVED);
	assert_int_equal(do_write(f), CARD_ERR_REMOVED);
	assert_int_equal(do_read(f), CARD_OK);
	plan("C_DestroyObject", 1, CKR_DEVICE_REMOVED);
	assert_int_equal(do_write(f), CARD_ERR_REMOVED);
	assert_int_equal(do_read(f), CARD_ERR_AMBIGUOUS);
	assert_int_equal(do_write(f), CARD_OK);
	assert_int_equal(do_read(f), CARD_OK);
	/* two that are equal are no doubt */
	plan("C_DestroyObject", 1, CKR_DEVICE_REMOVED);
	assert_int_equal(do_write(f), CARD_ERR_REMOVED);
	assert_int_equal(do_read(f), CARD_OK);
}

static void
test_head_broken_off(void **state)
{
	static const char *const calls[] = { "C_CreateObject",
		"C_DestroyObject" };
	struct fixture *f = *state;
	struct head head = { .seq = 1 }, have;

	assert_int_equal(head_write(f->t, &head), CARD_OK);
	head.seq = 2;
	assert_int_equal(head_write(f->t, &head), CARD_OK);
	for (size_t i = 0; i < 2; i++) {
		head.seq = 3;
		plan(calls[i], 1, CKR_DEVICE_REMOVED);
		assert_int_equal(head_write(f->t, &head), CARD_ERR_REMOVED);
		assert_int_equal(head_read(f->t, &have), CARD_OK);
		assert_int_equal(have.seq, 2);
	}
	assert_int_equal(head_write(f->t, &head), CARD_OK);
	assert_int_equal(head_read(f->t, &have), CARD_OK);
	assert_int_equal(have.seq, 3);
}

/* What was written is not what is read back. */
static void
test_head_read_back(void **state)
{
	struct fixture *f = *state;
	struct head head = { .seq = 1 };

	setenv("FAKE_ATTR", "11=00", 1);
	assert_int_equal(head_write(f->t, &head), CARD_ERR_SELFTEST);
}

/* A token personalised elsewhere may take no objects, or not be written to. */
static void
test_no_objects(void **state)
{
	static const struct {
		CK_RV rv;
		enum card_error want;
	} rows[] = {
		{ CKR_FUNCTION_NOT_SUPPORTED, CARD_OK },
		{ CKR_TOKEN_WRITE_PROTECTED, CARD_OK },
		{ CKR_SESSION_READ_ONLY, CARD_OK },
		{ CKR_ATTRIBUTE_VALUE_INVALID, CARD_OK },
		{ CKR_DEVICE_MEMORY, CARD_OK },
		{ CKR_DEVICE_ERROR, CARD_ERR_MODULE },
		{ CKR_DEVICE_REMOVED, CARD_ERR_REMOVED },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool can = true;

		plan("C_CreateObject", 1, rows[i].rv);
		assert_int_equal(token_try_object(f->t, "head-0", &can),
		    rows[i].want);
		assert_true(spent());
		assert_false(can);
	}
}

static void
test_read_only(void **state)
{
	struct fixture *f = *state;
	uint8_t *spki = NULL;
	size_t len = 0;

	token_close(f->t);
	f->t = NULL;
	plan("C_OpenSession", 1, CKR_TOKEN_WRITE_PROTECTED);
	assert_int_equal(token_open(f->m, "one", NULL, &f->t), CARD_OK);
	assert_true(spent());
	assert_int_equal(token_login(f->t, f->pin), CARD_OK);
	assert_int_equal(token_public_key(f->t, "sign", &spki, &len), CARD_OK);
	OPENSSL_free(spki);
	assert_int_equal(do_sign(f), CARD_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_failures),
		CASE(test_load_failures),
		CASE(test_lies),
		CASE(test_late_flags),
		CASE(test_raw_point),
		CASE(test_wrong_signature),
		CASE(test_flags),
		CASE(test_so_last_try),
		CASE(test_so_tries),
		CASE(test_suffix),
		CASE(test_strange_label),
		CASE(test_pin_pad),
		CASE(test_object_broken_off),
		CASE(test_head_broken_off),
		CASE(test_head_read_back),
		CASE(test_no_objects),
		CASE(test_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
