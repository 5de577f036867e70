/* SPDX-License-Identifier: ISC */
#include "ceremony/record/issuance.h"

#include <openssl/sha.h>

#include "tests/ceremony/record/fixture.h"

#define NAME "issuance.jsonl"
#define Z16 "0000000000000000"
#define ZEROS Z16 Z16 Z16 Z16
#define SERIAL "0102030405060708090a0b0c0d0e0f1011"
#define INTENT                                                                 \
	"{\"type\":\"intent\",\"act\":7,\"profile\":\"device-tls\","           \
	"\"id\":\"340A91F2\",\"hwserial\":\"a\\\"b\\\\\","                     \
	"\"spki_sha256\":\"" ZEROS "\",\"serial\":\"" SERIAL                   \
	"\",\"tbs_sha256\":\"" ZEROS "\"}\n"
#define RESULT "{\"type\":\"result\",\"act\":7,\"certificate\":\"Y2VydA==\"}\n"
#define VOID                                                                   \
	"{\"type\":\"void\",\"act\":7,\"serial\":\"" SERIAL                    \
	"\",\"reason\":\"TBS differs\"}\n"

static const uint8_t serial[17] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
	14, 15, 16, 17 };

static struct intent
intent(void)
{
	struct intent i = { .profile = "device-tls",
		.id = "340A91F2",
		.hwserial = "a\"b\\" };

	memcpy(i.serial, serial, sizeof(serial));
	return i;
}

static int
count_types(void *arg, uint64_t number, const struct issuance_line *line)
{
	unsigned *counts = arg;

	assert_int_equal(line->act, 7);
	assert_int_equal(number, counts[0] + counts[1] + counts[2] + 1);
	counts[line->type]++;
	switch (line->type) {
	case ISSUANCE_INTENT:
		assert_string_equal(line->intent.profile, "device-tls");
		assert_string_equal(line->intent.id, "340A91F2");
		assert_string_equal(line->intent.hwserial, "a\"b\\");
		assert_memory_equal(line->intent.serial, serial, 17);
		break;
	case ISSUANCE_RESULT:
		assert_int_equal(line->cert_len, 4);
		assert_memory_equal(line->cert, "cert", 4);
		break;
	case ISSUANCE_VOID:
		assert_string_equal(line->reason, "TBS differs");
		assert_memory_equal(line->intent.serial, serial, 17);
		break;
	}
	return 0;
}

static void
lines_are_byte_for_byte_and_read_back(void **state)
{
	struct folder *f = *state;
	struct intent in = intent();
	unsigned counts[3] = { 0 };
	uint8_t digest[32], want[32];
	struct issuance *i;

	assert_int_equal(issuance_open(f->fd, true, NULL, NULL, &i, NULL),
	    RECORD_OK);
	assert_int_equal(issuance_intent(i, 7, &in), RECORD_OK);
	assert_int_equal(issuance_result(i, 7, (const uint8_t *)"cert", 4),
	    RECORD_OK);
	assert_int_equal(issuance_void(i, 7, serial, "TBS differs"), RECORD_OK);
	file_assert(f, NAME, "");
	assert_int_equal(issuance_sync(i), RECORD_OK);
	assert_int_equal(issuance_sync(i), RECORD_OK);
	file_assert(f, NAME, INTENT RESULT VOID);
	SHA256((const uint8_t *)INTENT RESULT VOID, strlen(INTENT RESULT VOID),
	    want);
	issuance_digest(i, digest);
	assert_memory_equal(digest, want, 32);
	issuance_close(i);
	issuance_close(NULL);

	assert_int_equal(issuance_open(f->fd, false, count_types, counts, &i,
			     NULL),
	    RECORD_OK);
	assert_int_equal(counts[0], 1);
	assert_int_equal(counts[1], 1);
	assert_int_equal(counts[2], 1);
	assert_int_equal(issuance_lines(i), 3);
	assert_int_equal(tree_size(issuance_tree(i)), 1);
	issuance_digest(i, digest);
	assert_memory_equal(digest, want, 32);
	assert_int_equal(issuance_intent(i, 7, &in), RECORD_ERR_ARGUMENT);
	issuance_close(i);
}

