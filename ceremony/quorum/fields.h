/* SPDX-License-Identifier: ISC */
#ifndef QUORUM_FIELDS_H
#define QUORUM_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Policy and approval texts: lines of a keyword and values, parted by single
 * blanks.  Their readers take up values and leave the rest of the form to
 * writing the text anew and comparing it.
 */

/* 1 to max characters, all of them a-z, 0-9 or '-'. */
bool field_is_id(const char *text, size_t max);
/* 1 to max printable ASCII characters, no blanks. */
bool field_is_visible(const char *text, size_t max);
/* A log's origin: visible, without quotes, backslash or '+' (the key names of
 * a signed note have none; nor does it need escapes in JSON). */
bool field_is_log(const char *text, size_t max);

/* What is still to be read; the text is borrowed. */
struct fields {
	const char *at;
	size_t len;
};

/* Each takes something off f.  False, and f as it was, when it is not there;
 * out is then undefined.
 *
 * field_word: exactly this.
 * field_text: up to and with the character end; out has room for max
 * characters and a NUL.
 * field_number: decimal digits up to and with end, at most max.
 * field_hex: 2 * len digits and end. */
bool field_word(struct fields *f, const char *word);
bool field_text(struct fields *f, char end, char *out, size_t max);
bool field_number(struct fields *f, char end, uint64_t max, uint64_t *out);
bool field_hex(struct fields *f, char end, uint8_t *out, size_t len);

#endif
