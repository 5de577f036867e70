/* SPDX-License-Identifier: ISC */
#include "ceremony/record/open_intents.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/ca/pki.h"

#define UNITS 4

/* Certificates of units 0 to 3 with the intents they were made by, and one
 * whose serial is of two octets. */
struct fixture {
	struct pki pki;
	struct intent intents[UNITS];
	uint8_t *der[UNITS + 1];
	size_t len[UNITS + 1];
};

static struct intent
intent_of(unsigned i)
{
	struct intent in = { .profile = "device-tls",
		.serial = { 0x01, (uint8_t)(i >> 8), (uint8_t)i },
		.spki_sha256 = { 0x51, (uint8_t)(i >> 8), (uint8_t)i },
		.tbs_sha256 = { 0x7b, (uint8_t)(i >> 8), (uint8_t)i } };

	snprintf(in.id, sizeof(in.id), "unit-%u", i);
	return in;
}

/* ---- taking lines -------------------------------------------------------- */

/*
 * The log as a word: A to D intents of units 0 to 3, a to d their voids, 0 to
 * 3 their results, 4 that of the other serial, ! of no certificate; what stays
 * open in the same letters.
 */
static const struct {
	const char *name, *log, *open;
} rows[] = {
	{ "nothing said", "", "" },
	{ "an intent is open", "A", "A" },
	{ "closed by its result", "A0", "" },
	{ "closed by its void", "Aa", "" },
	{ "order is kept", "BADC", "BADC" },
	{ "the front goes", "ABCD0", "BCD" },
	{ "the middle goes", "ABCD2", "ABD" },
	{ "the end goes", "ABCDd", "ABC" },
	{ "all but one go, in any order", "ABCD3a1", "C" },
	{ "a whole batch", "ABCD0123", "" },
	{ "cut off among the results", "ABCD01", "CD" },
	{ "said again: once, and last", "ABCA", "BCA" },
	{ "said again and closed", "ABA0", "B" },
	{ "a whole act said again", "ABCDABCD", "ABCD" },
	{ "said again after a part was closed", "ABCD01CD", "CD" },
	{ "a result of no intent", "B0", "B" },
	{ "a void of no intent", "Ba", "B" },
	{ "closed twice", "AB00", "B" },
	{ "open again after its result", "A0A", "A" },
	{ "a result that is no certificate", "AB!", "AB" },
	{ "a result whose serial is none of ours", "AB4", "AB" },
};

static bool
take(const struct fixture *f, struct open_intents *o, char what)
{
	static const uint8_t none[] = { 0x30, 0x00 };
	struct issuance_line line = { .act = 1 };

	if (what >= 'A' && what <= 'D') {
		line.type = ISSUANCE_INTENT;
		line.intent = f->intents[what - 'A'];
	} else if (what >= 'a' && what <= 'd') {
		line.type = ISSUANCE_VOID;
		memcpy(line.intent.serial, f->intents[what - 'a'].serial, 17);
	} else if (what == '!') {
		line.type = ISSUANCE_RESULT;
		line.cert = none;
		line.cert_len = sizeof(none);
	} else if (what >= '0' && what <= '4') {
		line.type = ISSUANCE_RESULT;
		line.cert = f->der[what - '0'];
		line.cert_len = f->len[what - '0'];
	} else {
		fail_msg("a log with %c", what);
	}
	return open_intents_take(o, &line);
}

static void
test_take(void **state)
{
	const struct fixture *f = *state;
	size_t bad = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct open_intents o = { .count = 0 };
		size_t want = strlen(rows[i].open);
		bool ok = true;
		for (const char *c = rows[i].log; ok && *c != '\0'; c++)
			ok = take(f, &o, *c);
		ok = ok && o.count == want;
		for (size_t k = 0; ok && k < want; k++)
			ok = memcmp(&o.list[k],
				 &f->intents[rows[i].open[k] - 'A'],
				 sizeof(o.list[k])) == 0;
		if (!ok) {
			print_message("# %s\n", rows[i].name);
			bad++;
		}
		open_intents_clear(&o);
		assert_null(o.list);
		assert_int_equal(o.count + o.size, 0);
	}
	assert_int_equal(bad, 0);
}

/* A batch of any size: order and contents survive the list's growth. */
static void
test_many(void **state)
{
	struct open_intents o = { .count = 0 };
	struct issuance_line line = { .type = ISSUANCE_INTENT };

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		line.intent = intent_of(i);
		assert_true(open_intents_take(&o, &line));
	}
	line.type = ISSUANCE_VOID;
	for (unsigned i = 0; i < 1000; i += 2) {
		line.intent = intent_of(i);
		assert_true(open_intents_take(&o, &line));
	}
	assert_int_equal(o.count, 500);
	for (unsigned i = 0; i < 500; i++) {
		struct intent want = intent_of(2 * i + 1);
		assert_memory_equal(&o.list[i], &want, sizeof(want));
	}
	open_intents_clear(&o);
	open_intents_clear(&o);
}

