/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/fields.h"

#include <string.h>

#include "transfer/text.h"

#define DIGITS_MAX 20 /* of a number of 64 bits */
#define HEX_MAX 32    /* octets */

bool
field_is_id(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	return len >= 1 && len <= max &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

bool
field_is_visible(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len >= 1 && len <= max;
}

bool
field_is_log(const char *text, size_t max)
{
	return field_is_visible(text, max) && strpbrk(text, "\"'\\+") == NULL;
}

bool
field_word(struct fields *f, const char *word)
{
	size_t len = strlen(word);

	if (f->len < len || memcmp(f->at, word, len) != 0)
		return false;
	f->at += len;
	f->len -= len;
	return true;
}

bool
field_text(struct fields *f, char end, char *out, size_t max)
{
	const char *stop = memchr(f->at, end, f->len);
	size_t len = stop == NULL ? 0 : (size_t)(stop - f->at);

	if (stop == NULL || len > max || memchr(f->at, '\0', len) != NULL)
		return false;
	memcpy(out, f->at, len);
	out[len] = '\0';
	f->at += len + 1;
	f->len -= len + 1;
	return true;
}

bool
field_number(struct fields *f, char end, uint64_t max, uint64_t *out)
{
	struct fields rest = *f;
	char digits[DIGITS_MAX + 1] = "";

	*out = 0;
	if (!field_text(&rest, end, digits, DIGITS_MAX) || digits[0] == '\0')
		return false;
	for (const char *c = digits; *c != '\0'; c++) {
		uint64_t digit = (uint64_t)(*c - '0');

		if (*c < '0' || *c > '9' || digit > max ||
		    *out > (max - digit) / 10)
			return false;
		*out = *out * 10 + digit;
	}
	*f = rest;
	return true;
}

bool
field_hex(struct fields *f, char end, uint8_t *out, size_t len)
{
	struct fields rest = *f;
	char digits[TEXT_HEX_SIZE(HEX_MAX)] = "";

	if (len > HEX_MAX || !field_text(&rest, end, digits, 2 * len) ||
	    !text_unhex(digits, out, len))
		return false;
	*f = rest;
	return true;
}
