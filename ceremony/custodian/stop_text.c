/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/stop_text.h"

#include <stdarg.h>
#include <stdio.h>

void
stop_add(struct stop_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->out + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < t->size - t->len ? (size_t)n
						       : t->size - t->len - 1;
}

struct stop_text
stop_text_in(char *out, size_t size)
{
	out[0] = '\0';
	return (struct stop_text){ .out = out, .size = size };
}
