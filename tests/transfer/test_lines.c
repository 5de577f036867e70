/* SPDX-License-Identifier: ISC */
#include "transfer/lines.h"

#include <stdio.h>

#include "tests/transfer/mutate.h"
#include "transfer/sealed.h"

/* Read to the end; how many lines there were. */
static unsigned
read_all(const char *data, size_t len, struct transfer_fault *fault)
{
	struct lines l;
	unsigned count = 0;
	json_t *obj;

	lines_init(&l, data, len, fault);
	while ((obj = lines_next(&l)) != NULL) {
		json_decref(obj);
		count++;
	}
	/* a refusal sticks, the end stays the end */
	assert_null(lines_next(&l));
	return count;
}

static const struct {
	const char *name, *data;
	unsigned lines;
} good[] = {
	{ "nothing", "", 0 },
	{ "an empty object", "{}\n", 1 },
	{ "three lines", "{}\n{\"a\":1}\n{\"a\":2}\n", 3 },
	{ "blanks", " { \"a\" : [ 1 , 2 ] } \n", 1 },
	{ "escapes of printable ASCII", "{\"a\":\"\\\"\\\\\\/\\u0041\"}\n", 1 },
	{ "the largest number", "{\"a\":9007199254740991}\n", 1 },
	{ "the least number", "{\"a\":-9007199254740991}\n", 1 },
	{ "true, false, null, empty", "{\"\":[true,false,null,\"\"]}\n", 1 },
	{ "eight levels", "{\"a\":[[[[[[[1]]]]]]]}\n", 1 },
	{ "the same key in two objects", "{\"a\":{\"a\":1}}\n", 1 },
};

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct transfer_fault fault;
		unsigned count =
		    read_all(good[i].data, strlen(good[i].data), &fault);

		assert_fault(good[i].name, &fault, TRANSFER_OK, "");
		assert_int_equal(count, good[i].lines);
	}
}

#define LINE(s) (s), sizeof(s) - 1