static const struct {
	const char *name, *line;
	bool ok;
} forms[] = {
	{ "intent", INTENT, true },
	{ "result", RESULT, true },
	{ "void", VOID, true },
	{ "empty line", "\n", false },
	{ "another type", "{\"type\":\"other\",\"act\":7}\n", false },
	{ "blank",
	    "{\"type\": \"result\",\"act\":7,\"certificate\":\"Y2VydA==\"}\n",
	    false },
	{ "order",
	    "{\"act\":7,\"type\":\"result\",\"certificate\":\"Y2VydA==\"}\n",
	    false },
	{ "unknown key",
	    "{\"type\":\"result\",\"act\":7,\"certificate\":\"Y2VydA==\","
	    "\"x\":1}\n",
	    false },
	{ "duplicate key",
	    "{\"type\":\"result\",\"act\":7,\"act\":7,"
	    "\"certificate\":\"Y2VydA==\"}\n",
	    false },
	{ "behind",
	    "{\"type\":\"result\",\"act\":7,\"certificate\":\"Y2VydA==\"} \n",
	    false },
	{ "CR",
	    "{\"type\":\"result\",\"act\":7,\"certificate\":\"Y2VydA==\"}\r\n",
	    false },
	{ "act with zero",
	    "{\"type\":\"result\",\"act\":07,\"certificate\":\"Y2VydA==\"}\n",
	    false },
	{ "act a text",
	    "{\"type\":\"result\",\"act\":\"7\",\"certificate\":\"Y2VydA==\"}\n",
	    false },
	{ "act too large",
	    "{\"type\":\"result\",\"act\":9007199254740992,"
	    "\"certificate\":\"Y2VydA==\"}\n",
	    false },
	{ "no certificate",
	    "{\"type\":\"result\",\"act\":7,\"certificate\":\"\"}\n", false },
	{ "no padding",
	    "{\"type\":\"result\",\"act\":7,\"certificate\":\"Y2VydA\"}\n",
	    false },
	{ "not canonical",
	    "{\"type\":\"result\",\"act\":7,\"certificate\":\"Y2VydB==\"}\n",
	    false },
	{ "not base64",
	    "{\"type\":\"result\",\"act\":7,\"certificate\":\"Y2Vy-A==\"}\n",
	    false },
	{ "escape in base64",
	    "{\"type\":\"result\",\"act\":7,\"certificate\":\"Y2V\\u0079d\"}\n",
	    false },
	{ "void without reason",
	    "{\"type\":\"void\",\"act\":7,\"serial\":\"" SERIAL
	    "\",\"reason\":\"\"}\n",
	    false },
	{ "reason too long",
	    "{\"type\":\"void\",\"act\":7,\"serial\":\"" SERIAL
	    "\",\"reason\":\"" ZEROS "0\"}\n",
	    false },
	{ "short serial",
	    "{\"type\":\"void\",\"act\":7,\"serial\":\"01\",\"reason\":\"x\"}\n",
	    false },
	{ "upper-case serial",
	    "{\"type\":\"void\",\"act\":7,"
	    "\"serial\":\"0102030405060708090A0B0C0D0E0F1011\","
	    "\"reason\":\"x\"}\n",
	    false },
	{ "intent without id",
	    "{\"type\":\"intent\",\"act\":7,\"profile\":\"device-tls\","
	    "\"id\":\"\",\"hwserial\":\"\",\"spki_sha256\":\"" ZEROS
	    "\",\"serial\":\"" SERIAL "\",\"tbs_sha256\":\"" ZEROS "\"}\n",
	    false },
	{ "intent without profile",
	    "{\"type\":\"intent\",\"act\":7,\"profile\":\"\","
	    "\"id\":\"a\",\"hwserial\":\"\",\"spki_sha256\":\"" ZEROS
	    "\",\"serial\":\"" SERIAL "\",\"tbs_sha256\":\"" ZEROS "\"}\n",
	    false },
	{ "not ASCII",
	    "{\"type\":\"void\",\"act\":7,\"serial\":\"" SERIAL
	    "\",\"reason\":\"\xc3\xa4\"}\n",
	    false },
};

static void
every_line_is_read_strictly(void **state)
{
	struct folder *f = *state;

	for (size_t n = 0; n < sizeof(forms) / sizeof(forms[0]); n++) {
		struct record_fault fault = { 0 };
		struct issuance *i;
		char text[2000];

		print_message("# %s\n", forms[n].name);
		snprintf(text, sizeof(text), "%s%s", VOID, forms[n].line);
		file_put(f, NAME, text, strlen(text));
		assert_int_equal(issuance_open(f->fd, true, NULL, NULL, &i,
				     &fault),
		    forms[n].ok ? RECORD_OK : RECORD_ERR_FORM);
		file_assert(f, NAME, text);
		if (forms[n].ok) {
			issuance_close(i);
			continue;
		}
		assert_null(i);
		assert_string_equal(fault.text,
		    NAME " line 2: no intent, result or void");
	}
}

