/* SPDX-License-Identifier: ISC */
#include "ceremony/record/ledger_db.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROW "leaf, id, serial, cert, spki, issuer, not_after"

/* Ids, keys and serials are each given once in a log: the indices say so. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS issued ("
    " leaf INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " serial BLOB NOT NULL, cert BLOB NOT NULL UNIQUE,"
    " spki BLOB NOT NULL, key BLOB NOT NULL UNIQUE, issuer BLOB NOT NULL,"
    " not_after INTEGER NOT NULL, leaf_hash BLOB NOT NULL,"
    " UNIQUE (issuer, serial));"
    "CREATE TABLE IF NOT EXISTS role ("
    " key BLOB PRIMARY KEY, role TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TEMP TABLE intent ("
    " serial BLOB PRIMARY KEY, id TEXT NOT NULL, spki BLOB NOT NULL,"
    " tbs BLOB NOT NULL, open INTEGER NOT NULL) WITHOUT ROWID;";

/*
 * The rollback journal and the syncs that SQLite has by default stay: a file
 * of which a loss of power kept some pages and not others can pass
 * quick_check, and an index without its newest entries would let an id or a
 * key pass for unknown.  One transaction holds a whole ceremony's rows, so
 * this costs next to nothing.
 */
static const char settings[] = "PRAGMA trusted_schema = OFF;"
			       "PRAGMA cell_size_check = ON;"
			       "PRAGMA temp_store = MEMORY;";

static const char *const texts[LEDGER_STATEMENTS] = {
	[LEDGER_COUNT] = "SELECT count(*), ifnull(max(leaf), -1) FROM issued",
	[LEDGER_ADD] = "INSERT INTO issued (" ROW ", key, leaf_hash)"
		       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[LEDGER_BY_ID] = "SELECT " ROW " FROM issued WHERE id = ?1",
	[LEDGER_BY_KEY] = "SELECT " ROW " FROM issued WHERE key = ?1",
	[LEDGER_BY_CERT] = "SELECT " ROW " FROM issued WHERE cert = ?1",
	[LEDGER_LEAVES] = "SELECT leaf, leaf_hash FROM issued ORDER BY leaf",
	[LEDGER_ROLE_ADD] =
	    "INSERT OR IGNORE INTO role (key, role) VALUES (?1, ?2)",
	[LEDGER_ROLE_FIND] = "SELECT role FROM role WHERE key = ?1",
	[LEDGER_INTENT_ADD] = "INSERT INTO intent (serial, id, spki, tbs, open)"
			      " VALUES (?1, ?2, ?3, ?4, 1)",
	[LEDGER_INTENT_FIND] =
	    "SELECT id, spki, tbs, open FROM intent WHERE serial = ?1",
	[LEDGER_INTENT_CLOSE] = "UPDATE intent SET open = 0 WHERE serial = ?1",
};

sqlite3_stmt *
ledger_statement(struct ledger *l, enum ledger_statement which)
{
	sqlite3_stmt *s = l->statements[which];

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return s;
}

bool
ledger_sql(struct ledger *l, const char *sql)
{
	l->counted = false;
	if (sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	l->error = RECORD_ERR_IO;
	return false;
}

/* SQLite knows best: some errors end a transaction by themselves. */
bool
ledger_begin(struct ledger *l)
{
	return sqlite3_get_autocommit(l->db) == 0 || ledger_sql(l, "BEGIN");
}

bool
ledger_commit(struct ledger *l)
{
	return sqlite3_get_autocommit(l->db) != 0 || ledger_sql(l, "COMMIT");
}

int
ledger_step(struct ledger *l, sqlite3_stmt *s)
{
	int rv = sqlite3_step(s);

	if (rv == SQLITE_ROW)
		return rv;
	/* what was bound must not be used again, and locks go */
	sqlite3_reset(s);
	if (rv == SQLITE_DONE || rv == SQLITE_CONSTRAINT)
		return rv;
	l->error = RECORD_ERR_IO;
	l->counted = false;
	return SQLITE_ERROR;
}

void
ledger_bind(sqlite3_stmt *s, int at, const uint8_t *data, size_t len)
{
	sqlite3_bind_blob64(s, at, data, len, SQLITE_STATIC);
}

void
ledger_bind_text(sqlite3_stmt *s, int at, const char *text)
{
	sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

size_t
ledger_column(sqlite3_stmt *s, int at, uint8_t *out, size_t size)
{
	const void *data = sqlite3_column_blob(s, at);
	int len = sqlite3_column_bytes(s, at);

	if (data == NULL || len <= 0 || (size_t)len > size)
		return 0;
	memcpy(out, data, (size_t)len);
	return (size_t)len;
}

/* Whether SQLite itself finds nothing wrong with the file. */
static bool
is_sound(sqlite3 *db)
{
	sqlite3_stmt *s = NULL;
	const unsigned char *answer;
	bool sound = false;

	if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &s, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW) {
		answer = sqlite3_column_text(s, 0);
		sound =
		    answer != NULL && strcmp((const char *)answer, "ok") == 0;
	}
	sqlite3_finalize(s);
	return sound;
}

static bool
prepare(struct ledger *l)
{
	if (!is_sound(l->db) || !ledger_sql(l, settings) ||
	    !ledger_sql(l, schema))
		return false;
	for (unsigned i = 0; i < LEDGER_STATEMENTS; i++)
		if (sqlite3_prepare_v3(l->db, texts[i], -1,
			SQLITE_PREPARE_PERSISTENT, &l->statements[i],
			NULL) != SQLITE_OK)
			return false;
	return true;
}

static void
shut(struct ledger *l)
{
	for (unsigned i = 0; i < LEDGER_STATEMENTS; i++) {
		sqlite3_finalize(l->statements[i]);
		l->statements[i] = NULL;
	}
	sqlite3_close(l->db);
	l->db = NULL;
	l->error = RECORD_OK;
}

static bool
start(struct ledger *l, const char *path)
{
	/* one thread uses it; no URI names, no extensions */
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;

	if (sqlite3_open_v2(path, &l->db, flags, NULL) == SQLITE_OK &&
	    prepare(l))
		return true;
	shut(l);
	return false;
}

enum record_error
ledger_open(const char *path, struct ledger **out, struct record_fault *fault)
{
	struct ledger *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL)
		return record_fail(fault, RECORD_ERR_MEMORY, "out of memory");
	l->memory = strcmp(path, ":memory:") == 0;
	if (!start(l, path) &&
	    (l->memory || unlink(path) != 0 || !start(l, path))) {
		free(l);
		return record_fail(fault, RECORD_ERR_IO,
		    "ledger.db: cannot be opened or made: look at the medium");
	}
	*out = l;
	return RECORD_OK;
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	(void)ledger_commit(l); /* what is lost is replayed */
	shut(l);
	free(l);
}
