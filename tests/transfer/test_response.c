/* SPDX-License-Identifier: ISC */
#include "transfer/response.h"

#include <stdio.h>

#include "tests/transfer/mutate.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

#define H00 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char payload_text[] =
    "{\"kind\":\"response\",\"v\":1,\"log\":\"example.com/log\","
    "\"request\":\"" H32 "\",\"order\":\"" H00 "\",\"transcript\":\"" H32
    "\",\"entries\":4,\"issued\":1,\"duplicate\":1,\"rejected\":1,"
    "\"deferred\":1,\"tree_size\":9,\"tree_root\":\"" H00
    "\",\"chain\":1,\"crls\":2}\n"
    "{\"entry\":1,\"status\":\"issued\",\"id\":\"A-1\","
    "\"certificate\":\"MAA=\",\"leaf\":8,\"proof\":[\"" H32 "\",\"" H00 "\"]}\n"
    "{\"entry\":2,\"status\":\"duplicate\",\"id\":\"A-2\","
    "\"certificate\":\"MAA=\",\"leaf\":0,\"proof\":[]}\n"
    "{\"entry\":3,\"status\":\"rejected\",\"rule\":\"pop\","
    "\"reason\":\"RFC 2986 4.2: \\\"bad\\\"\"}\n"
    "{\"entry\":4,\"status\":\"deferred\",\"rule\":\"quota\","
    "\"reason\":\"none left\"}\n"
    "{\"chunk\":\"chain\",\"index\":1,\"part\":1,\"of\":1,"
    "\"data\":\"AQ==\"}\n"
    "{\"chunk\":\"crl\",\"index\":1,\"part\":1,\"of\":1,"
    "\"data\":\"Ag==\"}\n"
    "{\"chunk\":\"crl\",\"index\":2,\"part\":1,\"of\":1,"
    "\"data\":\"Aw==\"}\n";

static void
test_known_text(void **state)
{
	struct transfer_fault fault;
	struct response r;
	size_t len;
	char *again;

	(void)state;
	response_read(payload_text, strlen(payload_text), &r, &fault);
	assert_fault("known text", &fault, TRANSFER_OK, "");
	assert_string_equal(r.log, "example.com/log");
	assert_int_equal(r.request[0], 0x01);
	assert_int_equal(r.order[1], 0x11);
	assert_int_equal(r.tree_size, 9);
	assert_int_equal(r.tree_root[31], 0xff);
	assert_int_equal(r.count, 4);
	assert_int_equal(r.entries[0].status, RESPONSE_ISSUED);
	assert_int_equal(r.entries[0].leaf, 8);
	assert_int_equal(r.entries[0].proof_len, 2);
	assert_memory_equal(r.entries[0].proof[1], r.order, 32);
	assert_int_equal(r.entries[1].status, RESPONSE_DUPLICATE);
	assert_string_equal(r.entries[1].id, "A-2");
	assert_string_equal(r.entries[2].reason, "RFC 2986 4.2: \"bad\"");
	assert_int_equal(r.entries[3].status, RESPONSE_DEFERRED);
	assert_int_equal(r.chain_count, 1);
	assert_int_equal(r.crl_count, 2);
	assert_int_equal(r.crls[1].data[0], 3);
	assert_int_equal(response_write(&r, &again, &len), 0);
	assert_int_equal(len, strlen(payload_text));
	assert_string_equal(again, payload_text);
	free(again);
	response_clear(&r);
	assert_true(all_zero(&r, sizeof(r)));
	response_clear(&r);
}

