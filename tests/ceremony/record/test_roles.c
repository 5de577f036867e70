/* SPDX-License-Identifier: ISC */
#include "ceremony/record/roles.h"

#include <sqlite3.h>

#include "tests/ceremony/record/fixture.h"
#include "tests/ceremony/record/synthetic.h"

/* A state and what its transcript says. */
struct fixture {
	struct folder *folder;
	struct synthetic s;
	struct history *h;
	EVP_PKEY *witness;
};

static struct key_ident
ident_of(EVP_PKEY *key)
{
	struct policy_spki spki;
	struct key_ident ident;

	syn_spki(key, &spki);
	assert_int_equal(key_identify(spki.der, spki.len, &ident), CA_OK);
	return ident;
}

static struct ledger *
open_ledger(const char *path)
{
	struct ledger *l = NULL;

	assert_int_equal(ledger_open(path, &l, NULL), RECORD_OK);
	return l;
}

/* The ledger says this of the key; NULL: nothing. */
static void
assert_role(struct ledger *l, EVP_PKEY *key, const char *want)
{
	struct key_ident ident = ident_of(key);
	char role[LEDGER_ROLE_MAX + 1] = "";
	bool known = ledger_role(l, ident.unique, role);

	assert_int_equal(known, want != NULL);
	if (known)
		assert_string_equal(role, want);
}

static void
test_everybody(void **state)
{
	const struct fixture *f = *state;
	struct key_ident station = ident_of(f->s.station);
	struct ledger *l = open_ledger(":memory:");

	/* said again at every batch */
	for (int i = 0; i < 2; i++)
		assert_int_equal(roles_add(l, f->h, &station), RECORD_OK);
	for (unsigned i = 0; i < SYN_CARDS; i++) {
		assert_role(l, f->s.sign[i], "operator");
		assert_role(l, f->s.derive[i], "operator");
	}
	assert_role(l, f->witness, "witness");
	assert_role(l, f->s.root.ca, "root");
	assert_role(l, f->s.prod.ca, "product-ca");
	assert_role(l, f->s.prod.sealer, "sealer");
	assert_role(l, f->s.station, "station");
	assert_role(l, f->s.stranger, NULL);
	for (unsigned i = 0; i < SYN_DEVICES; i++)
		assert_role(l, f->s.device[i], NULL);
	ledger_close(l);
}

static void
assert_found(const struct fixture *f, EVP_PKEY *key, const char *want)
{
	struct key_ident ident = ident_of(key);
	const char *role = roles_find(f->h, &ident);

	if (want == NULL)
		assert_null(role);
	else
		assert_string_equal(role, want);
}

/* Whose key a CSR of a foreign CA must not have. */
static void
test_find(void **state)
{
	const struct fixture *f = *state;

	for (unsigned i = 0; i < SYN_CARDS; i++) {
		assert_found(f, f->s.sign[i], "operator");
		assert_found(f, f->s.derive[i], "operator");
	}
	assert_found(f, f->witness, "witness");
	assert_found(f, f->s.root.ca, "root");
	assert_found(f, f->s.prod.ca, "product-ca");
	assert_found(f, f->s.prod.sealer, "sealer");
	assert_found(f, f->s.station, "station");
	assert_found(f, f->s.stranger, NULL);
}

/* Before genesis only the station is known; a second one is a station too. */
static void
test_stations(void **state)
{
	const struct fixture *f = *state;
	struct key_ident station = ident_of(f->s.station);
	struct key_ident other = ident_of(f->s.stranger);
	struct ledger *l = open_ledger(":memory:");
	struct history *h = history_new();

	assert_non_null(h);
	assert_int_equal(roles_add(l, h, &station), RECORD_OK);
	assert_role(l, f->s.station, "station");
	assert_role(l, f->s.sign[0], NULL);
	assert_role(l, f->s.root.ca, NULL);
	assert_int_equal(roles_add(l, f->h, &other), RECORD_OK);
	assert_role(l, f->s.station, "station");
	assert_role(l, f->s.stranger, "station");
	history_free(h);
	ledger_close(l);
}