static const struct {
	const char *name, *data;
	size_t len;
	enum transfer_error err;
	const char *text;
} refused[] = {
	{ "no LF", LINE("{}\n{}"), TRANSFER_ERR_LINE, "line 2: it has no end" },
	{ "empty line", LINE("{}\n\n{}\n"), TRANSFER_ERR_LINE,
	    "line 2: it is empty" },
	{ "LF alone", LINE("\n"), TRANSFER_ERR_LINE, "line 1: it is empty" },
	{ "CR LF", LINE("{}\r\n"), TRANSFER_ERR_LINE,
	    "line 1: octet 3 is not printable ASCII" },
	{ "tab", LINE("{\t}\n"), TRANSFER_ERR_LINE,
	    "line 1: octet 2 is not printable ASCII" },
	{ "NUL", LINE("{}\0\n"), TRANSFER_ERR_LINE,
	    "line 1: octet 3 is not printable ASCII" },
	{ "DEL", LINE("{\"a\":\"\x7f\"}\n"), TRANSFER_ERR_LINE,
	    "line 1: octet 7 is not printable ASCII" },
	{ "UTF-8", LINE("{\"a\":\"\xc3\xa9\"}\n"), TRANSFER_ERR_LINE,
	    "line 1: octet 7 is not printable ASCII" },
	{ "byte order mark", LINE("\xef\xbb\xbf{}\n"), TRANSFER_ERR_LINE,
	    "line 1: octet 1 is not printable ASCII" },
	{ "escape beyond ASCII", LINE("{}\n{\"a\":\"\\u00e9\"}\n"),
	    TRANSFER_ERR_LINE, "line 2: \"a\" is not printable ASCII" },
	{ "escape of LF", LINE("{\"a\":\"\\n\"}\n"), TRANSFER_ERR_LINE,
	    "line 1: \"a\" is not printable ASCII" },
	{ "escape of DEL", LINE("{\"a\":[\"\\u007f\"]}\n"), TRANSFER_ERR_LINE,
	    "line 1: \"a\" is not printable ASCII" },
	{ "escape of NUL", LINE("{\"a\":\"\\u0000\"}\n"), TRANSFER_ERR_LINE,
	    "line 1: a text holds a NUL" },
	{ "escape of NUL in a key", LINE("{\"a\\u0000\":1}\n"),
	    TRANSFER_ERR_LINE, "line 1: a text holds a NUL" },
	{ "lone surrogate", LINE("{\"a\":\"\\ud800\"}\n"), TRANSFER_ERR_LINE,
	    "line 1: no JSON object (at octet 13)" },
	{ "key beyond ASCII", LINE("{\"\\u00e9\":1}\n"), TRANSFER_ERR_LINE,
	    "line 1: a key is not printable ASCII" },
	{ "duplicate", LINE("{}\n{\"foo\":1,\"foo\":2}\n"), TRANSFER_ERR_FIELD,
	    "line 2: key \"foo\" is there twice" },
	{ "duplicate by escape", LINE("{\"a\":1,\"\\u0061\":2}\n"),
	    TRANSFER_ERR_FIELD, "line 1: key \"\\u0061\" is there twice" },
	{ "duplicate inside", LINE("{\"a\":{\"b\":1, \"b\" :1}}\n"),
	    TRANSFER_ERR_FIELD, "line 1: key \"b\" is there twice" },
	{ "duplicate empty key", LINE("{\"\":1,\"\":1}\n"), TRANSFER_ERR_FIELD,
	    "line 1: key \"\" is there twice" },
	{ "float", LINE("{\"a\":1.0}\n"), TRANSFER_ERR_LINE,
	    "line 1: \"a\" is not a whole number" },
	{ "exponent", LINE("{\"a\":1e3}\n"), TRANSFER_ERR_LINE,
	    "line 1: \"a\" is not a whole number" },
	{ "float inside", LINE("{\"a\":{\"b\":[0,0.5]}}\n"), TRANSFER_ERR_LINE,
	    "line 1: \"b\" is not a whole number" },
	{ "infinite float", LINE("{\"a\":1e999}\n"), TRANSFER_ERR_LINE,
	    "line 1: a number is out of range" },
	{ "2^53", LINE("{\"a\":9007199254740992}\n"), TRANSFER_ERR_LINE,
	    "line 1: \"a\" is a number out of range" },
	{ "-2^53", LINE("{\"a\":-9007199254740992}\n"), TRANSFER_ERR_LINE,
	    "line 1: \"a\" is a number out of range" },
	{ "2^64", LINE("{\"a\":18446744073709551616}\n"), TRANSFER_ERR_LINE,
	    "line 1: a number is out of range" },
	{ "leading zero", LINE("{\"a\":01}\n"), TRANSFER_ERR_LINE,
	    "line 1: no JSON object (at octet 6)" },
	{ "plus sign", LINE("{\"a\":+1}\n"), TRANSFER_ERR_LINE,
	    "line 1: no JSON object (at octet 6)" },
	{ "NaN", LINE("{\"a\":NaN}\n"), TRANSFER_ERR_LINE,
	    "line 1: no JSON object (at octet 8)" },
	{ "array", LINE("[1]\n"), TRANSFER_ERR_LINE,
	    "line 1: it is not an object" },
	{ "text", LINE("\"a\"\n"), TRANSFER_ERR_LINE,
	    "line 1: no JSON object (at octet 3)" },
	{ "two objects", LINE("{}{}\n"), TRANSFER_ERR_LINE,
	    "line 1: there is more behind the object" },
	{ "comma behind", LINE("{\"a\":1,}\n"), TRANSFER_ERR_LINE,
	    "line 1: no JSON object (at octet 8)" },
	{ "comment", LINE("{}//x\n"), TRANSFER_ERR_LINE,
	    "line 1: there is more behind the object" },
	{ "single quotes", LINE("{'a':1}\n"), TRANSFER_ERR_LINE,
	    "line 1: no JSON object (at octet 2)" },
	{ "object over two lines", LINE("{\"a\":1\n}\n"), TRANSFER_ERR_LINE,
	    "line 1: no JSON object (at octet 6)" },
	{ "nine levels", LINE("{\"a\":[[[[[[[[1]]]]]]]]}\n"), TRANSFER_ERR_LINE,
	    "line 1: it nests too deeply" },
};

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct transfer_fault fault;

		read_all(refused[i].data, refused[i].len, &fault);
		assert_fault(refused[i].name, &fault, refused[i].err,
		    refused[i].text);
	}
}