static void
the_writer_refuses_what_the_reader_would(void **state)
{
	struct folder *f = *state;
	uint8_t big[ISSUANCE_CERT_MAX + 1] = { 0 };
	struct intent in;
	struct issuance *i;
	char reason[66];

	assert_int_equal(issuance_open(f->fd, true, NULL, NULL, &i, NULL),
	    RECORD_OK);
	in = intent();
	in.id[0] = '\0';
	assert_int_equal(issuance_intent(i, 7, &in), RECORD_ERR_FORM);
	in = intent();
	in.profile[3] = '\n';
	assert_int_equal(issuance_intent(i, 7, &in), RECORD_ERR_FORM);
	in = intent();
	in.hwserial[0] = '\x7f';
	assert_int_equal(issuance_intent(i, 7, &in), RECORD_ERR_FORM);
	in = intent();
	assert_int_equal(issuance_intent(i, UINT64_C(1) << 53, &in),
	    RECORD_ERR_FORM);
	assert_int_equal(issuance_result(i, 7, big, 0), RECORD_ERR_FORM);
	assert_int_equal(issuance_result(i, 7, big, sizeof(big)),
	    RECORD_ERR_FORM);
	assert_int_equal(issuance_void(i, 7, serial, ""), RECORD_ERR_FORM);
	memset(reason, 'x', sizeof(reason));
	reason[65] = '\0';
	assert_int_equal(issuance_void(i, 7, serial, reason), RECORD_ERR_FORM);
	assert_int_equal(issuance_lines(i), 0);
	assert_int_equal(tree_size(issuance_tree(i)), 0);

	reason[64] = '\0';
	assert_int_equal(issuance_void(i, 7, serial, reason), RECORD_OK);
	assert_int_equal(issuance_result(i, 7, big, sizeof(big) - 1),
	    RECORD_OK);
	memset(in.id, 'i', 64);
	memset(in.hwserial, '"', 64);
	assert_int_equal(issuance_intent(i, 7, &in), RECORD_OK);
	assert_int_equal(issuance_sync(i), RECORD_OK);
	issuance_close(i);
	assert_int_equal(issuance_open(f->fd, false, NULL, NULL, &i, NULL),
	    RECORD_OK);
	assert_int_equal(issuance_lines(i), 3);
	issuance_close(i);
}

static int
refuse_second(void *arg, uint64_t number, const struct issuance_line *line)
{
	(void)line;
	*(uint64_t *)arg = number;
	return number == 2;
}

static void
opening_has_its_errors(void **state)
{
	struct folder *f = *state;
	struct record_fault fault = { 0 };
	struct issuance *a, *b;
	uint64_t number = 0;

	assert_int_equal(issuance_open(f->fd, false, NULL, NULL, &a, &fault),
	    RECORD_ERR_MISSING);
	assert_null(a);
	assert_int_equal(issuance_open(-1, true, NULL, NULL, &a, &fault),
	    RECORD_ERR_IO);
	file_put(f, NAME, VOID VOID VOID, strlen(VOID VOID VOID));
	assert_int_equal(issuance_open(f->fd, false, refuse_second, &number, &a,
			     &fault),
	    RECORD_ERR_RULE);
	assert_int_equal(number, 2);
	assert_int_equal(issuance_open(f->fd, true, NULL, NULL, &a, NULL),
	    RECORD_OK);
	assert_int_equal(issuance_open(f->fd, true, NULL, NULL, &b, &fault),
	    RECORD_ERR_LOCKED);
	assert_int_equal(issuance_open(f->fd, false, NULL, NULL, &b, NULL),
	    RECORD_OK);
	issuance_close(a);
	issuance_close(b);
}

