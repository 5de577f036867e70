/* SPDX-License-Identifier: ISC */
#include "transfer/request.h"

#include <stdio.h>

#include "tests/transfer/mutate.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

#define B16 "0123456789abcdef0123456789abcdef"
#define HEAD                                                                   \
	"{\"kind\":\"request\",\"v\":1,\"order\":\"" H32                       \
	"\",\"bundle\":\"" B16 "\",\"sequence\":2,\"previous\":\"" H32         \
	"\",\"entries\":2}\n"

static const char payload_text[] = HEAD
    "{\"entry\":1,\"id\":\"A-1\",\"csr\":\"MAA=\"}\n"
    "{\"entry\":2,\"id\":\"A-2\",\"serial\":\"S\\\\2\",\"csr\":\"AQID\"}\n";

static void
test_known_text(void **state)
{
	struct transfer_fault fault;
	struct request r;
	size_t len;
	char *again;

	(void)state;
	assert_int_equal(request_read(payload_text, strlen(payload_text), &r,
			     &fault),
	    0);
	assert_int_equal(r.order[31], 0xef);
	assert_int_equal(r.bundle[15], 0xef);
	assert_int_equal(r.previous[0], 0x01);
	assert_int_equal(r.sequence, 2);
	assert_int_equal(r.count, 2);
	assert_string_equal(r.entries[0].id, "A-1");
	assert_string_equal(r.entries[0].hwserial, "");
	assert_int_equal(r.entries[0].csr_len, 2);
	assert_string_equal(r.entries[1].hwserial, "S\\2");
	assert_memory_equal(r.entries[1].csr, "\1\2\3", 3);
	assert_int_equal(request_write(&r, &again, &len), 0);
	assert_int_equal(len, strlen(payload_text));
	assert_string_equal(again, payload_text);
	free(again);
	request_clear(&r);
	assert_true(all_zero(&r, sizeof(r)));
	request_clear(&r);
}

/* A request of so many entries; each CSR names its number. */
static struct request
make_request(size_t count)
{
	struct request r = { .sequence = 1, .count = count };

	r.entries = calloc(count, sizeof(r.entries[0]));
	assert_non_null(r.entries);
	for (size_t i = 0; i < count; i++) {
		struct request_entry *e = &r.entries[i];

		snprintf(e->id, sizeof(e->id), "unit-%zu", i);
		if (i % 3 == 0)
			snprintf(e->hwserial, sizeof(e->hwserial), "%zu", i);
		e->csr_len = 300;
		e->csr = calloc(1, e->csr_len);
		assert_non_null(e->csr);
		memcpy(e->csr, &i, sizeof(i));
	}
	return r;
}

