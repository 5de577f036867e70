/* SPDX-License-Identifier: ISC */
#include "transfer/cbor.h"

#define SHORT_MAX 23 /* values that fit into the first octet */
#define FOLLOWS_1 24 /* 24 to 27: 1, 2, 4 or 8 octets follow */
#define FOLLOWS_8 27

/* Octets behind the first of a head. */
static size_t
following(uint64_t value)
{
	if (value <= SHORT_MAX)
		return 0;
	if (value <= UINT8_MAX)
		return 1;
	if (value <= UINT16_MAX)
		return 2;
	return value <= UINT32_MAX ? 4 : 8;
}

size_t
cbor_head_length(uint64_t value)
{
	return 1 + following(value);
}

size_t
cbor_head_write(uint8_t *out, enum cbor_major major, uint64_t value)
{
	static const uint8_t
	    info[] = { [1] = 24, [2] = 25, [4] = 26, [8] = 27 };
	size_t n = following(value);

	out[0] = (uint8_t)((unsigned)major << 5 |
	    (n == 0 ? (unsigned)value : info[n]));
	for (size_t i = 0; i < n; i++)
		out[1 + i] = (uint8_t)(value >> 8 * (n - 1 - i));
	return 1 + n;
}

bool
cbor_head(struct cbor *c, enum cbor_major major, uint64_t *value)
{
	unsigned info;
	uint64_t v = 0;
	size_t n;

	if (c->at >= c->len || c->data[c->at] >> 5 != (unsigned)major)
		return false;
	info = c->data[c->at] & 31u;
	if (info > FOLLOWS_8) /* reserved, or without definite length */
		return false;
	n = info < FOLLOWS_1 ? 0 : (size_t)1 << (info - FOLLOWS_1);
	if (c->len - c->at - 1 < n)
		return false;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | c->data[c->at + 1 + i];
	if (n == 0)
		v = info;
	if (following(v) != n)
		return false;
	c->at += 1 + n;
	*value = v;
	return true;
}

bool
cbor_bytes(struct cbor *c, const uint8_t **data, size_t *len)
{
	struct cbor after = *c;
	uint64_t octets;

	if (!cbor_head(&after, CBOR_BYTES, &octets) ||
	    octets > after.len - after.at)
		return false;
	*data = after.data + after.at;
	*len = (size_t)octets;
	after.at += (size_t)octets;
	*c = after;
	return true;
}

bool
cbor_end(const struct cbor *c)
{
	return c->at == c->len;
}
