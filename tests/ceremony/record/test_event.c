/* SPDX-License-Identifier: ISC */
#include "ceremony/record/event.h"

#include "tests/ceremony/record/fixture.h"

#define Z16 "0000000000000000"
#define ZEROS Z16 Z16 Z16 Z16
#define HEAD                                                                   \
	"{\"v\":1,\"log\":\"example.org/pki\",\"cer\":\"first\",\"seq\":3,"    \
	"\"prev\":\"" ZEROS "\","
#define DATE "\"t\":\"2026-02-28T23:59:59Z\","
#define UP "\"up\":12,"
#define TYPE "\"type\":\"act.begin\","
#define ACTOR "\"actor\":[\"alice\",\"bob\"],"

static void
a_line_is_taken_apart(void **state)
{
	static const char line[] = HEAD DATE UP TYPE ACTOR
	    "\"body\":{\"n\":1,\"list\":[true,null,\"\\u00e4\"]}}\n";
	struct record_fault fault = { 0 };
	struct event e;

	(void)state;
	assert_int_equal(event_read(line, strlen(line), &e, &fault), RECORD_OK);
	assert_string_equal(e.log, "example.org/pki");
	assert_string_equal(e.cer, "first");
	assert_string_equal(e.type, "act.begin");
	assert_string_equal(e.t, "2026-02-28T23:59:59Z");
	assert_int_equal(e.seq, 3);
	assert_int_equal(e.link.seq, 3);
	assert_int_equal(e.up, 12);
	assert_int_equal(json_array_size(e.actor), 2);
	assert_int_equal(json_integer_value(json_object_get(e.body, "n")), 1);
	event_clear(&e);
	assert_null(e.root);
	event_clear(&e);
}

static const struct {
	const char *name, *line, *text;
} refused[] = {
	{ "not a transcript's line", "{}\n", "does not begin" },
	{ "not JSON", HEAD DATE "}\n", "not JSON" },
	{ "cut short", HEAD DATE UP TYPE ACTOR "\"body\":{}\n", "not JSON" },
	{ "something behind", HEAD DATE UP TYPE ACTOR "\"body\":{}}{}\n",
	    "not JSON" },
	{ "duplicate field",
	    HEAD DATE UP TYPE ACTOR "\"actor\":[],\"body\":{}}\n", "not JSON" },
	{ "duplicate in body",
	    HEAD DATE UP TYPE ACTOR "\"body\":{\"a\":1,\"a\":1}}\n",
	    "not JSON" },
	{ "duplicate of the prefix",
	    HEAD "\"seq\":3," DATE UP TYPE ACTOR "\"body\":{}}\n", "not JSON" },
	{ "NUL in a text",
	    HEAD DATE UP TYPE ACTOR "\"body\":{\"a\":\"\\u0000\"}}\n",
	    "not JSON" },
	{ "unknown field", HEAD DATE UP TYPE ACTOR "\"body\":{},\"x\":1}\n",
	    "\"x\" does not belong" },
	{ "field missing", HEAD DATE UP TYPE ACTOR "\"x\":{}}\n",
	    "\"x\" does not belong" },
	{ "body missing", HEAD DATE UP TYPE "\"actor\":[]}\n",
	    "\"body\" is missing" },
	{ "order", HEAD UP DATE TYPE ACTOR "\"body\":{}}\n",
	    "\"up\" does not belong" },
	{ "t a number", HEAD "\"t\":1," UP TYPE ACTOR "\"body\":{}}\n",
	    "\"t\" is of another type" },
	{ "up a text", HEAD DATE "\"up\":\"1\"," TYPE ACTOR "\"body\":{}}\n",
	    "\"up\" is of another type" },
	{ "up a float", HEAD DATE "\"up\":1.0," TYPE ACTOR "\"body\":{}}\n",
	    "\"up\" is of another type" },
	{ "actor a text", HEAD DATE UP TYPE "\"actor\":\"a\",\"body\":{}}\n",
	    "\"actor\" is of another type" },
	{ "body a list", HEAD DATE UP TYPE ACTOR "\"body\":[]}\n",
	    "\"body\" is of another type" },
	{ "up negative", HEAD DATE "\"up\":-1," TYPE ACTOR "\"body\":{}}\n",
	    "out of range" },
	{ "up too large",
	    HEAD DATE "\"up\":9007199254740992," TYPE ACTOR "\"body\":{}}\n",
	    "out of range" },
	{ "float in body", HEAD DATE UP TYPE ACTOR "\"body\":{\"a\":[1.5]}}\n",
	    "a float" },
	{ "exponent in body", HEAD DATE UP TYPE ACTOR "\"body\":{\"a\":1e3}}\n",
	    "a float" },
	{ "large integer in body",
	    HEAD DATE UP TYPE ACTOR "\"body\":{\"a\":-9007199254740992}}\n",
	    "out of range" },
	{ "too deep",
	    HEAD DATE UP TYPE ACTOR
	    "\"body\":{\"a\":[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]}}\n",
	    "too deep" },
	{ "actor a number", HEAD DATE UP TYPE "\"actor\":[1],\"body\":{}}\n",
	    "no list of names" },
	{ "actor empty", HEAD DATE UP TYPE "\"actor\":[\"\"],\"body\":{}}\n",
	    "no list of names" },
	{ "actor not ASCII",
	    HEAD DATE UP TYPE "\"actor\":[\"\\u00e4\"],\"body\":{}}\n",
	    "no list of names" },
	{ "type empty", HEAD DATE UP "\"type\":\"\"," ACTOR "\"body\":{}}\n",
	    "\"type\" is no name" },
	{ "type with blank",
	    HEAD DATE UP "\"type\":\"a b\"," ACTOR "\"body\":{}}\n",
	    "\"type\" is no name" },
	{ "log empty",
	    "{\"v\":1,\"log\":\"\",\"cer\":\"c\",\"seq\":3,\"prev\":\"" ZEROS
	    "\"," DATE UP TYPE ACTOR "\"body\":{}}\n",
	    "is no name" },
	{ "cer empty",
	    "{\"v\":1,\"log\":\"l\",\"cer\":\"\",\"seq\":3,\"prev\":\"" ZEROS
	    "\"," DATE UP TYPE ACTOR "\"body\":{}}\n",
	    "is no name" },
};

