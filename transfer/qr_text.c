/* SPDX-License-Identifier: ISC */
#include "transfer/qr_text.h"

#include <string.h>

const struct qr_glyphs qr_glyphs_unicode = {
	.light = " ",
	.upper = "\xe2\x96\x80",
	.lower = "\xe2\x96\x84",
	.full = "\xe2\x96\x88",
};

size_t
qr_text_lines(unsigned version)
{
	return (qr_width(version) + 1) / 2;
}

size_t
qr_text_columns(unsigned version)
{
	return qr_width(version);
}

unsigned
qr_text_version(size_t rows, size_t columns)
{
	unsigned v = QR_VERSION_MAX;

	while (
	    v > 0 && (qr_text_lines(v) > rows || qr_text_columns(v) > columns))
		v--;
	return v;
}

static const char *
glyph(const struct qr_glyphs *g, bool upper, bool lower)
{
	if (upper)
		return lower ? g->full : g->upper;
	return lower ? g->lower : g->light;
}

void
qr_text_line(const struct qr_symbol *s, const struct qr_glyphs *g, size_t line,
    char out[QR_TEXT_LINE_MAX])
{
	char *end = out;

	for (size_t x = 0; x < qr_width(s->version); x++)
		end = stpcpy(end,
		    glyph(g, qr_dark(s, x, 2 * line),
			qr_dark(s, x, 2 * line + 1)));
}
