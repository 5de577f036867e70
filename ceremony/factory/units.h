/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_UNITS_H
#define FACTORY_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/request.h"

#define UNITS_FILE_MAX (4u << 20) /* octets */

/* units.csv: hardware serials of units, lines "id,serial" (a first line of
 * exactly these words is a heading), both A-Z a-z 0-9 . _ -, not quoted. */
struct unit {
	char id[REQUEST_ID_MAX + 1];
	char serial[REQUEST_HWSERIAL_MAX + 1];
	bool used;
};
struct units {
	struct unit *rows; /* sorted by id */
	size_t count;
};
/* Read text.  False: *line (from 1; 0: out of memory) is the one that does not
 * fit, or that names an id again; out is empty then. */
bool
units_read(const char *text, size_t len, struct units *out, unsigned *line);
/* The serial of an id, marked as used, or NULL. */
const char *units_serial(struct units *u, const char *id);
/* Rows that no id asked for. */
size_t units_unused(const struct units *u);
void units_clear(struct units *u);

#endif
