/* SPDX-License-Identifier: ISC */
#ifndef RECORD_SCAN_H
#define RECORD_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reading lines of JSON that have one form only: our own fields in our own
 * order, without blanks.  No JSON library is needed, and duplicate, unknown or
 * reordered keys cannot be written in it.  Errors stick: after the first, every
 * call does nothing, and scan_ok() is false.
 */
struct scan {
	const char *at, *end;
	bool failed;
};

/* Begin with a line: printable ASCII, ending in its only LF, which is not part
 * of what is scanned. */
void scan_begin(struct scan *s, const char *line, size_t len);
/* Exactly this text. */
void scan_literal(struct scan *s, const char *text);
/* Whether this text stands here; passed over if so. */
bool scan_try(struct scan *s, const char *text);
/* A JSON string of printable ASCII in which " and \ alone are escaped; out
 * (may be NULL) has room for size characters with the NUL; "" on failure. */
void scan_text(struct scan *s, char *out, size_t size);
/* 0 .. 2^53 - 1, no leading zero. */
void scan_number(struct scan *s, uint64_t *out);
/* A JSON string of len octets in lower-case hex. */
void scan_hex(struct scan *s, uint8_t *out, size_t len);
/* A JSON string of 1..max octets in canonical base64.  *out new, free(); NULL
 * on failure. */
void scan_base64(struct scan *s, size_t max, uint8_t **out, size_t *len);
/* All of the line was read, and without failure. */
bool scan_ok(const struct scan *s);

#endif
