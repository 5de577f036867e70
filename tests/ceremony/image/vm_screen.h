/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_IMAGE_VM_SCREEN_H
#define TESTS_CEREMONY_IMAGE_VM_SCREEN_H

/*
 * Reading a text console from a picture of it, exactly: every cell of 8x16
 * pixels is one glyph of the console's font or it is not.  Colours do not
 * matter, nor does the size of the screen.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define VM_GLYPH_WIDTH 8
#define VM_GLYPH_HEIGHT 16
#define VM_GLYPH_COUNT 128    /* of ASCII; only the printable ones are used */
#define VM_PICTURE_SIDE 8192u /* pixels, at most */

struct vm_font {
	uint8_t glyph[VM_GLYPH_COUNT][VM_GLYPH_HEIGHT]; /* the left pixel is the
							 * highest bit */
};

struct vm_picture {
	size_t width, height;
	uint8_t *rgb; /* three octets a pixel, no padding */
};

/*
 * The first half of a font in the form PSF version 1, gzipped or not, whose
 * glyphs are 16 pixels high and in the order of ASCII.
 *
 * Returns false, and says why on standard error, when it is no such font.
 */
bool vm_font_read(const char *path, struct vm_font *font);

/* A binary PPM with 255 shades.  False when it is none; then *p is empty.  The
 * caller frees it, vm_picture_free(). */
bool vm_picture_read(FILE *in, struct vm_picture *p);
void vm_picture_free(struct vm_picture *p);
/* As PNG; false when it could not be written. */
bool vm_picture_write_png(const struct vm_picture *p, const char *path);

/*
 * The screen's text: its rows without blanks at their ends, each with a line
 * feed; the empty rows at the end of the screen are left out.  A half block is
 * its UTF-8 character, any other glyph that the font does not have is "?".  A
 * cursor that underlines a cell does not change it.  A cell of one colour is a
 * blank.
 *
 * Returns NULL when there is no memory; the caller frees it.
 */
char *vm_screen_text(const struct vm_picture *p, const struct vm_font *font);

/*
 * The text with the rows of a line put together that was longer than a row, on a
 * screen of so many columns: a row that is full goes on in the next.
 *
 * Returns NULL when there is no memory; the caller frees it.
 */
char *vm_screen_lines(const char *text, size_t columns);

/* Does the extended regular expression match a line, or all lines put into one with one blank between them?  A wrong expression ends the program. */
bool vm_screen_matches(const char *text, const char *expression);

/* Does it match the last line that is not empty? */
bool vm_screen_asks(const char *text, const char *expression);

/* Is this the last that is on the screen, blanks and ends of rows apart? */
bool vm_screen_ends(const char *text, const char *typed);

#endif
