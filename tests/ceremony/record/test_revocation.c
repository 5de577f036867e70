/* SPDX-License-Identifier: ISC */
#include "ceremony/record/revocation.h"

#include <openssl/x509v3.h>
#include <sqlite3.h>

#include "tests/ceremony/record/fixture.h"
#include "tests/ceremony/record/synthetic.h"

#define DAY INT64_C(86400)
#define REVOKES_MAX 3
#define LIST_MAX 8

/* A state in which unit-1, unit-2 and unit-3 have certificates. */
struct fixture {
	struct folder *folder;
	struct synthetic s;
	struct ledger *ledger;
};

/* ---- CRLs before --------------------------------------------------------- */

static const int reasons[] = { 0, 1, 3, 4, 5, 9 };
#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

/* Entry i of a CRL before: serials fall, so that sorting would show. */
static struct crl_entry
old_entry(const struct fixture *f, size_t i)
{
	size_t n = WORKLIST_REVOKE_MAX - i;

	return (struct crl_entry){
		.serial = { 0x01, 0xff, (uint8_t)(n >> 8), (uint8_t)n },
		.serial_len = SERIAL_SIZE,
		.reason = reasons[i % REASONS],
		.date = f->s.date - (int64_t)(i + 1) * DAY,
	};
}

/* The serial of a device's certificate. */
static void
unit_serial(const struct fixture *f, unsigned i, uint8_t out[20], size_t *len)
{
	X509 *cert = NULL;

	assert_int_equal(cert_parse(f->s.issued[i].data, f->s.issued[i].len,
			     &cert),
	    CA_OK);
	assert_int_equal(cert_serial(cert, out, len), CA_OK);
	X509_free(cert);
}

/* The product CA's CRL of so many entries, signed and read back; the last one
 * revokes unit-3 when asked. */
static X509_CRL *
crl_of(const struct fixture *f, size_t count, bool unit_3)
{
	struct crl_entry *entries = test_calloc(count + 1, sizeof(*entries));
	struct crl_spec spec = { .issuer = f->s.prod.ca_cert,
		.number = 7,
		.this_update = f->s.date,
		.next_update = f->s.date + 90 * DAY,
		.entries = entries,
		.count = count };
	X509_CRL *made = NULL, *crl = NULL;
	uint8_t *der = NULL;
	size_t len;

	for (size_t i = 0; i < count; i++)
		entries[i] = old_entry(f, i);
	if (unit_3)
		unit_serial(f, 2, entries[count - 1].serial,
		    &entries[count - 1].serial_len);
	assert_int_equal(crl_build(&spec, &made), CA_OK);
	assert_int_equal(crl_sign(made, f->s.prod.ca), CA_OK);
	assert_int_equal(crl_der(made, &der, &len), CA_OK);
	assert_int_equal(crl_parse(der, len, &crl), CA_OK);
	OPENSSL_free(der);
	X509_CRL_free(made);
	test_free(entries);
	return crl;
}

/* ---- lists --------------------------------------------------------------- */

#define NONE SIZE_MAX /* no CRL before */
#define SERIAL_A "0102030405060708090a0b0c0d0e0f1011"
#define SERIAL_B "7f"
#define SERIAL_20 "0102030405060708090a0b0c0d0e0f1011121314"

/* What is asked: an id or a serial, "@1" for that of unit-1.  What is listed:
 * "=0" is entry 0 of the CRL before, else as asked; with its reason. */
