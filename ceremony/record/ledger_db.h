/* SPDX-License-Identifier: ISC */
#ifndef RECORD_LEDGER_DB_H
#define RECORD_LEDGER_DB_H

#include <sqlite3.h>

#include "ceremony/record/ledger.h"

/*
 * The database under a ledger: one prepared statement for each row of a table
 * in ledger_db.c.  For ledger.c and ledger_replay.c alone.
 */
enum ledger_statement {
	LEDGER_COUNT,
	LEDGER_ADD,
	LEDGER_BY_ID,
	LEDGER_BY_KEY,
	LEDGER_BY_CERT,
	LEDGER_LEAVES,
	LEDGER_ROLE_ADD,
	LEDGER_ROLE_FIND,
	LEDGER_INTENT_ADD,
	LEDGER_INTENT_FIND,
	LEDGER_INTENT_CLOSE,
	LEDGER_STATEMENTS
};
struct ledger {
	sqlite3 *db;
	sqlite3_stmt *statements[LEDGER_STATEMENTS];
	bool memory;     /* ":memory:" */
	bool counted;    /* leaves is right */
	uint64_t leaves; /* see ledger_leaves() */
	enum record_error error;
};

/* Begin a transaction unless one is open; it stands until ledger_commit() or
 * ledger_close().  False: l->error is set. */
bool ledger_begin(struct ledger *l);
/* End the transaction, if one is open.  False: l->error is set. */
bool ledger_commit(struct ledger *l);

/* A statement, reset and without bindings. */
sqlite3_stmt *ledger_statement(struct ledger *l, enum ledger_statement which);
/* Run SQL without answer.  False: l->error is set. */
bool ledger_sql(struct ledger *l, const char *sql);
/* Step a statement: SQLITE_ROW, SQLITE_DONE or SQLITE_CONSTRAINT; on any other
 * l->error is set and SQLITE_ERROR returned. */
int ledger_step(struct ledger *l, sqlite3_stmt *s);
/* Bind octets or a text; borrowed until the next reset. */
void ledger_bind(sqlite3_stmt *s, int at, const uint8_t *data, size_t len);
void ledger_bind_text(sqlite3_stmt *s, int at, const char *text);
/* Copy a column of at most size octets; its length, 0 when it is longer. */
size_t ledger_column(sqlite3_stmt *s, int at, uint8_t *out, size_t size);

#endif
