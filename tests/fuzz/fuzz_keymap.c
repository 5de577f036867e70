/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "ceremony/menu/keymap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A layout that is read has as many tables as its length says. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct keymap k;

	if (keymap_parse(data, len, &k) == NULL &&
	    (k.count < 1 || k.count > KEYMAP_TABLES ||
		len != 7 + KEYMAP_TABLES + k.count * KEYMAP_KEYS * 2))
		abort();
	return 0;
}
