/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/factory/say.h"
#include "ceremony/factory/units.h"
#include "transfer/pem.h"

#define BEGIN "-----BEGIN X-----"
#define END "-----END X-----"

static void
test_pem(void **state)
{
	static const struct {
		const char *text, *octets; /* NULL: refused */
	} rows[] = {
		{ BEGIN "\nYWJj\n" END "\n", "abc" },
		{ BEGIN "\nYWJj\n" END, "abc" },
		{ BEGIN "\r\nYW\r\nJj\r\n" END "\r\n \t\n", "abc" },
		{ BEGIN "\n\n" END, "" },
		{ "", NULL },
		{ "YWJj", NULL },
		{ "text\n" BEGIN "\nYWJj\n" END "\n", NULL },
		{ BEGIN "\nYWJj\n" END "\n" BEGIN "\nYWJj\n" END "\n", NULL },
		{ BEGIN "\nYWJj\n" END "\nmore", NULL },
		{ BEGIN "YWJj\n" END, NULL },
		{ BEGIN "\nYWJj" END, NULL },
		{ BEGIN "\nYWJ\n" END, NULL },
		{ BEGIN "\nYWI\n" END, NULL },
		{ BEGIN "\nYW Jj\n" END, NULL },
		{ BEGIN "\nProc-Type: 4\n\nYWJj\n" END, NULL },
		{ BEGIN "\nYWJj\n-----END Y-----", NULL },
		{ "-----BEGIN Y-----\nYWJj\n-----END Y-----", NULL },
		{ BEGIN END, NULL },
		{ BEGIN "\n" END, NULL },
	};
	uint8_t *out;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool ok = pem_decode((const uint8_t *)rows[i].text,
		    strlen(rows[i].text), "X", &out, &len);

		assert_int_equal(ok, rows[i].octets != NULL);
		if (ok) {
			assert_int_equal(len, strlen(rows[i].octets));
			assert_memory_equal(out, rows[i].octets, len);
		} else {
			assert_null(out);
		}
		free(out);
	}
	assert_false(pem_decode((const uint8_t *)BEGIN "\nYWJj\0YWJj\n" END,
	    sizeof(BEGIN "\nYWJj\0YWJj\n" END) - 1, "X", &out, &len));
}

static void
test_pem_encode(void **state)
{
	uint8_t octets[100];
	uint8_t *again;
	size_t len, again_len;

	(void)state;
	memset(octets, 0x5a, sizeof(octets));
	for (size_t n = 1; n <= sizeof(octets); n++) {
		struct text_buf b = { 0 };
		char *text;

		pem_encode(&b, "X", octets, n);
		text = text_buf_take(&b, &len);
		assert_non_null(text);
		assert_true(
		    pem_decode((uint8_t *)text, len, "X", &again, &again_len));
		assert_int_equal(again_len, n);
		assert_memory_equal(again, octets, n);
		free(again);
		free(text);
	}
}

static void
test_units(void **state)
{
	static const struct {
		const char *text;
		unsigned line; /* refused at, or 0 */
		size_t count;
	} rows[] = {
		{ "", 0, 0 },
		{ "id,serial\n", 0, 0 },
		{ "A,1\nB,2", 0, 2 },
		{ "id,serial\r\nA,1\r\n", 0, 1 },
		{ "A,1\nid,serial\n", 0, 2 },
		{ "A,1\n\n", 2, 0 },
		{ "A\n", 1, 0 },
		{ "A,\n", 1, 0 },
		{ ",1\n", 1, 0 },
		{ "A,1,2\n", 1, 0 },
		{ "A,\"1\"\n", 1, 0 },
		{ "A,1\nB, 2\n", 2, 0 },
		{ "A,\033[2J\n", 1, 0 },
		{ "B,1\nA,2\nB,3\nC,4\n", 3, 0 },
	};
	struct units units;
	unsigned line;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool ok = units_read(rows[i].text, strlen(rows[i].text), &units,
		    &line);

		assert_int_equal(ok, rows[i].line == 0);
		if (!ok)
			assert_int_equal(line, rows[i].line);
		assert_int_equal(units.count, rows[i].count);
		units_clear(&units);
	}
	assert_false(units_read("A,1\0", 4, &units, &line));
}

static void
test_units_serial(void **state)
{
	static const char text[] = "B,2\nA,1\nC,3\n";
	struct units units;
	unsigned line;
	char big[200];

	(void)state;
	assert_true(units_read(text, strlen(text), &units, &line));
	assert_string_equal(units_serial(&units, "A"), "1");
	assert_string_equal(units_serial(&units, "C"), "3");
	assert_null(units_serial(&units, "D"));
	memset(big, 'A', sizeof(big));
	big[199] = '\0';
	assert_null(units_serial(&units, big));
	assert_int_equal(units_unused(&units), 1);
	units_clear(&units);
	assert_null(units_serial(&units, "A"));
}

static void
test_escape(void **state)
{
	char out[12];

	(void)state;
	say_escape("a\033[2J", out, sizeof(out));
	assert_string_equal(out, "a\\x1b[2J");
	say_escape("\xc3\xa9", out, sizeof(out));
	assert_string_equal(out, "\\xc3\\xa9");
	say_escape("\n\n\n\n\n\n", out, sizeof(out));
	assert_true(strlen(out) < sizeof(out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_pem_encode),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_units_serial),
		cmocka_unit_test(test_escape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
