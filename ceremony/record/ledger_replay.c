/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ca/cert.h"
#include "ceremony/record/ledger.h"
#include "ceremony/record/ledger_db.h"

/* A pass over issuance.jsonl; err is what stopped it. */
struct replay {
	struct ledger *ledger;
	struct record_fault *fault;
	uint64_t line; /* from 1 */
	uint64_t leaf; /* the next */
	enum record_error err;
};

static int
refuse(struct replay *r, enum record_error err, const char *what)
{
	r->err = record_fail(r->fault, err,
	    "issuance.jsonl line %" PRIu64 ": %s", r->line, what);
	return -1;
}

/* What an intent said that has this serial. */
struct standing {
	char id[65];
	uint8_t spki[32], tbs[32];
	bool open; /* neither result nor void yet */
};

/* False with r->err unset: there is none. */
static bool
find_intent(struct replay *r, const uint8_t serial[SERIAL_SIZE],
    struct standing *out)
{
	sqlite3_stmt *s = ledger_statement(r->ledger, LEDGER_INTENT_FIND);
	int rv;

	memset(out, 0, sizeof(*out));
	ledger_bind(s, 1, serial, SERIAL_SIZE);
	if ((rv = ledger_step(r->ledger, s)) == SQLITE_DONE)
		return false;
	if (rv != SQLITE_ROW) {
		refuse(r, RECORD_ERR_IO, "the ledger failed");
		return false;
	}
	ledger_column(s, 0, (uint8_t *)out->id, sizeof(out->id) - 1);
	ledger_column(s, 1, out->spki, 32);
	ledger_column(s, 2, out->tbs, 32);
	out->open = sqlite3_column_int(s, 3) != 0;
	sqlite3_reset(s);
	return true;
}

static int
close_intent(struct replay *r, const uint8_t serial[SERIAL_SIZE])
{
	sqlite3_stmt *s = ledger_statement(r->ledger, LEDGER_INTENT_CLOSE);

	ledger_bind(s, 1, serial, SERIAL_SIZE);
	if (ledger_step(r->ledger, s) != SQLITE_DONE)
		return refuse(r, RECORD_ERR_IO, "the ledger failed");
	return 0;
}

/* A resumed act may say an open intent again, in the same words. */
static int
apply_intent(struct replay *r, const struct intent *in)
{
	sqlite3_stmt *s;
	struct standing old;

	if (find_intent(r, in->serial, &old)) {
		if (!old.open || strcmp(old.id, in->id) != 0 ||
		    memcmp(old.spki, in->spki_sha256, 32) != 0 ||
		    memcmp(old.tbs, in->tbs_sha256, 32) != 0)
			return refuse(r, RECORD_ERR_CHAIN,
			    "an intent with a serial that was used");
		return 0;
	}
	if (r->err != RECORD_OK)
		return -1;
	s = ledger_statement(r->ledger, LEDGER_INTENT_ADD);
	ledger_bind(s, 1, in->serial, SERIAL_SIZE);
	ledger_bind_text(s, 2, in->id);
	ledger_bind(s, 3, in->spki_sha256, 32);
	ledger_bind(s, 4, in->tbs_sha256, 32);
	if (ledger_step(r->ledger, s) != SQLITE_DONE)
		return refuse(r, RECORD_ERR_IO, "the ledger failed");
	return 0;
}

static int
apply_void(struct replay *r, const uint8_t serial[SERIAL_SIZE])
{
	struct standing old;
	bool found = find_intent(r, serial, &old);

	if (r->err != RECORD_OK)
		return -1;
	if (!found || !old.open)
		return refuse(r, RECORD_ERR_CHAIN,
		    "a void of no intent that is open");
	return close_intent(r, serial);
}

/* What a certificate says of itself, to be held against its intent. */
struct result {
	uint8_t serial[20], spki[32], tbs[32];
	size_t serial_len;
};

static bool
read_result(const uint8_t *der, size_t len, struct result *out)
{
	X509 *cert = NULL;
	bool ok = cert_parse(der, len, &cert) == CA_OK &&
	    cert_serial(cert, out->serial, &out->serial_len) == CA_OK &&
	    cert_spki_sha256(cert, out->spki) == CA_OK &&
	    cert_tbs_digest(cert, out->tbs) == CA_OK;

	X509_free(cert);
	return ok;
}

