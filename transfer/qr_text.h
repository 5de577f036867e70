/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_QR_TEXT_H
#define TRANSFER_QR_TEXT_H

#include <stddef.h>

#include "transfer/qr.h"

/*
 * Symbols as text, two modules a character: half blocks.  Dark is drawn in
 * the foreground, so that black must be set on white.
 */
struct qr_glyphs {
	const char *light, *upper, *lower, *full; /* which halves are dark */
};
/* Blocks of Unicode, U+2580 and on. */
extern const struct qr_glyphs qr_glyphs_unicode;

/* Octets of a line at most, with NUL. */
#define QR_TEXT_LINE_MAX ((QR_SIZE_MAX + 2 * QR_QUIET) * 3 + 1)

/* Lines and columns, both with the quiet zone. */
size_t qr_text_lines(unsigned version);
size_t qr_text_columns(unsigned version);
/* The greatest version of which a terminal shows all; 0 when none. */
unsigned qr_text_version(size_t rows, size_t columns);
/* Line 0 to qr_text_lines() - 1, without a newline. */
void qr_text_line(const struct qr_symbol *s, const struct qr_glyphs *g,
    size_t line, char out[QR_TEXT_LINE_MAX]);

#endif
