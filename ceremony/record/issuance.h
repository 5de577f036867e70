/* SPDX-License-Identifier: ISC */
#ifndef RECORD_ISSUANCE_H
#define RECORD_ISSUANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/record/error.h"
#include "ceremony/record/tree.h"

#define ISSUANCE_CERT_MAX 4096 /* octets of DER */
#define ISSUANCE_LINE_MAX 8192 /* octets of a line with its LF */

/*
 * issuance.jsonl: what was about to be signed and what was.  ASCII JSON Lines,
 * fields in this order:
 *   {"type":"intent","act":n,"profile":..,"id":..,"hwserial":..|"",
 *    "spki_sha256":..,"serial":hex,"tbs_sha256":..}
 *   {"type":"result","act":n,"certificate":base64}
 *   {"type":"void","act":n,"serial":hex,"reason":..}
 * Results are the leaves of the log's tree, in order of appearance.
 */
struct intent {
	char profile[65], id[65], hwserial[65];
	uint8_t spki_sha256[32];
	uint8_t serial[17];
	uint8_t tbs_sha256[32];
};
enum issuance_type {
	ISSUANCE_INTENT,
	ISSUANCE_RESULT,
	ISSUANCE_VOID
};
struct issuance_line {
	enum issuance_type type;
	uint64_t act;
	struct intent intent; /* intent; void: only serial */
	const uint8_t *cert;  /* result: DER, borrowed */
	size_t cert_len;
	char reason[65]; /* void */
};

struct issuance;
/* Opens (creates) issuance.jsonl; reads every line through `each` (may be
 * NULL; number from 1; the line is borrowed for the call; a return other than
 * 0 stops with RECORD_ERR_RULE, the fault is the callee's); a torn last line
 * is cut off when writable, else passed over.  writable false: opened for
 * reading only, not created, not locked.  Errors: IO, FULL, LOCKED, MISSING,
 * FORM, RULE, MEMORY; *out is NULL then. */
enum record_error issuance_open(int dirfd, bool writable,
    int (*each)(void *arg, uint64_t number, const struct issuance_line *line),
    void *arg, struct issuance **out, struct record_fault *fault);
void issuance_close(struct issuance *i);
/* Append; nothing is on disk for sure before issuance_sync().  Errors: FORM (a
 * text is empty, too long or not printable ASCII), ARGUMENT (opened for
 * reading), MEMORY; the line is not there then. */
enum record_error
issuance_intent(struct issuance *i, uint64_t act, const struct intent *intent);
enum record_error issuance_result(struct issuance *i, uint64_t act,
    const uint8_t *der, size_t len);
enum record_error issuance_void(struct issuance *i, uint64_t act,
    const uint8_t serial[17], const char *reason);
/* Write and fsync what was appended.  Errors: IO, FULL; the file is cut back
 * to what it was, the lines are kept, and it may be called again. */
enum record_error issuance_sync(struct issuance *i);
/* The log so far, with what is not synced yet: lines, SHA-256 of the whole
 * file's octets, tree. */
uint64_t issuance_lines(const struct issuance *i);
void issuance_digest(const struct issuance *i, uint8_t out[32]);
const struct tree *issuance_tree(const struct issuance *i);
/* SHA-256 of the file's first `lines` lines and the tree over its results up
 * to there, for comparing with what the transcript says of that moment.
 * Errors: MISSING (fewer lines). */
enum record_error issuance_at(const struct issuance *i, uint64_t lines,
    uint8_t digest[32], uint64_t *tree_size, uint8_t tree_root[32]);

#endif