static void
test_no_such_type(void **state)
{
	struct open_intents o = { .count = 0 };
	const struct issuance_line line = { .type = ISSUANCE_VOID + 1 };

	(void)state;
	assert_false(open_intents_take(&o, &line));
	assert_int_equal(o.count, 0);
}

/* ---- marking a worklist -------------------------------------------------- */

enum change {
	SAME,
	OTHER_ID,
	LONGER_ID,
	OTHER_PROFILE,
	OTHER_KEY,
	REFUSED,
	DUPLICATE,
};
static const struct {
	const char *name;
	enum change change;
	bool resumed;
} marks[] = {
	{ "same id, profile and key", SAME, true },
	{ "another id", OTHER_ID, false },
	{ "an id that only begins so", LONGER_ID, false },
	{ "another profile", OTHER_PROFILE, false },
	{ "another key", OTHER_KEY, false },
	{ "an entry that is refused now", REFUSED, false },
	{ "an entry that is a duplicate now", DUPLICATE, false },
};

static struct worklist_entry
entry_of(const struct intent *in, enum change change)
{
	struct worklist_entry e = { .what = WORKLIST_CERT };

	snprintf(e.id, sizeof(e.id), "%s",
	    change == OTHER_ID        ? "device-1"
		: change == LONGER_ID ? "unit-10"
				      : in->id);
	snprintf(e.profile, sizeof(e.profile), "%s",
	    change == OTHER_PROFILE ? "device-idevid" : in->profile);
	memcpy(e.spki_sha256, in->spki_sha256, 32);
	if (change == OTHER_KEY)
		e.spki_sha256[31] ^= 1;
	if (change == REFUSED)
		e.what = WORKLIST_REFUSE;
	if (change == DUPLICATE)
		e.what = WORKLIST_DUPLICATE;
	return e;
}

static void
test_mark(void **state)
{
	const struct fixture *f = *state;
	static const uint8_t none[32];
	struct open_intents o = { .count = 0 };
	size_t bad = 0;

	for (const char *c = "ABC"; *c != '\0'; c++)
		assert_true(take(f, &o, *c));
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const struct intent *in = &f->intents[1];
		struct worklist_entry e = entry_of(in, marks[i].change);
		struct worklist w = { .count = 1, .entries = &e };
		open_intents_mark(&o, &w);
		if (e.resumed != marks[i].resumed ||
		    memcmp(e.serial, e.resumed ? in->serial : none, 17) != 0 ||
		    memcmp(e.tbs_sha256, e.resumed ? in->tbs_sha256 : none,
			32) != 0) {
			print_message("# %s\n", marks[i].name);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
	open_intents_clear(&o);
}

/* Each line gets the serial of its own intent, wherever it stands; what has a
 * result or a void by now is not resumed. */
static void
test_mark_list(void **state)
{
	const struct fixture *f = *state;
	struct open_intents o = { .count = 0 };
	struct worklist_entry entries[UNITS];
	struct worklist w = { .count = UNITS, .entries = entries };

	for (unsigned i = 0; i < UNITS; i++)
		entries[i] = entry_of(&f->intents[UNITS - 1 - i], SAME);
	open_intents_mark(&o, &w);
	for (unsigned i = 0; i < UNITS; i++)
		assert_false(entries[i].resumed);
	for (const char *c = "ABCDb3"; *c != '\0'; c++)
		assert_true(take(f, &o, *c));
	open_intents_mark(&o, &w);
	assert_false(entries[0].resumed); /* unit 3 */
	assert_true(entries[1].resumed);
	assert_memory_equal(entries[1].serial, f->intents[2].serial, 17);
	assert_false(entries[2].resumed);
	assert_true(entries[3].resumed);
	assert_memory_equal(entries[3].serial, f->intents[0].serial, 17);
	assert_memory_equal(entries[3].tbs_sha256, f->intents[0].tbs_sha256,
	    32);
	open_intents_clear(&o);
}

/* ---- fixture ------------------------------------------------------------- */

static void
make_unit(struct fixture *f, unsigned i)
{
	struct cert_spec spec = f->pki.device_spec;
	X509 *cert;

	f->intents[i] = intent_of(i);
	memcpy(spec.serial, f->intents[i].serial, sizeof(spec.serial));
	cert = pki_issue(&spec, f->pki.ca_key);
	assert_int_equal(cert_der(cert, &f->der[i], &f->len[i]), CA_OK);
	X509_free(cert);
}

static void
make_other(struct fixture *f)
{
	X509 *cert = pki_issue(&f->pki.device_spec, f->pki.ca_key);

	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 0x100),
	    1);
	assert_true(X509_sign(cert, f->pki.ca_key, EVP_sha256()) > 0);
	assert_int_equal(cert_der(cert, &f->der[UNITS], &f->len[UNITS]), CA_OK);
	X509_free(cert);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	pki_make(&f->pki);
	for (unsigned i = 0; i < UNITS; i++)
		make_unit(f, i);
	make_other(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i <= UNITS; i++)
		OPENSSL_free(f->der[i]);
	pki_clear(&f->pki);
	free(f);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_no_such_type),
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_mark_list),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
