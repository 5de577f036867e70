/* SPDX-License-Identifier: ISC */
#include "ceremony/record/words.h"

#include <ctype.h>

#include "tests/ceremony/record/fixture.h"

static const char hex[] = "00ff01fe02fd03fc04fb05fa06f907f8"
			  "10ef11ee12ed13ec14eb15ea16e917e8";

static void
fill(uint8_t digest[32])
{
	for (int i = 0; i < 16; i++) {
		int n = i < 8 ? i : i + 8;

		digest[2 * i] = (uint8_t)n;
		digest[2 * i + 1] = (uint8_t)(255 - n);
	}
}

static void
list_is_the_published_one(void **state)
{
	const char *shared = getenv("SHARED");
	char path[512], even[32], odd[32];
	FILE *f = NULL;
	unsigned value;

	(void)state;
	if (shared != NULL) {
		snprintf(path, sizeof(path), "%s/vectors/pgp-words.txt",
		    shared);
		f = fopen(path, "r");
	}
	if (f == NULL) {
		print_message("no vectors/pgp-words.txt below SHARED\n");
		skip();
	}
	for (unsigned i = 0; i < 256; i++) {
		assert_int_equal(fscanf(f, "%x %31s %31s", &value, even, odd),
		    3);
		assert_int_equal(value, i);
		assert_string_equal(words_word((uint8_t)i, 0), even);
		assert_string_equal(words_word((uint8_t)i, 31), odd);
	}
	assert_int_equal(fscanf(f, "%31s", even), EOF);
	fclose(f);
}

static void
list_has_no_word_twice(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 512; a++) {
		for (unsigned b = 0; b < a; b++)
			assert_true(strcasecmp(words_word((uint8_t)(a / 2), a),
					words_word((uint8_t)(b / 2), b)) != 0);
	}
}

static void
written_words_are_read_back(void **state)
{
	uint8_t digest[32], again[32];
	char text[WORDS_TEXT_MAX];
	unsigned bad = 99;

	(void)state;
	for (unsigned value = 0; value < 256; value++) {
		memset(digest, (int)value, sizeof(digest));
		words_write(digest, text);
		assert_true(words_read(text, again, &bad));
		assert_memory_equal(again, digest, 32);
		assert_int_equal(bad, 0);
	}
	fill(digest);
	words_write(digest, text);
	assert_memory_equal(text, "aardvark Yucatan absurd ", 24);
	assert_null(strstr(text, "  "));
	for (char *c = text; *c != '\0'; c++)
		*c = *c == ' ' ? '\n' : (char)toupper((unsigned char)*c);
	assert_true(words_read(text, again, NULL));
	assert_memory_equal(again, digest, 32);
}

static void
hex_is_read_whole(void **state)
{
	uint8_t want[32], digest[32];
	char text[80];

	(void)state;
	fill(want);
	assert_true(words_read(hex, digest, NULL));
	assert_memory_equal(digest, want, 32);
	snprintf(text, sizeof(text), " \t%s\r\n", hex);
	for (char *c = text; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	assert_true(words_read(text, digest, NULL));
	assert_memory_equal(digest, want, 32);
}

/* Words from..to of the sample, then more. */
static char *
sample(unsigned from, unsigned to, const char *more, char *out)
{
	uint8_t digest[32];
	char *at = out;

	fill(digest);
	for (unsigned i = from; i < to; i++)
		at += sprintf(at, "%s ", words_word(digest[i], i));
	strcpy(at, more);
	return out;
}

static void
eight_a_line(void **state)
{
	uint8_t digest[32], back[32];
	char one[WORDS_TEXT_MAX], lines[WORDS_TEXT_MAX];
	unsigned blanks = 0;

	(void)state;
	fill(digest);
	words_write(digest, one);
	words_write_lines(digest, lines);
	assert_int_equal(strlen(lines), strlen(one));
	for (size_t i = 0; one[i] != '\0'; i++) {
		char want = one[i];

		if (want == ' ' && ++blanks % 8 == 0)
			want = '\n';
		assert_int_equal(lines[i], want);
	}
	assert_int_equal(blanks, 31);
	assert_true(words_read(lines, back, NULL));
	assert_memory_equal(back, digest, sizeof(digest));
}

static void
anything_else_is_refused(void **state)
{
	static const struct {
		const char *name;
		unsigned from, to;
		const char *more;
		unsigned bad;
	} rows[] = {
		{ "nothing", 0, 0, "", 0 },
		{ "blanks", 0, 0, " \n ", 0 },
		{ "one word", 0, 1, "", 0 },
		{ "31 words", 0, 31, "", 0 },
		{ "33 words", 0, 32, "aardvark", 0 },
		{ "first left out", 1, 32, "", 1 },
		{ "no such word", 0, 31, "aardvarks", 32 },
		{ "the other list's word", 0, 6, "adroitness", 7 },
		{ "part of a word", 0, 2, "absur", 3 },
		{ "hex after words", 0, 31, hex, 32 },
		{ "63 digits", 0, 0,
		    "00ff01fe02fd03fc04fb05fa06f907f8"
		    "10ef11ee12ed13ec14eb15ea16e917e",
		    1 },
		{ "65 digits", 0, 0,
		    "00ff01fe02fd03fc04fb05fa06f907f8"
		    "10ef11ee12ed13ec14eb15ea16e917e80",
		    1 },
		{ "no hex", 0, 0,
		    "00ff01fe02fd03fc04fb05fa06f907f8"
		    "10ef11ee12ed13ec14eb15ea16e917eg",
		    1 },
		{ "hex and a word", 0, 0,
		    "00ff01fe02fd03fc04fb05fa06f907f8"
		    "10ef11ee12ed13ec14eb15ea16e917e8 absurd",
		    1 },
	};
	static const uint8_t zeros[32];
	char text[WORDS_TEXT_MAX + 100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t digest[32];
		unsigned bad = 99;

		print_message("# %s\n", rows[i].name);
		memset(digest, 0xaa, sizeof(digest));
		sample(rows[i].from, rows[i].to, rows[i].more, text);
		assert_false(words_read(text, digest, &bad));
		assert_int_equal(bad, rows[i].bad);
		assert_memory_equal(digest, zeros, 32);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_is_the_published_one),
		cmocka_unit_test(list_has_no_word_twice),
		cmocka_unit_test(written_words_are_read_back),
		cmocka_unit_test(hex_is_read_whole),
		cmocka_unit_test(eight_a_line),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
