/* SPDX-License-Identifier: ISC */
/* Modules, tokens, PINs and objects, against real SoftHSM tokens. */
#include "tests/smartcard/fixture.h"

/* ---- modules -------------------------------------------------------- */

static void
test_module_path(void **state)
{
	(void)state;
	assert_string_equal(module_path("softhsm"),
	    "/usr/lib/softhsm/libsofthsm2.so");
	assert_non_null(strstr(module_path("opensc"), "/opensc-pkcs11.so"));
	assert_string_equal(module_path("/a/b.so"), "/a/b.so");
}

static void
test_module_load(void **state)
{
	static const struct {
		const char *name;
		enum card_error want;
	} cases[] = {
		{ NULL, CARD_ERR_ARGUMENT },
		{ "nosuch", CARD_ERR_LOAD },
		{ "/nosuch/module.so", CARD_ERR_LOAD },
		{ "/bin/true", CARD_ERR_LOAD },
		/* a library, but not a module; by path only */
		{ "libcrypto.so.3", CARD_ERR_LOAD },
		{ "/proc/self/exe", CARD_ERR_LOAD },
	};
	struct module *m;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(module_load(cases[i].name, &m), cases[i].want);
		assert_null(m);
	}
	module_free(NULL);
}

/* ---- tokens --------------------------------------------------------- */

static void
test_list_blank(void **state)
{
	struct fixture *f = *state;
	struct token_info info[TOKEN_LIST_MAX];
	size_t n = 0;

	assert_int_equal(token_list(f->m, info, &n), CARD_OK);
	assert_int_equal(n, 1);
	assert_false(info[0].initialised);
	assert_string_equal(info[0].serial, "");
}

static void
test_init(void **state)
{
	struct fixture *f = *state;
	const struct token_info *info;
	struct token *t = NULL, *again = NULL;
	struct token_so so = { f->so, f->so_next, TOKEN_SO_PIN };
	struct token_so wrong = { f->pin, f->pin, TOKEN_SO_PIN };
	struct token_so half = { f->so, NULL, TOKEN_SO_PIN };
	struct token_so none = { NULL, NULL, TOKEN_SO_PIN };

	assert_int_equal(token_init_blank(f->m, "one", &so, NULL, &t), CARD_OK);
	info = token_info(t);
	assert_true(info->initialised);
	assert_false(info->user_pin_set);
	assert_string_equal(info->label, "one");
	assert_int_equal(strlen(info->serial), 16);
	assert_string_equal(info->model, "SoftHSM v2");
	assert_int_equal(token_login(t, f->pin), CARD_ERR_MODULE);
	assert_string_equal(module_last_rv(f->m),
	    "CKR_USER_PIN_NOT_INITIALIZED");
	/* a wrong SO PIN first */
	assert_int_equal(token_init_pin(t, &wrong, f->pin), CARD_ERR_PIN);
	assert_int_equal(token_init_pin(t, &none, f->pin), CARD_ERR_ARGUMENT);
	assert_int_equal(token_init_pin(t, &half, f->pin), CARD_ERR_ARGUMENT);
	assert_int_equal(token_init_pin(t, &so, NULL), CARD_ERR_ARGUMENT);
	assert_int_equal(so.at, TOKEN_SO_PIN);
	assert_int_equal(token_init_pin(t, &so, f->pin), CARD_OK);
	assert_int_equal(so.at, TOKEN_SO_NEXT);
	assert_true(info->user_pin_set);
	assert_int_equal(token_login(t, f->pin), CARD_OK);
	/* in use: neither opened twice nor initialised */
	assert_int_equal(token_open(f->m, "one", NULL, &again),
	    CARD_ERR_ARGUMENT);
	assert_null(again);
	assert_int_equal(token_init_blank(f->m, "one", USED_AGAIN(f), NULL,
			     &again),
	    CARD_ERR_ARGUMENT);
	token_close(t);
	token_close(NULL);
}

