/* SPDX-License-Identifier: ISC */
#include "ceremony/record/error.h"

#include <errno.h>

#include "tests/ceremony/record/fixture.h"

static void
every_error_has_its_own_text(void **state)
{
	(void)state;
	for (int i = RECORD_OK; i <= RECORD_ERR_RULE; i++) {
		const char *text = record_strerror((enum record_error)i);

		assert_string_not_equal(text, "unknown error");
		for (int j = RECORD_OK; j < i; j++)
			assert_string_not_equal(text,
			    record_strerror((enum record_error)j));
	}
	assert_string_equal(record_strerror((enum record_error)999),
	    "unknown error");
}

static void
no_room_is_told_from_other_failures(void **state)
{
	static const struct {
		int number;
		enum record_error want;
	} rows[] = {
		{ ENOSPC, RECORD_ERR_FULL },
		{ EDQUOT, RECORD_ERR_FULL },
		{ EFBIG, RECORD_ERR_FULL },
		{ EIO, RECORD_ERR_IO },
		{ EROFS, RECORD_ERR_IO },
		{ 0, RECORD_ERR_IO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(record_errno(rows[i].number), rows[i].want);
}

static void
a_fault_is_one_printable_line(void **state)
{
	struct record_fault f = { 0 };
	char longer[1000];

	(void)state;
	assert_int_equal(record_fail(&f, RECORD_ERR_FORM, "line %d: \"%s\"", 7,
			     "a\nb\x1b[2J\xff"),
	    RECORD_ERR_FORM);
	assert_int_equal(f.err, RECORD_ERR_FORM);
	assert_string_equal(f.text, "line 7: \"a?b?[2J?\"");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	record_fail(&f, RECORD_ERR_IO, "%s", longer);
	assert_int_equal(strlen(f.text), sizeof(f.text) - 1);
	assert_int_equal(record_fail(NULL, RECORD_ERR_PLAN, "x"),
	    RECORD_ERR_PLAN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_its_own_text),
		cmocka_unit_test(no_room_is_told_from_other_failures),
		cmocka_unit_test(a_fault_is_one_printable_line),
	};

	return cmocka_run_group_tests_name("record error", tests, NULL, NULL);
}
