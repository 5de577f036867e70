/* SPDX-License-Identifier: ISC */
#include "ceremony/record/destroy_text.h"

#include <stdio.h>
#include <string.h>

#include "transfer/text.h"

bool
destroy_text_write(const struct destroy_text *d, char out[DESTROY_TEXT_MAX])
{
	char hex[TEXT_HEX_SIZE(32)];
	int n = snprintf(out, DESTROY_TEXT_MAX,
	    "anchorite-destroy/v1\ntoken %s\nlabel %s\ncopies %u\n", d->serial,
	    d->label, d->copies);

	for (size_t i = 0; i < d->key_count; i++) {
		size_t at = n < 0 ? DESTROY_TEXT_MAX : strlen(out);

		if (at >= DESTROY_TEXT_MAX - 1)
			return false;
		text_hex(d->keys[i].spki_sha256, 32, hex);
		n = snprintf(out + at, DESTROY_TEXT_MAX - at, "key %s %s\n",
		    d->keys[i].role, hex);
		if (n < 0 || (size_t)n >= DESTROY_TEXT_MAX - at)
			return false;
	}
	return n > 0;
}