static void
test_select(void **state)
{
	struct fixture *f = *state;
	char serial[TOKEN_SERIAL_MAX + 1];
	struct token *t = new_token(f, "alpha");

	token_close(new_token(f, "beta"));
	memcpy(serial, token_info(t)->serial, sizeof(serial));
	token_close(t);
	for (int i = 0; i < 2; i++, reload(f)) {
		const struct {
			const char *label, *serial;
			enum card_error want;
		} cases[] = {
			{ "alpha", NULL, CARD_OK },
			{ "alpha", "-", CARD_OK },
			{ "alpha", serial, CARD_OK },
			{ "beta", serial, CARD_ERR_NO_TOKEN },
			{ "alpha", "", CARD_ERR_NO_TOKEN },
			{ "alph", NULL, CARD_ERR_NO_TOKEN },
			{ "", NULL, CARD_ERR_NO_TOKEN },
			{ NULL, NULL, CARD_ERR_ARGUMENT },
		};
		for (size_t j = 0; j < sizeof(cases) / sizeof(*cases); j++) {
			assert_int_equal(token_open(f->m, cases[j].label,
					     cases[j].serial, &t),
			    cases[j].want);
			assert_int_equal(t != NULL, cases[j].want == CARD_OK);
			token_close(t);
		}
	}
}

/* Two tokens of one label: token_init() would not make them, so by
 * initialising a folder of its own and moving the token over. */
static void
test_ambiguous(void **state)
{
	struct fixture *f = *state;
	struct softhsm first = f->hsm;
	char command[4096];
	struct token *t;
	char serial[TOKEN_SERIAL_MAX + 1];

	t = new_token(f, "twin");
	memcpy(serial, token_info(t)->serial, sizeof(serial));
	token_close(t);
	module_free(f->m);
	assert_int_equal(softhsm_make(&f->hsm), 0);
	assert_int_equal(module_load("softhsm", &f->m), CARD_OK);
	token_close(new_token(f, "twin"));
	module_free(f->m);
	snprintf(command, sizeof(command), "mv %s/tokens/* %s/tokens/",
	    first.dir, f->hsm.dir);
	assert_int_equal(system(command), 0);
	softhsm_remove(&first);
	snprintf(command, sizeof(command), "%s/softhsm2.conf", f->hsm.dir);
	setenv("SOFTHSM2_CONF", command, 1);
	assert_int_equal(module_load("softhsm", &f->m), CARD_OK);

	assert_int_equal(token_open(f->m, "twin", NULL, &t),
	    CARD_ERR_AMBIGUOUS);
	assert_null(t);
	assert_int_equal(token_init_blank(f->m, "twin", USED_AGAIN(f), NULL,
			     &t),
	    CARD_ERR_AMBIGUOUS);
	assert_int_equal(token_init_blank(f->m, "twin", FIRST_USE(f), NULL, &t),
	    CARD_ERR_NOT_BLANK);
	assert_int_equal(token_open(f->m, "twin", serial, &t), CARD_OK);
	assert_string_equal(token_info(t)->serial, serial);
	token_close(t);
}

static void
test_init_again(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");
	struct key k = new_key(t, KEY_P256, KEY_SIGN, 1, "sign");
	struct token_so wrong = { f->pin, f->other, TOKEN_SO_EITHER };

	token_close(t);
	assert_int_equal(token_init(f->m, "one", FIRST_USE(f), f->pin, &t),
	    CARD_ERR_NOT_BLANK);
	assert_null(t);
	assert_int_equal(token_init(f->m, "one", &wrong, f->pin, &t),
	    CARD_ERR_PIN);
	assert_null(t);
	assert_int_equal(token_init(f->m, "one", USED_AGAIN(f), f->other, &t),
	    CARD_OK);
	assert_int_equal(token_login(t, f->pin), CARD_ERR_PIN);
	assert_int_equal(token_login(t, f->other), CARD_OK);
	OPENSSL_free(k.spki);
	assert_int_equal(token_public_key(t, "sign", &k.spki, &k.len),
	    CARD_ERR_KEY_MISSING);
	token_close(t);
}

