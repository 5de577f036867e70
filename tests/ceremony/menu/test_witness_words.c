/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ceremony/menu/witness_words.h"
#include "ceremony/record/history.h"

#define SHA "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define PROPOSED                                                               \
	"{\"act\":12,\"kind\":\"batch\",\"label\":\"product-1\",\"uses\":[]}"

/* What a body says in words; acts may be NULL. */
static bool
words(const char *type, const char *body, struct witness_acts *acts,
    char out[WITNESS_TEXT_MAX], bool *old)
{
	struct witness_acts none = { .acts = { { .number = 0 } } };
	struct event e = { .log = "example/fleet",
		.cer = "genesis",
		.type = type,
		.body = json_loads(body, 0, NULL) };
	bool known;

	if (e.body == NULL)
		fail_msg("%s", body);
	known = witness_words(&e, acts == NULL ? &none : acts, out, old);
	json_decref(e.body);
	return known;
}

/* Each record that a transcript can have has words of its own. */
static void
test_all(void **state)
{
	char text[WITNESS_TEXT_MAX];
	bool old;
	size_t n = 0;

	(void)state;
	for (; history_record_type(n) != NULL; n++) {
		const char *type = history_record_type(n);

		if (!witness_words_known(type) ||
		    !words(type, "{}", NULL, text, &old) || text[0] == '\0')
			fail_msg("%s has no words", type);
	}
	assert_true(n > 20);
	assert_false(witness_words_known("act.proposal"));
	assert_false(words("act.proposal", "{}", NULL, text, &old));
	assert_string_equal(text,
	    "A RECORD THAT THIS PROGRAM DOES NOT KNOW: act.proposal");
	assert_true(old);
}

static const struct {
	const char *type, *body, *want;
} rows[] = {
	{ "ceremony.open",
	    "{\"title\":\"One\",\"version\":\"0.1.0\",\"image\":{\"version\":"
	    "\"1.2\",\"commit\":\"abc\",\"medium\":\"-\"},\"shell\":\"a trial\"}",
	    "ceremony genesis begins, of log example/fleet: One; program "
	    "0.1.0; the machine says that its image is 1.2, commit abc; A "
	    "SHELL is open beside it where the machine has one: a trial" },
	{ "ceremony.open", "{\"title\":\"\",\"version\":\"0.1.0\"}",
	    "ceremony genesis begins, of log example/fleet; program 0.1.0" },
	{ "ceremony.resume", "{\"torn\":true}",
	    "ceremony genesis goes on after a stop, which tore a line: it was "
	    "cut off" },
	{ "ceremony.resume", "{\"torn\":false}",
	    "ceremony genesis goes on after a stop" },
	{ "ceremony.close", "{\"steps\":3,\"tree_size\":20}",
	    "ceremony genesis is closed: 3 steps have ended, the log has 20 "
	    "certificates of devices" },
	{ "so.split",
	    "{\"threshold\":2,\"custodians\":[\"Nora Lind\",\"Otto Berg\"]}",
	    "the SO secret S is made and split, any 2 of: Nora Lind, Otto "
	    "Berg" },
	{ "enrol",
	    "{\"operator\":\"alice\",\"name\":\"Alice Moor\",\"label\":\"op-a\","
	    "\"serial\":\"1F\",\"elsewhere\":{\"heads\":false}}",
	    "Alice Moor is enrolled as alice, with card op-a, serial 1F, "
	    "which was personalised elsewhere" },
	{ "request", "{\"sequence\":4,\"entries\":20,\"request\":\"" SHA "\"}",
	    "request 4 came: 20 entries, SHA-256 001122334455.." },
	{ "approve", "{\"act\":12,\"operator\":\"carol\"}",
	    "carol approved act 12 (batch on product-1)" },
	{ "approve", "{\"act\":13,\"operator\":\"carol\"}",
	    "carol approved act 13" },
	{ "approve", "{\"act\":76,\"operator\":\"carol\"}",
	    "carol approved act 76" },
	{ "approve", "{\"act\":-52,\"operator\":\"carol\"}",
	    "carol approved act -52" },
	{ "approve.refused",
	    "{\"act\":12,\"operator\":\"bert\",\"reason\":\"PIN locked\"}",
	    "bert DOES NOT APPROVE act 12 (batch on product-1): PIN locked" },
	{ "act.begin", "{\"act\":12,\"operators\":[\"alice\",\"bert\"]}",
	    "act 12 (batch on product-1) begins, approved by alice, bert" },
	{ "act.result",
	    "{\"act\":12,\"uses\":[{\"use\":\"device-tls\",\"n\":20},{\"use\":"
	    "\"crl\",\"n\":1}],\"issued\":18,\"duplicate\":0,\"rejected\":2,"
	    "\"number\":7}",
	    "act 12 (batch on product-1) is done: 20 x device-tls, crl; CRL "
	    "number 7; 18 issued, 0 duplicate, 2 rejected" },
	{ "act.result",
	    "{\"act\":12,\"uses\":[{\"use\":\"root\",\"n\":1}],"
	    "\"certificate\":\"" SHA "\"}",
	    "act 12 (batch on product-1) is done: root; certificate "
	    "001122334455.." },
	{ "medium",
	    "{\"direction\":\"in\",\"file\":\"a.request\",\"size\":9,\"sha256\":"
	    "\"" SHA "\",\"label\":\"STICK\",\"serial\":\"-\"}",
	    "a.request came from a medium, label STICK; 9 octets, SHA-256 "
	    "001122334455.." },
	{ "medium",
	    "{\"direction\":\"out\",\"file\":\"b\",\"size\":9,\"sha256\":\"" SHA
	    "\",\"label\":\"-\",\"serial\":\"7\"}",
	    "b left on a medium, serial 7; 9 octets, SHA-256 001122334455.." },
	{ "card",
	    "{\"label\":\"op-a\",\"serial\":\"1F\",\"event\":\"head-checked\"}",
	    "card op-a, serial 1F: it remembers this transcript" },
	{ "exception", "{\"what\":\"abandoned\",\"reason\":\"fire alarm\"}",
	    "EXCEPTION: abandoned; because: fire alarm" },
	/* bodies that no rule would take */
	{ "exception", "{\"what\":\"\\u001b[2J\\nx\",\"reason\":\"\\u00e9\"}",
	    "EXCEPTION: \\x1b[2J\\x0ax; because: \\xc3\\xa9" },
	{ "exception", "{\"what\":{\"use\":1},\"reason\":[]}",
	    "EXCEPTION: (nothing); because: (nothing)" },
	{ "exception", "{\"what\":[[1]],\"reason\":null}",
	    "EXCEPTION: (nothing); because: (nothing)" },
	{ "act.void", "{\"act\":\"twelve\",\"reason\":\"x\"}",
	    "(nothing) IS VOID: x" },
	{ "act.begin",
	    "{\"act\":1,\"operators\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}",
	    "act 1 begins, approved by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, "
	    "13, 14, 15, 16" },
	{ "act.begin",
	    "{\"act\":1,\"operators\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,"
	    "17]}",
	    "act 1 begins, approved by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, "
	    "13, 14, 15, 16, ..." },
};