static void
test_round_trips(void **state)
{
	static const size_t counts[] = { 1, 1000, SEALED_ENTRIES_MAX };

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		struct request r = make_request(counts[i]), again;
		struct transfer_fault fault;
		char *payload;
		size_t len;

		assert_int_equal(request_write(&r, &payload, &len), 0);
		assert_int_equal(request_read(payload, len, &again, &fault), 0);
		assert_int_equal(again.count, r.count);
		for (size_t j = 0; j < r.count; j++) {
			const struct request_entry *a = &again.entries[j];
			const struct request_entry *e = &r.entries[j];

			assert_string_equal(a->id, e->id);
			assert_string_equal(a->hwserial, e->hwserial);
			assert_int_equal(a->csr_len, e->csr_len);
			assert_memory_equal(a->csr, e->csr, e->csr_len);
		}
		free(payload);
		request_clear(&again);
		request_clear(&r);
	}
}

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct mutation refused[] = {
	{ "empty file", NULL, "", TRANSFER_ERR_LINE, "line 1: it is missing" },
	{ "PEM", NULL, "-----BEGIN CERTIFICATE REQUEST-----\n",
	    TRANSFER_ERR_LINE, "line 1: no JSON object (at octet 1)" },
	{ "an order", "\"request\"", "\"order\"", TRANSFER_ERR_KIND,
	    "line 1: kind is \"order\", not \"request\"" },
	{ "version 2", "\"v\":1", "\"v\":2", TRANSFER_ERR_KIND,
	    "line 1: version is 2, not 1" },
	{ "order too short", H32, "00", TRANSFER_ERR_FIELD,
	    "line 1: \"order\" is not 64 lower-case hex digits" },
	{ "bundle too long", "\"" B16 "\"", "\"" B16 "00\"", TRANSFER_ERR_FIELD,
	    "line 1: \"bundle\" is not 32 lower-case hex digits" },
	{ "sequence 0", "\"sequence\":2", "\"sequence\":0", TRANSFER_ERR_FIELD,
	    "line 1: \"sequence\" is not at least 1" },
	{ "sequence 1 with previous", "\"sequence\":2", "\"sequence\":1",
	    TRANSFER_ERR_FIELD,
	    "line 1: \"previous\" must be zeros in sequence 1, and only "
	    "there" },
	{ "sequence 2 without previous", "\"previous\":\"" H32,
	    "\"previous\":\"" ZEROS, TRANSFER_ERR_FIELD,
	    "line 1: \"previous\" must be zeros in sequence 1, and only "
	    "there" },
	{ "sequence 2^53", "\"sequence\":2", "\"sequence\":9007199254740992",
	    TRANSFER_ERR_LINE,
	    "line 1: \"sequence\" is a number out of range" },
	{ "no entries", "\"entries\":2", "\"entries\":0", TRANSFER_ERR_FIELD,
	    "line 1: \"entries\" is not at least 1" },
	{ "too many entries", "\"entries\":2", "\"entries\":20001",
	    TRANSFER_ERR_SIZE, "line 1: \"entries\" is over 20000" },
	{ "entries negative", "\"entries\":2", "\"entries\":-2",
	    TRANSFER_ERR_FIELD, "line 1: \"entries\" is not a number from 0" },
	{ "fewer than announced", "\"entries\":2", "\"entries\":3",
	    TRANSFER_ERR_LINE, "line 4: it is missing" },
	{ "more than announced", "\"entries\":2", "\"entries\":1",
	    TRANSFER_ERR_LINE, "line 3: nothing may follow line 2" },
	{ "unknown key in the header", "\"entries\"", "\"x\":1,\"entries\"",
	    TRANSFER_ERR_FIELD, "line 1: unknown key \"x\"" },
	{ "entry 0", "\"entry\":1", "\"entry\":0", TRANSFER_ERR_FIELD,
	    "line 2: \"entry\" is 0, not 1" },
	{ "a gap", "\"entry\":2", "\"entry\":3", TRANSFER_ERR_FIELD,
	    "line 3: \"entry\" is 3, not 2" },
	{ "an entry again", "\"entry\":2", "\"entry\":1", TRANSFER_ERR_FIELD,
	    "line 3: \"entry\" is 1, not 2" },
	{ "entry is a text", "\"entry\":2", "\"entry\":\"2\"",
	    TRANSFER_ERR_FIELD, "line 3: \"entry\" is not a number from 0" },
	{ "no id", "\"id\":\"A-1\",", "", TRANSFER_ERR_FIELD,
	    "line 2: key \"id\" is missing" },
	{ "id is empty", "A-1", "", TRANSFER_ERR_FIELD,
	    "line 2: \"id\" is empty" },
	{ "id too long", "A-1", X64 "x", TRANSFER_ERR_SIZE,
	    "line 2: \"id\" is over 64 characters" },
	{ "serial is empty", "S\\\\2", "", TRANSFER_ERR_FIELD,
	    "line 3: \"serial\" is empty" },
	{ "serial too long", "S\\\\2", X64 "x", TRANSFER_ERR_SIZE,
	    "line 3: \"serial\" is over 64 characters" },
	{ "serial is null", "\"S\\\\2\"", "null", TRANSFER_ERR_FIELD,
	    "line 3: \"serial\" is not a text" },
	{ "no csr", ",\"csr\":\"AQID\"", "", TRANSFER_ERR_FIELD,
	    "line 3: key \"csr\" is missing" },
	{ "csr is empty", "AQID", "", TRANSFER_ERR_FIELD,
	    "line 3: \"csr\" is empty" },
	{ "csr not base64", "AQID", "AQ ID", TRANSFER_ERR_FIELD,
	    "line 3: \"csr\" is not canonical base64" },
	{ "csr of padding", "AQID", "====", TRANSFER_ERR_FIELD,
	    "line 3: \"csr\" is not canonical base64" },
	{ "duplicate key", "\"id\":\"A-2\"", "\"id\":\"A-2\",\"id\":\"A-2\"",
	    TRANSFER_ERR_FIELD, "line 3: key \"id\" is there twice" },
	{ "unknown key", "\"serial\"", "\"proof\"", TRANSFER_ERR_FIELD,
	    "line 3: unknown key \"proof\"" },
	{ "SEC1 key", "AQID", "MAYCAQEEAQE=", TRANSFER_ERR_PRIVATE,
	    "line 3: \"csr\" holds a private key" },
	{ "PEM key as text", "AQID", "-----BEGIN PRIVATE KEY----- MIGH",
	    TRANSFER_ERR_PRIVATE, "line 3: \"csr\" holds a private key" },
	{ "PEM key in base64", "AQID",
	    "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0t", TRANSFER_ERR_PRIVATE,
	    "line 3: \"csr\" holds a private key" },
	{ "an empty line", "{\"entry\":2", "\n{\"entry\":2", TRANSFER_ERR_LINE,
	    "line 3: it is empty" },
};

