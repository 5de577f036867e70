/* SPDX-License-Identifier: ISC */
#include "ceremony/record/ledger.h"

#include <sqlite3.h>

#include "tests/ceremony/record/fixture.h"
#include "tests/ceremony/record/synthetic.h"

/* A state with three results of one issuer, and its ledger's path. */
struct fixture {
	struct folder *folder;
	struct synthetic s;
	char path[300];
};

static void
unique_of(EVP_PKEY *key, uint8_t out[32])
{
	struct policy_spki spki;
	struct key_ident ident;

	syn_spki(key, &spki);
	assert_int_equal(key_identify(spki.der, spki.len, &ident), CA_OK);
	memcpy(out, ident.unique, 32);
}

static struct ledger *
open_ledger(const char *path)
{
	struct ledger *l = NULL;

	assert_int_equal(ledger_open(path, &l, NULL), RECORD_OK);
	return l;
}

static void
test_lookups(void **state)
{
	const struct fixture *f = *state;
	struct ledger *l = open_ledger(":memory:");
	struct ledger_row row;
	uint8_t unique[32], digest[32];

	assert_int_equal(ledger_replay(l, f->folder->fd, NULL), RECORD_OK);
	assert_int_equal(ledger_leaves(l), 3);
	assert_true(ledger_by_id(l, "unit-2", &row));
	assert_int_equal(row.leaf, 1);
	assert_int_equal(row.serial_len, SERIAL_SIZE);
	assert_true(row.not_after > f->s.date);
	SHA256(f->s.issued[1].data, f->s.issued[1].len, digest);
	assert_memory_equal(row.cert_sha256, digest, 32);
	assert_true(ledger_by_cert(l, digest, &row));
	assert_string_equal(row.id, "unit-2");
	unique_of(f->s.device[2], unique);
	assert_true(ledger_by_key(l, unique, &row));
	assert_string_equal(row.id, "unit-3");
	unique_of(f->s.device[3], unique);
	assert_false(ledger_by_key(l, unique, &row));
	assert_false(ledger_by_id(l, "unit-4", &row));
	assert_false(ledger_by_cert(l, unique, &row));
	assert_int_equal(ledger_error(l), RECORD_OK);
	ledger_close(l);
}

static void
test_roles(void **state)
{
	struct ledger *l = open_ledger(":memory:");
	uint8_t key[32] = { 1 }, other[32] = { 2 };
	char role[LEDGER_ROLE_MAX + 1], long_role[LEDGER_ROLE_MAX + 2];

	(void)state;
	memset(long_role, 'x', sizeof(long_role) - 1);
	long_role[sizeof(long_role) - 1] = '\0';
	assert_int_equal(ledger_add_role(l, key, "station"), RECORD_OK);
	assert_int_equal(ledger_add_role(l, key, "operator"), RECORD_OK);
	assert_int_equal(ledger_add_role(l, key, ""), RECORD_ERR_ARGUMENT);
	assert_int_equal(ledger_add_role(l, key, long_role),
	    RECORD_ERR_ARGUMENT);
	assert_int_equal(ledger_add_role(l, other, long_role + 1), RECORD_OK);
	assert_true(ledger_role(l, key, role));
	assert_string_equal(role, "station");
	assert_true(ledger_role(l, other, role));
	assert_string_equal(role, long_role + 1);
	key[1] = 1;
	assert_false(ledger_role(l, key, role));
	assert_int_equal(ledger_reset(l), RECORD_OK);
	assert_false(ledger_role(l, other, role));
	ledger_close(l);
}

static void
test_add(void **state)
{
	const struct fixture *f = *state;
	const struct blob *c = f->s.issued;
	struct ledger *l = open_ledger(":memory:");
	struct record_fault fault;

	assert_int_equal(ledger_leaves(l), 0);
	assert_int_equal(ledger_add(l, "u", 1, c[0].data, c[0].len, &fault),
	    RECORD_ERR_ARGUMENT);
	assert_int_equal(ledger_add(l, "a b", 0, c[0].data, c[0].len, &fault),
	    RECORD_ERR_ARGUMENT);
	assert_int_equal(ledger_add(l, "u", 0, c[0].data, c[0].len - 1, &fault),
	    RECORD_ERR_FORM);
	assert_string_equal(fault.text,
	    "leaf 0 (u): not a certificate of ours");
	assert_int_equal(ledger_add(l, "u", 0, c[0].data, c[0].len, NULL),
	    RECORD_OK);
	assert_int_equal(ledger_add(l, "u", 1, c[1].data, c[1].len, &fault),
	    RECORD_ERR_CHAIN);
	assert_string_equal(fault.text,
	    "leaf 1 (u): id, key or serial issued before");
	assert_int_equal(ledger_add(l, "v", 1, c[0].data, c[0].len, &fault),
	    RECORD_ERR_CHAIN);
	assert_int_equal(ledger_add(l, "v", 1, c[1].data, c[1].len, NULL),
	    RECORD_OK);
	assert_int_equal(ledger_leaves(l), 2);
	ledger_close(l);
}

