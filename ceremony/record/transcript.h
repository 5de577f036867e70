/* SPDX-License-Identifier: ISC */
#ifndef RECORD_TRANSCRIPT_H
#define RECORD_TRANSCRIPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/record/error.h"
#include "ceremony/record/event.h"
#include "ceremony/record/link.h"

/*
 * transcript.jsonl: the ceremony record.  One line an event, ASCII, fields in
 * this order: v, log, cer, seq, prev, t, up, type, actor, body.  Each line is
 * written whole and fsynced before transcript_append() returns.
 */
struct transcript;

/* Opens (creates when create) transcript.jsonl in the state folder dirfd for
 * appending, locked against others.  A torn last line (no LF) left by a crash
 * is cut off; *torn (may be NULL) tells.  The chain of every line is checked,
 * and that all are of one log.  Errors: IO, FULL, LOCKED, MISSING (absent and
 * not create), FORM, CHAIN, OTHER_LOG, MEMORY; *out is NULL then. */
enum record_error transcript_open(int dirfd, bool create,
    struct transcript **out, bool *torn, struct record_fault *fault);
/* The same for reading only: nothing is locked or cut off, a torn last line is
 * passed over, transcript_append() returns ARGUMENT. */
enum record_error transcript_view(int dirfd, struct transcript **out,
    bool *torn, struct record_fault *fault);
void transcript_close(struct transcript *t);

/*
 * Append one line.  actor: NULL-terminated list of names.  body: new
 * reference, taken over (also on error).  *out (may be NULL): the link of the
 * new line.  Errors: IO, FULL (the file is cut back to what it was), FORM
 * (event_read() would refuse the line), OTHER_LOG, ARGUMENT (body NULL, or
 * opened for reading), MEMORY.  After an error the next append may succeed;
 * only when the file could not be cut back every later one is IO.
 */
enum record_error transcript_append(struct transcript *t, const char *log,
    const char *cer, struct moment when, const char *type,
    const char *const *actor, json_t *body, struct link *out);
/* Lines: count, and line i from 0, with LF; borrowed until
 * transcript_close(): appending moves none.  NULL when there is no such line.
 */
uint64_t transcript_count(const struct transcript *t);
const char *
transcript_line(const struct transcript *t, uint64_t seq, size_t *len);
/* The last line's link, NULL when there is none; the first has seq 0. */
const struct link *transcript_head(const struct transcript *t);

#endif