static const struct mutation refused[] = {
	{ "empty file", NULL, "", TRANSFER_ERR_LINE, "line 1: it is missing" },
	{ "a request", "\"response\"", "\"request\"", TRANSFER_ERR_KIND,
	    "line 1: kind is \"request\", not \"response\"" },
	{ "version 2", "\"v\":1", "\"v\":2", TRANSFER_ERR_KIND,
	    "line 1: version is 2, not 1" },
	{ "no log", "\"log\":\"example.com/log\",", "", TRANSFER_ERR_FIELD,
	    "line 1: key \"log\" is missing" },
	{ "request too short", H32, "0", TRANSFER_ERR_FIELD,
	    "line 1: \"request\" is not 64 lower-case hex digits" },
	{ "order in capitals", "aabbccddeeff", "AABBCCDDEEFF",
	    TRANSFER_ERR_FIELD,
	    "line 1: \"order\" is not 64 lower-case hex digits" },
	{ "entries over", "\"entries\":4", "\"entries\":20001",
	    TRANSFER_ERR_SIZE, "line 1: \"entries\" is over 20000" },
	{ "counts too many", "\"issued\":1", "\"issued\":2", TRANSFER_ERR_FIELD,
	    "line 1: \"entries\" is 4, but the counts add up to 5" },
	{ "counts too few", "\"entries\":4", "\"entries\":5",
	    TRANSFER_ERR_FIELD,
	    "line 1: \"entries\" is 5, but the counts add up to 4" },
	{ "counts shifted", "\"issued\":1,\"duplicate\":1",
	    "\"issued\":2,\"duplicate\":0", TRANSFER_ERR_FIELD,
	    "line 5: \"issued\" is 2 in line 1, but there are 1" },
	{ "tree_size 2^53", "\"tree_size\":9", "\"tree_size\":9007199254740992",
	    TRANSFER_ERR_LINE,
	    "line 1: \"tree_size\" is a number out of range" },
	{ "chain over", "\"chain\":1", "\"chain\":9", TRANSFER_ERR_SIZE,
	    "line 1: \"chain\" is over 8" },
	{ "crls over", "\"crls\":2", "\"crls\":9", TRANSFER_ERR_SIZE,
	    "line 1: \"crls\" is over 8" },
	{ "unknown key in the header", "\"crls\"", "\"x\":1,\"crls\"",
	    TRANSFER_ERR_FIELD, "line 1: unknown key \"x\"" },
	{ "a gap", "\"entry\":2", "\"entry\":3", TRANSFER_ERR_FIELD,
	    "line 3: \"entry\" is 3, not 2" },
	{ "a gap among rejected", "\"entry\":3", "\"entry\":4",
	    TRANSFER_ERR_FIELD, "line 4: \"entry\" is 4, not 3" },
	{ "no status", "\"status\":\"issued\",", "", TRANSFER_ERR_FIELD,
	    "line 2: \"status\" is not issued, duplicate, rejected or "
	    "deferred" },
	{ "status unknown", "\"issued\",", "\"Issued\",", TRANSFER_ERR_FIELD,
	    "line 2: \"status\" is not issued, duplicate, rejected or "
	    "deferred" },
	{ "issued without id", "\"id\":\"A-1\",", "", TRANSFER_ERR_FIELD,
	    "line 2: key \"id\" is missing" },
	{ "issued without certificate", "\"certificate\":\"MAA=\",", "",
	    TRANSFER_ERR_FIELD, "line 2: key \"certificate\" is missing" },
	{ "issued with a reason", "\"leaf\"", "\"reason\":\"a\",\"leaf\"",
	    TRANSFER_ERR_FIELD, "line 2: unknown key \"reason\"" },
	{ "rejected with id", "\"rule\"", "\"id\":\"a\",\"rule\"",
	    TRANSFER_ERR_FIELD, "line 4: unknown key \"id\"" },
	{ "rejected without reason", ",\"reason\":\"none left\"", "",
	    TRANSFER_ERR_FIELD, "line 5: key \"reason\" is missing" },
	{ "rule too long", "\"pop\"", "\"01234567890123456789012345678901\"",
	    TRANSFER_ERR_SIZE, "line 4: \"rule\" is over 31 characters" },
	{ "rule is empty", "\"pop\"", "\"\"", TRANSFER_ERR_FIELD,
	    "line 4: \"rule\" is empty" },
	{ "certificate not base64", "MAA=", "MA==MA==", TRANSFER_ERR_FIELD,
	    "line 2: \"certificate\" is not canonical base64" },
	{ "leaf outside the tree", "\"leaf\":8", "\"leaf\":9",
	    TRANSFER_ERR_FIELD, "line 2: \"leaf\" is not below \"tree_size\"" },
	{ "proof is a text", "[]", "\"\"", TRANSFER_ERR_FIELD,
	    "line 3: \"proof\" is not an array" },
	{ "proof of numbers", "[]", "[1]", TRANSFER_ERR_FIELD,
	    "line 3: \"proof\" is not 64 lower-case hex digits" },
	{ "proof of short hashes", "[]", "[\"00\"]", TRANSFER_ERR_FIELD,
	    "line 3: \"proof\" is not 64 lower-case hex digits" },
	{ "proof of arrays", "[]", "[[]]", TRANSFER_ERR_FIELD,
	    "line 3: \"proof\" is not 64 lower-case hex digits" },
	{ "entries end early",
	    "{\"entry\":4,\"status\":\"deferred\","
	    "\"rule\":\"quota\",\"reason\":\"none left\"}\n",
	    "", TRANSFER_ERR_FIELD,
	    "line 5: \"status\" is not issued, duplicate, rejected or "
	    "deferred" },
	{ "chunks end early", "\"crls\":2", "\"crls\":3", TRANSFER_ERR_LINE,
	    "line 9: it is missing" },
	{ "chunks go on", "\"crls\":2", "\"crls\":1", TRANSFER_ERR_LINE,
	    "line 8: nothing may follow line 7" },
	{ "CRL before the chain", "\"chain\",", "\"crl\",", TRANSFER_ERR_FIELD,
	    "line 6: \"chunk\" is not \"chain\"" },
	{ "chunk unknown", "\"crl\",", "\"delta\",", TRANSFER_ERR_FIELD,
	    "line 7: \"chunk\" is not \"crl\"" },
	{ "index 0", "\"index\":1", "\"index\":0", TRANSFER_ERR_FIELD,
	    "line 6: \"index\" is 0, not 1" },
	{ "index again", "\"index\":2", "\"index\":1", TRANSFER_ERR_FIELD,
	    "line 8: \"index\" is 1, not 2" },
	{ "part 0", "\"part\":1", "\"part\":0", TRANSFER_ERR_FIELD,
	    "line 6: \"part\" is 0, not 1" },
	{ "part beyond of", "\"part\":1", "\"part\":2", TRANSFER_ERR_FIELD,
	    "line 6: \"part\" is 2, not 1" },
	{ "of 0", "\"of\":1", "\"of\":0", TRANSFER_ERR_FIELD,
	    "line 6: \"of\" is not at least 1" },
	{ "of over", "\"of\":1", "\"of\":1822", TRANSFER_ERR_SIZE,
	    "line 6: \"of\" is over 1821" },
	{ "a part is missing", "\"of\":1", "\"of\":2", TRANSFER_ERR_FIELD,
	    "line 7: \"chunk\" is not \"chain\"" },
	{ "data is empty", "AQ==", "", TRANSFER_ERR_FIELD,
	    "line 6: \"data\" is empty" },
	{ "data not canonical", "AQ==", "AR==", TRANSFER_ERR_FIELD,
	    "line 6: \"data\" is not canonical base64" },
	{ "data is missing", ",\"data\":\"AQ==\"", "", TRANSFER_ERR_FIELD,
	    "line 6: key \"data\" is missing" },
};