/* A file that holds the log already is left alone; one that does not is made
 * anew; roles stay. */
static void
test_replay_file(void **state)
{
	const struct fixture *f = *state;
	const struct blob *c = f->s.issued;
	struct ledger *l = open_ledger(f->path);
	uint8_t key[32] = { 1 };
	char role[LEDGER_ROLE_MAX + 1];
	struct ledger_row row;

	assert_int_equal(ledger_add_role(l, key, "station"), RECORD_OK);
	assert_int_equal(ledger_add(l, "x", 0, c[2].data, c[2].len, NULL),
	    RECORD_OK);
	assert_int_equal(ledger_replay(l, f->folder->fd, NULL), RECORD_OK);
	assert_int_equal(ledger_leaves(l), 3);
	assert_false(ledger_by_id(l, "x", &row));
	ledger_close(l);
	l = open_ledger(f->path);
	assert_int_equal(ledger_replay(l, f->folder->fd, NULL), RECORD_OK);
	assert_true(ledger_by_id(l, "unit-1", &row));
	assert_true(ledger_role(l, key, role));
	ledger_close(l);
}

static void
test_no_database(void **state)
{
	const struct fixture *f = *state;
	struct record_fault fault;
	struct ledger *l;

	file_put(f->folder, "ledger.db", "this is no database at all", 26);
	l = open_ledger(f->path);
	assert_int_equal(ledger_leaves(l), 0);
	ledger_close(l);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(symlink("elsewhere", f->path), 0);
	l = NULL;
	assert_int_equal(ledger_open("/nowhere/ledger.db", &l, &fault),
	    RECORD_ERR_IO);
	assert_null(l);
	ledger_close(NULL);
	assert_int_equal(unlink(f->path), 0);
}

/* A row that went missing behind our back. */
static void
test_damaged(void **state)
{
	const struct fixture *f = *state;
	struct ledger *l = open_ledger(f->path);
	sqlite3 *db = NULL;
	struct ledger_row row;

	assert_int_equal(ledger_replay(l, f->folder->fd, NULL), RECORD_OK);
	ledger_close(l);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DELETE FROM issued WHERE leaf = 1",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	l = open_ledger(f->path);
	assert_true(ledger_leaves(l) == UINT64_MAX);
	assert_int_equal(ledger_replay(l, f->folder->fd, NULL), RECORD_OK);
	assert_int_equal(ledger_leaves(l), 3);
	assert_true(ledger_by_id(l, "unit-2", &row));
	ledger_close(l);
}

/* While look-ups fail nothing passes for unknown. */
static void
test_failing(void **state)
{
	const struct fixture *f = *state;
	struct ledger *l = open_ledger(f->path);
	sqlite3 *db = NULL;
	struct ledger_row row;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE issued", NULL, NULL,
			     NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	assert_true(ledger_by_id(l, "nobody", &row));
	assert_int_equal(row.id[0], '\0');
	assert_int_equal(ledger_error(l), RECORD_ERR_IO);
	ledger_close(l);
}

/* ---- logs that contradict themselves ------------------------------------- */

enum flaw {
	NO_INTENT,
	OTHER_SPKI,
	OTHER_TBS,
	RESULT_TWICE,
	RESULT_OF_VOID,
	VOID_OF_NONE,
	VOID_TWICE,
	SERIAL_AGAIN,
	NO_CERT,
	ID_AGAIN,
	AGAIN_THE_SAME, /* fine: a resumed act repeats its intent */
};
static const struct {
	enum flaw flaw;
	enum record_error err;
	const char *text;
} flaws[] = {
	{ NO_INTENT, RECORD_ERR_CHAIN,
	    "issuance.jsonl line 1: a result without an intent that is open" },
	{ OTHER_SPKI, RECORD_ERR_CHAIN,
	    "issuance.jsonl line 2: another key than the intent's" },
	{ OTHER_TBS, RECORD_ERR_CHAIN,
	    "issuance.jsonl line 2: another TBSCertificate than the "
	    "intent's" },
	{ RESULT_TWICE, RECORD_ERR_CHAIN,
	    "issuance.jsonl line 3: a result without an intent that is open" },
	{ RESULT_OF_VOID, RECORD_ERR_CHAIN,
	    "issuance.jsonl line 3: a result without an intent that is open" },
	{ VOID_OF_NONE, RECORD_ERR_CHAIN,
	    "issuance.jsonl line 1: a void of no intent that is open" },
	{ VOID_TWICE, RECORD_ERR_CHAIN,
	    "issuance.jsonl line 3: a void of no intent that is open" },
	{ SERIAL_AGAIN, RECORD_ERR_CHAIN,
	    "issuance.jsonl line 2: an intent with a serial that was used" },
	{ NO_CERT, RECORD_ERR_FORM,
	    "issuance.jsonl line 2: not a certificate of ours" },
	{ ID_AGAIN, RECORD_ERR_CHAIN,
	    "issuance.jsonl line 4: leaf 1 (unit-1): id, key or serial issued "
	    "before" },
	{ AGAIN_THE_SAME, RECORD_OK, "" },
};

