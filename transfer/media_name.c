/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "transfer/media.h"

#define CUT "..."

static size_t
escape_one(uint8_t c, char out[5])
{
	if (c == '\\')
		return (size_t)snprintf(out, 5, "\\\\");
	if (c >= 0x20 && c <= 0x7e)
		return (size_t)snprintf(out, 5, "%c", c);
	return (size_t)snprintf(out, 5, "\\x%02x", c);
}

void
media_escape(const void *in, size_t len, char *out, size_t size)
{
	const uint8_t *p = in;
	size_t at = 0, fits = 0; /* fits: so much leaves room for the mark */

	if (size == 0)
		return;
	for (size_t i = 0; i < len; i++) {
		char one[5];
		size_t n = escape_one(p[i], one);

		if (at + n >= size) {
			if (size > strlen(CUT))
				memcpy(out + fits, CUT, sizeof(CUT));
			else
				out[0] = '\0';
			return;
		}
		memcpy(out + at, one, n);
		at += n;
		if (at + strlen(CUT) < size)
			fits = at;
	}
	out[at] = '\0';
}
