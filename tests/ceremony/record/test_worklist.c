/* SPDX-License-Identifier: ISC */
#include "ceremony/record/worklist.h"

#include "tests/ceremony/record/fixture.h"

#define HEX(c) c c c c c c c c c c c c c c c c
#define A64 HEX("aaaa")
#define B64 HEX("bbbb")

static const char good[] =
    "anchorite-worklist/v1\n"
    "request " A64 "\n"
    "order " B64 "\n"
    "pattern unit-[0-9]{2}\n"
    "subject CN=device-{id},O=Some Works\n"
    "quota-left 7\n"
    "crl 3 20261208090000Z 20270308090000Z\n"
    "revoke 01ab 1 20261208090000Z\n"
    "revoke 0100112233445566778899aabbccddeeff 0 20261101000000Z\n"
    "cert device-tls unit-01 - " A64 " 20261208090000Z 20361208085959Z\n"
    "refuse 2 csr.pop\n"
    "cert device-idevid unit-03 SN.77-a " B64
    " 20261208090000Z 99991231235959Z "
    "0100112233445566778899aabbccddeeff " A64 "\n"
    "duplicate 4 " B64 "\n";

static void
test_good(void **state)
{
	struct worklist w;
	char *again = NULL;
	size_t len;

	(void)state;
	assert_int_equal(worklist_read(good, strlen(good), &w, NULL),
	    RECORD_OK);
	assert_int_equal(w.count, 4);
	assert_int_equal(worklist_certs(&w), 2);
	assert_int_equal(w.request[0], 0xaa);
	assert_string_equal(w.subject, "CN=device-{id},O=Some Works");
	assert_int_equal(w.quota_left, 7);
	assert_true(w.has_crl);
	assert_int_equal(w.crl_number, 3);
	assert_int_equal(w.revoke_count, 2);
	assert_int_equal(w.revoke[0].serial_len, 2);
	assert_int_equal(w.revoke[0].reason, 1);
	assert_int_equal(w.entries[0].what, WORKLIST_CERT);
	assert_string_equal(w.entries[0].hwserial, "");
	assert_false(w.entries[0].resumed);
	assert_string_equal(w.entries[1].rule, "csr.pop");
	assert_string_equal(w.entries[2].hwserial, "SN.77-a");
	assert_true(w.entries[2].resumed);
	assert_int_equal(w.entries[2].serial[16], 0xff);
	assert_int_equal(w.entries[3].what, WORKLIST_DUPLICATE);
	assert_int_equal(worklist_write(&w, &again, &len), RECORD_OK);
	assert_string_equal(again, good);
	assert_int_equal(len, strlen(good));
	free(again);
	worklist_clear(&w);
	assert_null(w.entries);
}

