/* SPDX-License-Identifier: ISC */
#include "ceremony/record/ledger.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/key.h"
#include "ca/subject.h"
#include "ceremony/record/ledger_db.h"

enum record_error
ledger_error(const struct ledger *l)
{
	return l->error;
}

uint64_t
ledger_leaves(struct ledger *l)
{
	sqlite3_stmt *s;
	sqlite3_int64 count, last;

	/* counting takes as long as there are rows, and is asked for each */
	if (l->counted)
		return l->leaves;
	s = ledger_statement(l, LEDGER_COUNT);
	if (ledger_step(l, s) != SQLITE_ROW)
		return UINT64_MAX;
	count = sqlite3_column_int64(s, 0);
	last = sqlite3_column_int64(s, 1);
	sqlite3_reset(s);
	/* a row that went missing makes no whole */
	l->leaves = last + 1 == count ? (uint64_t)count : UINT64_MAX;
	l->counted = true;
	return l->leaves;
}

enum record_error
ledger_reset(struct ledger *l)
{
	return ledger_sql(l, "DELETE FROM issued; DELETE FROM role;")
	    ? RECORD_OK
	    : RECORD_ERR_IO;
}

/* SHA-256 over the issuer's name and the authority key identifier: who gave
 * out the serial. */
static bool
issuer_digest(const X509 *cert, uint8_t out[32])
{
	const ASN1_OCTET_STRING *aki =
	    X509_get0_authority_key_id((X509 *)(uintptr_t)cert);
	uint8_t input[2 * SUBJECT_TEXT_MAX + 64];
	const unsigned char *name;
	size_t len, aki_len;

	if (aki == NULL ||
	    X509_NAME_get0_der(X509_get_issuer_name(cert), &name, &len) != 1)
		return false;
	aki_len = (size_t)ASN1_STRING_length(aki);
	if (len > 2 * SUBJECT_TEXT_MAX || aki_len > sizeof(input) - len)
		return false;
	memcpy(input, name, len);
	memcpy(input + len, ASN1_STRING_get0_data(aki), aki_len);
	return SHA256(input, len + aki_len, out) != NULL;
}

/* Fill the row of a certificate, its key's unique value and its leaf. */
static bool
row_of_cert(const uint8_t *der, size_t len, struct ledger_row *row,
    uint8_t unique[32], uint8_t leaf_hash[32])
{
	struct key_ident ident;
	X509 *cert = NULL;
	uint8_t *spki = NULL;
	int64_t not_before;
	bool ok = false;
	int n;

	if (cert_parse(der, len, &cert) != CA_OK)
		goto out;
	/* its octets; i2d_PUBKEY() would make them anew from the key */
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
	if (n <= 0 || key_identify(spki, (size_t)n, &ident) != CA_OK ||
	    cert_serial(cert, row->serial, &row->serial_len) != CA_OK ||
	    cert_dates(cert, &not_before, &row->not_after) != CA_OK ||
	    !issuer_digest(cert, row->issuer_spki_sha256) ||
	    SHA256(der, len, row->cert_sha256) == NULL)
		goto out;
	memcpy(row->spki_sha256, ident.spki_sha256, 32);
	memcpy(unique, ident.unique, 32);
	tree_leaf(der, len, leaf_hash);
	ok = true;
out:
	OPENSSL_free(spki);
	X509_free(cert);
	return ok;
}

static int
insert(struct ledger *l, const struct ledger_row *row, const uint8_t unique[32],
    const uint8_t leaf_hash[32])
{
	sqlite3_stmt *s;

	if (!ledger_begin(l))
		return SQLITE_ERROR;
	s = ledger_statement(l, LEDGER_ADD);
	sqlite3_bind_int64(s, 1, (sqlite3_int64)row->leaf);
	ledger_bind_text(s, 2, row->id);
	ledger_bind(s, 3, row->serial, row->serial_len);
	ledger_bind(s, 4, row->cert_sha256, 32);
	ledger_bind(s, 5, row->spki_sha256, 32);
	ledger_bind(s, 6, row->issuer_spki_sha256, 32);
	sqlite3_bind_int64(s, 7, row->not_after);
	ledger_bind(s, 8, unique, 32);
	ledger_bind(s, 9, leaf_hash, 32);
	return ledger_step(l, s);
}