static void
refuse(const struct mutation *m, const char *payload, size_t len)
{
	struct transfer_fault fault;
	struct response r;

	assert_int_equal(response_read(payload, len, &r, &fault), m->err);
	assert_fault(m->name, &fault, m->err, m->text);
	assert_true(all_zero(&r, sizeof(r)));
}

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		char *payload = mutate(payload_text, &refused[i]);

		refuse(&refused[i], payload, strlen(payload));
		free(payload);
	}
}

/* Two parts of one object that do not agree on their number. */
static void
test_parts_disagree(void **state)
{
	static const struct mutation two = { "of",
		"\"of\":1,\"data\":\"AQ==\"}\n",
		"\"of\":2,\"data\":\"AQ==\"}\n{\"chunk\":\"chain\","
		"\"index\":1,\"part\":2,\"of\":3,\"data\":\"AQ==\"}\n",
		TRANSFER_ERR_FIELD, "line 7: \"of\" is 3, not 2" };
	char *payload = mutate(payload_text, &two);

	(void)state;
	refuse(&two, payload, strlen(payload));
	free(payload);
}

static void
fill_entry(struct response_entry *e, size_t i)
{
	if (i % 4 >= 2) {
		e->status = i % 4 == 2 ? RESPONSE_REJECTED : RESPONSE_DEFERRED;
		snprintf(e->rule, sizeof(e->rule), "rule-%zu", i);
		snprintf(e->reason, sizeof(e->reason), "reason %zu", i);
		return;
	}
	e->status = i % 4 == 0 ? RESPONSE_ISSUED : RESPONSE_DUPLICATE;
	snprintf(e->id, sizeof(e->id), "unit-%zu", i);
	e->certificate_len = 500;
	e->certificate = calloc(1, e->certificate_len);
	e->leaf = i;
	e->proof_len = 15;
	e->proof = calloc(e->proof_len, sizeof(e->proof[0]));
	assert_non_null(e->certificate);
	assert_non_null(e->proof);
	memcpy(e->certificate, &i, sizeof(i));
	memcpy(e->proof[14], &i, sizeof(i));
}

