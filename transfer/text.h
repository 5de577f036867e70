/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_TEXT_H
#define TRANSFER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"

/* Octets as text.  Hex is lower case both ways (upper case is refused when
 * read); base64 is RFC 4648 section 4 with padding, no line breaks, and only
 * the canonical encoding is read. */
#define TEXT_HEX_SIZE(n) (2 * (n) + 1)
#define TEXT_BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

void text_hex(const uint8_t *in, size_t len, char *out);
/* Exactly 2 * len digits, then NUL.  False, and out zeroed, otherwise. */
bool text_unhex(const char *in, uint8_t *out, size_t len);
void text_base64(const uint8_t *in, size_t len, char *out);
/* *out is new (free()), at most max octets.
 * Errors: FIELD (not canonical base64), SIZE, MEMORY; *out is NULL then. */
enum transfer_error
text_unbase64(const char *in, size_t max, uint8_t **out, size_t *len);

/* Whether a text is printable ASCII, 1..max characters. */
bool text_is_printable(const char *text, size_t max);
/* Whether a text has the form YYYYMMDDHHMMSSZ; that the day exists in its
 * month is for others to check. */
bool text_is_date(const char *text);

/*
 * A growing text, for writing JSON Lines without a JSON library (the signer
 * links none).  Errors stick: after a failed allocation every call does
 * nothing and text_buf_take() returns NULL.
 */
struct text_buf {
	char *data;
	size_t len, size;
	bool failed;
};
void text_buf_add(struct text_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void text_buf_raw(struct text_buf *b, const void *data, size_t len);
/* A JSON string with its quotes; anything but printable ASCII fails. */
void text_buf_json(struct text_buf *b, const char *text);
void text_buf_base64(struct text_buf *b, const uint8_t *in, size_t len);
void text_buf_hex(struct text_buf *b, const uint8_t *in, size_t len);
/* Hand over the text (free()), NUL-terminated, *len without it; resets b. */
char *text_buf_take(struct text_buf *b, size_t *len);
void text_buf_free(struct text_buf *b);

#endif
