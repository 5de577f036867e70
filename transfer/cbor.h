/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_CBOR_H
#define TRANSFER_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * As much of deterministic CBOR (RFC 8949 4.2.1) as Uniform Resources need:
 * unsigned integers, byte strings, arrays; definite lengths, shortest heads.
 */
enum cbor_major {
	CBOR_UINT = 0,
	CBOR_BYTES = 2,
	CBOR_ARRAY = 4,
};
#define CBOR_HEAD_MAX 9 /* octets of a head */

/* Octets of the head of a value (or length, or count); at most
 * CBOR_HEAD_MAX. */
size_t cbor_head_length(uint64_t value);
/* Write a head, which is a whole item for CBOR_UINT; how many octets. */
size_t cbor_head_write(uint8_t *out, enum cbor_major major, uint64_t value);

struct cbor {
	const uint8_t *data; /* borrowed */
	size_t len, at;
};
/* Read a head of that kind; false when another kind stands there, or it is
 * not the shortest, or the octets end. */
bool cbor_head(struct cbor *c, enum cbor_major major, uint64_t *value);
/* Read a byte string; *data is borrowed from the input. */
bool cbor_bytes(struct cbor *c, const uint8_t **data, size_t *len);
/* Whether all octets have been read. */
bool cbor_end(const struct cbor *c);

#endif