/* A station that asks with an operator's key is told of as a station. */
static void
test_first_role(void **state)
{
	const struct fixture *f = *state;
	struct key_ident station = ident_of(f->s.sign[1]);
	struct ledger *l = open_ledger(":memory:");

	assert_int_equal(roles_add(l, f->h, &station), RECORD_OK);
	assert_role(l, f->s.sign[1], "station");
	assert_role(l, f->s.sign[2], "operator");
	ledger_close(l);
}

/* ---- keys that are none --------------------------------------------------- */

static struct policy_spki *
spki_sign(struct history *h)
{
	return &h->cards[0].sign;
}
static struct policy_spki *
spki_derive(struct history *h)
{
	return &h->cards[0].derive;
}
static struct policy_spki *
spki_witness(struct history *h)
{
	return &h->policy.witnesses[0].spki;
}
static struct policy_spki *
spki_ca(struct history *h)
{
	return &h->tokens[0].keys[0].spki;
}
static struct policy_spki *
spki_sealer(struct history *h)
{
	return &h->tokens[1].keys[1].spki;
}

static const struct {
	const char *name;
	struct policy_spki *(*spki)(struct history *);
} keys[] = {
	{ "an operator's sign key", spki_sign },
	{ "an operator's derive key", spki_derive },
	{ "a witness's key", spki_witness },
	{ "a CA's key", spki_ca },
	{ "a sealer's key", spki_sealer },
};

static void
test_no_keys(void **state)
{
	const struct fixture *f = *state;
	struct key_ident station = ident_of(f->s.station);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct policy_spki *spki = keys[i].spki(f->h), kept = *spki;
		struct ledger *l = open_ledger(":memory:");
		spki->len--;
		if (roles_add(l, f->h, &station) != RECORD_ERR_FORM)
			fail_msg("%s cut short", keys[i].name);
		spki->len = 0;
		if (roles_add(l, f->h, &station) != RECORD_ERR_FORM)
			fail_msg("%s is empty", keys[i].name);
		*spki = kept;
		assert_int_equal(roles_add(l, f->h, &station), RECORD_OK);
		ledger_close(l);
	}
}

static void
test_ledger_fails(void **state)
{
	const struct fixture *f = *state;
	struct key_ident station = ident_of(f->s.station);
	sqlite3 *db = NULL;
	struct ledger *l;
	char path[300];

	snprintf(path, sizeof(path), "%s/ledger.db", f->folder->path);
	l = open_ledger(path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE role", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(roles_add(l, f->h, &station), RECORD_ERR_IO);
	ledger_close(l);
}

/* The witness is added to what the transcript says: its policy has none. */
static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct policy *p;

	if (f == NULL || folder_setup((void **)&f->folder) != 0)
		return -1;
	syn_keys(&f->s);
	syn_make(&f->s, f->folder->fd, "");
	f->h = history_new();
	f->witness = EVP_EC_gen("P-256");
	for (uint64_t i = 0; i < transcript_count(f->s.t); i++) {
		size_t len;
		const char *line = transcript_line(f->s.t, i, &len);
		if (history_apply(f->h, f->folder->fd, line, len, NULL) !=
		    RECORD_OK)
			return -1;
	}
	p = &f->h->policy;
	p->witness_count = 1;
	snprintf(p->witnesses[0].id, sizeof(p->witnesses[0].id), "tom");
	syn_spki(f->witness, &p->witnesses[0].spki);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	history_free(f->h);
	EVP_PKEY_free(f->witness);
	syn_free(&f->s);
	folder_teardown((void **)&f->folder);
	free(f);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everybody),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_stations),
		cmocka_unit_test(test_first_role),
		cmocka_unit_test(test_no_keys),
		cmocka_unit_test(test_ledger_fails),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
