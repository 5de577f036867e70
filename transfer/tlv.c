/* SPDX-License-Identifier: ISC */
#include "transfer/tlv.h"

#include <string.h>

#define TLV_DEPTH_MAX 32
#define CONSTRUCTED 0x20
#define CLASS_MASK 0xc0
#define NUMBER_MASK 0x1f

/* X.690 10.1: the length in the fewest octets; at takes up behind them. */
static bool
take_length(struct tlv *d, size_t *length)
{
	size_t value = 0;
	uint8_t first, count;

	if (d->len == 0)
		return false;
	first = *d->at++;
	d->len--;
	if (first < 0x80) {
		*length = first;
		return true;
	}
	count = first & 0x7f;
	if (count == 0 || count > 4 || d->len < count || d->at[0] == 0)
		return false;
	for (; count > 0; count--) {
		value = value << 8 | *d->at++;
		d->len--;
	}
	*length = value;
	return value >= 0x80;
}

bool
tlv_next(struct tlv *d, uint8_t *tag, struct tlv *contents)
{
	struct tlv rest = *d;
	size_t length;

	if (rest.len == 0 || (rest.at[0] & NUMBER_MASK) == NUMBER_MASK)
		return false;
	*tag = *rest.at++;
	rest.len--;
	if (!take_length(&rest, &length) || length > rest.len)
		return false;
	contents->at = rest.at;
	contents->len = length;
	d->at = rest.at + length;
	d->len = rest.len - length;
	return true;
}

bool
tlv_at(const struct tlv *d, uint8_t tag)
{
	return d->len > 0 && d->at[0] == tag;
}

bool
tlv_take(struct tlv *d, uint8_t tag, struct tlv *contents)
{
	return tlv_at(d, tag) && tlv_next(d, &tag, contents);
}

bool
tlv_is(const struct tlv *d, const void *octets, size_t len)
{
	return d->len == len && memcmp(d->at, octets, len) == 0;
}

/* Of the universal types only SEQUENCE and SET are constructed in DER. */
static bool
form_is_right(uint8_t tag)
{
	bool constructed = (tag & CONSTRUCTED) != 0;
	uint8_t number = tag & NUMBER_MASK;

	if ((tag & CLASS_MASK) != 0)
		return true;
	return constructed == (number == 0x10 || number == 0x11);
}

bool
tlv_strict(struct tlv d)
{
	struct tlv outer[TLV_DEPTH_MAX], contents;
	size_t depth = 0;
	uint8_t tag;

	for (;;) {
		while (d.len == 0 && depth > 0)
			d = outer[--depth];
		if (d.len == 0)
			return true;
		if (!tlv_next(&d, &tag, &contents) || !form_is_right(tag))
			return false;
		if ((tag & CONSTRUCTED) == 0)
			continue;
		if (depth == TLV_DEPTH_MAX)
			return false;
		outer[depth++] = d;
		d = contents;
	}
}