struct ask {
	const char *id, *serial, *reason;
};
struct listed {
	const char *what;
	int reason;
};
static const struct {
	const char *name;
	size_t before;
	bool unit_3; /* the last entry of the CRL before is unit-3's */
	struct ask asks[REVOKES_MAX];
	enum record_error err;
	const char *text;
	struct listed want[LIST_MAX];
} rows[] = {
	{ .name = "no CRL before, nothing asked", .before = NONE },
	{ .name = "an empty CRL before, nothing asked", .before = 0 },
	{ .name = "a CRL before, nothing asked: it stays as it is",
	    .before = 7,
	    .want = { { "=0", 0 }, { "=1", 1 }, { "=2", 3 }, { "=3", 4 },
		{ "=4", 5 }, { "=5", 9 }, { "=6", 0 } } },
	{ .name = "by id",
	    .before = NONE,
	    .asks = { { "unit-2", "", "keyCompromise" } },
	    .want = { { "@2", 1 } } },
	{ .name = "by serial",
	    .before = NONE,
	    .asks = { { "", SERIAL_A, "superseded" } },
	    .want = { { SERIAL_A, 4 } } },
	{ .name = "serials of one octet and of twenty",
	    .before = NONE,
	    .asks = { { "", SERIAL_B, "unspecified" },
		{ "", SERIAL_20, "unspecified" } },
	    .want = { { SERIAL_B, 0 }, { SERIAL_20, 0 } } },
	{ .name = "every reason a plan may give, first three",
	    .before = 0,
	    .asks = { { "unit-1", "", "unspecified" },
		{ "unit-2", "", "keyCompromise" },
		{ "unit-3", "", "affiliationChanged" } },
	    .want = { { "@1", 0 }, { "@2", 1 }, { "@3", 3 } } },
	{ .name = "every reason a plan may give, last three",
	    .before = 0,
	    .asks = { { "unit-3", "", "superseded" },
		{ "unit-2", "", "cessationOfOperation" },
		{ "unit-1", "", "privilegeWithdrawn" } },
	    .want = { { "@3", 4 }, { "@2", 5 }, { "@1", 9 } } },
	{ .name = "what is new stands after what was there",
	    .before = 2,
	    .asks = { { "unit-1", "", "superseded" },
		{ "", SERIAL_A, "keyCompromise" } },
	    .want = { { "=0", 0 }, { "=1", 1 }, { "@1", 4 },
		{ SERIAL_A, 1 } } },
	{ .name = "the same id twice: once, as asked first",
	    .before = NONE,
	    .asks = { { "unit-1", "", "superseded" },
		{ "unit-1", "", "keyCompromise" } },
	    .want = { { "@1", 4 } } },
	{ .name = "a unit by id and by its serial: once",
	    .before = NONE,
	    .asks = { { "unit-1", "", "superseded" },
		{ "", "@1", "keyCompromise" }, { "unit-2", "", "superseded" } },
	    .want = { { "@1", 4 }, { "@2", 4 } } },
	{ .name = "on the CRL before by id: old date and reason",
	    .before = 3,
	    .unit_3 = true,
	    .asks = { { "unit-3", "", "keyCompromise" },
		{ "unit-1", "", "keyCompromise" } },
	    .want = { { "=0", 0 }, { "=1", 1 }, { "=2", 3 }, { "@1", 1 } } },
	{ .name = "on the CRL before by serial: old date and reason",
	    .before = 3,
	    .unit_3 = true,
	    .asks = { { "", "@3", "keyCompromise" } },
	    .want = { { "=0", 0 }, { "=1", 1 }, { "=2", 3 } } },
	{ .name = "a serial that begins as another one does",
	    .before = NONE,
	    .asks = { { "", "7f", "superseded" }, { "", "7f7f", "superseded" },
		{ "", "7f7f7f", "superseded" } },
	    .want = { { "7f", 4 }, { "7f7f", 4 }, { "7f7f7f", 4 } } },

	{ .name = "an id that has no certificate",
	    .before = 1,
	    .asks = { { "unit-1", "", "superseded" },
		{ "unit-4", "", "superseded" } },
	    .err = RECORD_ERR_MISSING,
	    .text = "revoke: unit-4: no certificate was issued to this id: "
		    "correct the plan" },
	{ .name = "no id and no serial",
	    .before = NONE,
	    .asks = { { "", "", "superseded" } },
	    .err = RECORD_ERR_MISSING,
	    .text = "revoke: : no certificate was issued to this id: correct "
		    "the plan" },
	{ .name = "an unknown reason",
	    .before = 1,
	    .asks = { { "unit-1", "", "lost" } },
	    .err = RECORD_ERR_PLAN,
	    .text = "revoke: no reason lost" },
	{ .name = "a reason in other letters",
	    .before = NONE,
	    .asks = { { "unit-1", "", "KeyCompromise" } },
	    .err = RECORD_ERR_PLAN,
	    .text = "revoke: no reason KeyCompromise" },
	{ .name = "a reason of delta CRLs",
	    .before = NONE,
	    .asks = { { "unit-1", "", "removeFromCRL" } },
	    .err = RECORD_ERR_PLAN,
	    .text = "revoke: no reason removeFromCRL" },
	{ .name = "a CA's reason",
	    .before = NONE,
	    .asks = { { "unit-1", "", "cACompromise" } },
	    .err = RECORD_ERR_PLAN,
	    .text = "revoke: no reason cACompromise" },
	{ .name = "no reason",
	    .before = NONE,
	    .asks = { { "unit-1", "", "" } },
	    .err = RECORD_ERR_PLAN,
	    .text = "revoke: no reason " },
	{ .name = "a serial that is no hex",
	    .before = NONE,
	    .asks = { { "", "0102xy", "superseded" } },
	    .err = RECORD_ERR_PLAN,
	    .text = "revoke: no serial 0102xy" },
	{ .name = "a serial of half an octet more",
	    .before = NONE,
	    .asks = { { "", "010203f", "superseded" } },
	    .err = RECORD_ERR_PLAN,
	    .text = "revoke: no serial 010203f" },
	{ .name = "a serial in upper case",
	    .before = NONE,
	    .asks = { { "", "01AB", "superseded" } },
	    .err = RECORD_ERR_PLAN,
	    .text = "revoke: no serial 01AB" },
	{ .name = "one more than the longest CRL lists",
	    .before = WORKLIST_REVOKE_MAX,
	    .asks = { { "unit-1", "", "superseded" } },
	    .err = RECORD_ERR_RULE,
	    .text = "revoke: the CRL would list over 1000 serials" },
};

