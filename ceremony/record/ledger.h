/* SPDX-License-Identifier: ISC */
#ifndef RECORD_LEDGER_H
#define RECORD_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/record/error.h"
#include "ceremony/record/issuance.h"

/*
 * ledger.db: an index over what was issued, for look-ups by id and key.  A
 * cache: replayed from issuance.jsonl when its mark does not match, never the
 * only copy.  path ":memory:" keeps it in memory (auditors).
 */
struct ledger;
#define LEDGER_ROLE_MAX 64
struct ledger_row {
	char id[65];
	uint64_t leaf;
	uint8_t serial[20];
	size_t serial_len;
	uint8_t cert_sha256[32];
	uint8_t spki_sha256[32];
	uint8_t issuer_spki_sha256[32]; /* SHA-256 of issuer's name and aki */
	int64_t not_after;
};
/* Opens or creates; a file that is no sound database is replaced by an empty
 * one, it being a cache.  Errors: IO, MEMORY. */
enum record_error
ledger_open(const char *path, struct ledger **out, struct record_fault *fault);
/* Commits what was added since ledger_open() or ledger_replay(); without it
 * the file stays as it was, to be replayed. */
void ledger_close(struct ledger *l);
/* Number of results it holds, to be compared with the tree; start afresh
 * (roles too). */
uint64_t ledger_leaves(struct ledger *l);
enum record_error ledger_reset(struct ledger *l);
/* Add an issued certificate: leaf must be ledger_leaves().  DER is parsed
 * with ca/; its key's unique value is indexed.
 * Errors: ARGUMENT (leaf or id), FORM (no certificate of ours), CHAIN (id, key or
 * issuer and serial are there already), IO, MEMORY; nothing is added then. */
enum record_error ledger_add(struct ledger *l, const char *id, uint64_t leaf,
    const uint8_t *der, size_t len, struct record_fault *fault);
/* A key that no device may have (CA, sealer, station, operator, witness);
 * role of 1..LEDGER_ROLE_MAX characters.  The first role of a key stays. */
enum record_error
ledger_add_role(struct ledger *l, const uint8_t unique[32], const char *role);
/*
 * Look-ups: true when there is one.  role needs LEDGER_ROLE_MAX + 1
 * characters.  When the database fails they answer true with zeros, so that
 * nothing passes for unknown, and ledger_error() is IO from then on.
 */
bool ledger_by_id(struct ledger *l, const char *id, struct ledger_row *out);
bool ledger_by_key(struct ledger *l, const uint8_t unique[32],
    struct ledger_row *out);
bool ledger_by_cert(struct ledger *l, const uint8_t cert_sha256[32],
    struct ledger_row *out);
bool ledger_role(struct ledger *l, const uint8_t unique[32], char *role);
enum record_error ledger_error(const struct ledger *l);
/*
 * Make it hold exactly the results of the issuance log of a state folder
 * (read only, it may be open elsewhere): intents and results paired, each
 * certificate's SPKI, serial, TBS and id compared with its intent.  A ledger
 * whose leaves give the log's tree root already is left as it is, but for
 * ":memory:", which is always made anew.  Roles stay.
 * Errors: CHAIN (the log contradicts itself), FORM, MISSING (there is no log),
 * IO, MEMORY.
 */
enum record_error
ledger_replay(struct ledger *l, int dirfd, struct record_fault *fault);

#endif
