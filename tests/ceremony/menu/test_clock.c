/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define EARLIEST 1790000000 /* 2026-09-21 14:13:20 */

static const struct row {
	const char *text;
	enum clock_answer answer;
	int64_t seconds;
} rows[] = {
	{ "2026-11-27 03:14", CLOCK_OK, 1795749240 },
	{ "2028-02-29 00:00", CLOCK_OK, 1835395200 },
	{ "2099-12-31 23:59", CLOCK_OK, 4102444740 },
	{ "2026-09-21 14:14", CLOCK_OK, 1790000040 },
	{ "2026-09-21 14:13", CLOCK_EARLY, 0 },
	{ "1970-01-01 00:00", CLOCK_EARLY, 0 },
	{ "0000-01-01 00:00", CLOCK_EARLY, 0 },
	{ "2100-01-01 00:00", CLOCK_LATE, 0 },
	{ "9999-12-31 23:59", CLOCK_LATE, 0 },
	{ "2027-02-29 00:00", CLOCK_NONE, 0 },
	{ "2027-00-01 00:00", CLOCK_NONE, 0 },
	{ "2027-13-01 00:00", CLOCK_NONE, 0 },
	{ "2027-01-00 00:00", CLOCK_NONE, 0 },
	{ "2027-04-31 00:00", CLOCK_NONE, 0 },
	{ "2027-01-01 24:00", CLOCK_NONE, 0 },
	{ "2027-01-01 00:60", CLOCK_NONE, 0 },
	{ "", CLOCK_FORM, 0 },
	{ "now", CLOCK_FORM, 0 },
	{ "2027-01-01", CLOCK_FORM, 0 },
	{ "2027-01-01 00:0", CLOCK_FORM, 0 },
	{ "2027-01-01 00:000", CLOCK_FORM, 0 },
	{ "2027-01-01T00:00", CLOCK_FORM, 0 },
	{ "2027-1-01  00:00", CLOCK_FORM, 0 },
	{ "+027-01-01 00:00", CLOCK_FORM, 0 },
	{ "2027-01-01 -1:00", CLOCK_FORM, 0 },
	{ "27.11.2026 03:14", CLOCK_FORM, 0 },
};

static void
times_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t out = -7;

		print_message("%s\n", rows[i].text);
		assert_int_equal(clock_parse(rows[i].text, EARLIEST, &out),
		    rows[i].answer);
		assert_int_equal(out,
		    rows[i].answer == CLOCK_OK ? rows[i].seconds : -7);
	}
}

static void
bounds_are_those_named(void **state)
{
	(void)state;
	assert_int_equal(clock_judge(CLOCK_FIRST, 0), CLOCK_OK);
	assert_int_equal(clock_judge(CLOCK_FIRST - 1, 0), CLOCK_EARLY);
	assert_int_equal(clock_judge(CLOCK_LAST, 0), CLOCK_OK);
	assert_int_equal(clock_judge(CLOCK_LAST + 1, 0), CLOCK_LATE);
	assert_int_equal(clock_judge(EARLIEST - 1, EARLIEST), CLOCK_EARLY);
	assert_int_equal(clock_judge(EARLIEST, EARLIEST), CLOCK_OK);
	for (int a = CLOCK_FORM; a <= CLOCK_LATE; a++)
		assert_non_null(clock_answer_text((enum clock_answer)a));
}

static void
it_is_shown_with_its_weekday(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	clock_write(1795749265, text);
	assert_string_equal(text, "Friday 2026-11-27 03:14:25 UTC");
	clock_write_short(1795749265, text);
	assert_string_equal(text, "Fri 2026-11-27 03:14 UTC");
	clock_write(CLOCK_LAST, text);
	assert_string_equal(text, "Thursday 2099-12-31 23:59:59 UTC");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_judged),
		cmocka_unit_test(bounds_are_those_named),
		cmocka_unit_test(it_is_shown_with_its_weekday),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
