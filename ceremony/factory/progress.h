/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_PROGRESS_H
#define FACTORY_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line of progress on stderr, when that is a terminal and the work lasts
 * longer than two seconds. */
struct progress {
	const char *what; /* "reading CSRs" */
	size_t total;
	int64_t begun, shown; /* monotonic milliseconds */
	bool terminal, visible;
};
void progress_begin(struct progress *p, const char *what, size_t total);
void progress_step(struct progress *p, size_t done);
/* Wipes the line. */
void progress_end(struct progress *p);
/* The monotonic clock in milliseconds. */
int64_t progress_now(void);

#endif
