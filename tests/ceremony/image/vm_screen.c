/* SPDX-License-Identifier: ISC */
#include "tests/ceremony/image/vm_screen.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define CHANNELS 3
#define CELL_OCTETS 3 /* of UTF-8, at most */
#define CURSOR_ROWS 2 /* at the foot of a cell */

/* Half blocks are the same in each font, but for the row where they end. */
static const struct {
	const char *utf8;
	uint8_t glyph[VM_GLYPH_HEIGHT];
} blocks[] = {
	{ "\xE2\x96\x80", { 255, 255, 255, 255, 255, 255, 255 } },
	{ "\xE2\x96\x80", { 255, 255, 255, 255, 255, 255, 255, 255 } },
	{ "\xE2\x96\x84",
	    { 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255,
		255 } },
	{ "\xE2\x96\x84",
	    { 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255,
		255 } },
};
#define BLOCKS (sizeof(blocks) / sizeof(blocks[0]))

struct cell {
	uint8_t bits[VM_GLYPH_HEIGHT]; /* where it differs from its corner */
	bool two;                      /* no third colour is in it */
	bool dark_corner;
};

static const uint8_t *
pixel(const struct vm_picture *p, size_t x, size_t y)
{
	return p->rgb + (y * p->width + x) * CHANNELS;
}

static unsigned
light(const uint8_t *rgb)
{
	return rgb[0] + rgb[1] + rgb[2];
}

static void
cell_read(const struct vm_picture *p, size_t left, size_t top, struct cell *c)
{
	const uint8_t *corner = pixel(p, left, top), *other = NULL;

	memset(c, 0, sizeof(*c));
	c->two = true;
	for (size_t y = 0; y < VM_GLYPH_HEIGHT; y++)
		for (size_t x = 0; x < VM_GLYPH_WIDTH; x++) {
			const uint8_t *q = pixel(p, left + x, top + y);

			if (memcmp(q, corner, CHANNELS) == 0)
				continue;
			if (other == NULL)
				other = q;
			c->two = c->two && memcmp(q, other, CHANNELS) == 0;
			c->bits[y] |= (uint8_t)(0x80 >> x);
		}
	c->dark_corner = other != NULL && light(corner) < light(other);
}

/* The printable character of these rows, or 0. */
static char
find(const struct vm_font *font, const uint8_t *bits, size_t rows)
{
	for (int ch = ' '; ch < 0x7F; ch++)
		if (memcmp(font->glyph[ch], bits, rows) == 0)
			return (char)ch;
	return 0;
}

/* A block is light on dark, whatever stands at its corner. */
static const char *
find_block(const struct cell *c)
{
	uint8_t bits[VM_GLYPH_HEIGHT];

	for (size_t y = 0; y < VM_GLYPH_HEIGHT; y++)
		bits[y] = c->dark_corner ? c->bits[y] : (uint8_t)~c->bits[y];
	for (size_t i = 0; i < BLOCKS; i++)
		if (memcmp(blocks[i].glyph, bits, sizeof(bits)) == 0)
			return blocks[i].utf8;
	return NULL;
}

/* Append what stands in a cell. */
static char *
cell_write(char *to, const struct cell *c, const struct vm_font *font)
{
	char ch = find(font, c->bits, VM_GLYPH_HEIGHT);
	const char *block = find_block(c);

	if (ch == 0 && block != NULL && c->two)
		return stpcpy(to, block);
	if (ch == 0)
		ch = find(font, c->bits, VM_GLYPH_HEIGHT - CURSOR_ROWS);
	*to++ = ch == 0 || !c->two ? '?' : ch;
	return to;
}

static char *
trim(const char *start, char *end, char what)
{
	while (end > start && end[-1] == what)
		end--;
	return end;
}

char *
vm_screen_text(const struct vm_picture *p, const struct vm_font *font)
{
	size_t columns = p->width / VM_GLYPH_WIDTH;
	size_t rows = p->height / VM_GLYPH_HEIGHT;
	char *text = malloc(rows * (columns * CELL_OCTETS + 1) + 2), *to = text;

	for (size_t y = 0; text != NULL && y < rows; y++) {
		char *row = to;

		for (size_t x = 0; x < columns; x++) {
			struct cell c;

			cell_read(p, x * VM_GLYPH_WIDTH, y * VM_GLYPH_HEIGHT,
			    &c);
			to = cell_write(to, &c, font);
		}
		to = trim(row, to, ' ');
		*to++ = '\n';
	}
	if (text != NULL)
		strcpy(trim(text, to, '\n'), "\n");
	return text;
}

char *
vm_screen_lines(const char *text, size_t columns)
{
	char *lines = malloc(strlen(text) + 1), *to = lines;
	size_t column = 0;

	for (; lines != NULL && *text != '\0'; text++) {
		/* an octet inside a character of UTF-8 is no column */
		if (*text != '\n')
			column += ((unsigned char)*text & 0xC0) != 0x80;
		if (*text != '\n' || column < columns)
			*to++ = *text;
		if (*text == '\n')
			column = 0;
	}
	if (lines != NULL)
		*to = '\0';
	return lines;
}

static bool
matches(const char *text, const char *expression)
{
	regex_t r;
	bool found;

	if (regcomp(&r, expression, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) !=
	    0) {
		fprintf(stderr, "%s: no regular expression\n", expression);
		exit(2);
	}
	found = regexec(&r, text, 0, NULL, 0) == 0;
	regfree(&r);
	return found;
}

/* All of it in one line, one blank for any space. */
static char *
one_line(const char *text)
{
	char *line = malloc(strlen(text) + 1), *to = line;

	for (; line != NULL && *text != '\0'; text++)
		if (!isspace((unsigned char)*text))
			*to++ = *text;
		else if (to > line && to[-1] != ' ')
			*to++ = ' ';
	if (line != NULL)
		*trim(line, to, ' ') = '\0';
	return line;
}

bool
vm_screen_matches(const char *text, const char *expression)
{
	char *line;
	bool found;

	if (matches(text, expression))
		return true;
	line = one_line(text);
	found = line != NULL && matches(line, expression);
	free(line);
	return found;
}

bool
vm_screen_asks(const char *text, const char *expression)
{
	size_t end = strlen(text), start;

	while (end > 0 && text[end - 1] == '\n')
		end--;
	for (start = end; start > 0 && text[start - 1] != '\n'; start--)
		;
	return matches(text + start, expression);
}

bool
vm_screen_ends(const char *text, const char *typed)
{
	size_t t = strlen(text), n = strlen(typed);

	for (;;) {
		while (t > 0 && isspace((unsigned char)text[t - 1]))
			t--;
		while (n > 0 && isspace((unsigned char)typed[n - 1]))
			n--;
		if (n == 0)
			return true;
		if (t == 0 || text[--t] != typed[--n])
			return false;
	}
}