static struct response
make_response(size_t count)
{
	struct response r = { .log = "log", .tree_size = count + 1 };

	r.count = count;
	r.entries = calloc(count + 1, sizeof(r.entries[0]));
	assert_non_null(r.entries);
	for (size_t i = 0; i < count; i++)
		fill_entry(&r.entries[i], i);
	return r;
}

static void
assert_same_entry(const struct response_entry *a,
    const struct response_entry *b)
{
	assert_int_equal(a->status, b->status);
	assert_string_equal(a->id, b->id);
	assert_string_equal(a->rule, b->rule);
	assert_string_equal(a->reason, b->reason);
	assert_int_equal(a->leaf, b->leaf);
	assert_int_equal(a->certificate_len, b->certificate_len);
	assert_int_equal(a->proof_len, b->proof_len);
	if (a->certificate_len == 0)
		return;
	assert_memory_equal(a->certificate, b->certificate, a->certificate_len);
	assert_memory_equal(a->proof, b->proof, 32 * a->proof_len);
}

static void
test_round_trips(void **state)
{
	static const size_t counts[] = { 0, 1, 1000, SEALED_ENTRIES_MAX };

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		struct response r = make_response(counts[i]), again;
		struct transfer_fault fault;
		char *payload;
		size_t len;

		assert_int_equal(response_write(&r, &payload, &len), 0);
		assert_int_equal(response_read(payload, len, &again, &fault),
		    0);
		assert_int_equal(again.count, r.count);
		for (size_t j = 0; j < r.count; j++)
			assert_same_entry(&again.entries[j], &r.entries[j]);
		free(payload);
		response_clear(&again);
		response_clear(&r);
	}
}

/* An object of so many octets as the only CRL. */
static struct response
make_crl(size_t len)
{
	struct response r = { .log = "log", .crl_count = 1 };

	r.crls[0].data = malloc(len);
	r.crls[0].len = len;
	assert_non_null(r.crls[0].data);
	for (size_t i = 0; i < len; i++)
		r.crls[0].data[i] = (uint8_t)(i * 7 + i / 251);
	return r;
}