/* jansson's own limit is 2048 levels; ours must hold beyond it too. */
static void
test_nesting_without_end(void **state)
{
	static const unsigned depths[] = { 1000, 2047, 2048, 8000 };

	(void)state;
	for (size_t i = 0; i < COUNT(depths); i++) {
		static char data[SEALED_LINE_MAX];
		size_t depth = depths[i];
		struct transfer_fault fault;

		memcpy(data, "{\"a\":", 5);
		memset(data + 5, '[', depth);
		memset(data + 5 + depth, ']', depth);
		memcpy(data + 5 + 2 * depth, "}\n", 2);
		read_all(data, 5 + 2 * depth + 2, &fault);
		assert_fault("nesting", &fault, TRANSFER_ERR_LINE,
		    "line 1: it nests too deeply");
	}
}

/* A line of exactly so many octets, LF included. */
static void
make_line(char *data, size_t len)
{
	memset(data, 'x', len);
	memcpy(data, "{\"a\":\"", 6);
	memcpy(data + len - 3, "\"}\n", 3);
}

static void
test_line_limit(void **state)
{
	static char data[SEALED_LINE_MAX + 1];
	struct transfer_fault fault;

	(void)state;
	make_line(data, SEALED_LINE_MAX);
	assert_int_equal(read_all(data, SEALED_LINE_MAX, &fault), 1);
	assert_fault("at the limit", &fault, TRANSFER_OK, "");
	make_line(data, SEALED_LINE_MAX + 1);
	assert_int_equal(read_all(data, SEALED_LINE_MAX + 1, &fault), 0);
	assert_fault("over", &fault, TRANSFER_ERR_SIZE,
	    "line 1: it is over 16384 octets");
	assert_int_equal(read_all(data, SEALED_LINE_MAX, &fault), 0);
	assert_fault("no end", &fault, TRANSFER_ERR_LINE,
	    "line 1: it has no end");
}

static void
test_file_limit(void **state)
{
	struct transfer_fault fault;

	(void)state;
	assert_int_equal(read_all("", (size_t)SEALED_MAX + 1, &fault), 0);
	assert_fault("over", &fault, TRANSFER_ERR_SIZE,
	    "the lines are over 67108864 octets");
}

/* What lines_read() makes of one line. */
struct fields {
	const char *text, *date;
	uint8_t hex32[32], hex16[16];
	uint64_t number;
	json_t *array;
};

static bool
read_fields(const char *data, struct fields *f, struct transfer_fault *fault)
{
	const struct line_field rows[] = {
		{ "text", LINE_TEXT, 5, false, &f->text },
		{ "date", LINE_DATE, 0, false, &f->date },
		{ "hex32", LINE_HEX32, 0, false, f->hex32 },
		{ "hex16", LINE_HEX16, 0, true, f->hex16 },
		{ "number", LINE_NUMBER, 10, true, &f->number },
		{ "array", LINE_ARRAY, 2, true, &f->array },
	};
	struct lines l;
	json_t *obj;
	bool read;

	lines_init(&l, data, strlen(data), fault);
	obj = lines_need(&l);
	assert_non_null(obj);
	read = lines_read(&l, obj, rows, COUNT(rows));
	if (read && f->array != NULL)
		assert_int_equal(json_array_size(f->array), 2);
	if (read)
		assert_string_equal(f->text, "abcde");
	json_decref(obj);
	return read;
}

static const char fields_line[] =
    "{\"text\":\"abcde\",\"date\":\"20260131235959Z\",\"hex32\":\"" H32 "\","
    "\"hex16\":\"0123456789abcdef0123456789abcdef\",\"number\":10,"
    "\"array\":[1,2]}\n";

static void
test_fields(void **state)
{
	struct transfer_fault fault;
	struct fields f = { .number = 99 };

	(void)state;
	assert_true(read_fields(fields_line, &f, &fault));
	assert_int_equal(f.number, 10);
	assert_int_equal(f.hex32[31], 0xef);
	assert_int_equal(f.hex16[0], 0x01);
	f = (struct fields){ .number = 99 };
	assert_true(
	    read_fields("{\"text\":\"abcde\",\"date\":\"20260131235959Z\","
			"\"hex32\":\"" H32 "\"}\n",
		&f, &fault));
	assert_int_equal(f.number, 99);
	assert_null(f.array);
}