static void
test_words(void **state)
{
	struct witness_acts acts = { .acts = { { .number = 0 } } };
	char text[WITNESS_TEXT_MAX];
	size_t bad = 0;
	bool old;

	(void)state;
	assert_true(words("act.propose", PROPOSED, &acts, text, &old));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(
		    words(rows[i].type, rows[i].body, &acts, text, &old));
		if (strcmp(text, rows[i].want) == 0)
			continue;
		print_message("# %s\n# %s\n", text, rows[i].want);
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* So many acts are remembered, and the oldest goes. */
static void
test_acts(void **state)
{
	struct witness_acts acts = { .acts = { { .number = 0 } } };
	char text[WITNESS_TEXT_MAX], body[200];
	bool old;

	(void)state;
	for (int i = 1; i <= WITNESS_ACTS + 1; i++) {
		snprintf(body, sizeof(body),
		    "{\"act\":%d,\"kind\":\"k%d\",\"label\":\"-\"}", i, i);
		words("act.propose", body, &acts, text, &old);
	}
	words("approve", "{\"act\":1,\"operator\":\"a\"}", &acts, text, &old);
	assert_string_equal(text, "a approved act 1");
	words("approve", "{\"act\":2,\"operator\":\"a\"}", &acts, text, &old);
	assert_string_equal(text, "a approved act 2 (k2)");
	words("approve", "{\"act\":65,\"operator\":\"a\"}", &acts, text, &old);
	assert_string_equal(text, "a approved act 65 (k65)");
}

/* What is too long is cut, a value and a line, and says so. */
static void
test_long(void **state)
{
	char text[WITNESS_TEXT_MAX], body[8 * 1024];
	bool old;
	size_t at;

	(void)state;
	words("exception",
	    "{\"what\":\"" HUNDRED HUNDRED HUNDRED "\",\"reason\":\"x\"}", NULL,
	    text, &old);
	assert_non_null(strstr(text, "...; because: x"));
	assert_true(strlen(text) < WITNESS_VALUE_MAX + 40);
	at = (size_t)snprintf(body, sizeof(body),
	    "{\"threshold\":2,\"custodians\":[");
	for (int i = 0; i < WITNESS_LIST_MAX; i++)
		at += (size_t)snprintf(body + at, sizeof(body) - at, "%s\"%s\"",
		    i == 0 ? "" : ",", HUNDRED HUNDRED);
	snprintf(body + at, sizeof(body) - at, "]}");
	words("so.split", body, NULL, text, &old);
	assert_int_equal(strlen(text), WITNESS_TEXT_MAX - 1);
	assert_string_equal(text + WITNESS_TEXT_MAX - 4, "...");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_acts),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