static void
test_chunks(void **state)
{
	static const struct {
		size_t len, parts;
	} cases[] = { { 1, 1 }, { SEALED_CHUNK_RAW - 1, 1 },
		{ SEALED_CHUNK_RAW, 1 }, { SEALED_CHUNK_RAW + 1, 2 },
		{ 100000, 11 }, { RESPONSE_OBJECT_MAX, 1821 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct response r = make_crl(cases[i].len), again;
		struct transfer_fault fault;
		size_t len, lines = 0;
		char *payload;

		assert_int_equal(response_write(&r, &payload, &len), 0);
		for (size_t j = 0; j < len; j++)
			lines += payload[j] == '\n';
		assert_int_equal(lines, 1 + cases[i].parts);
		assert_int_equal(response_read(payload, len, &again, &fault),
		    0);
		assert_int_equal(again.crls[0].len, cases[i].len);
		assert_memory_equal(again.crls[0].data, r.crls[0].data,
		    cases[i].len);
		free(payload);
		response_clear(&again);
		response_clear(&r);
	}
}

/* The last part of the largest object grows by one octet. */
static void
test_object_too_large(void **state)
{
	static const struct mutation over = { "over", "", "", TRANSFER_ERR_SIZE,
		"line 1822: the parts are over 16777216 octets" };
	struct response r = make_crl(RESPONSE_OBJECT_MAX);
	size_t len, last = RESPONSE_OBJECT_MAX % SEALED_CHUNK_RAW;
	struct text_buf b = { 0 };
	char *payload, *end;

	(void)state;
	assert_int_equal(response_write(&r, &payload, &len), 0);
	end = memrchr(payload, ':', len);
	text_buf_raw(&b, payload, (size_t)(end - payload));
	free(payload);
	text_buf_add(&b, ":\"");
	text_buf_base64(&b, r.crls[0].data, last + 1);
	text_buf_add(&b, "\"}\n");
	payload = text_buf_take(&b, &len);
	refuse(&over, payload, len);
	free(payload);
	response_clear(&r);
}

/* The longest entry there can be fits into a line. */
static void
test_longest_entry(void **state)
{
	struct response r = make_response(1), again;
	struct response_entry *e = &r.entries[0];
	struct transfer_fault fault;
	char *payload;
	size_t len;

	(void)state;
	free(e->certificate);
	free(e->proof);
	e->certificate_len = RESPONSE_CERT_MAX;
	e->certificate = calloc(1, e->certificate_len);
	e->proof_len = RESPONSE_PROOF_MAX;
	e->proof = calloc(e->proof_len, sizeof(e->proof[0]));
	memset(e->id, '"', REQUEST_ID_MAX);
	r.tree_size = (UINT64_C(1) << 53) - 1;
	e->leaf = r.tree_size - 1;
	assert_int_equal(response_write(&r, &payload, &len), 0);
	assert_int_equal(response_read(payload, len, &again, &fault), 0);
	assert_same_entry(&again.entries[0], e);
	free(payload);
	response_clear(&again);
	response_clear(&r);
}

static void
not_written(struct response *r, enum transfer_error err)
{
	char *payload;
	size_t len;

	assert_int_equal(response_write(r, &payload, &len), err);
	assert_null(payload);
	assert_int_equal(len, 0);
}

static void
test_not_written(void **state)
{
	struct response good = make_response(3), r = good;
	struct response_entry *e = good.entries, kept = e[0], refusal = e[2];

	(void)state;
	r.log[0] = '\0', not_written(&r, TRANSFER_ERR_ARGUMENT), r = good;
	r.tree_size = UINT64_C(1) << 53;
	not_written(&r, TRANSFER_ERR_ARGUMENT), r = good;
	r.count = SEALED_ENTRIES_MAX + 1;
	not_written(&r, TRANSFER_ERR_SIZE), r = good;
	r.chain_count = RESPONSE_CHAIN_MAX + 1;
	not_written(&r, TRANSFER_ERR_SIZE), r = good;
	r.crl_count = RESPONSE_CRLS_MAX + 1;
	not_written(&r, TRANSFER_ERR_SIZE), r = good;
	r.crl_count = 1, not_written(&r, TRANSFER_ERR_ARGUMENT);
	r.crls[0].len = RESPONSE_OBJECT_MAX + 1;
	not_written(&r, TRANSFER_ERR_SIZE), r = good;
	e->status = (enum response_status)4;
	not_written(&r, TRANSFER_ERR_ARGUMENT), *e = kept;
	e->id[0] = '\0', not_written(&r, TRANSFER_ERR_ARGUMENT), *e = kept;
	e->leaf = r.tree_size;
	not_written(&r, TRANSFER_ERR_ARGUMENT), *e = kept;
	e->certificate_len = 0;
	not_written(&r, TRANSFER_ERR_ARGUMENT), *e = kept;
	e->certificate_len = RESPONSE_CERT_MAX + 1;
	not_written(&r, TRANSFER_ERR_SIZE), *e = kept;
	e->proof_len = RESPONSE_PROOF_MAX + 1;
	not_written(&r, TRANSFER_ERR_SIZE), *e = kept;
	e[2].rule[0] = '\0';
	not_written(&r, TRANSFER_ERR_ARGUMENT), e[2] = refusal;
	e[2].reason[0] = '\x7f';
	not_written(&r, TRANSFER_ERR_ARGUMENT), e[2] = refusal;
	response_clear(&good);
}

static void
test_file_limit(void **state)
{
	static uint8_t octets[RESPONSE_OBJECT_MAX];
	struct response r = { .log = "log", .chain_count = 4 };

	(void)state;
	for (size_t i = 0; i < r.chain_count; i++)
		r.chain[i] = (struct blob){ octets, sizeof(octets) };
	not_written(&r, TRANSFER_ERR_SIZE);
}

static void
test_status_names(void **state)
{
	(void)state;
	assert_string_equal(response_status_name(RESPONSE_ISSUED), "issued");
	assert_string_equal(response_status_name(RESPONSE_DEFERRED),
	    "deferred");
	assert_null(response_status_name((enum response_status)4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_text),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_parts_disagree),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_object_too_large),
		cmocka_unit_test(test_longest_entry),
		cmocka_unit_test(test_not_written),
		cmocka_unit_test(test_file_limit),
		cmocka_unit_test(test_status_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
