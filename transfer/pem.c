/* SPDX-License-Identifier: ISC */
#include "transfer/pem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARMOUR_MAX 80
#define COLUMNS 64

static bool
is_blank(uint8_t c)
{
	return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

/* Take blanks off the end. */
static size_t
trimmed(const uint8_t *text, size_t len)
{
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	return len;
}

/* The base64 between the armour lines, without its line ends. */
static bool
find_body(const uint8_t *text, size_t len, const char *label,
    const uint8_t **body, size_t *body_len)
{
	char first[ARMOUR_MAX], last[ARMOUR_MAX];
	size_t n, m;

	snprintf(first, sizeof(first), "-----BEGIN %s-----", label);
	snprintf(last, sizeof(last), "-----END %s-----", label);
	n = strlen(first);
	m = strlen(last);
	len = trimmed(text, len);
	if (len < n + m + 2 || memcmp(text, first, n) != 0 ||
	    memcmp(text + len - m, last, m) != 0)
		return false;
	if ((text[n] != '\n' && text[n] != '\r') || text[len - m - 1] != '\n')
		return false;
	*body = text + n;
	*body_len = len - m - n;
	return true;
}

bool
pem_decode(const uint8_t *text, size_t len, const char *label, uint8_t **out,
    size_t *out_len)
{
	const uint8_t *body;
	size_t body_len, n = 0;
	char *base64;
	bool ok;

	*out = NULL;
	*out_len = 0;
	if (!find_body(text, len, label, &body, &body_len) ||
	    (base64 = malloc(body_len + 1)) == NULL)
		return false;
	for (size_t i = 0; i < body_len; i++) {
		if (body[i] != '\n' && body[i] != '\r')
			base64[n++] = (char)body[i];
	}
	base64[n] = '\0';
	/* a NUL in the text would end it early: the lengths then differ */
	ok = strlen(base64) == n &&
	    text_unbase64(base64, n, out, out_len) == TRANSFER_OK;
	free(base64);
	return ok;
}

void
pem_encode(struct text_buf *b, const char *label, const uint8_t *der,
    size_t len)
{
	struct text_buf body = { 0 };

	text_buf_base64(&body, der, len);
	b->failed = b->failed || body.failed;
	text_buf_add(b, "-----BEGIN %s-----\n", label);
	for (size_t i = 0; i < body.len; i += COLUMNS) {
		size_t n = body.len - i < COLUMNS ? body.len - i : COLUMNS;

		text_buf_raw(b, body.data + i, n);
		text_buf_raw(b, "\n", 1);
	}
	text_buf_add(b, "-----END %s-----\n", label);
	text_buf_free(&body);
}