static void
a_torn_line_is_cut_off(void **state)
{
	static const char torn[] = INTENT RESULT "{\"type\":\"res";
	struct folder *f = *state;
	uint8_t digest[32], want[32];
	struct issuance *i;

	SHA256((const uint8_t *)INTENT RESULT, strlen(INTENT RESULT), want);
	file_put(f, NAME, torn, strlen(torn));
	assert_int_equal(issuance_open(f->fd, false, NULL, NULL, &i, NULL),
	    RECORD_OK);
	assert_int_equal(issuance_lines(i), 2);
	issuance_digest(i, digest);
	assert_memory_equal(digest, want, 32);
	issuance_close(i);
	file_assert(f, NAME, torn);
	assert_int_equal(issuance_open(f->fd, true, NULL, NULL, &i, NULL),
	    RECORD_OK);
	file_assert(f, NAME, INTENT RESULT);
	assert_int_equal(issuance_void(i, 7, serial, "TBS differs"), RECORD_OK);
	assert_int_equal(issuance_sync(i), RECORD_OK);
	issuance_close(i);
	file_assert(f, NAME, INTENT RESULT VOID);
}

/* What issuance_at() says of every moment is what the log was then. */
static void
the_past_is_known(void **state)
{
	enum {
		LINES = 300
	};
	struct folder *f = *state;
	uint8_t(*digests)[32] = calloc(LINES + 1, 32);
	uint8_t(*roots)[32] = calloc(LINES + 1, 32);
	uint64_t sizes[LINES + 1], size;
	uint8_t digest[32], root[32];
	struct issuance *i;

	assert_non_null(digests);
	assert_non_null(roots);
	assert_int_equal(issuance_open(f->fd, true, NULL, NULL, &i, NULL),
	    RECORD_OK);
	for (unsigned n = 0; n <= LINES; n++) {
		uint8_t der[2] = { (uint8_t)n, (uint8_t)(n >> 8) };

		assert_int_equal(issuance_lines(i), n);
		issuance_digest(i, digests[n]);
		tree_root(issuance_tree(i), roots[n]);
		sizes[n] = tree_size(issuance_tree(i));
		if (n % 3 == 0)
			assert_int_equal(issuance_void(i, n, serial, "x"),
			    RECORD_OK);
		else
			assert_int_equal(issuance_result(i, n, der, 2),
			    RECORD_OK);
	}
	assert_int_equal(issuance_sync(i), RECORD_OK);
	for (int again = 0; again < 2; again++) {
		for (unsigned n = 0; n <= LINES; n++) {
			assert_int_equal(issuance_at(i, n, digest, &size, root),
			    RECORD_OK);
			assert_memory_equal(digest, digests[n], 32);
			assert_memory_equal(root, roots[n], 32);
			assert_int_equal(size, sizes[n]);
		}
		assert_int_equal(issuance_at(i, LINES + 2, digest, &size, root),
		    RECORD_ERR_MISSING);
		issuance_close(i);
		assert_int_equal(issuance_open(f->fd, false, NULL, NULL, &i,
				     NULL),
		    RECORD_OK);
	}
	issuance_close(i);
	free(digests);
	free(roots);
}

static void
a_full_disk_keeps_lines_for_later(void **state)
{
	struct folder *f = *state;
	struct issuance *i;

	assert_int_equal(issuance_open(f->fd, true, NULL, NULL, &i, NULL),
	    RECORD_OK);
	assert_int_equal(issuance_void(i, 7, serial, "TBS differs"), RECORD_OK);
	assert_int_equal(issuance_sync(i), RECORD_OK);
	assert_int_equal(issuance_result(i, 7, (const uint8_t *)"cert", 4),
	    RECORD_OK);
	assert_int_equal(issuance_void(i, 7, serial, "TBS differs"), RECORD_OK);
	file_limit(strlen(VOID RESULT) + 3);
	assert_int_equal(issuance_sync(i), RECORD_ERR_FULL);
	file_assert(f, NAME, VOID);
	assert_int_equal(issuance_sync(i), RECORD_ERR_FULL);
	file_unlimit();
	assert_int_equal(issuance_lines(i), 3);
	assert_int_equal(issuance_sync(i), RECORD_OK);
	file_assert(f, NAME, VOID RESULT VOID);
	issuance_close(i);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(lines_are_byte_for_byte_and_read_back),
		CASE(every_line_is_read_strictly),
		CASE(the_writer_refuses_what_the_reader_would),
		CASE(opening_has_its_errors),
		CASE(a_torn_line_is_cut_off),
		CASE(the_past_is_known),
		CASE(a_full_disk_keeps_lines_for_later),
	};

	return cmocka_run_group_tests_name("issuance", tests, NULL, NULL);
}
