/* SPDX-License-Identifier: ISC */
#include "smartcard/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/smartcard/softhsm.h"

struct fixture {
	struct softhsm hsm;
	struct module *m;
	struct token *t;
	struct secret *pin;
};

static int
setup(void **state)
{
	static const char pin[] = "648219";
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || softhsm_make(&f->hsm) != 0)
		return -1;
	*state = f;
	f->pin = secret_from(pin, sizeof(pin) - 1);
	struct token_so so = { f->pin, f->pin, TOKEN_SO_PIN };
	if (module_load("softhsm", &f->m) != CARD_OK ||
	    token_init(f->m, "one", &so, f->pin, &f->t) != CARD_OK)
		return -1;
	return token_login(f->t, f->pin) == CARD_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	token_close(f->t);
	module_free(f->m);
	secret_free(f->pin);
	softhsm_remove(&f->hsm);
	free(f);
	return 0;
}

static struct head
head_of(uint64_t seq)
{
	struct head h = { .seq = seq };

	memset(h.hash, (int)(seq & 0xff), sizeof(h.hash));
	return h;
}

/* The card's head is the one of seq; 0: it has none. */
static void
assert_head(struct token *t, uint64_t seq)
{
	struct head want = head_of(seq), have;

	assert_int_equal(head_read(t, &have),
	    seq ? CARD_OK : CARD_ERR_OBJECT_MISSING);
	if (seq != 0) {
		assert_int_equal(have.seq, seq);
		assert_memory_equal(have.hash, want.hash, sizeof(want.hash));
	}
}

static enum card_error
write_seq(struct token *t, uint64_t seq)
{
	struct head h = head_of(seq);

	return head_write(t, &h);
}

static void
test_alternate(void **state)
{
	struct fixture *f = *state;
	static const struct {
		uint64_t seq;
		enum card_error want;
		uint64_t after;
	} cases[] = {
		{ 7, CARD_OK, 7 },
		{ 8, CARD_OK, 8 },
		{ 8, CARD_ERR_ARGUMENT, 8 },
		{ 7, CARD_ERR_ARGUMENT, 8 },
		{ 0, CARD_ERR_ARGUMENT, 8 },
		{ 300, CARD_OK, 300 },
		{ UINT64_MAX, CARD_OK, UINT64_MAX },
		{ UINT64_MAX, CARD_ERR_ARGUMENT, UINT64_MAX },
	};
	uint8_t *data = NULL;
	size_t len = 0;

	assert_head(f->t, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(write_seq(f->t, cases[i].seq), cases[i].want);
		assert_head(f->t, cases[i].after);
	}
	/* the one before is still there */
	assert_int_equal(token_read_object(f->t, "head-0", &data, &len),
	    CARD_OK);
	assert_int_equal(len, 18 + 3 + 1 + 64 + 1);
	assert_memory_equal(data, "anchorite-head/v1 300 2c2c", 26);
	assert_int_equal(data[len - 1], '\n');
	free(data);
}

#define MAGIC "anchorite-head/v1 "
#define HEX16 "000102030405060708090a0b0c0d0e0f"
#define HEX32 HEX16 HEX16

/* What a torn write, or another program, may leave in a slot. */
static const struct {
	const char *name, *text;
} garbage[] = {
	{ "one octet", "a" },
	{ "no magic", "9 " HEX32 "\n" },
	{ "magic alone", MAGIC },
	{ "another version", "anchorite-head/v2 9 " HEX32 "\n" },
	{ "cut in seq", MAGIC "9" },
	{ "cut in hash", MAGIC "9 " HEX16 },
	{ "without LF", MAGIC "9 " HEX32 },
	{ "octet too many", MAGIC "9 " HEX32 "\n\n" },
	{ "upper case", MAGIC "9 " HEX16 "000102030405060708090A0B0C0D0E0F\n" },
	{ "not hex", MAGIC "9 " HEX16 "000102030405060708090a0b0c0d0e0g\n" },
	{ "leading zero", MAGIC "09 " HEX32 "\n" },
	{ "sign", MAGIC "+9 " HEX32 "\n" },
	{ "negative", MAGIC "-9 " HEX32 "\n" },
	{ "two blanks", MAGIC " 9 " HEX32 "\n" },
	{ "no seq", MAGIC " " HEX32 "\n" },
	{ "hex seq", MAGIC "0x9 " HEX32 "\n" },
	{ "seq of 65 bits", MAGIC "18446744073709551616 " HEX32 "\n" },
	{ "endless seq", MAGIC HEX32 HEX32 HEX32 },
};

static void
test_garbled(void **state)
{
	struct fixture *f = *state;
	const size_t n = sizeof(garbage) / sizeof(garbage[0]);

	/* alone, it is no head */
	for (size_t i = 0; i < n; i++) {
		print_message("%s\n", garbage[i].name);
		assert_int_equal(token_write_object(f->t, "head-1",
				     garbage[i].text, strlen(garbage[i].text)),
		    CARD_OK);
		assert_head(f->t, 0);
	}
	/* beside a valid one it is passed over, and written over next */
	assert_int_equal(write_seq(f->t, 7), CARD_OK);
	for (size_t i = 0; i < n; i++) {
		assert_head(f->t, 7);
		assert_int_equal(token_write_object(f->t, "head-1",
				     garbage[i].text, strlen(garbage[i].text)),
		    CARD_OK);
	}
	assert_head(f->t, 7);
	assert_int_equal(write_seq(f->t, 8), CARD_OK);
	assert_head(f->t, 8);
	assert_int_equal(token_write_object(f->t, "head-1", "torn", 4),
	    CARD_OK);
	assert_head(f->t, 7);
}

static void
test_nul(void **state)
{
	struct fixture *f = *state;
	char text[] = MAGIC "9 " HEX32 "\n";

	assert_int_equal(token_write_object(f->t, "head-0", text,
			     sizeof(text) - 1),
	    CARD_OK);
	assert_int_equal(write_seq(f->t, 9), CARD_ERR_ARGUMENT);
	text[30] = '\0';
	assert_int_equal(token_write_object(f->t, "head-0", text,
			     sizeof(text) - 1),
	    CARD_OK);
	assert_head(f->t, 0);
}

/* Without login a head that is there must not seem to be missing. */
static void
test_login(void **state)
{
	struct fixture *f = *state;
	struct head h;

	assert_int_equal(write_seq(f->t, 7), CARD_OK);
	token_logout(f->t);
	assert_int_equal(head_read(f->t, &h), CARD_ERR_MODULE);
	assert_int_equal(write_seq(f->t, 8), CARD_ERR_MODULE);
	assert_int_equal(token_login(f->t, f->pin), CARD_OK);
	assert_head(f->t, 7);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_alternate),
		CASE(test_garbled),
		CASE(test_nul),
		CASE(test_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
