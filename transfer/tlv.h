/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_TLV_H
#define TRANSFER_TLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* DER (X.690) read one element at a time: single-octet tags, definite lengths
 * in their shortest form; anything else does not read. */
enum tlv_tag {
	TLV_INTEGER = 0x02,
	TLV_OCTETS = 0x04,
	TLV_OID = 0x06,
	TLV_UTCTIME = 0x17,
	TLV_GENERALIZEDTIME = 0x18,
	TLV_SEQUENCE = 0x30,
	TLV_SET = 0x31,
	TLV_CONTEXT_0 = 0xa0,
	TLV_CONTEXT_1 = 0xa1,
};

/* What is still to be read; the octets are borrowed. */
struct tlv {
	const uint8_t *at;
	size_t len;
};

/* Take one element off d: its tag and its contents.  False, and d as it was,
 * when there is none in whole. */
bool tlv_next(struct tlv *d, uint8_t *tag, struct tlv *contents);
/* The same, but only if it has this tag. */
bool tlv_take(struct tlv *d, uint8_t tag, struct tlv *contents);
/* Whether the next element has this tag. */
bool tlv_at(const struct tlv *d, uint8_t tag);
/* Whether d is exactly these octets. */
bool tlv_is(const struct tlv *d, const void *octets, size_t len);
/* Whether d is elements without a gap, down through all constructed ones, and
 * every universal type primitive or constructed as X.690 10.2 wants it. */
bool tlv_strict(struct tlv d);

#endif
