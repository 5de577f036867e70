/* SPDX-License-Identifier: ISC */
#include "tests/card/card_tlv.h"

#include <string.h>

void
card_bytes_put(struct card_bytes *b, const void *data, size_t len)
{
	if (b->full || len > sizeof(b->data) - b->len) {
		b->full = true;
		return;
	}
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

void
card_bytes_number(struct card_bytes *b, uint32_t value, size_t n)
{
	while (n-- > 0) {
		uint8_t octet = (uint8_t)(value >> (8 * n));

		card_bytes_put(b, &octet, 1);
	}
}

void
card_tlv_put(struct card_bytes *b, unsigned tag, const void *data, size_t len)
{
	card_bytes_number(b, tag, tag > 0xFF ? 2 : 1);
	if (len > 0xFF)
		card_bytes_number(b, 0x82, 1);
	else if (len > 0x7F)
		card_bytes_number(b, 0x81, 1);
	card_bytes_number(b, (uint32_t)len, len > 0xFF ? 2 : 1);
	card_bytes_put(b, data, len);
}

struct reader {
	const uint8_t *at;
	size_t left;
	bool short_; /* more was wanted than there is */
};

static unsigned
read_octet(struct reader *r)
{
	if (r->left == 0) {
		r->short_ = true;
		return 0;
	}
	r->left--;
	return *r->at++;
}

static unsigned
read_tag(struct reader *r)
{
	unsigned tag = read_octet(r);

	return (tag & 0x1F) == 0x1F ? tag << 8 | read_octet(r) : tag;
}

static size_t
read_length(struct reader *r)
{
	size_t len = read_octet(r), octets = len - 0x80;

	if (len < 0x80)
		return len;
	r->short_ = r->short_ || octets == 0 || octets > 2;
	for (len = 0; !r->short_ && octets > 0; octets--)
		len = len << 8 | read_octet(r);
	return len;
}

bool
card_tlv_find(const uint8_t *data, size_t len, unsigned tag,
    const uint8_t **value, size_t *value_len)
{
	struct reader r = { data, len, false };

	while (r.left > 0) {
		unsigned found = read_tag(&r);
		size_t n = read_length(&r);

		if (r.short_ || n > r.left)
			return false;
		if (found == tag) {
			*value = r.at;
			*value_len = n;
			return true;
		}
		r.at += n;
		r.left -= n;
	}
	return false;
}
