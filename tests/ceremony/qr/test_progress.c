/* SPDX-License-Identifier: ISC */
/* What people see while codes come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/qr/progress.h"

static void
lines(void **state)
{
	static const struct {
		uint64_t rank, needed, pictures, blind;
		int64_t ms;
		const char *line;
	} cases[] = {
		{ 0, 0, 12, 11, 5000,
		    "[....................] no part yet, 12 seen, 11 without "
		    "a code" },
		{ 0, 40, 1, 0, 100,
		    "[....................] 0 of 40 parts, 1 seen, 0 without" },
		{ 10, 40, 12, 2, 10000,
		    "[#####...............] 10 of 40 parts, 0:31 left, 12 "
		    "seen, 2 without" },
		{ 1, 8192, 1, 0, 60000,
		    "[....................] 1 of 8192 parts, 8191:01 left, 1 "
		    "seen, 0 without" },
		{ 40, 40, 44, 2, 12000,
		    "[####################] 40 of 40 parts, 44 seen, 2 "
		    "without" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct progress p;
		char line[PROGRESS_LINE_MAX];

		progress_start(&p, stderr, false, 1000);
		p.state.rank = cases[i].rank;
		p.state.needed = cases[i].needed;
		p.pictures = cases[i].pictures;
		p.blind = cases[i].blind;
		progress_line(&p, 1000 + cases[i].ms, line);
		assert_string_equal(line, cases[i].line);
		assert_in_range(strlen(line), 1, 79);
	}
}

/* What was drawn, and how many lines of it. */
static char *
drawn(FILE *file, unsigned *newlines)
{
	static char text[60000];
	size_t n;

	fflush(file);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	*newlines = 0;
	for (size_t i = 0; i < n; i++)
		*newlines += text[i] == '\n';
	return text;
}

static void
drawing(void **state)
{
	FILE *file = tmpfile();
	struct progress p;
	unsigned newlines;
	char *text;

	(void)state;
	assert_non_null(file);
	progress_start(&p, file, true, 0);
	progress_draw(&p, 0);
	progress_draw(&p, 1); /* too soon */
	text = drawn(file, &newlines);
	assert_int_equal(newlines, 0);
	text = strstr(text, "no part yet");
	assert_non_null(text);
	assert_null(strstr(text + 1, "no part yet"));
	p.has_copy = true;
	memset(p.copy, 255, sizeof(p.copy));
	progress_draw(&p, 1000);
	text = drawn(file, &newlines);
	assert_int_equal(newlines, MESSAGE_PREVIEW_HEIGHT / 2);
	assert_non_null(strstr(text, "\x1b[38;5;255;48;5;255m\xe2\x96\x80"));
	/* the next one, and its removal, begin as far up */
	progress_clear(&p);
	text = drawn(file, &newlines);
	assert_string_equal(strrchr(text, '\r'), "\r\x1b[18A\x1b[J");
	fclose(file);

	file = tmpfile();
	assert_non_null(file);
	progress_start(&p, file, false, 0); /* no terminal: nothing */
	progress_draw(&p, 0);
	progress_clear(&p);
	assert_string_equal(drawn(file, &newlines), "");
	fclose(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(drawing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
