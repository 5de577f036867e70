/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "transfer/ur.h"
#include "transfer/ur_part.h"

#define SCHEME "ur:"
#define DIGITS_MAX 10

static enum transfer_error
refuse(const char **why, const char *text)
{
	*why = text;
	return TRANSFER_ERR_UR;
}

/* ASCII, whatever the locale. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
type_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool
ur_type_valid(const char *type)
{
	size_t len = strnlen(type, UR_TYPE_MAX + 1);

	for (size_t i = 0; i < len; i++) {
		if (!type_character(type[i]))
			return false;
	}
	return len > 0 && len <= UR_TYPE_MAX;
}

static bool
scheme(const char *text, size_t len)
{
	for (size_t i = 0; i < strlen(SCHEME); i++) {
		if (i >= len || lower(text[i]) != SCHEME[i])
			return false;
	}
	return true;
}

/* A decimal number without sign or leading zero, 1 to 2^32 - 1. */
static bool
number(const char *text, size_t len, uint32_t *out)
{
	uint64_t v = 0;

	if (len < 1 || len > DIGITS_MAX || text[0] == '0')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (unsigned)(text[i] - '0');
	}
	*out = (uint32_t)v;
	return v <= UINT32_MAX;
}

/* "seq-count" */
static bool
numbers(const char *text, size_t len, struct ur_text *t)
{
	const char *dash = memchr(text, '-', len);

	return dash != NULL && number(text, (size_t)(dash - text), &t->seq) &&
	    number(dash + 1, len - (size_t)(dash - text) - 1, &t->count);
}

/* What stands before the next slash of the rest, which moves behind it; at
 * the last, all. */
static const char *
component(const char **rest, size_t *left, size_t *len)
{
	const char *text = *rest;
	const char *slash = memchr(text, '/', *left);

	*len = slash == NULL ? *left : (size_t)(slash - text);
	*rest = slash == NULL ? NULL : slash + 1;
	*left -= *len + (slash != NULL);
	return text;
}

static bool
type_read(struct ur_text *t)
{
	for (size_t i = 0; i < t->type_len; i++) {
		if (!type_character(lower(t->type[i])))
			return false;
	}
	return t->type_len > 0 && t->type_len <= UR_TYPE_MAX;
}

enum transfer_error
ur_text_split(const char *text, size_t len, struct ur_text *t, const char **why)
{
	const char *rest = text, *middle;
	size_t left = len, middle_len;

	*t = (struct ur_text){ .seq = 1, .count = 1 };
	if (len > UR_TEXT_MAX)
		return refuse(why, "text: longer than any we take");
	if (!scheme(text, len))
		return refuse(why, "text: does not begin with ur:");
	rest += strlen(SCHEME);
	left -= strlen(SCHEME);
	t->type = component(&rest, &left, &t->type_len);
	if (!type_read(t))
		return refuse(why,
		    "text: no type, or not of letters, digits "
		    "and dashes");
	if (rest == NULL)
		return refuse(why, "text: nothing behind the type");
	middle = component(&rest, &left, &middle_len);
	if (rest == NULL) {
		t->body = middle;
		t->body_len = middle_len;
		return TRANSFER_OK;
	}
	t->multi = true;
	if (!numbers(middle, middle_len, t))
		return refuse(why,
		    "text: not two numbers from 1 up, seqNum-"
		    "seqLen");
	t->body = component(&rest, &left, &t->body_len);
	if (rest != NULL)
		return refuse(why, "text: more than three components");
	return TRANSFER_OK;
}
