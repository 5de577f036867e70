/* SPDX-License-Identifier: ISC */
#include "transfer/qr_sheet.h"

#include <stdio.h>
#include <string.h>

#include "transfer/qr_picture.h"
#include "transfer/text.h"

/* Millimetres. */
#define PAGE_WIDTH 210
#define PAGE_HEIGHT 297
#define MARGIN 12
#define LINE 5 /* from one line of the heading to the next */
#define GRID_TOP 45
#define COLUMNS 2
#define COLUMN_WIDTH 93
#define ROW_HEIGHT 82
#define CODE 76  /* side of a code, with its quiet zone */
#define LABEL 78 /* from the top of a row to its label */

#define DOTS 12       /* pixels a millimetre, about 300 a inch */
#define HEADING_DOT 4 /* pixels a dot of a letter */
#define HEADINGS (3 + QR_SHEET_WORD_LINES)
#define LINE_MAX_CHARS 160

static const char kept[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    "0123456789 ._-+";

void
qr_sheet_name(const char *path, char out[QR_SHEET_NAME_MAX + 1])
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	int n = snprintf(out, QR_SHEET_NAME_MAX + 1, "%s", name);

	if (n > QR_SHEET_NAME_MAX)
		memcpy(out + QR_SHEET_NAME_MAX - 3, "...", 3);
	for (char *c = out; *c != '\0'; c++) {
		if (strchr(kept, *c) == NULL)
			*c = '?';
	}
}

struct heading {
	char line[HEADINGS][LINE_MAX_CHARS];
};

/* Words into lines of as many each; false when they are not as many as they
 * must be. */
static bool
split_words(const char *words, struct heading *h)
{
	const unsigned each = QR_SHEET_WORDS / QR_SHEET_WORD_LINES;
	unsigned count = 0;
	size_t used = 0;

	for (const char *at = words; *at != '\0'; count++) {
		size_t len = strcspn(at, " ");
		unsigned line = count / each;

		if (len == 0 || line >= QR_SHEET_WORD_LINES)
			return false;
		used = count % each == 0 ? 0 : used;
		if (used + len + 2 > LINE_MAX_CHARS)
			return false;
		if (used > 0)
			h->line[3 + line][used++] = ' ';
		memcpy(h->line[3 + line] + used, at, len);
		used += len;
		h->line[3 + line][used] = '\0';
		at += len + (at[len] == ' ');
	}
	return count == QR_SHEET_WORDS;
}

static bool
heading(const struct qr_sheet *s, struct heading *h)
{
	*h = (struct heading){ 0 };
	if (s->count < 1 || s->count > QR_SHEET_CODES)
		return false;
	snprintf(h->line[0], LINE_MAX_CHARS, "%s, %zu octets - page %zu of %zu",
	    s->name, s->file_len, s->page, s->pages);
	snprintf(h->line[1], LINE_MAX_CHARS,
	    "%zu codes, of which at least %zu are needed. Read them with: "
	    "anchorite qr read-sheet",
	    s->total, s->needed);
	snprintf(h->line[2], LINE_MAX_CHARS, "SHA-256 of the file:");
	return split_words(s->words, h);
}

static void
label(const struct qr_sheet *s, size_t i, char out[LINE_MAX_CHARS])
{
	snprintf(out, LINE_MAX_CHARS, "%zu of %zu", s->first + i, s->total);
}

/* Corners of code i, in millimetres. */
static size_t
left_of(size_t i)
{
	return MARGIN + i % COLUMNS * COLUMN_WIDTH + (COLUMN_WIDTH - CODE) / 2;
}

static size_t
top_of(size_t i)
{
	return GRID_TOP + i / COLUMNS * ROW_HEIGHT;
}

/* ---- SVG ------------------------------------------------------------------ */

