/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_UR_PART_H
#define TRANSFER_UR_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"

/* One part: [seq, count, message_len, checksum, data] in CBOR. */
struct ur_part {
	uint32_t seq;
	size_t count;       /* fragments of the message */
	size_t message_len; /* octets, without padding */
	uint32_t checksum;  /* CRC-32 of the message */
	const uint8_t *data;
	size_t data_len; /* of each fragment; the last is padded with zeros */
};

/* Octets of the head, up to where data begins: at most UR_PART_HEAD_MAX. */
size_t ur_part_head_length(const struct ur_part *p);
size_t ur_part_head_write(const struct ur_part *p, uint8_t *out);
/* Read a hostile part and hold it against the limits of ur.h; data is
 * borrowed from cbor.  Error: UR, *why in static words. */
enum transfer_error ur_part_read(const uint8_t *cbor, size_t len,
    struct ur_part *p, const char **why);
/* What must be the same in all parts of one message. */
bool ur_part_same(const struct ur_part *a, const struct ur_part *b);

/* A text taken apart; all borrowed from it. */
struct ur_text {
	const char *type;
	size_t type_len;
	bool multi; /* else a single form: seq and count are 1 */
	uint32_t seq, count;
	const char *body; /* bytewords */
	size_t body_len;
};
/* Error: UR, *why in static words. */
enum transfer_error ur_text_split(const char *text, size_t len,
    struct ur_text *t, const char **why);
/* Whether it is [a-z0-9-]+ and at most UR_TYPE_MAX long. */
bool ur_type_valid(const char *type);

#endif