/* The first `find` becomes `put`; find NULL: put is the whole text. */
static const struct row {
	const char *name, *find, *put, *text;
} rows[] = {
	{ "empty", NULL, "",
	    "worklist line 0: not in the form of anchorite-worklist/v1" },
	{ "another version", "/v1", "/v2",
	    "worklist line 1: not in the form of anchorite-worklist/v1" },
	{ "cut behind the head", "quota-left 7\n", "quota-left 7",
	    "worklist line 6: not in the form of anchorite-worklist/v1" },
	{ "digest too short", "request a", "request ",
	    "worklist line 2: not in the form of anchorite-worklist/v1" },
	{ "digest in capitals", "request a", "request A",
	    "worklist line 2: not in the form of anchorite-worklist/v1" },
	{ "order first", "request", "order",
	    "worklist line 2: not in the form of anchorite-worklist/v1" },
	{ "CR", "csr.pop\n", "csr.pop\r\n",
	    "worklist line 11: not in the form of anchorite-worklist/v1" },
	{ "no LF at the end", NULL, "anchorite-worklist/v1",
	    "worklist line 0: not in the form of anchorite-worklist/v1" },
	{ "an empty line", "csr.pop\n", "csr.pop\n\n",
	    "worklist line 12: not in the form of anchorite-worklist/v1" },
	{ "two blanks", "refuse 2 ", "refuse  2 ",
	    "worklist: not the one way of writing what it says" },
	{ "leading zero", "quota-left 7", "quota-left 07",
	    "worklist: not the one way of writing what it says" },
	{ "a sign", "quota-left 7", "quota-left +7",
	    "worklist line 6: not in the form of anchorite-worklist/v1" },
	{ "a number too long", "quota-left 7",
	    "quota-left 99999999999999999999",
	    "worklist line 6: not in the form of anchorite-worklist/v1" },
	{ "entry numbered wrong", "refuse 2", "refuse 3",
	    "worklist: not the one way of writing what it says" },
	{ "duplicate numbered wrong", "duplicate 4", "duplicate 5",
	    "worklist: not the one way of writing what it says" },
	{ "an unknown line", "refuse 2", "ignore 2",
	    "worklist line 11: not in the form of anchorite-worklist/v1" },
	{ "no such rule", "csr.pop", "csr.pup",
	    "worklist entry 2: no such rule" },
	{ "crl behind the entries", "duplicate 4",
	    "crl 3 20261208090000Z 20270308090000Z\nduplicate 4",
	    "worklist line 13: not in the form of anchorite-worklist/v1" },
	{ "crl twice", "revoke 01ab",
	    "crl 3 20261208090000Z 20270308090000Z\n"
	    "revoke 01ab",
	    "worklist line 8: not in the form of anchorite-worklist/v1" },
	{ "revoke without crl", "crl 3 20261208090000Z 20270308090000Z\n", "",
	    "worklist line 7: not in the form of anchorite-worklist/v1" },
	{ "crl number zero", "crl 3", "crl 0",
	    "worklist: no CRL number or dates" },
	{ "crl ends before it begins", "20270308090000Z", "20251208090000Z",
	    "worklist: no CRL number or dates" },
	{ "revoked twice",
	    "revoke 0100112233445566778899aabbccddeeff 0 20261101000000Z",
	    "revoke 01ab 0 20261101000000Z",
	    "worklist: a serial revoked twice" },
	{ "reason unknown", "revoke 01ab 1", "revoke 01ab 2",
	    "worklist: a revocation out of form" },
	{ "serial too long", "revoke 01ab",
	    "revoke 000102030405060708090a0b0c0d0e0f1011121314",
	    "worklist line 8: not in the form of anchorite-worklist/v1" },
	{ "serial of half an octet", "revoke 01ab", "revoke 01a",
	    "worklist line 8: not in the form of anchorite-worklist/v1" },
	{ "pattern unreadable", "[0-9]{2}", "[0-9", "worklist: no pattern" },
	{ "id outside the pattern", "unit-01", "unit-1",
	    "worklist entry 1: an id that the pattern does not match" },
	{ "subject without id", "device-{id}", "device",
	    "worklist entry 1: an id that the subject does not take" },
	{ "id twice", "unit-03", "unit-01",
	    "worklist: id unit-01 stands in two cert lines" },
	{ "more than the quota", "quota-left 7", "quota-left 1",
	    "worklist: more certificates than quota-left" },
	{ "profile of no device", "cert device-tls", "cert sealer",
	    "worklist entry 1: no profile for devices" },
	{ "profile unknown", "cert device-tls", "cert device-foo",
	    "worklist entry 1: no profile for devices" },
	{ "hardware serial with _", "SN.77-a", "SN_77-a",
	    "worklist entry 3: no hardware serial" },
	{ "a day that is none", "20261208090000Z 20361208085959Z",
	    "20261308090000Z 20361208085959Z",
	    "worklist line 10: not in the form of anchorite-worklist/v1" },
	{ "no period", "20261208090000Z 20361208085959Z",
	    "20361208085959Z 20361208085959Z",
	    "worklist entry 1: dates that are no period" },
	{ "half a bracket", " 0100112233445566778899aabbccddeeff " A64, " " A64,
	    "worklist line 12: not in the form of anchorite-worklist/v1" },
	{ "a serial not ours", "Z 0100112233445566778899aabbccddeeff " A64,
	    "Z 0200112233445566778899aabbccddeeff " A64,
	    "worklist entry 3: a serial that is none of ours" },
};

