/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ceremony/menu/witness.h"
#include "ceremony/menu/witness_chain.h"

#define LINES 4

/* Lines of a log, made anew: each step of `salt` makes another log of them. */
struct log {
	char *line[LINES];
	size_t len[LINES];
};

static void
make_log(struct log *out, const char *name, int salt)
{
	static const char *const actor[] = { "anchorite", NULL };
	struct link head = { .seq = 0 };

	for (uint64_t i = 0; i < LINES; i++) {
		struct event e = { .log = name,
			.cer = "genesis",
			.seq = i,
			.type = "exception",
			.body = json_pack("{s:i}", "salt", salt) };

		memcpy(e.link.prev, head.hash, 32);
		assert_int_equal(event_write(&e,
				     (struct moment){ 1796115600, 1 }, actor,
				     &out->line[i], &out->len[i]),
		    RECORD_OK);
		assert_true(link_read(out->line[i], out->len[i], &head));
		json_decref(e.body);
	}
}

static void
free_log(struct log *l)
{
	for (size_t i = 0; i < LINES; i++)
		free(l->line[i]);
}

static bool
take(struct witness_chain *c, const struct log *l, size_t i, uint64_t stood,
    struct record_fault *why)
{
	struct event e;
	bool ok = witness_chain_take(c, l->line[i], l->len[i], stood, &e, why);

	if (ok)
		event_clear(&e);
	else
		assert_null(e.root);
	return ok;
}

/* The first n lines of a sender that says so many stood. */
static bool
send_lines(struct witness_chain *c, const struct log *l, size_t n,
    uint64_t stood, struct record_fault *why)
{
	witness_chain_begin(c);
	for (size_t i = 0; i < n; i++)
		if (!take(c, l, i, stood, why))
			return false;
	return true;
}

static void
test_follow(void **state)
{
	struct witness_chain c = { .count = 0 };
	struct record_fault why = { .text = "" };
	struct log log, other;
	struct link head;

	(void)state;
	make_log(&log, "example/fleet", 1);
	make_log(&other, "example/sheep", 1);
	assert_true(send_lines(&c, &log, LINES, 0, &why));
	assert_int_equal(c.count, LINES);
	assert_true(link_read(log.line[3], log.len[3], &head));
	assert_memory_equal(c.head.hash, head.hash, 32);
	/* a line is left out, comes twice, is the first of another log */
	assert_true(send_lines(&c, &log, 2, LINES, &why));
	assert_false(take(&c, &log, 3, LINES, &why));
	assert_string_equal(why.text, "it is number 4, and line 3 is next");
	assert_false(take(&c, &log, 1, LINES, &why));
	assert_string_equal(why.text, "it is number 2, and line 3 is next");
	assert_false(take(&c, &other, 2, 0, &why));
	assert_string_equal(why.text,
	    "what it calls the hash of the line before is not that of line 2");
	assert_int_equal(c.count, 2);
	assert_true(take(&c, &log, 2, LINES, &why));
	/* does not begin at the beginning; is no line */
	witness_chain_begin(&c);
	assert_false(take(&c, &log, 1, 0, &why));
	log.line[0][2] = 'w';
	assert_false(take(&c, &log, 0, 0, &why));
	free_log(&log);
	free_log(&other);
}

/* Another log's name in a line that points rightly to the one before. */
static void
test_other_log(void **state)
{
	static const char *const actor[] = { "anchorite", NULL };
	struct witness_chain c = { .count = 0 };
	struct record_fault why = { .text = "" };
	struct event e = { .log = "example/sheep",
		.cer = "genesis",
		.seq = 1,
		.type = "exception" };
	struct log log;

	(void)state;
	make_log(&log, "example/fleet", 1);
	assert_true(send_lines(&c, &log, 1, 0, &why));
	memcpy(e.link.prev, c.head.hash, 32);
	e.body = json_object();
	free(log.line[1]);
	assert_int_equal(event_write(&e, (struct moment){ 1796115600, 1 },
			     actor, &log.line[1], &log.len[1]),
	    RECORD_OK);
	json_decref(e.body);
	assert_false(take(&c, &log, 1, 0, &why));
	assert_string_equal(why.text,
	    "it is of log example/sheep, not example/fleet");
	free_log(&log);
}

/* A log that comes again can only have grown. */
static void
test_again(void **state)
{
	static const char *const names[] = { "example/fleet",
		"rehearsal/example/fleet" };
	struct log log, again, other;

	(void)state;
	make_log(&other, "example/sheep", 1);
	for (size_t i = 0; i < 2; i++) {
		struct witness_chain c = { .count = 0 };
		struct record_fault why = { .text = "" };
		bool rehearsal = i == 1;

		make_log(&log, names[i], 1);
		make_log(&again, names[i], 2);
		assert_true(send_lines(&c, &log, 2, 0, &why));
		assert_true(send_lines(&c, &log, 4, 2, &why));
		/* it was cut */
		assert_int_equal(send_lines(&c, &log, 3, 3, &why), rehearsal);
		if (!rehearsal)
			assert_string_equal(why.text,
			    "its log had 4 lines here before, and now it has "
			    "3");
		/* it is another one; which nobody can say before line 4 */
		assert_int_equal(send_lines(&c, &again, 4, 4, &why), rehearsal);
		if (!rehearsal) {
			assert_int_equal(c.count, 3);
			assert_string_equal(why.text,
			    "line 4 of this log was another here before");
		}
		/* one who sends nothing makes nobody forget */
		assert_true(send_lines(&c, &log, 0, 0, &why));
		assert_true(send_lines(&c, &log, 4, 4, &why));
		assert_int_equal(send_lines(&c, &log, 1, 1, &why), rehearsal);
		/* another log is none of it */
		assert_true(send_lines(&c, &other, 1, 1, &why));
		free_log(&log);
		free_log(&again);
	}
	free_log(&other);
}

static void
test_greeting(void **state)
{
	static const struct {
		const char *text;
		bool want;
		uint64_t stood;
	} rows[] = {
		{ "anchorite-witness/v1 0\n", true, 0 },
		{ "anchorite-witness/v1 117\n", true, 117 },
		{ "anchorite-witness/v1 4294967295\n", true, 4294967295u },
		{ "anchorite-witness/v1 99999999999999999999\n", false, 0 },
		{ "anchorite-witness/v1 \n", false, 0 },
		{ "anchorite-witness/v1 1", false, 0 },
		{ "anchorite-witness/v1 1 \n", false, 0 },
		{ "anchorite-witness/v1 -1\n", false, 0 },
		{ "anchorite-witness/v2 1\n", false, 0 },
		{ "{\"v\":1,\n", false, 0 }, { "", false, 0 },
		{ "anchorite-witness/v1 "
		  "0000000000000000000000000000000000000000001\n",
		    false, 0 }, /* an octet too long */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t stood = 1;

		if (witness_greeting(rows[i].text, strlen(rows[i].text),
			&stood) != rows[i].want ||
		    (rows[i].want && stood != rows[i].stood))
			fail_msg("%s", rows[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_other_log),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_greeting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