static const struct mutation fields_refused[] = {
	{ "unknown key", "\"number\"", "\"foo\"", TRANSFER_ERR_FIELD,
	    "line 1: unknown key \"foo\"" },
	{ "key in capitals", "\"number\"", "\"Number\"", TRANSFER_ERR_FIELD,
	    "line 1: unknown key \"Number\"" },
	{ "missing key", "\"text\":\"abcde\",", "", TRANSFER_ERR_FIELD,
	    "line 1: key \"text\" is missing" },
	{ "text is a number", "\"abcde\"", "7", TRANSFER_ERR_FIELD,
	    "line 1: \"text\" is not a text" },
	{ "text is null", "\"abcde\"", "null", TRANSFER_ERR_FIELD,
	    "line 1: \"text\" is not a text" },
	{ "text is empty", "abcde", "", TRANSFER_ERR_FIELD,
	    "line 1: \"text\" is empty" },
	{ "text too long", "abcde", "abcdef", TRANSFER_ERR_SIZE,
	    "line 1: \"text\" is over 5 characters" },
	{ "date with dashes", "20260131235959Z", "2026-01-31", 0, NULL },
	{ "date without Z", "20260131235959Z", "20260131235959", 0, NULL },
	{ "date in month 13", "20260131235959Z", "20261331235959Z", 0, NULL },
	{ "date is a number", "\"20260131235959Z\"", "20260131235959", 0,
	    NULL },
	{ "hex32 in capitals", H32, "A", TRANSFER_ERR_FIELD,
	    "line 1: \"hex32\" is not 64 lower-case hex digits" },
	{ "hex32 too long", H32, H32 "0", TRANSFER_ERR_FIELD,
	    "line 1: \"hex32\" is not 64 lower-case hex digits" },
	{ "hex32 is a number", "\"" H32 "\"", "0", TRANSFER_ERR_FIELD,
	    "line 1: \"hex32\" is not 64 lower-case hex digits" },
	{ "hex16 too short", "\"0123456789abcdef0123456789abcdef\"", "\"0\"",
	    TRANSFER_ERR_FIELD,
	    "line 1: \"hex16\" is not 32 lower-case hex digits" },
	{ "number is a text", ":10", ":\"10\"", TRANSFER_ERR_FIELD,
	    "line 1: \"number\" is not a number from 0" },
	{ "number below 0", ":10", ":-1", TRANSFER_ERR_FIELD,
	    "line 1: \"number\" is not a number from 0" },
	{ "number is true", ":10", ":true", TRANSFER_ERR_FIELD,
	    "line 1: \"number\" is not a number from 0" },
	{ "number too large", ":10", ":11", TRANSFER_ERR_SIZE,
	    "line 1: \"number\" is over 10" },
	{ "array is an object", "[1,2]", "{}", TRANSFER_ERR_FIELD,
	    "line 1: \"array\" is not an array" },
	{ "array too long", "[1,2]", "[1,2,3]", TRANSFER_ERR_SIZE,
	    "line 1: \"array\" has over 2 elements" },
};

static void
test_fields_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fields_refused); i++) {
		const struct mutation *m = &fields_refused[i];
		char *data = mutate(fields_line, m);
		struct transfer_fault fault;
		struct fields f = { 0 };

		assert_false(read_fields(data, &f, &fault));
		assert_fault(m->name, &fault,
		    m->err != 0 ? m->err : TRANSFER_ERR_FIELD,
		    m->text != NULL
			? m->text
			: "line 1: \"date\" is not a date YYYYMMDDHHMMSSZ");
		free(data);
	}
}

