/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CARD_CARD_TLV_H
#define TESTS_CARD_CARD_TLV_H

/* Octet strings that grow, and the BER-TLV objects in them (ISO/IEC 7816-4):
 * tags of one or two octets, lengths of up to three. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_BYTES_MAX 4096

struct card_bytes {
	size_t len;
	bool full; /* something did not fit: what is here is not to be used */
	uint8_t data[CARD_BYTES_MAX];
};

void card_bytes_put(struct card_bytes *b, const void *data, size_t len);
/* n octets, the highest first */
void card_bytes_number(struct card_bytes *b, uint32_t value, size_t n);
/* tag, length, value */
void
card_tlv_put(struct card_bytes *b, unsigned tag, const void *data, size_t len);

/* The first object of that tag among those in data; false when there is none
 * or they do not have this form up to there.  value points into data. */
bool card_tlv_find(const uint8_t *data, size_t len, unsigned tag,
    const uint8_t **value, size_t *value_len);

#endif
