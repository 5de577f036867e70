/* SPDX-License-Identifier: ISC */
#include "ceremony/record/link.h"

#include <openssl/sha.h>

#include "tests/ceremony/record/fixture.h"

#define Z16 "0000000000000000"
#define ZEROS Z16 Z16 Z16 Z16
#define HEAD "{\"v\":1,\"log\":\"l\",\"cer\":\"c\",\"seq\":"
#define REST ",\"prev\":\"" ZEROS "\",\"t\":\"x\"}\n"

static const struct {
	const char *name, *line;
	bool ok;
	uint64_t seq;
} rows[] = {
	{ "first line", HEAD "0" REST, true, 0 },
	{ "later line", HEAD "4711" REST, true, 4711 },
	{ "largest seq", HEAD "9007199254740991" REST, true,
	    UINT64_C(9007199254740991) },
	{ "nothing follows the comma", HEAD "1,\"prev\":\"" ZEROS "\",\n", true,
	    1 },
	{ "escapes in names",
	    "{\"v\":1,\"log\":\"a\\\"b\\\\\",\"cer\":\"\",\"seq\":1" REST, true,
	    1 },
	{ "seq beyond 2^53", HEAD "9007199254740992" REST, false, 0 },
	{ "seq overflows", HEAD "18446744073709551617" REST, false, 0 },
	{ "leading zero", HEAD "01" REST, false, 0 },
	{ "negative seq", HEAD "-1" REST, false, 0 },
	{ "no seq", HEAD REST, false, 0 },
	{ "float seq", HEAD "1.0" REST, false, 0 },
	{ "no LF", HEAD "1,\"prev\":\"" ZEROS "\",\"t\":0}", false, 0 },
	{ "two LF", HEAD "1" REST "\n", false, 0 },
	{ "LF inside", HEAD "1,\"prev\":\"" ZEROS "\",\n}\n", false, 0 },
	{ "CR LF", HEAD "1,\"prev\":\"" ZEROS "\",\"t\":0}\r\n", false, 0 },
	{ "not ASCII",
	    "{\"v\":1,\"log\":\"\xc3\xa4\",\"cer\":\"c\",\"seq\":1" REST, false,
	    0 },
	{ "other escape",
	    "{\"v\":1,\"log\":\"\\u0041\",\"cer\":\"c\",\"seq\":1" REST, false,
	    0 },
	{ "escape at the end", "{\"v\":1,\"log\":\"\\\n", false, 0 },
	{ "another version",
	    "{\"v\":2,\"log\":\"l\",\"cer\":\"c\",\"seq\":1" REST, false, 0 },
	{ "blank before v",
	    "{ \"v\":1,\"log\":\"l\",\"cer\":\"c\",\"seq\":1" REST, false, 0 },
	{ "order of fields",
	    "{\"v\":1,\"cer\":\"c\",\"log\":\"l\",\"seq\":1" REST, false, 0 },
	{ "short prev", HEAD "1,\"prev\":\"" Z16 "\",\"t\":0}\n", false, 0 },
	{ "long prev", HEAD "1,\"prev\":\"" ZEROS "0\",\"t\":0}\n", false, 0 },
	{ "upper-case prev",
	    HEAD "1,\"prev\":\"" Z16 Z16 Z16 "000000000000000A"
		 "\",\"t\":0}\n",
	    false, 0 },
	{ "prev without end", HEAD "1,\"prev\":\"" ZEROS "\n", false, 0 },
	{ "nothing after prev", HEAD "1,\"prev\":\"" ZEROS "\"}\n", false, 0 },
	{ "only LF", "\n", false, 0 },
	{ "empty", "", false, 0 },
};

static void
only_the_one_form_is_read(void **state)
{
	static const struct link none;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].line);
		struct link link;
		uint8_t hash[32];

		print_message("# %s\n", rows[i].name);
		memset(&link, 0xaa, sizeof(link));
		assert_int_equal(link_read(rows[i].line, len, &link),
		    rows[i].ok);
		SHA256((const uint8_t *)rows[i].line, len, hash);
		if (rows[i].ok) {
			assert_int_equal(link.seq, rows[i].seq);
			assert_memory_equal(link.prev, none.prev, 32);
			assert_memory_equal(link.hash, hash, 32);
		} else {
			assert_memory_equal(&link, &none, sizeof(link));
		}
	}
}

static void
nul_and_length_are_checked(void **state)
{
	static const char begin[] = HEAD "1,\"prev\":\"" ZEROS "\",\"";
	char *line = malloc(LINK_LINE_MAX + 1);
	struct link link;

	(void)state;
	assert_non_null(line);
	memset(line, 'x', LINK_LINE_MAX + 1);
	memcpy(line, begin, strlen(begin));
	line[LINK_LINE_MAX - 1] = '\n';
	assert_true(link_read(line, LINK_LINE_MAX, &link));
	line[1000] = '\0';
	assert_false(link_read(line, LINK_LINE_MAX, &link));
	line[1000] = line[LINK_LINE_MAX - 1] = 'x';
	line[LINK_LINE_MAX] = '\n';
	assert_false(link_read(line, LINK_LINE_MAX + 1, &link));
	free(line);
}

static void
every_truncation_is_refused(void **state)
{
	static const char whole[] = HEAD "1,\"prev\":\"" ZEROS "\",\n";
	char line[sizeof(whole)];
	struct link link;

	(void)state;
	for (size_t n = 0; n < strlen(whole) - 2; n++) {
		memcpy(line, whole, n);
		line[n] = '\n';
		assert_false(link_read(line, n, &link));
		assert_false(link_read(line, n + 1, &link));
	}
}

static void
follows_means_seq_and_prev(void **state)
{
	struct link a = { .seq = 7, .hash = { 1, 2, 3 } };
	struct link b = { .seq = 8, .prev = { 1, 2, 3 } };

	(void)state;
	assert_true(link_follows(&a, &b));
	b.seq = 9;
	assert_false(link_follows(&a, &b));
	b.seq = 7;
	assert_false(link_follows(&a, &b));
	b.seq = 8;
	b.prev[31] = 1;
	assert_false(link_follows(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_one_form_is_read),
		cmocka_unit_test(nul_and_length_are_checked),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(follows_means_seq_and_prev),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