enum record_error
ledger_add(struct ledger *l, const char *id, uint64_t leaf, const uint8_t *der,
    size_t len, struct record_fault *fault)
{
	struct ledger_row row = { .leaf = leaf };
	uint8_t unique[32], leaf_hash[32];

	if (!subject_id_valid(id) || leaf != ledger_leaves(l))
		return record_fail(fault, RECORD_ERR_ARGUMENT,
		    "ledger: leaf %" PRIu64 " is not the next, or no id", leaf);
	memcpy(row.id, id, strlen(id) + 1);
	if (!row_of_cert(der, len, &row, unique, leaf_hash))
		return record_fail(fault, RECORD_ERR_FORM,
		    "leaf %" PRIu64 " (%s): not a certificate of ours", leaf,
		    id);
	switch (insert(l, &row, unique, leaf_hash)) {
	case SQLITE_DONE:
		l->leaves = leaf + 1;
		l->counted = true;
		return RECORD_OK;
	case SQLITE_CONSTRAINT:
		return record_fail(fault, RECORD_ERR_CHAIN,
		    "leaf %" PRIu64 " (%s): id, key or serial issued before",
		    leaf, id);
	default:
		return record_fail(fault, RECORD_ERR_IO,
		    "ledger.db: cannot be written: look at the medium");
	}
}

enum record_error
ledger_add_role(struct ledger *l, const uint8_t unique[32], const char *role)
{
	sqlite3_stmt *s;

	if (strnlen(role, LEDGER_ROLE_MAX + 1) > LEDGER_ROLE_MAX ||
	    role[0] == '\0')
		return RECORD_ERR_ARGUMENT;
	if (!ledger_begin(l))
		return RECORD_ERR_IO;
	s = ledger_statement(l, LEDGER_ROLE_ADD);
	ledger_bind(s, 1, unique, 32);
	ledger_bind_text(s, 2, role);
	return ledger_step(l, s) == SQLITE_DONE ? RECORD_OK : RECORD_ERR_IO;
}

static bool
copy_text(sqlite3_stmt *s, int at, char *out, size_t size)
{
	size_t len = ledger_column(s, at, (uint8_t *)out, size - 1);

	out[len] = '\0';
	return len > 0;
}

static bool
copy_row(sqlite3_stmt *s, struct ledger_row *out)
{
	out->leaf = (uint64_t)sqlite3_column_int64(s, 0);
	out->serial_len = ledger_column(s, 2, out->serial, sizeof(out->serial));
	out->not_after = sqlite3_column_int64(s, 6);
	return copy_text(s, 1, out->id, sizeof(out->id)) &&
	    out->serial_len > 0 &&
	    ledger_column(s, 3, out->cert_sha256, 32) == 32 &&
	    ledger_column(s, 4, out->spki_sha256, 32) == 32 &&
	    ledger_column(s, 5, out->issuer_spki_sha256, 32) == 32;
}

/* The row that a statement with its key bound finds. */
static bool
find(struct ledger *l, sqlite3_stmt *s, struct ledger_row *out)
{
	int rv = ledger_step(l, s);
	bool ok;

	memset(out, 0, sizeof(*out));
	if (rv == SQLITE_DONE)
		return false;
	if (rv != SQLITE_ROW)
		return true;
	ok = copy_row(s, out);
	sqlite3_reset(s);
	if (!ok) {
		memset(out, 0, sizeof(*out));
		l->error = RECORD_ERR_IO;
	}
	return true;
}

bool
ledger_by_id(struct ledger *l, const char *id, struct ledger_row *out)
{
	sqlite3_stmt *s = ledger_statement(l, LEDGER_BY_ID);

	ledger_bind_text(s, 1, id);
	return find(l, s, out);
}

bool
ledger_by_key(struct ledger *l, const uint8_t unique[32],
    struct ledger_row *out)
{
	sqlite3_stmt *s = ledger_statement(l, LEDGER_BY_KEY);

	ledger_bind(s, 1, unique, 32);
	return find(l, s, out);
}

bool
ledger_by_cert(struct ledger *l, const uint8_t cert_sha256[32],
    struct ledger_row *out)
{
	sqlite3_stmt *s = ledger_statement(l, LEDGER_BY_CERT);

	ledger_bind(s, 1, cert_sha256, 32);
	return find(l, s, out);
}

bool
ledger_role(struct ledger *l, const uint8_t unique[32], char *role)
{
	sqlite3_stmt *s = ledger_statement(l, LEDGER_ROLE_FIND);
	int rv;

	role[0] = '\0';
	ledger_bind(s, 1, unique, 32);
	if ((rv = ledger_step(l, s)) == SQLITE_DONE)
		return false;
	if (rv != SQLITE_ROW)
		return true;
	if (!copy_text(s, 0, role, LEDGER_ROLE_MAX + 1))
		l->error = RECORD_ERR_IO;
	sqlite3_reset(s);
	return true;
}
