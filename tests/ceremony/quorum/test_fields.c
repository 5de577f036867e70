/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/fields.h"

#include "tests/ceremony/quorum/fixture.h"

static void
test_number(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t value;
	} rows[] = {
		{ "0\n", 5, true, 0 },
		{ "5\n", 5, true, 5 },
		{ "6\n", 5, false, 0 },
		{ "9\n", 0, false, 0 },
		{ "16\n", 16, true, 16 },
		{ "17\n", 16, false, 0 },
		{ "18446744073709551615\n", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616\n", UINT64_MAX, false, 0 },
		{ "99999999999999999999\n", UINT64_MAX, false, 0 },
		{ "100000000000000000000\n", UINT64_MAX, false, 0 },
		{ "-1\n", UINT64_MAX, false, 0 },
		{ "1", UINT64_MAX, false, 0 },
		{ "\n", UINT64_MAX, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fields f = { rows[i].text, strlen(rows[i].text) };
		uint64_t value = 0;

		if (field_number(&f, '\n', rows[i].max, &value) != rows[i].ok)
			fail_msg("%s of %ju", rows[i].text,
			    (uintmax_t)rows[i].max);
		if (rows[i].ok)
			assert_int_equal(value, rows[i].value);
		assert_int_equal(f.len, rows[i].ok ? 0 : strlen(rows[i].text));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
