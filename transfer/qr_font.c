/* SPDX-License-Identifier: ISC */
#include "transfer/qr_font.h"

#include <string.h>

/* Glyphs where code page 437 has the same blocks, so that a font in that
 * order stays as it was. */
#define GLYPH_FULL 0xdb
#define GLYPH_LOWER 0xdc
#define GLYPH_UPPER 0xdf
#define GLYPHS_MIN 256
#define WIDTH_MAX 8 /* pixels: one octet a row */

const struct qr_glyphs qr_glyphs_font = {
	.light = " ",
	.upper = "\xef\x83\x9f", /* U+F0DF */
	.lower = "\xef\x83\x9c", /* U+F0DC */
	.full = "\xef\x83\x9b",  /* U+F0DB */
};

bool
qr_font_console(const struct qr_font_io *io)
{
	char type = 0;

	return io->ioctl(io->context, KDGKBTYPE, &type) == 0 &&
	    (type == KB_101 || type == KB_84);
}

/* Rows first to end of a glyph dark, the others light. */
static void
draw(unsigned char *font, size_t glyph, unsigned first, unsigned end)
{
	unsigned char *at = font + glyph * QR_FONT_ROWS;

	memset(at, 0, QR_FONT_ROWS);
	memset(at + first, 0xff, end - first);
}

static enum transfer_error
set(const struct qr_font_io *io, const struct qr_font *f, unsigned char *data)
{
	struct console_font_op op = f->op;

	op.op = KD_FONT_OP_SET;
	op.data = data;
	return io->ioctl(io->context, KDFONTOP, &op) == 0 ? TRANSFER_OK
							  : TRANSFER_ERR_IO;
}

enum transfer_error
qr_font_load(const struct qr_font_io *io, struct qr_font *saved)
{
	unsigned char font[sizeof(saved->before)];
	struct console_font_op *op = &saved->op;

	*saved = (struct qr_font){ .op = {
				       .op = KD_FONT_OP_GET,
				       .width = WIDTH_MAX,
				       .height = QR_FONT_ROWS,
				       .charcount = QR_FONT_GLYPHS_MAX,
				   } };
	op->data = saved->before;
	if (io->ioctl(io->context, KDFONTOP, op) != 0)
		return TRANSFER_ERR_IO;
	if (op->width > WIDTH_MAX || op->height > QR_FONT_ROWS ||
	    op->height < 2 || op->charcount < GLYPHS_MIN ||
	    op->charcount > QR_FONT_GLYPHS_MAX)
		return TRANSFER_ERR_IO;
	memcpy(font, saved->before, sizeof(font));
	draw(font, GLYPH_FULL, 0, op->height);
	draw(font, GLYPH_UPPER, 0, op->height / 2);
	draw(font, GLYPH_LOWER, op->height / 2, op->height);
	return set(io, saved, font);
}

enum transfer_error
qr_font_restore(const struct qr_font_io *io, struct qr_font *saved)
{
	return set(io, saved, saved->before);
}
