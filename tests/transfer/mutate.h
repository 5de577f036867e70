/* SPDX-License-Identifier: ISC */
#ifndef TESTS_TRANSFER_MUTATE_H
#define TESTS_TRANSFER_MUTATE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/error.h"

/* A refusal: what to change in a good payload, and what must be said of it.
 * Where find is NULL, replace is the whole payload. */
struct mutation {
	const char *name, *find, *replace;
	enum transfer_error err;
	const char *text;
};

/* base with the first find replaced; free(). */
static inline char *
mutate(const char *base, const struct mutation *m)
{
	const char *at;
	size_t before, find_len, replace_len = strlen(m->replace), tail;
	char *out;

	if (m->find == NULL)
		return strdup(m->replace);
	at = strstr(base, m->find);
	if (at == NULL)
		fail_msg("%s: nothing to replace", m->name);
	before = (size_t)(at - base);
	find_len = strlen(m->find);
	tail = strlen(at + find_len) + 1;
	out = malloc(before + replace_len + tail);
	assert_non_null(out);
	memcpy(out, base, before);
	memcpy(out + before, m->replace, replace_len);
	memcpy(out + before + replace_len, at + find_len, tail);
	return out;
}

/* Error and text of a fault are just these. */
static inline void
assert_fault(const char *name, const struct transfer_fault *fault,
    enum transfer_error err, const char *text)
{
	if (fault->err != err || strcmp(fault->text, text) != 0)
		fail_msg("%s: is %d \"%s\", should be %d \"%s\"", name,
		    (int)fault->err, fault->text, (int)err, text);
}

/* Whether len octets are all zero: what a reader leaves after a refusal. */
static inline bool
all_zero(const void *data, size_t len)
{
	const uint8_t *octet = data;

	for (size_t i = 0; i < len; i++) {
		if (octet[i] != 0)
			return false;
	}
	return true;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define H32 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

#endif
