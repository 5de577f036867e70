/* SPDX-License-Identifier: ISC */
#ifndef RECORD_ISSUANCE_LINE_H
#define RECORD_ISSUANCE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/record/error.h"
#include "ceremony/record/issuance.h"

/* One line of issuance.jsonl, read and written without a JSON library.  There
 * is one way to write a line: what issuance_line_read() takes, octet for octet,
 * is what issuance_line_write() makes of it. */

/* False when it is no such line.  out->cert points to *cert, which is new,
 * free(), and NULL when there is none. */
bool issuance_line_read(const char *line, size_t len, struct issuance_line *out,
    uint8_t **cert);
/* *out new, free(), *len with the LF.  Errors: FORM, MEMORY. */
enum record_error
issuance_line_write(const struct issuance_line *line, char **out, size_t *len);

#endif