static void
refuse(const struct mutation *m, const char *payload)
{
	struct transfer_fault fault;
	struct request r;

	assert_int_equal(request_read(payload, strlen(payload), &r, &fault),
	    m->err);
	assert_fault(m->name, &fault, m->err, m->text);
	assert_true(all_zero(&r, sizeof(r)));
}

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		char *payload = mutate(payload_text, &refused[i]);

		refuse(&refused[i], payload);
		free(payload);
	}
}

/* A CSR just at its limit, and one octet more. */
static void
test_csr_limit(void **state)
{
	static uint8_t octets[REQUEST_CSR_MAX + 1];
	struct request_entry e = { .id = "a", .csr = octets };
	struct request r = { .sequence = 1, .count = 1, .entries = &e }, again;
	struct mutation over = { "over", "AQID", NULL, TRANSFER_ERR_SIZE,
		"line 3: \"csr\" is over 8192 octets" };
	struct transfer_fault fault;
	char *payload, base64[TEXT_BASE64_SIZE(sizeof(octets))];
	size_t len;

	(void)state;
	e.csr_len = REQUEST_CSR_MAX;
	assert_int_equal(request_write(&r, &payload, &len), 0);
	assert_int_equal(request_read(payload, len, &again, &fault), 0);
	request_clear(&again);
	free(payload);
	e.csr_len++;
	assert_int_equal(request_write(&r, &payload, &len), TRANSFER_ERR_SIZE);
	assert_null(payload);
	text_base64(octets, sizeof(octets), base64);
	over.replace = base64;
	payload = mutate(payload_text, &over);
	refuse(&over, payload);
	free(payload);
}

static void
assert_not_written(const struct request *r, enum transfer_error err)
{
	char *payload;
	size_t len;

	assert_int_equal(request_write(r, &payload, &len), err);
	assert_null(payload);
	assert_int_equal(len, 0);
}

static void
test_not_written(void **state)
{
	static uint8_t key[] = { 0x30, 6, 2, 1, 1, 4, 1, 1 };
	struct request_entry good = { .id = "a", .csr = key, .csr_len = 2 }, e;
	struct request r = { .sequence = 1, .count = 1, .entries = &e };

	(void)state;
	e = good, e.csr_len = sizeof(key);
	assert_not_written(&r, TRANSFER_ERR_PRIVATE);
	e = good, e.csr_len = 0;
	assert_not_written(&r, TRANSFER_ERR_ARGUMENT);
	e = good, e.id[0] = '\0';
	assert_not_written(&r, TRANSFER_ERR_ARGUMENT);
	e = good, memset(e.id, 'x', sizeof(e.id));
	assert_not_written(&r, TRANSFER_ERR_ARGUMENT);
	e = good, e.hwserial[0] = '\n';
	assert_not_written(&r, TRANSFER_ERR_ARGUMENT);
	e = good, r.count = 0;
	assert_not_written(&r, TRANSFER_ERR_ARGUMENT);
	r.count = SEALED_ENTRIES_MAX + 1;
	assert_not_written(&r, TRANSFER_ERR_SIZE);
	r.count = 1, r.sequence = 0;
	assert_not_written(&r, TRANSFER_ERR_ARGUMENT);
	r.sequence = 2;
	assert_not_written(&r, TRANSFER_ERR_ARGUMENT);
	r.sequence = 1, r.previous[5] = 1;
	assert_not_written(&r, TRANSFER_ERR_ARGUMENT);
	r.sequence = UINT64_C(1) << 53;
	assert_not_written(&r, TRANSFER_ERR_ARGUMENT);
}

/* The largest CSRs: 20,000 of them do not fit into a file. */
static void
test_file_limit(void **state)
{
	static uint8_t octets[REQUEST_CSR_MAX];
	struct request r = { .sequence = 1, .count = 7000 };

	(void)state;
	r.entries = calloc(r.count, sizeof(r.entries[0]));
	assert_non_null(r.entries);
	for (size_t i = 0; i < r.count; i++)
		r.entries[i] = (struct request_entry){ .id = "a",
			.csr = octets,
			.csr_len = sizeof(octets) };
	assert_not_written(&r, TRANSFER_ERR_SIZE);
	free(r.entries);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_text),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_csr_limit),
		cmocka_unit_test(test_not_written),
		cmocka_unit_test(test_file_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
