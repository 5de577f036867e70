/* SPDX-License-Identifier: ISC */
#ifndef RECORD_EVENT_H
#define RECORD_EVENT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/record/error.h"
#include "ceremony/record/link.h"

/* The moment of a line: machine clock and milliseconds since boot, handed in
 * by the caller, who alone reads clocks. */
struct moment {
	int64_t utc;
	uint64_t up;
};

/* One line of the transcript taken apart; texts are borrowed from root, which
 * is new. */
struct event {
	json_t *root;
	const char *log, *cer, *type, *t;
	uint64_t seq, up;
	json_t *actor, *body;
	struct link link;
};
/*
 * Strict: exactly these fields in this order, of their JSON types, no
 * duplicate keys anywhere, no floats, integers within 2^53; t a date that
 * exists; type of a-z 0-9 . and -.  event_clear() frees.
 * Errors: FORM, MEMORY; *out is zeroed then.
 */
enum record_error event_read(const char *line, size_t len, struct event *out,
    struct record_fault *fault);
void event_clear(struct event *e);

/* The line that event_read() reads; of e count log, cer, seq, link.prev, type
 * and body, all borrowed; actor is NULL-terminated.  *out new, free(), *len
 * with the LF.  Errors: FORM, MEMORY; *out is NULL then. */
enum record_error event_write(const struct event *e, struct moment when,
    const char *const *actor, char **out, size_t *len);

#endif
