/* SPDX-License-Identifier: ISC */
/* smartcard/ against a module that fails, see module_fake.c. */
#include "smartcard/head.h"
#include "smartcard/rv.h"
#include "tests/smartcard/fake.h"

/* ---- operations that fail ------------------------------------------- */

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

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_failures),
		CASE(test_load_failures),
		CASE(test_object_broken_off),
		CASE(test_head_broken_off),
		CASE(test_no_objects),
		CASE(test_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