static int
apply_result(struct replay *r, const uint8_t *der, size_t len)
{
	struct standing old;
	struct record_fault fault;
	struct result got;
	enum record_error err;
	bool found;

	if (!read_result(der, len, &got))
		return refuse(r, RECORD_ERR_FORM, "not a certificate of ours");
	found =
	    got.serial_len == SERIAL_SIZE && find_intent(r, got.serial, &old);
	if (r->err != RECORD_OK)
		return -1;
	if (!found || !old.open)
		return refuse(r, RECORD_ERR_CHAIN,
		    "a result without an intent that is open");
	if (memcmp(old.spki, got.spki, 32) != 0)
		return refuse(r, RECORD_ERR_CHAIN,
		    "another key than the intent's");
	if (memcmp(old.tbs, got.tbs, 32) != 0)
		return refuse(r, RECORD_ERR_CHAIN,
		    "another TBSCertificate than the intent's");
	err = ledger_add(r->ledger, old.id, r->leaf, der, len, &fault);
	if (err != RECORD_OK)
		return refuse(r, err, fault.text);
	r->leaf++;
	return close_intent(r, got.serial);
}

static int
apply_line(void *arg, uint64_t number, const struct issuance_line *line)
{
	struct replay *r = arg;

	(void)number;
	r->line++;
	switch (line->type) {
	case ISSUANCE_INTENT:
		return apply_intent(r, &line->intent);
	case ISSUANCE_RESULT:
		return apply_result(r, line->cert, line->cert_len);
	case ISSUANCE_VOID:
		return apply_void(r, line->intent.serial);
	}
	return refuse(r, RECORD_ERR_FORM, "no kind of line");
}

/* The tree over the leaves the ledger holds.  False: it failed, or its leaves
 * are no row of their own. */
static bool
own_tree(struct ledger *l, struct tree *out)
{
	sqlite3_stmt *s = ledger_statement(l, LEDGER_LEAVES);
	uint8_t leaf[32];
	int rv;

	while ((rv = ledger_step(l, s)) == SQLITE_ROW)
		if ((uint64_t)sqlite3_column_int64(s, 0) != tree_size(out) ||
		    ledger_column(s, 1, leaf, 32) != 32 ||
		    !tree_add(out, leaf)) {
			sqlite3_reset(s);
			return false;
		}
	return rv == SQLITE_DONE;
}

/* Whether the ledger holds what the log holds, by the tree's root. */
static bool
is_current(struct ledger *l, const struct issuance *log)
{
	uint8_t ours[32], theirs[32];
	struct tree own = { 0 };
	bool same = false;

	if (own_tree(l, &own)) {
		tree_root(&own, ours);
		tree_root(issuance_tree(log), theirs);
		same = tree_size(&own) == tree_size(issuance_tree(log)) &&
		    memcmp(ours, theirs, sizeof(ours)) == 0;
	}
	tree_free(&own);
	return same;
}

/* Make everything anew in one transaction. */
static enum record_error
rebuild(struct ledger *l, int dirfd, struct record_fault *fault)
{
	struct replay r = { .ledger = l, .fault = fault };
	struct issuance *log = NULL;
	enum record_error ret;

	l->error = RECORD_OK;
	if (!ledger_commit(l) || !ledger_begin(l) ||
	    !ledger_sql(l, "DELETE FROM issued; DELETE FROM intent;"))
		return record_fail(fault, RECORD_ERR_IO,
		    "ledger.db: cannot be written: look at the medium");
	ret = issuance_open(dirfd, false, apply_line, &r, &log, fault);
	issuance_close(log);
	if (r.err != RECORD_OK)
		ret = r.err;
	if (ret != RECORD_OK) {
		ledger_sql(l, "ROLLBACK");
		return ret;
	}
	if (!ledger_commit(l))
		return record_fail(fault, RECORD_ERR_IO,
		    "ledger.db: cannot be written: look at the medium");
	return RECORD_OK;
}

enum record_error
ledger_replay(struct ledger *l, int dirfd, struct record_fault *fault)
{
	struct issuance *log = NULL;
	enum record_error ret;
	bool current = false;

	if (!l->memory) {
		ret = issuance_open(dirfd, false, NULL, NULL, &log, fault);
		if (ret != RECORD_OK)
			return ret;
		current = is_current(l, log);
		issuance_close(log);
	}
	return current ? RECORD_OK : rebuild(l, dirfd, fault);
}
