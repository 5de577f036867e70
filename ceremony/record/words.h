/* SPDX-License-Identifier: ISC */
#ifndef RECORD_WORDS_H
#define RECORD_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* A digest for people: 32 PGP words, even list first, parted by blanks. */
#define WORDS_TEXT_MAX 400

void words_write(const uint8_t digest[32], char out[WORDS_TEXT_MAX]);
/* The same, eight a line, lines parted by LF, as paper and terminals have it. */
void words_write_lines(const uint8_t digest[32], char out[WORDS_TEXT_MAX]);
/* All 32 words (case ignored, any white space between), or exactly 64 hex
 * digits; nothing shorter.  On false *bad (may be NULL) is the position of the
 * first wrong word from 1, or 0 when the number of words is wrong. */
bool words_read(const char *text, uint8_t digest[32], unsigned *bad);
/* The word of a byte at a position (even or odd list). */
const char *words_word(uint8_t value, unsigned position);

#endif
