/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ceremony/record/level.h"

static void
words(void **state)
{
	static const struct {
		const char *words;
		enum level level;
	} rows[] = {
		{ "", LEVEL_NONE },
		{ "none", LEVEL_NONE },
		{ "seccomp,landlock", LEVEL_NONE },
		{ "nocore,nodump,seccomp", LEVEL_NONE },
		{ "nocore,nodump,nonewprivs", LEVEL_BASIC },
		{ "nocore,nodump,nonewprivs,limits", LEVEL_BASIC },
		{ "nocore,nodump,nonewprivs,landlock", LEVEL_BASIC },
		{ "nocore,nodump,nonewprivs,seccompx", LEVEL_BASIC },
		{ "nocore,nodump,nonewprivs,limits,seccomp", LEVEL_SECCOMP },
		{ "nocore,nodump,nonewprivs,landlock,seccomp", LEVEL_FULL },
		{ "seccomp,landlock,,nonewprivs,nodump,nocore,", LEVEL_FULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (level_of(rows[i].words) != rows[i].level)
			fail_msg("%s: %s", rows[i].words,
			    level_name(level_of(rows[i].words)));
	}
}

static void
plans(void **state)
{
	static const struct {
		const char *minimum;
		enum level level;
	} rows[] = {
		{ "", LEVEL_FULL }, { "full", LEVEL_FULL },
		{ "seccomp", LEVEL_SECCOMP }, { "basic", LEVEL_BASIC },
		{ "none", LEVEL_FULL }, /* no plan says so */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct plan p;
		strcpy(p.sandbox.minimum, rows[i].minimum);
		assert_int_equal(level_wanted(&p), rows[i].level);
	}
	assert_int_equal(level_most("media"), LEVEL_SECCOMP);
	assert_int_equal(level_most("reader"), LEVEL_FULL);
	assert_string_equal(level_name(LEVEL_NONE), "none");
	assert_string_equal(level_name((enum level)9), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
