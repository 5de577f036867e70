/* SPDX-License-Identifier: ISC */
#ifndef QR_PROGRESS_H
#define QR_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ceremony/process/message.h"
#include "ceremony/qr/join.h"

/* What people see while codes come in: on a terminal a line that is drawn
 * over, with the camera's picture above it; elsewhere nothing. */
struct progress {
	FILE *to;
	bool live; /* a terminal */
	int64_t start_ms, drawn_ms;
	bool drawn;    /* there is something on the screen, ... */
	unsigned rows; /* ... and so much of it above the cursor */
	uint64_t pictures, blind, broken;
	struct join_state state; /* of the last code that was one */
	bool has_copy;
	uint8_t copy[MESSAGE_PREVIEW];
};

/* now_ms: of a clock that only goes forward. */
void progress_start(struct progress *p, FILE *to, bool live, int64_t now_ms);
/* Draw, unless it was just drawn. */
void progress_draw(struct progress *p, int64_t now_ms);
/* Clear what is drawn, so that a line can be said. */
void progress_clear(struct progress *p);

/* For tests: the bar and what stands behind it, without a newline, into out of
 * size octets. */
#define PROGRESS_LINE_MAX 200
void progress_line(const struct progress *p, int64_t now_ms,
    char out[PROGRESS_LINE_MAX]);

#endif