static void
ask(const struct fixture *f, const struct ask *a, struct plan_revoke *out)
{
	uint8_t serial[20];
	size_t len;

	snprintf(out->id, sizeof(out->id), "%s", a->id);
	snprintf(out->serial, sizeof(out->serial), "%s", a->serial);
	snprintf(out->reason, sizeof(out->reason), "%s", a->reason);
	if (a->serial[0] != '@')
		return;
	unit_serial(f, (unsigned)(a->serial[1] - '1'), serial, &len);
	text_hex(serial, len, out->serial);
}

/* Whether the list has this at i: serial, reason and date. */
static bool
is_listed(const struct fixture *f, const struct worklist_revoke *got,
    size_t before, bool unit_3, const struct listed *want)
{
	uint8_t serial[20] = { 0 };
	size_t len = 0, i = (size_t)(want->what[1] - '0');
	int64_t date = f->s.date;

	if (want->what[0] == '=') {
		struct crl_entry e = old_entry(f, i);
		date = e.date;
		len = e.serial_len;
		memcpy(serial, e.serial, len);
		if (unit_3 && i + 1 == before)
			unit_serial(f, 2, serial, &len);
	} else if (want->what[0] == '@') {
		unit_serial(f, (unsigned)(i - 1), serial, &len);
	} else {
		len = strlen(want->what) / 2;
		assert_true(text_unhex(want->what, serial, len));
	}
	return got->serial_len == len &&
	    memcmp(got->serial, serial, len) == 0 &&
	    got->reason == want->reason && got->date == date;
}

static bool
row_holds(const struct fixture *f, size_t row)
{
	struct plan_revoke revoke[REVOKES_MAX] = { 0 };
	struct plan_batch plan = { .revoke = revoke };
	struct worklist_revoke *list = NULL;
	struct record_fault fault = { .text = "" };
	size_t count = 0, old = 0, want = 0, before = rows[row].before;
	size_t had = before == NONE ? 0 : before;
	X509_CRL *crl =
	    before == NONE ? NULL : crl_of(f, before, rows[row].unit_3);
	const char *text = rows[row].text == NULL ? "" : rows[row].text;
	bool ok;

	for (; plan.revoke_count < REVOKES_MAX; plan.revoke_count++) {
		if (rows[row].asks[plan.revoke_count].id == NULL)
			break;
		ask(f, &rows[row].asks[plan.revoke_count],
		    &revoke[plan.revoke_count]);
	}
	ok = revocation_list(crl, &plan, f->s.date, f->ledger, &list, &count,
		 &old, &fault) == rows[row].err &&
	    strcmp(fault.text, text) == 0 &&
	    (list != NULL) == (rows[row].err == RECORD_OK);
	for (; ok && want < LIST_MAX && rows[row].want[want].what; want++)
		ok = want < count &&
		    is_listed(f, &list[want], had, rows[row].unit_3,
			&rows[row].want[want]);
	ok = ok && count == want && (list == NULL || old == had);
	free(list);
	X509_CRL_free(crl);
	return ok;
}

static void
test_rows(void **state)
{
	size_t bad = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (row_holds(*state, i))
			continue;
		print_message("# %s\n", rows[i].name);
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* ---- the limit ----------------------------------------------------------- */

static const struct {
	size_t before, asked;
	enum record_error err;
} limits[] = {
	{ WORKLIST_REVOKE_MAX, 0, RECORD_OK },
	{ WORKLIST_REVOKE_MAX - 1, 1, RECORD_OK },
	{ 0, WORKLIST_REVOKE_MAX, RECORD_OK },
	{ WORKLIST_REVOKE_MAX - 1, 2, RECORD_ERR_RULE },
	{ 0, WORKLIST_REVOKE_MAX + 1, RECORD_ERR_RULE },
};

static void
test_limits(void **state)
{
	const struct fixture *f = *state;
	struct plan_revoke *revoke =
	    test_calloc(WORKLIST_REVOKE_MAX + 1, sizeof(*revoke));

	for (size_t i = 0; i <= WORKLIST_REVOKE_MAX; i++) {
		snprintf(revoke[i].serial, sizeof(revoke[i].serial), "02%04x",
		    (unsigned)i);
		snprintf(revoke[i].reason, sizeof(revoke[i].reason),
		    "superseded");
	}
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct plan_batch plan = { .revoke = revoke,
			.revoke_count = limits[i].asked };
		struct worklist_revoke *list = NULL;
		size_t count = 0;
		X509_CRL *crl = crl_of(f, limits[i].before, false);
		/* whoever does not ask how many are old is not told */
		assert_int_equal(revocation_list(crl, &plan, f->s.date,
				     f->ledger, &list, &count, NULL, NULL),
		    limits[i].err);
		assert_int_equal(count,
		    limits[i].err == RECORD_OK
			? limits[i].before + limits[i].asked
			: 0);
		free(list);
		X509_CRL_free(crl);
	}
	test_free(revoke);
}

