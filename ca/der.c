/* SPDX-License-Identifier: ISC */
#include "ca/der.h"

#include <string.h>

#define TAG_NUMBER 0x1fu
#define TAG_CONSTRUCTED 0x20u
#define TAG_CLASS 0xc0u

/* Split the first element: its tag, contents, and size with the header. */
static bool
read_header(struct der in, uint8_t *tag, struct der *content, size_t *size)
{
	size_t len, head = 2, octets;

	if (in.len < 2 || (in.data[0] & TAG_NUMBER) == TAG_NUMBER)
		return false;
	len = in.data[1];
	if (len >= 0x80) {
		octets = len & 0x7f;
		/* 0x80 is the indefinite length; four octets are 4 GiB */
		if (octets == 0 || octets > 4 || in.len - head < octets)
			return false;
		len = 0;
		for (size_t i = 0; i < octets; i++)
			len = len << 8 | in.data[head + i];
		/* 10.1: the fewest octets that will do */
		if (len < 0x80 || len >> (8 * (octets - 1)) == 0)
			return false;
		head += octets;
	}
	if (in.len - head < len)
		return false;
	*tag = in.data[0];
	*content = (struct der){ in.data + head, len };
	*size = head + len;
	return true;
}

static bool
integer_valid(struct der c)
{
	if (c.len == 0)
		return false;
	if (c.len == 1)
		return true;
	return !(c.data[0] == 0x00 && c.data[1] < 0x80) &&
	    !(c.data[0] == 0xff && c.data[1] >= 0x80);
}

static bool
bit_string_valid(struct der c)
{
	if (c.len == 0 || c.data[0] > 7)
		return false;
	if (c.len == 1)
		return c.data[0] == 0;
	return (c.data[c.len - 1] & ((1u << c.data[0]) - 1)) == 0;
}

static bool
oid_valid(struct der c)
{
	bool first = true; /* of a subidentifier */

	if (c.len == 0 || c.data[c.len - 1] >= 0x80)
		return false;
	for (size_t i = 0; i < c.len; i++) {
		if (first && c.data[i] == 0x80)
			return false;
		first = c.data[i] < 0x80;
	}
	return true;
}

/* YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ (RFC 5280, 4.1.2.5). */
static bool
time_valid(struct der c, size_t len)
{
	if (c.len != len || c.data[len - 1] != 'Z')
		return false;
	for (size_t i = 0; i < len - 1; i++)
		if (c.data[i] < '0' || c.data[i] > '9')
			return false;
	return true;
}

/* A primitive of the universal class, or the wrong form of a constructed. */
static bool
universal_valid(uint8_t tag, struct der c)
{
	switch (tag) {
	case DER_BOOLEAN:
		return c.len == 1 && (c.data[0] == 0x00 || c.data[0] == 0xff);
	case DER_INTEGER:
	case DER_ENUMERATED:
		return integer_valid(c);
	case DER_BIT_STRING:
		return bit_string_valid(c);
	case DER_NULL:
		return c.len == 0;
	case DER_OID:
		return oid_valid(c);
	case DER_UTC_TIME:
		return time_valid(c, 13);
	case DER_GENERALIZED_TIME:
		return time_valid(c, 15);
	case 0x00:                            /* end of contents: BER only */
	case DER_SEQUENCE & ~TAG_CONSTRUCTED: /* always constructed */
	case DER_SET & ~TAG_CONSTRUCTED:
		return false;
	default:
		/* 10.2: strings are primitive */
		return (tag & TAG_CONSTRUCTED) == 0;
	}
}

static bool
check_element(struct der in, size_t *size, unsigned depth)
{
	struct der content;
	uint8_t tag;
	size_t used;

	if (depth > DER_DEPTH_MAX || !read_header(in, &tag, &content, size))
		return false;
	if (tag != DER_SEQUENCE && tag != DER_SET) {
		if ((tag & TAG_CLASS) == 0)
			return universal_valid(tag, content);
		if ((tag & TAG_CONSTRUCTED) == 0)
			return true;
	}
	for (struct der rest = content; rest.len > 0;) {
		if (!check_element(rest, &used, depth + 1))
			return false;
		rest.data += used;
		rest.len -= used;
	}
	return tag != DER_SET || der_sorted(content);
}

bool
der_check(struct der in, size_t *size)
{
	return check_element(in, size, 0);
}

bool
der_check_all(struct der in)
{
	size_t size;

	return der_check(in, &size) && size == in.len;
}

bool
der_take(struct der *in, uint8_t tag, struct der *content)
{
	struct der c;
	size_t size;
	uint8_t t;

	if (!read_header(*in, &t, &c, &size) || t != tag)
		return false;
	in->data += size;
	in->len -= size;
	*content = c;
	return true;
}

bool
der_take_element(struct der *in, struct der *element)
{
	struct der c, e = { in->data, 0 };
	uint8_t tag;

	if (!read_header(*in, &tag, &c, &e.len))
		return false;
	in->data += e.len;
	in->len -= e.len;
	*element = e;
	return true;
}

/* X.690, 11.6: as octet strings, the shorter padded with zeros at its end. */
static int
compare(struct der a, struct der b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.data, b.data, len);

	if (order != 0 || a.len == b.len)
		return order;
	return a.len < b.len ? -1 : 1;
}

bool
der_sorted(struct der in)
{
	struct der before = { NULL, 0 }, element;

	while (in.len > 0) {
		if (!der_take_element(&in, &element))
			return false;
		if (before.data != NULL && compare(before, element) > 0)
			return false;
		before = element;
	}
	return true;
}

bool
der_equal(struct der a, struct der b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}
