/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/release.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define C40 "0123456789abcdef0123456789abcdef01234567"
#define V "version=0.1.0\n"
#define C "commit=" C40 "\n"
#define E "epoch=1790000000\n"

static const struct row {
	const char *name, *text, *why; /* NULL: in order */
} rows[] = {
	{ "as it is written", V C E, NULL },
	{ "in another order", E C V, NULL },
	{ "of a changed tree", V "commit=" C40 "-modified\n" E, NULL },
	{ "empty", "", "version= is missing" },
	{ "no version", C E, "version= is missing" },
	{ "no commit", V E, "commit= is missing" },
	{ "no epoch", V C, "epoch= is missing" },
	{ "version twice", V V C E, "version= stands there twice" },
	{ "commit twice", V C C E, "commit= stands there twice" },
	{ "epoch twice", V C E E, "epoch= stands there twice" },
	{ "another line", V C E "x=1\n",
	    "a line that is none of version=, commit=, epoch=" },
	{ "an empty line", V "\n" C E,
	    "a line that is none of version=, commit=, epoch=" },
	{ "cut off", V C "epoch=1790000000", "its last line is cut off" },
	{ "no version in it", "version=\n" C E, "version= is out of form" },
	{ "a version of 33 characters",
	    "version=012345678901234567890123456789012\n" C E,
	    "version= is out of form" },
	{ "an escape code", "version=\033[31m\n" C E,
	    "version= is out of form" },
	{ "a blank", "version=0.1 0\n" C E, "version= is out of form" },
	{ "a short commit", V "commit=0123\n" E, "commit= is out of form" },
	{ "a long commit", V "commit=" C40 "0\n" E, "commit= is out of form" },
	{ "an upper case commit",
	    V "commit=0123456789ABCDEF0123456789abcdef01234567\n" E,
	    "commit= is out of form" },
	{ "another tail", V "commit=" C40 "-dirty\n" E,
	    "commit= is out of form" },
	{ "a long tail", V "commit=" C40 "-modified-modified\n" E,
	    "commit= is out of form" },
	{ "no epoch in it", V C "epoch=\n", "epoch= is out of form" },
	{ "a negative epoch", V C "epoch=-1\n", "epoch= is out of form" },
	{ "an epoch of 13 digits", V C "epoch=1234567890123\n",
	    "epoch= is out of form" },
};

static void
are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct release r;
		const char *why =
		    release_parse(rows[i].text, strlen(rows[i].text), &r);
		const struct release none = { .version = "" };

		print_message("%s\n", rows[i].name);
		if (rows[i].why == NULL) {
			assert_null(why);
			assert_string_equal(r.version, "0.1.0");
			assert_int_equal(r.epoch, 1790000000);
			continue;
		}
		assert_non_null(why);
		assert_string_equal(why, rows[i].why);
		assert_memory_equal(&r, &none, sizeof(r));
	}
}

static void
length_is_bounded(void **state)
{
	char text[RELEASE_MAX + 1];
	struct release r;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_string_equal(release_parse(text, sizeof(text), &r),
	    "it is too long, or no text");
	assert_string_equal(release_parse(text, sizeof(text) - 1, &r),
	    "its last line is cut off");
	assert_string_equal(release_parse(V C "epoch=1\0\n",
				sizeof(V C "epoch=1\0\n") - 1, &r),
	    "it is too long, or no text");
}

static void
short_form_shows_a_changed_tree(void **state)
{
	struct release r;
	char text[RELEASE_SHORT];

	(void)state;
	assert_null(release_parse(V C E, strlen(V C E), &r));
	release_short(&r, text);
	assert_string_equal(text, "0123456789ab");
	strcat(r.commit, RELEASE_MODIFIED);
	release_short(&r, text);
	assert_string_equal(text, "0123456789ab+");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_judged),
		cmocka_unit_test(length_is_bounded),
		cmocka_unit_test(short_form_shows_a_changed_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