/* ---- CRLs before that we never make -------------------------------------- */

enum flaw {
	LONG_SERIAL,
	NO_SERIAL,
	NO_SECONDS,
	EARLY_GENERALIZED,
};
static const struct {
	const char *name;
	enum flaw flaw;
} flaws[] = {
	{ "a serial of 21 octets", LONG_SERIAL },
	{ "a serial of none", NO_SERIAL },
	{ "a date without seconds", NO_SECONDS },
	{ "a GeneralizedTime before 2050", EARLY_GENERALIZED },
};

static X509_CRL *
flawed_crl(enum flaw flaw)
{
	static const uint8_t octets[21] = { 0x01 };
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *revoked = X509_REVOKED_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *date = ASN1_TIME_new();
	const char *text = flaw == NO_SECONDS ? "2601010000Z" : "260101000000Z";

	if (flaw == EARLY_GENERALIZED) {
		date->type = V_ASN1_GENERALIZEDTIME;
		text = "20260101000000Z";
	} else {
		date->type = V_ASN1_UTCTIME;
	}
	assert_int_equal(ASN1_STRING_set(date, text, -1), 1);
	assert_int_equal(ASN1_STRING_set(serial, octets,
			     flaw == LONG_SERIAL     ? 21
				 : flaw == NO_SERIAL ? 0
						     : 17),
	    1);
	assert_int_equal(X509_REVOKED_set_serialNumber(revoked, serial), 1);
	assert_int_equal(X509_REVOKED_set_revocationDate(revoked, date), 1);
	assert_int_equal(X509_CRL_add0_revoked(crl, revoked), 1);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(date);
	return crl;
}

static void
test_flaws(void **state)
{
	const struct fixture *f = *state;
	const struct plan_batch plan = { .revoke_count = 0 };

	for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
		struct worklist_revoke *list = NULL;
		struct record_fault fault = { .text = "" };
		size_t count = 0;
		X509_CRL *crl = flawed_crl(flaws[i].flaw);
		enum record_error err = revocation_list(crl, &plan, f->s.date,
		    f->ledger, &list, &count, NULL, &fault);
		if (err != RECORD_ERR_FORM)
			print_message("# %s\n", flaws[i].name);
		assert_int_equal(err, RECORD_ERR_FORM);
		assert_string_equal(fault.text,
		    "revoke: the CRL before is none of ours");
		assert_null(list);
		X509_CRL_free(crl);
	}
}

/* ---- a ledger that fails ------------------------------------------------- */

/* An id that cannot be looked up is not revoked by zeros. */
static void
test_ledger_fails(void **state)
{
	const struct fixture *f = *state;
	struct plan_revoke revoke = { .id = "unit-1", .reason = "superseded" };
	const struct plan_batch plan = { .revoke = &revoke, .revoke_count = 1 };
	struct record_fault fault = { .text = "" };
	struct worklist_revoke *list = NULL;
	struct ledger *l = NULL;
	sqlite3 *db = NULL;
	char path[300];
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/ledger.db", f->folder->path);
	assert_int_equal(ledger_open(path, &l, NULL), RECORD_OK);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE issued", NULL, NULL,
			     NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(revocation_list(NULL, &plan, f->s.date, l, &list,
			     &count, NULL, &fault),
	    RECORD_ERR_IO);
	assert_string_equal(fault.text,
	    "ledger.db: cannot be read: remove it, it is made anew");
	assert_null(list);
	ledger_close(l);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || folder_setup((void **)&f->folder) != 0)
		return -1;
	syn_keys(&f->s);
	syn_make(&f->s, f->folder->fd, "");
	*state = f;
	return ledger_open(":memory:", &f->ledger, NULL) == RECORD_OK &&
		ledger_replay(f->ledger, f->folder->fd, NULL) == RECORD_OK
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	ledger_close(f->ledger);
	syn_free(&f->s);
	folder_teardown((void **)&f->folder);
	free(f);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_flaws),
		cmocka_unit_test(test_ledger_fails),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