static struct intent
intent_of(const struct blob *cert, const char *id)
{
	struct intent in = { .profile = "device-tls" };
	X509 *x = NULL;
	size_t len;
	uint8_t serial[20];

	snprintf(in.id, sizeof(in.id), "%s", id);
	assert_int_equal(cert_parse(cert->data, cert->len, &x), CA_OK);
	assert_int_equal(cert_serial(x, serial, &len), CA_OK);
	memcpy(in.serial, serial, sizeof(in.serial));
	assert_int_equal(cert_spki_sha256(x, in.spki_sha256), CA_OK);
	assert_int_equal(cert_tbs_digest(x, in.tbs_sha256), CA_OK);
	X509_free(x);
	return in;
}

static void
write_flaw(struct issuance *log, enum flaw flaw, const struct blob *c)
{
	struct intent a = intent_of(&c[0], "unit-1"), b = a;
	struct intent same_id = intent_of(&c[1], "unit-1");

	if (flaw == OTHER_SPKI)
		a.spki_sha256[0] ^= 1;
	if (flaw == OTHER_TBS)
		a.tbs_sha256[0] ^= 1;
	if (flaw != NO_INTENT && flaw != VOID_OF_NONE)
		assert_int_equal(issuance_intent(log, 1, &a), RECORD_OK);
	b.tbs_sha256[0] ^= flaw == SERIAL_AGAIN;
	if (flaw == SERIAL_AGAIN || flaw == AGAIN_THE_SAME)
		assert_int_equal(issuance_intent(log, 2, &b), RECORD_OK);
	if (flaw == RESULT_OF_VOID || flaw == VOID_OF_NONE ||
	    flaw == VOID_TWICE)
		assert_int_equal(issuance_void(log, 2, a.serial, "torn"),
		    RECORD_OK);
	if (flaw == VOID_TWICE)
		assert_int_equal(issuance_void(log, 2, a.serial, "torn"),
		    RECORD_OK);
	assert_int_equal(issuance_result(log, 2, c[0].data,
			     flaw == NO_CERT ? c[0].len - 1 : c[0].len),
	    RECORD_OK);
	if (flaw == RESULT_TWICE)
		assert_int_equal(issuance_result(log, 2, c[0].data, c[0].len),
		    RECORD_OK);
	if (flaw == ID_AGAIN) {
		assert_int_equal(issuance_intent(log, 2, &same_id), RECORD_OK);
		assert_int_equal(issuance_result(log, 2, c[1].data, c[1].len),
		    RECORD_OK);
	}
	assert_int_equal(issuance_sync(log), RECORD_OK);
}

static void
test_flaws(void **state)
{
	const struct fixture *f = *state;
	size_t bad = 0;

	for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
		struct record_fault fault = { 0 };
		struct ledger *l = open_ledger(":memory:");
		struct issuance *log = NULL;
		struct folder *scratch = NULL;
		enum record_error err;

		assert_int_equal(folder_setup((void **)&scratch), 0);
		assert_int_equal(issuance_open(scratch->fd, true, NULL, NULL,
				     &log, NULL),
		    RECORD_OK);
		write_flaw(log, flaws[i].flaw, f->s.issued);
		err = ledger_replay(l, scratch->fd, &fault);
		if (err != flaws[i].err ||
		    strcmp(fault.text, flaws[i].text) != 0 ||
		    (err != RECORD_OK && ledger_leaves(l) != 0)) {
			print_message("# flaw %zu: %d %s\n", i, (int)err,
			    fault.text);
			bad++;
		}
		issuance_close(log);
		ledger_close(l);
		folder_teardown((void **)&scratch);
	}
	assert_int_equal(bad, 0);
}

static void
test_no_log(void **state)
{
	struct folder *scratch = NULL;
	struct ledger *l = open_ledger(":memory:");

	(void)state;
	assert_int_equal(folder_setup((void **)&scratch), 0);
	assert_int_equal(ledger_replay(l, scratch->fd, NULL),
	    RECORD_ERR_MISSING);
	ledger_close(l);
	folder_teardown((void **)&scratch);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || folder_setup((void **)&f->folder) != 0)
		return -1;
	syn_keys(&f->s);
	syn_make(&f->s, f->folder->fd, "");
	snprintf(f->path, sizeof(f->path), "%s/ledger.db", f->folder->path);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	syn_free(&f->s);
	folder_teardown((void **)&f->folder);
	free(f);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookups),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_replay_file),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_no_database),
		cmocka_unit_test(test_failing),
		cmocka_unit_test(test_flaws),
		cmocka_unit_test(test_no_log),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
