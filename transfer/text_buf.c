/* SPDX-License-Identifier: ISC */
#include "transfer/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 1024

/* Make room for more octets and a NUL behind them. */
static bool
reserve(struct text_buf *b, size_t more)
{
	size_t size = b->size > 0 ? b->size : FIRST_SIZE;
	char *data;

	if (b->failed || more > SIZE_MAX / 2 - 1 - b->len)
		goto bad;
	while (size < b->len + more + 1)
		size *= 2;
	if (size == b->size)
		return true;
	if ((data = realloc(b->data, size)) == NULL)
		goto bad;
	b->data = data;
	b->size = size;
	return true;
bad:
	b->failed = true;
	return false;
}

void
text_buf_raw(struct text_buf *b, const void *data, size_t len)
{
	if (!reserve(b, len) || len == 0)
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void
text_buf_add(struct text_buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0) {
		b->failed = true;
	} else if (reserve(b, (size_t)n)) {
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

void
text_buf_json(struct text_buf *b, const char *text)
{
	text_buf_raw(b, "\"", 1);
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			b->failed = true;
		if (*text == '"' || *text == '\\')
			text_buf_raw(b, "\\", 1);
		text_buf_raw(b, text, 1);
	}
	text_buf_raw(b, "\"", 1);
}

void
text_buf_base64(struct text_buf *b, const uint8_t *in, size_t len)
{
	if (len > SIZE_MAX / 4)
		b->failed = true;
	if (b->failed || !reserve(b, TEXT_BASE64_SIZE(len)))
		return;
	text_base64(in, len, b->data + b->len);
	b->len += TEXT_BASE64_SIZE(len) - 1;
}

void
text_buf_hex(struct text_buf *b, const uint8_t *in, size_t len)
{
	if (len > SIZE_MAX / 4)
		b->failed = true;
	if (b->failed || !reserve(b, TEXT_HEX_SIZE(len)))
		return;
	text_hex(in, len, b->data + b->len);
	b->len += TEXT_HEX_SIZE(len) - 1;
}

char *
text_buf_take(struct text_buf *b, size_t *len)
{
	char *data = NULL;

	*len = 0;
	if (reserve(b, 0)) {
		data = b->data;
		data[b->len] = '\0';
		*len = b->len;
		b->data = NULL;
	}
	text_buf_free(b);
	return data;
}

void
text_buf_free(struct text_buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}