static const struct mutation header_refused[] = {
	{ "another kind", "foo", "bar", TRANSFER_ERR_KIND,
	    "line 1: kind is \"bar\", not \"foo\"" },
	{ "no kind", "\"kind\":\"foo\",", "", TRANSFER_ERR_FIELD,
	    "line 1: key \"kind\" is missing" },
	{ "kind is a number", "\"foo\"", "1", TRANSFER_ERR_FIELD,
	    "line 1: \"kind\" is not a text" },
	{ "no version", "\"v\":1,", "", TRANSFER_ERR_FIELD,
	    "line 1: key \"v\" is missing" },
	{ "version is a text", "\"v\":1", "\"v\":\"1\"", TRANSFER_ERR_FIELD,
	    "line 1: \"v\" is not a number" },
	{ "another version", "\"v\":1", "\"v\":2", TRANSFER_ERR_KIND,
	    "line 1: version is 2, not 1" },
	{ "nothing", NULL, "", TRANSFER_ERR_LINE, "line 1: it is missing" },
	{ "no JSON", NULL, "hello\n", TRANSFER_ERR_LINE,
	    "line 1: no JSON object (at octet 5)" },
};

static void
test_header(void **state)
{
	static const char data[] = "{\"kind\":\"foo\",\"v\":1,\"a\":2}\n";
	struct transfer_fault fault;
	struct lines l;
	json_t *obj;

	(void)state;
	lines_init(&l, data, strlen(data), &fault);
	obj = lines_header(&l, "foo");
	assert_int_equal(json_object_size(obj), 1);
	assert_true(lines_end(&l));
	json_decref(obj);
	for (size_t i = 0; i < COUNT(header_refused); i++) {
		const struct mutation *m = &header_refused[i];
		char *bad = mutate(data, m);

		lines_init(&l, bad, strlen(bad), &fault);
		assert_null(lines_header(&l, "foo"));
		assert_fault(m->name, &fault, m->err, m->text);
		assert_false(lines_end(&l));
		free(bad);
	}
}

static void
test_end(void **state)
{
	struct transfer_fault fault;
	struct lines l;

	(void)state;
	lines_init(&l, "{}\n{}\n", 6, &fault);
	json_decref(lines_need(&l));
	assert_false(lines_end(&l));
	assert_fault("end", &fault, TRANSFER_ERR_LINE,
	    "line 2: nothing may follow line 1");
	lines_init(&l, "{}\n", 3, &fault);
	json_decref(lines_need(&l));
	assert_null(lines_need(&l));
	assert_fault("need", &fault, TRANSFER_ERR_LINE,
	    "line 2: it is missing");
}

static void
test_base64_and_hex(void **state)
{
	struct transfer_fault fault;
	struct lines l;
	uint8_t *out, hash[32];
	size_t len;

	(void)state;
	lines_init(&l, "", 0, &fault);
	assert_true(lines_base64(&l, "a", "Zm9v", 3, &out, &len));
	assert_int_equal(len, 3);
	free(out);
	assert_false(lines_base64(&l, "a", "Zm9v", 2, &out, &len));
	assert_null(out);
	assert_fault("long", &fault, TRANSFER_ERR_SIZE,
	    "line 0: \"a\" is over 2 octets");
	assert_false(lines_base64(&l, "a", "Zm9", 9, &out, &len));
	assert_fault("short", &fault, TRANSFER_ERR_FIELD,
	    "line 0: \"a\" is not canonical base64");
	assert_false(lines_base64(&l, "a", "", 9, &out, &len));
	assert_null(out);
	assert_true(lines_hex32(&l, "a", H32, hash));
	assert_false(lines_hex32(&l, "a", NULL, hash));
	assert_fault("null", &fault, TRANSFER_ERR_FIELD,
	    "line 0: \"a\" is not 64 lower-case hex digits");
}

/* malloc() that fails once so many calls have been granted. */
static size_t granted;

static void *
scarce_malloc(size_t size)
{
	if (granted == 0)
		return NULL;
	granted--;
	return malloc(size);
}

/* jansson does not always say that memory ran out; it never lets it pass. */
static void
test_memory(void **state)
{
	bool read = false, told = false;

	(void)state;
	json_set_alloc_funcs(scarce_malloc, free);
	for (size_t n = 0; !read; n++) {
		struct transfer_fault fault;

		granted = n;
		read = read_all("{\"a\":[\"b\",1]}\n", 14, &fault) == 1;
		if (!read && fault.err != TRANSFER_ERR_LINE) {
			assert_fault("memory", &fault, TRANSFER_ERR_MEMORY,
			    "line 1: out of memory");
			told = true;
		}
	}
	json_set_alloc_funcs(malloc, free);
	assert_true(told);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nesting_without_end),
		cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_file_limit),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_fields_refused),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_base64_and_hex),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
