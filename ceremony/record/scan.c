/* SPDX-License-Identifier: ISC */
#include "ceremony/record/scan.h"

#include <stdlib.h>
#include <string.h>

#include "transfer/text.h"

#define NUMBER_MAX ((UINT64_C(1) << 53) - 1) /* jq keeps no more */

void
scan_begin(struct scan *s, const char *line, size_t len)
{
	s->at = s->end = line;
	s->failed = true;
	if (len == 0 || line[len - 1] != '\n')
		return;
	for (size_t i = 0; i < len - 1; i++) {
		if (line[i] < ' ' || line[i] > '~')
			return;
	}
	s->end = line + len - 1;
	s->failed = false;
}

bool
scan_try(struct scan *s, const char *text)
{
	size_t len = strlen(text);

	if (s->failed || (size_t)(s->end - s->at) < len ||
	    memcmp(s->at, text, len) != 0)
		return false;
	s->at += len;
	return true;
}

void
scan_literal(struct scan *s, const char *text)
{
	if (!scan_try(s, text))
		s->failed = true;
}

/* The next character of a JSON string, or NUL behind its last or on failure. */
static char
next_char(struct scan *s)
{
	char c = s->at < s->end ? *s->at++ : '\0';

	if (c == '"')
		return '\0';
	if (c == '\\') {
		c = s->at < s->end ? *s->at++ : '\0';
		if (c != '"' && c != '\\')
			c = '\0';
	}
	if (c == '\0')
		s->failed = true;
	return c;
}

void
scan_text(struct scan *s, char *out, size_t size)
{
	size_t len = 0;
	char c;

	scan_literal(s, "\"");
	while (!s->failed && (c = next_char(s)) != '\0') {
		if (out == NULL)
			continue;
		if (len + 1 < size)
			out[len++] = c;
		else
			s->failed = true;
	}
	if (out != NULL)
		out[s->failed ? 0 : len] = '\0';
}

void
scan_number(struct scan *s, uint64_t *out)
{
	uint64_t value = 0;
	const char *first = s->at;

	*out = 0;
	for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++) {
		value = value * 10 + (uint64_t)(*s->at - '0');
		if (value > NUMBER_MAX || (*first == '0' && s->at > first))
			s->failed = true;
		if (s->failed)
			return;
	}
	if (s->at == first)
		s->failed = true;
	if (!s->failed)
		*out = value;
}

/* The octets up to the next quotation mark as a new text. */
static char *
quoted(struct scan *s)
{
	const char *quote;
	char *text = NULL;

	scan_literal(s, "\"");
	if (s->failed)
		return NULL;
	quote = memchr(s->at, '"', (size_t)(s->end - s->at));
	if (quote != NULL)
		text = strndup(s->at, (size_t)(quote - s->at));
	if (text == NULL)
		s->failed = true;
	else
		s->at = quote + 1;
	return text;
}

void
scan_hex(struct scan *s, uint8_t *out, size_t len)
{
	char *text = quoted(s);

	memset(out, 0, len);
	if (text != NULL && !text_unhex(text, out, len))
		s->failed = true;
	free(text);
}

void
scan_base64(struct scan *s, size_t max, uint8_t **out, size_t *len)
{
	char *text = quoted(s);

	*out = NULL;
	*len = 0;
	if (text != NULL && text_unbase64(text, max, out, len) != TRANSFER_OK)
		s->failed = true;
	if (!s->failed && *len == 0) {
		free(*out);
		*out = NULL;
		s->failed = true;
	}
	free(text);
}

bool
scan_ok(const struct scan *s)
{
	return !s->failed && s->at == s->end;
}