static void
test_init_arguments(void **state)
{
	static const char long_label[] = "123456789 123456789 123456789 123";
	struct fixture *f = *state;
	struct token_so none = { NULL, NULL, TOKEN_SO_PIN };
	struct token *t = NULL;

	assert_int_equal(token_init_blank(f->m, NULL, FIRST_USE(f), NULL, &t),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(token_init_blank(f->m, "", FIRST_USE(f), NULL, &t),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(token_init_blank(f->m, long_label, FIRST_USE(f), NULL,
			     &t),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(token_init_blank(f->m, "one", &none, NULL, &t),
	    CARD_ERR_ARGUMENT);
	/* 32 octets fill the field */
	assert_int_equal(token_init(f->m, long_label + 1, FIRST_USE(f), f->pin,
			     &t),
	    CARD_OK);
	assert_string_equal(token_info(t)->label, long_label + 1);
	token_close(t);
}

/* ---- PINs ----------------------------------------------------------- */

static void
test_pin(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");
	struct secret *wrong = secret_from("000000", 6);

	assert_false(token_info(t)->pin_count_low);
	/* logged in from before: must not count */
	assert_int_equal(token_login(t, wrong), CARD_ERR_PIN);
	assert_int_equal(token_refresh(t), CARD_OK);
	assert_true(token_info(t)->pin_count_low);
	/* and the old login is gone */
	assert_int_equal(token_write_object(t, "x", "x", 1), CARD_ERR_MODULE);
	assert_string_equal(module_last_rv(f->m), "CKR_USER_NOT_LOGGED_IN");
	assert_int_equal(token_login(t, f->so), CARD_ERR_PIN);
	assert_int_equal(token_login(t, NULL), CARD_ERR_ARGUMENT);
	assert_int_equal(token_login(t, f->pin), CARD_OK);
	assert_int_equal(token_login(t, f->pin), CARD_OK);
	assert_int_equal(token_refresh(t), CARD_OK);
	assert_false(token_info(t)->pin_count_low);
	secret_free(wrong);
	token_close(t);
}

static void
test_set_pin(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");
	struct secret *tiny = secret_from("1", 1);

	assert_int_equal(token_set_pin(t, f->other, f->pin), CARD_ERR_PIN);
	assert_int_equal(token_set_pin(t, NULL, f->pin), CARD_ERR_ARGUMENT);
	assert_int_equal(token_set_pin(t, f->pin, NULL), CARD_ERR_ARGUMENT);
	assert_int_equal(token_set_pin(t, f->pin, tiny), CARD_ERR_PIN_FORM);
	assert_int_equal(token_set_pin(t, f->pin, f->other), CARD_OK);
	assert_int_equal(token_write_object(t, "x", "x", 1), CARD_ERR_MODULE);
	assert_int_equal(token_login(t, f->pin), CARD_ERR_PIN);
	assert_int_equal(token_login(t, f->other), CARD_OK);
	/* the SO PIN is still the same */
	assert_int_equal(
	    token_init_pin(t,
		&(struct token_so){ f->so_next, f->so, TOKEN_SO_PIN }, f->pin),
	    CARD_OK);
	assert_int_equal(token_login(t, f->pin), CARD_OK);
	secret_free(tiny);
	token_close(t);
}

/* A use of an SO PIN, cut short where it may be: which of the two the token has
 * then, what the next use makes of it, and that the other is good no more. */
static void
test_so_pin(void **state)
{
	static const struct {
		bool moved;    /* when it is used again */
		bool blank;    /* the first use did not come to C_InitToken */
		bool remake;   /* C_InitToken again, or a new user PIN alone */
		bool stranger; /* neither of the two is the token's */
		enum card_error want;
	} cases[] = {
		{ .moved = false, .remake = true, .want = CARD_OK },
		{ .moved = true, .remake = true, .want = CARD_OK },
		{ .blank = true, .remake = true, .want = CARD_OK },
		{ .moved = false, .want = CARD_OK },
		{ .moved = true, .want = CARD_OK },
		{ .stranger = true, .remake = true, .want = CARD_ERR_PIN },
		{ .stranger = true, .want = CARD_ERR_PIN },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct token_so first = { f->so, f->so_next, TOKEN_SO_PIN };
		struct token_so again = { f->so, f->so_next, TOKEN_SO_EITHER };
		struct token *t = NULL;
		char label[] = { 't', (char)('0' + i), '\0' };

		if (cases[i].stranger)
			again.pin = again.next = f->other;
		if (!cases[i].blank) {
			assert_int_equal(token_init_blank(f->m, label, &first,
					     NULL, &t),
			    CARD_OK);
			assert_int_equal(first.at, TOKEN_SO_PIN);
		}
		if (cases[i].moved)
			assert_int_equal(token_init_pin(t, &first, f->pin),
			    CARD_OK);
		if (cases[i].remake) {
			token_close(t);
			assert_int_equal(token_init(f->m, label, &again,
					     f->other, &t),
			    cases[i].want);
		} else {
			assert_int_equal(token_init_pin(t, &again, f->other),
			    cases[i].want);
		}
		if (cases[i].want == CARD_OK) {
			assert_int_equal(again.at, TOKEN_SO_NEXT);
			assert_int_equal(token_login(t, f->other), CARD_OK);
			first.at = TOKEN_SO_PIN;
			assert_int_equal(token_init_pin(t, &first, f->pin),
			    CARD_ERR_PIN);
		}
		token_close(t);
	}
}

/* ---- objects -------------------------------------------------------- */

static void
test_certificate(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");
	struct key sign = new_key(t, KEY_P256, KEY_SIGN, 1, "sign");
	struct key other = new_key(t, KEY_P384, KEY_SIGN, 2, "other");
	X509 *cert = certificate_for(&sign);
	uint8_t *der = NULL, *back = NULL;
	size_t len, back_len;
	int n = i2d_X509(cert, &der);

	assert_true(n > 0);
	len = (size_t)n;
	assert_int_equal(token_read_cert(t, "sign", &back, &back_len),
	    CARD_ERR_OBJECT_MISSING);
	for (int i = 0; i < 2; i++) { /* the second replaces the first */
		assert_int_equal(token_write_cert(t, "sign", 1, der, len),
		    CARD_OK);
		token_logout(t);
		assert_int_equal(token_read_cert(t, "sign", &back, &back_len),
		    CARD_OK);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, der, len);
		OPENSSL_free(back);
		assert_int_equal(token_login(t, f->pin), CARD_OK);
	}
	assert_int_equal(token_write_cert(t, "other", 2, der, len),
	    CARD_ERR_SELFTEST);
	assert_int_equal(token_write_cert(t, "nosuch", 3, der, len),
	    CARD_ERR_KEY_MISSING);
	assert_int_equal(token_write_cert(t, "sign", 1, der, len - 1),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(token_read_cert(t, "", &back, &back_len),
	    CARD_ERR_ARGUMENT);
	token_logout(t);
	assert_int_equal(token_write_cert(t, "sign", 1, der, len),
	    CARD_ERR_MODULE);
	X509_free(cert);
	OPENSSL_free(der);
	OPENSSL_free(sign.spki);
	OPENSSL_free(other.spki);
	token_close(t);
}

static void
check_object(struct token *t, const char *label, const uint8_t *want,
    size_t want_len)
{
	uint8_t *data = NULL;
	size_t len = 0;

	assert_int_equal(token_read_object(t, label, &data, &len), CARD_OK);
	assert_int_equal(len, want_len);
	assert_memory_equal(data, want, len);
	free(data);
}

static void
test_object(void **state)
{
	static uint8_t value[TOKEN_OBJECT_MAX + 1] = { 0x30, 0, 1, 0xff };
	static const struct {
		const char *label;
		size_t len;
		enum card_error want;
	} cases[] = {
		{ "a", 4, CARD_OK },
		{ "b", 1, CARD_OK },
		{ "a", TOKEN_OBJECT_MAX, CARD_OK },
		{ "a", 2, CARD_OK },
		{ "c", TOKEN_OBJECT_MAX + 1, CARD_ERR_ARGUMENT },
		{ "c", 0, CARD_ERR_ARGUMENT },
		{ "", 4, CARD_ERR_ARGUMENT },
	};
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");
	uint8_t *data = NULL;
	size_t len = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(token_write_object(t, cases[i].label, value,
				     cases[i].len),
		    cases[i].want);
		if (cases[i].want == CARD_OK)
			check_object(t, cases[i].label, value, cases[i].len);
	}
	assert_int_equal(token_read_object(t, "c", &data, &len),
	    CARD_ERR_OBJECT_MISSING);
	token_logout(t);
	/* not MISSING: it only cannot be seen */
	assert_int_equal(token_read_object(t, "a", &data, &len),
	    CARD_ERR_MODULE);
	assert_null(data);
	token_close(t);
	reload(f);
	assert_int_equal(token_open(f->m, "one", NULL, &t), CARD_OK);
	assert_int_equal(token_login(t, f->pin), CARD_OK);
	check_object(t, "a", value, 2);
	check_object(t, "b", value, 1);
	token_close(t);
}

static void
test_random(void **state)
{
	struct fixture *f = *state;
	struct token *t = new_token(f, "one");
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	assert_int_equal(token_random(t, a, sizeof(a)), CARD_OK);
	assert_int_equal(token_random(t, b, sizeof(b)), CARD_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	token_close(t);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_module_path),
		cmocka_unit_test(test_module_load),
		CASE(test_list_blank),
		CASE(test_init),
		CASE(test_select),
		CASE(test_ambiguous),
		CASE(test_init_again),
		CASE(test_init_arguments),
		CASE(test_pin),
		CASE(test_set_pin),
		CASE(test_so_pin),
		CASE(test_certificate),
		CASE(test_object),
		CASE(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
