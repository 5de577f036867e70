/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_STOP_TEXT_H
#define CUSTODIAN_STOP_TEXT_H

#include <stddef.h>

/* For stop_*.c: a text that grows to its size and no further. */
struct stop_text {
	char *out;
	size_t size, len;
};
struct stop_text stop_text_in(char *out, size_t size);
void stop_add(struct stop_text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
