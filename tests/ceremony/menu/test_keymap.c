/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/keymap.h"

#include <linux/keyboard.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define FLAGS 7
#define TABLES_AT (FLAGS + KEYMAP_TABLES)
#define TABLE (KEYMAP_KEYS * 2)

/* A layout of three tables: plain, Shift, and the last one there can be. */
static size_t
sample(uint8_t out[KEYMAP_MAX])
{
	memset(out, 0, KEYMAP_MAX);
	memcpy(out, "bkeymap", FLAGS);
	out[FLAGS] = out[FLAGS + 1] = out[FLAGS + 255] = 1;
	for (size_t i = 0; i < 3 * KEYMAP_KEYS; i++) {
		uint16_t key = (uint16_t)(0xf000 + i);

		memcpy(out + TABLES_AT + 2 * i, &key, 2);
	}
	return TABLES_AT + 3 * TABLE;
}

static void
tables_are_read(void **state)
{
	uint8_t *data = malloc(KEYMAP_MAX);
	struct keymap *k = malloc(sizeof(*k));
	size_t len = sample(data);

	(void)state;
	assert_null(keymap_parse(data, len, k));
	assert_int_equal(k->count, 3);
	assert_int_equal(k->table[0], 0);
	assert_int_equal(k->table[1], 1);
	assert_int_equal(k->table[2], 255);
	assert_int_equal(k->key[0][0], 0xf000);
	assert_int_equal(k->key[2][127], 0xf000 + 383);
	free(data);
	free(k);
}

/* Other keys of the same kind stay. */
static void
some_keys_do_nothing(void **state)
{
	static const uint16_t gone[] = { K_SH_REGS, K_SH_MEM, K_SH_STAT, K_HOLD,
		K_BOOT, K_SAK, K_SPAWNCONSOLE };
	static const uint16_t stay[] = { K_ENTER, K_CAPS, K_NUM, K_COMPOSE,
		K_DECRCONSOLE, K_F1, 0xf061 };
	uint8_t *data = malloc(KEYMAP_MAX);
	struct keymap *k = malloc(sizeof(*k));
	size_t len = sample(data);

	(void)state;
	for (size_t t = 0; t < 3; t++) {
		memcpy(data + TABLES_AT + t * TABLE, gone, sizeof(gone));
		memcpy(data + TABLES_AT + t * TABLE + sizeof(gone), stay,
		    sizeof(stay));
	}
	assert_null(keymap_parse(data, len, k));
	for (size_t t = 0; t < 3; t++) {
		for (size_t i = 0; i < 7; i++) {
			assert_int_equal(k->key[t][i], K_HOLE);
			assert_int_equal(k->key[t][7 + i], stay[i]);
		}
	}
	free(data);
	free(k);
}

static void
the_largest_fits(void **state)
{
	uint8_t *data = malloc(KEYMAP_MAX + 1);
	struct keymap *k = malloc(sizeof(*k));

	(void)state;
	sample(data);
	memset(data + FLAGS, 1, KEYMAP_TABLES);
	assert_null(keymap_parse(data, KEYMAP_MAX, k));
	assert_int_equal(k->count, KEYMAP_TABLES);
	assert_string_equal(keymap_parse(data, KEYMAP_MAX + 1, k),
	    "its length is not that of its tables");
	free(data);
	free(k);
}

static const struct row {
	const char *name;
	size_t at;
	uint8_t octet;
	long cut; /* octets less; negative: more */
	const char *why;
} rows[] = {
	{ "another magic", 6, 'q', 0, "it is no binary keymap" },
	{ "a text", 0, '#', 0, "it is no binary keymap" },
	{ "a flag of two", FLAGS + 7, 2, 0,
	    "a table is neither there nor not there" },
	{ "no plain table", FLAGS, 0, TABLE,
	    "it has no table of unshifted keys" },
	{ "a table more than there is", FLAGS + 9, 1, 0,
	    "its length is not that of its tables" },
	{ "a table less", FLAGS + 1, 0, 0,
	    "its length is not that of its tables" },
	{ "an octet less", 0, 'b', 1, "its length is not that of its tables" },
	{ "an octet more", 0, 'b', -1, "its length is not that of its tables" },
};

static void
others_are_refused(void **state)
{
	struct keymap *k = malloc(sizeof(*k));

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *data = malloc(KEYMAP_MAX);
		size_t len = (size_t)((long)sample(data) - rows[i].cut);
		uint8_t *exact;
		const char *why;

		print_message("%s\n", rows[i].name);
		data[rows[i].at] = rows[i].octet;
		/* nothing behind it is read */
		exact = malloc(len);
		memcpy(exact, data, len);
		why = keymap_parse(exact, len, k);
		assert_non_null(why);
		assert_string_equal(why, rows[i].why);
		free(exact);
		free(data);
	}
	free(k);
}

static void
short_ones_are_refused(void **state)
{
	uint8_t *data = malloc(KEYMAP_MAX);
	struct keymap *k = malloc(sizeof(*k));

	(void)state;
	sample(data);
	for (size_t len = 0; len <= TABLES_AT + TABLE; len++) {
		uint8_t *exact = malloc(len + 1);

		memcpy(exact, data, len);
		exact = realloc(exact, len == 0 ? 1 : len);
		assert_non_null(keymap_parse(exact, len, k));
		free(exact);
	}
	free(data);
	free(k);
}

static void
only_a_console_takes_one(void **state)
{
	struct keymap *k = calloc(1, sizeof(*k));
	int fd = memfd_create("none", 0);

	(void)state;
	k->count = 1;
	assert_false(keymap_load(fd, k));
	assert_false(keymap_load(-1, k));
	free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_read),
		cmocka_unit_test(some_keys_do_nothing),
		cmocka_unit_test(the_largest_fits),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(short_ones_are_refused),
		cmocka_unit_test(only_a_console_takes_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
