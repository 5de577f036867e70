/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_QR_FONT_H
#define TRANSFER_QR_FONT_H

#include <linux/kd.h>
#include <stdbool.h>

#include "transfer/error.h"
#include "transfer/qr_text.h"

/*
 * Half blocks on the Linux console, whose fonts often lack them: three glyphs
 * of the font that is loaded are overwritten, and later put back.  They are
 * reached as U+F0xx, which the console takes for "glyph xx", whatever its map
 * of characters.
 */
extern const struct qr_glyphs qr_glyphs_font;

/* ioctl(2), or what tests have in its place. */
struct qr_font_io {
	int (*ioctl)(void *context, unsigned long request, void *argument);
	void *context;
};
#define QR_FONT_GLYPHS_MAX 512
#define QR_FONT_ROWS 32 /* octets of a glyph as the kernel hands it over */
struct qr_font {
	struct console_font_op op;
	unsigned char before[QR_FONT_GLYPHS_MAX * QR_FONT_ROWS];
};

/* Whether it is a Linux console. */
bool qr_font_console(const struct qr_font_io *io);
/* Load the blocks; what was there goes to saved.  IO: nothing was changed. */
enum transfer_error
qr_font_load(const struct qr_font_io *io, struct qr_font *saved);
/* Put back what was there; IO when the console refuses. */
enum transfer_error
qr_font_restore(const struct qr_font_io *io, struct qr_font *saved);

#endif
