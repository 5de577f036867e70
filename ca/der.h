/* SPDX-License-Identifier: ISC */
#ifndef CA_DER_H
#define CA_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Strict DER (X.690, 10 and 11) for input that a lenient parser would also
 * take as BER.  Borrowed octets, no allocation.
 */
struct der {
	const uint8_t *data;
	size_t len;
};

#define DER_DEPTH_MAX 24 /* a certificate needs about 10 */

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0 /* constructed */
};

/*
 * Check the first element of in and all within it: definite minimal lengths,
 * no constructed strings, BOOLEAN 00 or FF, minimal INTEGER and OBJECT
 * IDENTIFIER, BIT STRING padded with zeros, times to the second with Z, SET OF
 * sorted, nesting at most DER_DEPTH_MAX.  Tag numbers above 30, which nothing
 * in X.509 uses, are refused.  What an OCTET STRING holds is not looked at.
 * size  octets of the element; what follows them is the caller's to judge.
 */
bool der_check(struct der in, size_t *size);
/* der_check(), and nothing follows. */
bool der_check_all(struct der in);

/*
 * Take the first element of in, which must have this tag, and move in past it.
 * content  its contents; may be in itself, to go down into it.
 * Checks the header only.  False leaves in and content as they were.
 */
bool der_take(struct der *in, uint8_t tag, struct der *content);
/* The same, whatever the tag: element includes tag and length. */
bool der_take_element(struct der *in, struct der *element);
/* Whether the elements within in stand in the order of a SET OF (11.6). */
bool der_sorted(struct der in);
/* Whether two stretches of octets are the same. */
bool der_equal(struct der a, struct der b);

#endif