static char *
edit(const struct row *r)
{
	size_t size = strlen(good) + strlen(r->put) + 1;
	const char *at = r->find == NULL ? good : strstr(good, r->find);
	char *out = malloc(size);

	assert_non_null(out);
	assert_non_null(at);
	snprintf(out, size, "%.*s%s%s", (int)(at - good), good, r->put,
	    r->find == NULL ? "" : at + strlen(r->find));
	return out;
}

static void
test_rows(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record_fault fault = { 0 };
		struct worklist w;
		char *text = edit(&rows[i]);
		enum record_error err =
		    worklist_read(text, strlen(text), &w, &fault);

		if (err != RECORD_ERR_FORM || w.entries != NULL ||
		    strcmp(fault.text, rows[i].text) != 0) {
			print_message("# %s: %d %s\n", rows[i].name, (int)err,
			    fault.text);
			worklist_clear(&w);
			bad++;
		}
		free(text);
	}
	assert_int_equal(bad, 0);
}

static void
test_nul(void **state)
{
	char text[sizeof(good)];
	struct worklist w;

	(void)state;
	memcpy(text, good, sizeof(good));
	*strstr(text, "Some Works") = '\0';
	assert_int_equal(worklist_read(text, strlen(good), &w, NULL),
	    RECORD_ERR_FORM);
}

/* The writer refuses what its reader would not take. */
static void
test_write_refuses(void **state)
{
	struct worklist w;
	char *out = NULL;
	size_t len;

	(void)state;
	assert_int_equal(worklist_read(good, strlen(good), &w, NULL),
	    RECORD_OK);
	strcpy(w.entries[2].hwserial, "-");
	assert_int_equal(worklist_write(&w, &out, &len), RECORD_ERR_FORM);
	assert_null(out);
	strcpy(w.entries[2].hwserial, "");
	w.revoke[0].serial_len = 21;
	assert_int_equal(worklist_write(&w, &out, &len), RECORD_ERR_FORM);
	w.revoke[0].serial_len = 2;
	w.has_crl = false;
	assert_int_equal(worklist_write(&w, &out, &len), RECORD_ERR_FORM);
	worklist_clear(&w);
	assert_int_equal(worklist_write(&w, &out, &len), RECORD_ERR_FORM);
}

/* As many entries as may be, and one more. */
static void
test_limit(void **state)
{
	struct worklist w = { .pattern = "u[0-9]{5}",
		.subject = "CN={id}",
		.quota_left = WORKLIST_ENTRIES_MAX };
	struct worklist back;
	char *text = NULL;
	size_t len;

	(void)state;
	w.entries = calloc(WORKLIST_ENTRIES_MAX + 1, sizeof(*w.entries));
	assert_non_null(w.entries);
	w.count = WORKLIST_ENTRIES_MAX;
	for (unsigned i = 0; i <= w.count; i++) {
		struct worklist_entry *e = &w.entries[i];

		strcpy(e->profile, "device-tls");
		snprintf(e->id, sizeof(e->id), "u%05u", i);
		e->not_before = 1;
		e->not_after = 2;
	}
	assert_int_equal(worklist_write(&w, &text, &len), RECORD_OK);
	assert_int_equal(worklist_read(text, len, &back, NULL), RECORD_OK);
	assert_int_equal(back.count, WORKLIST_ENTRIES_MAX);
	worklist_clear(&back);
	free(text);
	w.count++;
	w.quota_left++;
	assert_int_equal(worklist_write(&w, &text, &len), RECORD_ERR_FORM);
	worklist_clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_write_refuses),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
