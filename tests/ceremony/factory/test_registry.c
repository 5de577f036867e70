/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/factory/registry.h"
#include "tests/ceremony/factory/scratch.h"

#define AT "2026-06-01T00:00:00Z"
#define LATER "2026-06-02T00:00:00Z"

static struct scratch scratch;

static struct registry_unit
unit(const char *id, uint8_t key, uint8_t cert)
{
	struct registry_unit u = { .id = id };

	memset(u.key, key, sizeof(u.key));
	memset(u.cert, cert, sizeof(u.cert));
	return u;
}

static struct registry *
fresh(void)
{
	char why[200];
	bool made;
	struct registry *r;

	unlink(scratch_path(&scratch, "registry.db"));
	r = registry_open(scratch.path, &made, why, sizeof(why));
	assert_non_null(r);
	assert_true(made);
	return r;
}

/* A second connection, as another program would have it. */
static void
meddle(const char *name, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(scratch_path(&scratch, name), &db),
	    SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Each row is entered after those before it. */
static void
test_enter(void **state)
{
	static const struct {
		const char *id;
		uint8_t key, cert;
		enum registry_answer answer;
		const char *other;
	} rows[] = {
		{ "A", 1, 1, REGISTRY_NEW, "" },
		{ "B", 2, 2, REGISTRY_NEW, "" },
		{ "A", 1, 1, REGISTRY_REPEAT, "A" },
		{ "A", 1, 9, REGISTRY_REPEAT, "A" }, /* renewed */
		{ "C", 1, 3, REGISTRY_KEY_USED, "A" },
		{ "A", 2, 3, REGISTRY_KEY_USED, "B" },
		{ "A", 3, 3, REGISTRY_OTHER_KEY, "" },
		{ "a", 3, 3, REGISTRY_NEW, "" }, /* ids keep their case */
	};
	struct registry *r = fresh();
	char other[65];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct registry_unit u =
		    unit(rows[i].id, rows[i].key, rows[i].cert);

		assert_int_equal(registry_look(r, &u, other), rows[i].answer);
		assert_string_equal(other, rows[i].other);
		assert_int_equal(registry_enter(r, &u, AT, other),
		    rows[i].answer);
		assert_string_equal(other, rows[i].other);
	}
	registry_close(r);
}

static void
test_kept(void **state)
{
	struct registry_unit a = unit("A", 1, 1);
	struct registry *r = fresh();
	char other[65], why[200];
	bool made;

	(void)state;
	assert_int_equal(registry_enter(r, &a, AT, other), REGISTRY_NEW);
	assert_true(registry_note(r, "B", AT, "crl.expired"));
	registry_close(r);
	r = registry_open(scratch_path(&scratch, "registry.db"), &made, why,
	    sizeof(why));
	assert_non_null(r);
	assert_false(made);
	assert_int_equal(registry_enter(r, &a, LATER, other), REGISTRY_REPEAT);
	registry_close(r);
	meddle("registry.db",
	    "CREATE TEMP TABLE t(n CHECK(n = 1));"
	    "INSERT INTO t SELECT count(*) FROM units WHERE first_seen = '" AT
	    "' AND last_seen = '" LATER "' AND verdict = 'PASS';"
	    "INSERT INTO t SELECT count(*) = 3 FROM checks;"
	    "INSERT INTO t SELECT count(*) FROM checks WHERE id = 'B'");
}

/* Two stations: what one enters the other sees. */
static void
test_shared(void **state)
{
	struct registry_unit a = unit("A", 1, 1), b = unit("B", 1, 1);
	struct registry *r = fresh(), *s;
	char other[65], why[200];
	bool made;

	(void)state;
	s = registry_open(scratch_path(&scratch, "registry.db"), &made, why,
	    sizeof(why));
	assert_non_null(s);
	assert_int_equal(registry_look(s, &b, other), REGISTRY_NEW);
	assert_int_equal(registry_enter(r, &a, AT, other), REGISTRY_NEW);
	assert_int_equal(registry_enter(s, &b, AT, other), REGISTRY_KEY_USED);
	assert_string_equal(other, "A");
	registry_close(s);
	registry_close(r);
}

static void
test_failed(void **state)
{
	struct registry_unit a = unit("A", 1, 1);
	struct registry *r = fresh();
	char other[65];

	(void)state;
	meddle("registry.db", "DROP TABLE checks");
	assert_int_equal(registry_look(r, &a, other), REGISTRY_NEW);
	assert_int_equal(registry_enter(r, &a, AT, other), REGISTRY_FAILED);
	assert_false(registry_note(r, "A", AT, "PASS"));
	assert_non_null(strstr(registry_why(r), "checks"));
	/* nothing stays of the transaction that failed */
	assert_int_equal(registry_look(r, &a, other), REGISTRY_NEW);
	meddle("registry.db", "DROP TABLE units");
	assert_int_equal(registry_look(r, &a, other), REGISTRY_FAILED);
	registry_close(r);
}

static void
refuse(const char *path, const char *text)
{
	char why[200];
	bool made = true;

	assert_null(registry_open(path, &made, why, sizeof(why)));
	assert_false(made);
	assert_non_null(strstr(why, text));
}

static void
test_open_refused(void **state)
{
	(void)state;
	refuse("/none/registry.db", "unable to open");
	refuse(scratch_file(&scratch, "text.db", "no database at all, this",
		   false),
	    "not a database");
	meddle("foreign.db", "CREATE TABLE units(id)");
	refuse(scratch_path(&scratch, "foreign.db"), "not a registry");
	registry_close(fresh());
	meddle("registry.db", "PRAGMA user_version = 2");
	refuse(scratch_path(&scratch, "registry.db"), "not a registry");
	registry_close(NULL);
}

static int
setup(void **state)
{
	(void)state;
	return scratch_make(&scratch);
}

static int
teardown(void **state)
{
	(void)state;
	return scratch_free(&scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enter),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_open_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
