/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_BERTLV_H
#define SMARTCARD_BERTLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a card answers, read one element at a time (ISO/IEC 7816-4, 5.2.2):
 * tags of one or two octets, definite lengths; anything else does not read. */
struct bertlv {
	const uint8_t *at; /* borrowed */
	size_t len;
};

/* Take one element off d.  False, and d as it was, when there is none in
 * whole. */
bool bertlv_next(struct bertlv *d, unsigned *tag, struct bertlv *value);
/* The first element of that tag in d, which is not changed. */
bool bertlv_find(struct bertlv d, unsigned tag, struct bertlv *value);

#endif