/* One path of all dark runs, in modules. */
static void
svg_code(struct text_buf *b, const struct qr_symbol *s)
{
	size_t width = qr_width(s->version);

	text_buf_add(b, "<path d=\"");
	for (size_t y = 0; y < width; y++) {
		for (size_t x = 0, run; x < width; x += run) {
			for (run = 0; qr_dark(s, x + run, y); run++)
				;
			if (run > 0)
				text_buf_add(b, "M%zu %zuh%zuv1h-%zuz", x, y,
				    run, run);
			else
				run = 1;
		}
	}
	text_buf_add(b, "\"/>\n");
}

static void
svg_text(struct text_buf *b, size_t x, size_t y, const char *text)
{
	text_buf_add(b, "<text x=\"%zu\" y=\"%zu\">%s</text>\n", x, y, text);
}

enum transfer_error
qr_sheet_svg(const struct qr_sheet *s, uint8_t **out, size_t *len)
{
	struct text_buf b = { 0 };
	struct heading h;

	*out = NULL;
	if (!heading(s, &h))
		return TRANSFER_ERR_ARGUMENT;
	text_buf_add(&b,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%dmm\" "
	    "height=\"%dmm\" viewBox=\"0 0 %d %d\" "
	    "font-family=\"monospace\" font-size=\"3.2\">\n"
	    "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
	    PAGE_WIDTH, PAGE_HEIGHT, PAGE_WIDTH, PAGE_HEIGHT);
	for (size_t i = 0; i < HEADINGS; i++)
		svg_text(&b, MARGIN, MARGIN + i * LINE, h.line[i]);
	for (size_t i = 0; i < s->count; i++) {
		char text[LINE_MAX_CHARS];

		label(s, i, text);
		svg_text(&b, left_of(i) + 2, top_of(i) + LABEL, text);
		text_buf_add(&b,
		    "<g transform=\"translate(%zu %zu) scale(%.6f)\" "
		    "shape-rendering=\"crispEdges\">\n",
		    left_of(i), top_of(i),
		    (double)CODE / (double)qr_width(s->codes[i].version));
		svg_code(&b, &s->codes[i]);
		text_buf_add(&b, "</g>\n");
	}
	text_buf_add(&b, "</svg>\n");
	*out = (uint8_t *)text_buf_take(&b, len);
	return *out == NULL ? TRANSFER_ERR_MEMORY : TRANSFER_OK;
}

/* ---- PNG ------------------------------------------------------------------ */

static void
png_code(struct qr_picture *p, const struct qr_sheet *s, size_t i)
{
	size_t scale = CODE * DOTS / qr_width(s->codes[i].version);
	size_t spare = CODE * DOTS - scale * qr_width(s->codes[i].version);
	char text[LINE_MAX_CHARS];

	qr_picture_symbol(p, &s->codes[i], left_of(i) * DOTS + spare / 2,
	    top_of(i) * DOTS + spare / 2, scale);
	label(s, i, text);
	qr_picture_text(p, text, (left_of(i) + 2) * DOTS,
	    (top_of(i) + LABEL) * DOTS - HEADING_DOT * QR_LETTER_HEIGHT,
	    HEADING_DOT);
}

enum transfer_error
qr_sheet_png(const struct qr_sheet *s, uint8_t **out, size_t *len)
{
	struct qr_picture p = { 0 };
	enum transfer_error ret;
	struct heading h;

	*out = NULL;
	if (!heading(s, &h))
		return TRANSFER_ERR_ARGUMENT;
	ret = qr_picture_new(PAGE_WIDTH * DOTS, PAGE_HEIGHT * DOTS, &p);
	if (ret != TRANSFER_OK)
		return ret;
	for (size_t i = 0; i < HEADINGS; i++)
		qr_picture_text(&p, h.line[i], MARGIN * DOTS,
		    (MARGIN + i * LINE) * DOTS - HEADING_DOT * QR_LETTER_HEIGHT,
		    HEADING_DOT);
	for (size_t i = 0; i < s->count; i++)
		png_code(&p, s, i);
	ret = qr_picture_png(&p, out, len);
	qr_picture_free(&p);
	return ret;
}
