/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/registry.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APPLICATION_ID 0x616e6372 /* "ancr" */
#define VERSION 1
#define BUSY_MS 10000

#define TEXT_OF(n) #n
#define DIGITS(n) TEXT_OF(n)

struct registry {
	sqlite3 *db;
};

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE units("
    " id TEXT PRIMARY KEY NOT NULL,"
    " key_unique BLOB UNIQUE NOT NULL CHECK(length(key_unique) = 32),"
    " certificate BLOB NOT NULL CHECK(length(certificate) = 32),"
    " first_seen TEXT NOT NULL,"
    " last_seen TEXT NOT NULL,"
    " verdict TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE checks("
    " id TEXT NOT NULL, at TEXT NOT NULL, verdict TEXT NOT NULL);"
    "CREATE INDEX checks_by_id ON checks(id);"
    "PRAGMA application_id = " DIGITS(
	APPLICATION_ID) ";"
			"PRAGMA user_version = " DIGITS(VERSION) ";"
								 "COMMIT;";

static bool
run(struct registry *r, const char *sql)
{
	return sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* One number, or -1. */
static int
ask_number(struct registry *r, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int n = -1;

	if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* Ours already, or empty and made ours. */
static bool
settle(struct registry *r, bool *made)
{
	int id;

	if (sqlite3_busy_timeout(r->db, BUSY_MS) != SQLITE_OK ||
	    !run(r, "PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL;"))
		return false;
	id = ask_number(r, "PRAGMA application_id");
	if (id == APPLICATION_ID)
		return ask_number(r, "PRAGMA user_version") == VERSION;
	if (id != 0 || ask_number(r, "SELECT count(*) FROM sqlite_schema") != 0)
		return false;
	if (run(r, schema)) {
		*made = true;
		return true;
	}
	/* another station made it meanwhile */
	run(r, "ROLLBACK");
	return ask_number(r, "PRAGMA application_id") == APPLICATION_ID;
}

struct registry *
registry_open(const char *path, bool *made, char *why, size_t why_len)
{
	struct registry *r = calloc(1, sizeof(*r));
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
	    SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;

	*made = false;
	snprintf(why, why_len, "out of memory");
	if (r == NULL)
		return NULL;
	if (sqlite3_open_v2(path, &r->db, flags, NULL) == SQLITE_OK &&
	    settle(r, made))
		return r;
	if (r->db != NULL && sqlite3_errcode(r->db) != SQLITE_OK &&
	    sqlite3_errcode(r->db) != SQLITE_ROW &&
	    sqlite3_errcode(r->db) != SQLITE_DONE)
		snprintf(why, why_len, "%s", sqlite3_errmsg(r->db));
	else if (r->db != NULL)
		snprintf(why, why_len, "is not a registry of this version");
	registry_close(r);
	return NULL;
}

void
registry_close(struct registry *r)
{
	if (r == NULL)
		return;
	sqlite3_close(r->db);
	free(r);
}

const char *
registry_why(const struct registry *r)
{
	return sqlite3_errmsg(r->db);
}

static bool
bind_text(sqlite3_stmt *s, int at, const char *text)
{
	return sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC) == SQLITE_OK;
}

static bool
bind_digest(sqlite3_stmt *s, int at, const uint8_t digest[32])
{
	return sqlite3_bind_blob(s, at, digest, 32, SQLITE_STATIC) == SQLITE_OK;
}

/* The id that has this key to other: SQLITE_ROW, SQLITE_DONE or an error. */
static int
find_key(struct registry *r, const uint8_t key[32], char other[65])
{
	static const char sql[] = "SELECT id FROM units WHERE key_unique = ?1";
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(r->db, sql, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = bind_digest(s, 1, key) ? sqlite3_step(s) : SQLITE_ERROR;
	if (rc == SQLITE_ROW)
		snprintf(other, 65, "%s",
		    (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	return rc;
}

/* Whether the id has any row. */
static int
find_id(struct registry *r, const char *id)
{
	static const char sql[] = "SELECT 1 FROM units WHERE id = ?1";
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(r->db, sql, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = bind_text(s, 1, id) ? sqlite3_step(s) : SQLITE_ERROR;
	sqlite3_finalize(s);
	return rc;
}

enum registry_answer
registry_look(struct registry *r, const struct registry_unit *unit,
    char other[65])
{
	int rc;

	other[0] = '\0';
	rc = find_key(r, unit->key, other);
	if (rc == SQLITE_ROW)
		return strcmp(other, unit->id) == 0 ? REGISTRY_REPEAT
						    : REGISTRY_KEY_USED;
	if (rc != SQLITE_DONE)
		return REGISTRY_FAILED;
	rc = find_id(r, unit->id);
	if (rc == SQLITE_ROW)
		return REGISTRY_OTHER_KEY;
	return rc == SQLITE_DONE ? REGISTRY_NEW : REGISTRY_FAILED;
}

static bool
enter_unit(struct registry *r, const struct registry_unit *unit, const char *at)
{
	static const char sql[] =
	    "INSERT INTO units(id, key_unique, certificate, first_seen,"
	    " last_seen, verdict) VALUES(?1, ?2, ?3, ?4, ?4, 'PASS')"
	    " ON CONFLICT(id) DO UPDATE SET certificate = ?3, last_seen = ?4";
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) == SQLITE_OK &&
	    bind_text(s, 1, unit->id) && bind_digest(s, 2, unit->key) &&
	    bind_digest(s, 3, unit->cert) && bind_text(s, 4, at) &&
	    sqlite3_step(s) == SQLITE_DONE;

	sqlite3_finalize(s);
	return ok;
}

bool
registry_note(struct registry *r, const char *id, const char *at,
    const char *verdict)
{
	static const char sql[] =
	    "INSERT INTO checks(id, at, verdict) VALUES(?1, ?2, ?3)";
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) == SQLITE_OK &&
	    bind_text(s, 1, id) && bind_text(s, 2, at) &&
	    bind_text(s, 3, verdict) && sqlite3_step(s) == SQLITE_DONE;

	sqlite3_finalize(s);
	return ok;
}

enum registry_answer
registry_enter(struct registry *r, const struct registry_unit *unit,
    const char *at, char other[65])
{
	enum registry_answer answer;

	other[0] = '\0';
	if (!run(r, "BEGIN IMMEDIATE"))
		return REGISTRY_FAILED;
	answer = registry_look(r, unit, other);
	if ((answer == REGISTRY_NEW || answer == REGISTRY_REPEAT) &&
	    enter_unit(r, unit, at) && registry_note(r, unit->id, at, "PASS") &&
	    run(r, "COMMIT"))
		return answer;
	if (answer == REGISTRY_NEW || answer == REGISTRY_REPEAT)
		answer = REGISTRY_FAILED;
	run(r, "ROLLBACK");
	return answer;
}