static void
anything_else_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct record_fault fault = { 0 };
		struct event e;

		print_message("# %s\n", refused[i].name);
		assert_int_equal(event_read(refused[i].line,
				     strlen(refused[i].line), &e, &fault),
		    RECORD_ERR_FORM);
		assert_int_equal(fault.err, RECORD_ERR_FORM);
		assert_non_null(strstr(fault.text, refused[i].text));
		assert_null(e.root);
	}
}

static void
only_dates_that_exist_are_read(void **state)
{
	static const struct {
		const char *t;
		bool ok;
	} rows[] = {
		{ "2026-02-28T23:59:59Z", true },
		{ "2028-02-29T00:00:00Z", true },
		{ "9999-12-31T23:59:59Z", true },
		{ "0001-01-01T00:00:00Z", true },
		{ "2026-02-29T00:00:00Z", false },
		{ "2026-13-01T00:00:00Z", false },
		{ "2026-01-01T24:00:00Z", false },
		{ "2026-01-01T00:00:60Z", false },
		{ "2026-1-01T00:00:00Z", false },
		{ "2026-01-01t00:00:00Z", false },
		{ "2026-01-01 00:00:00Z", false },
		{ "2026-01-01T00:00:00", false },
		{ "2026-01-01T00:00:00+00:00", false },
		{ "2026-01-01T00:00:00.0Z", false },
		{ " 2026-01-01T00:00:00Z", false },
		{ "2026-01-01T00:00:00Z ", false },
		{ "10000-01-01T00:00:00Z", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[512];
		struct event e;
		int n = snprintf(line, sizeof(line),
		    HEAD "\"t\":\"%s\"," UP TYPE ACTOR "\"body\":{}}\n",
		    rows[i].t);

		print_message("# %s\n", rows[i].t);
		assert_int_equal(event_read(line, (size_t)n, &e, NULL),
		    rows[i].ok ? RECORD_OK : RECORD_ERR_FORM);
		event_clear(&e);
	}
}

static const char *const actors[] = { "alice", "bob", NULL };

static void
a_written_line_is_byte_for_byte(void **state)
{
	struct event e = { .log = "example.org/pki",
		.cer = "first",
		.type = "act.begin",
		.seq = 3 };
	struct moment when = { 1772323199, 12 };
	char *line;
	size_t len;

	(void)state;
	e.body = json_pack("{s:s,s:i}", "b", "\xc3\xa4\n", "a", 1);
	assert_int_equal(event_write(&e, when, actors, &line, &len), RECORD_OK);
	assert_string_equal(line,
	    HEAD DATE UP TYPE ACTOR
	    "\"body\":{\"b\":\"\\u00E4\\n\",\"a\":1}}\n");
	assert_int_equal(len, strlen(line));
	free(line);
	json_decref(e.body);
}

static void
what_could_not_be_read_is_not_written(void **state)
{
	static const struct {
		const char *name, *log, *type, *actor, *body;
		int64_t utc;
	} rows[] = {
		{ "float", "l", "t", "a", "{\"a\":1.0}", 0 },
		{ "integer", "l", "t", "a", "{\"a\":9007199254740992}", 0 },
		{ "list", "l", "t", "a", "[]", 0 },
		{ "NUL", "l", "t", "a", "{\"a\":\"\\u0000\"}", 0 },
		{ "log not ASCII", "\xc3\xa4", "t", "a", "{}", 0 },
		{ "log with LF", "l\n", "t", "a", "{}", 0 },
		{ "log empty", "", "t", "a", "{}", 0 },
		{ "type empty", "l", "", "a", "{}", 0 },
		{ "type with blank", "l", "a b", "a", "{}", 0 },
		{ "actor empty", "l", "t", "", "{}", 0 },
		{ "actor with LF", "l", "t", "a\n", "{}", 0 },
		{ "after the year 9999", "l", "t", "a", "{}", 253402300800 },
		{ "before the year 0", "l", "t", "a", "{}", -62167219201 },
		{ "year beyond int", "l", "t", "a", "{}", INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *actor[] = { rows[i].actor, NULL };
		struct event e = { .log = rows[i].log,
			.cer = "c",
			.type = rows[i].type };
		struct moment when = { rows[i].utc, 0 };
		char *line;
		size_t len;

		print_message("# %s\n", rows[i].name);
		e.body = json_loads(rows[i].body, JSON_ALLOW_NUL, NULL);
		assert_non_null(e.body);
		assert_int_equal(event_write(&e, when, actor, &line, &len),
		    RECORD_ERR_FORM);
		assert_null(line);
		json_decref(e.body);
	}
}

static size_t allocations_left;

static void *
failing_malloc(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return malloc(size);
}

/* Every allocation of the JSON library fails once; nothing is half done. */
static void
out_of_memory_is_said(void **state)
{
	static const char line[] =
	    HEAD DATE UP TYPE ACTOR "\"body\":{\"a\":[1,\"b\"]}}\n";
	enum record_error ret = RECORD_ERR_MEMORY;
	size_t n = 0;

	(void)state;
	json_set_alloc_funcs(failing_malloc, free);
	for (; ret != RECORD_OK && n < 1000; n++) {
		struct event e;

		allocations_left = n;
		ret = event_read(line, strlen(line), &e, NULL);
		if (ret != RECORD_OK)
			assert_null(e.root);
		event_clear(&e);
		/* jansson does not always tell this from a bad text */
		assert_true(ret == RECORD_OK || ret == RECORD_ERR_MEMORY ||
		    ret == RECORD_ERR_FORM);
		if (n == 0)
			assert_int_equal(ret, RECORD_ERR_MEMORY);
	}
	json_set_alloc_funcs(malloc, free);
	assert_in_range(n, 10, 999);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_taken_apart),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(only_dates_that_exist_are_read),
		cmocka_unit_test(a_written_line_is_byte_for_byte),
		cmocka_unit_test(what_could_not_be_read_is_not_written),
		cmocka_unit_test(out_of_memory_is_said),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
