/* SPDX-License-Identifier: ISC */
#include "transfer/text.h"

#include <stdlib.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789+/";

bool
text_is_printable(const char *text, size_t max)
{
	size_t n = 0;

	for (; text[n] != '\0'; n++) {
		if (n == max || text[n] < ' ' || text[n] > '~')
			return false;
	}
	return n > 0;
}

/* Two digits at text, from..to. */
static bool
digits_within(const char *text, int from, int to)
{
	int value;

	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	value = (text[0] - '0') * 10 + text[1] - '0';
	return value >= from && value <= to;
}

bool
text_is_date(const char *text)
{
	return strnlen(text, 16) == 15 && digits_within(text, 0, 99) &&
	    digits_within(text + 2, 0, 99) && digits_within(text + 4, 1, 12) &&
	    digits_within(text + 6, 1, 31) && digits_within(text + 8, 0, 23) &&
	    digits_within(text + 10, 0, 59) &&
	    digits_within(text + 12, 0, 59) && text[14] == 'Z';
}

void
text_hex(const uint8_t *in, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++) {
		*out++ = hex_digits[in[i] >> 4];
		*out++ = hex_digits[in[i] & 15];
	}
	*out = '\0';
}

/* The place of c among the digits, or -1; c may be NUL. */
static int
digit(const char *digits, char c)
{
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

bool
text_unhex(const char *in, uint8_t *out, size_t len)
{
	if (strnlen(in, 2 * len + 1) != 2 * len)
		goto bad;
	for (size_t i = 0; i < len; i++) {
		int high = digit(hex_digits, in[2 * i]);
		int low = digit(hex_digits, in[2 * i + 1]);

		if (high < 0 || low < 0)
			goto bad;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
bad:
	memset(out, 0, len);
	return false;
}

void
text_base64(const uint8_t *in, size_t len, char *out)
{
	for (size_t n; len > 0; in += n, len -= n) {
		uint32_t bits = (uint32_t)in[0] << 16;

		n = len < 3 ? len : 3;
		if (n > 1)
			bits |= (uint32_t)in[1] << 8;
		if (n > 2)
			bits |= in[2];
		*out++ = base64_digits[bits >> 18];
		*out++ = base64_digits[bits >> 12 & 63];
		*out++ = n > 1 ? base64_digits[bits >> 6 & 63] : '=';
		*out++ = n > 2 ? base64_digits[bits & 63] : '=';
	}
	*out = '\0';
}

/* The value of every character; 64 where it is no base64 digit. */
static void
base64_values(uint8_t values[256])
{
	memset(values, 64, 256);
	for (uint8_t i = 0; i < 64; i++)
		values[(uint8_t)base64_digits[i]] = i;
}

/* Decode len digits (no padding); false if one is none, or if bits that stand
 * for no octet are set (RFC 4648 3.5). */
static bool
base64_decode(const char *in, size_t len, uint8_t *out)
{
	uint8_t values[256];
	uint32_t bits = 0;
	unsigned held = 0;

	base64_values(values);
	for (size_t i = 0; i < len; i++) {
		uint8_t value = values[(uint8_t)in[i]];

		if (value == 64)
			return false;
		bits = bits << 6 | value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			*out++ = (uint8_t)(bits >> held);
			bits &= (1u << held) - 1;
		}
	}
	return bits == 0;
}

enum transfer_error
text_unbase64(const char *in, size_t max, uint8_t **out, size_t *len)
{
	size_t chars = strlen(in), pad = 0, size;
	uint8_t *data;

	*out = NULL;
	*len = 0;
	if (chars % 4 != 0)
		return TRANSFER_ERR_FIELD;
	while (pad < 2 && pad < chars && in[chars - 1 - pad] == '=')
		pad++;
	size = chars / 4 * 3 - pad;
	if (size > max)
		return TRANSFER_ERR_SIZE;
	if ((data = malloc(size + 1)) == NULL)
		return TRANSFER_ERR_MEMORY;
	if (!base64_decode(in, chars - pad, data)) {
		free(data);
		return TRANSFER_ERR_FIELD;
	}
	data[size] = '\0';
	*out = data;
	*len = size;
	return TRANSFER_OK;
}
