/* SPDX-License-Identifier: ISC */
#ifndef QR_JOIN_H
#define QR_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/scan.h"

/* The reader that joins codes and lines to the file; see transfer/scan.h. */
struct join;
struct join_state {
	enum scan_taken taken; /* what the last code or line was */
	uint64_t needed, rank, received, plain;
	uint32_t checksum;
	bool differ, complete;
	char why[SCAN_WHY_MAX]; /* it was refused */
};

/* NULL: it does not start, why (QR_WHY_MAX) says so. */
struct join *join_new(char *why);
void join_free(struct join *j);
/* A code's octets, or a line: at most SCAN_TEXT_MAX.  False: the reader is
 * lost, and join_why() says how. */
bool join_take(struct join *j, bool line, const void *text, size_t len,
    struct join_state *state);
/* The file, new, free(), and its digest; false when it is not whole or is
 * none, or the reader is lost. */
bool
join_finish(struct join *j, uint8_t **out, size_t *len, uint8_t sha256[32]);
const char *join_why(const struct join *j);
/* Whether that is about what came in, and not about the reader. */
bool join_is_fault(const struct join *j);

#endif
