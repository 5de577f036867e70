/* SPDX-License-Identifier: ISC */
/* smartcard/ against a module that lies, see module_fake.c. */
#include "smartcard/head.h"
#include "tests/smartcard/fake.h"

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

/* What was written is not what is read back. */
static void
test_head_read_back(void **state)
{
	struct fixture *f = *state;
	struct head head = { .seq = 1 };

	setenv("FAKE_ATTR", "11=00", 1);
	assert_int_equal(head_write(f->t, &head), CARD_ERR_SELFTEST);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
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
		CASE(test_head_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
