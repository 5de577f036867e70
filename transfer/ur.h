/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_UR_H
#define TRANSFER_UR_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"

/*
 * Uniform Resources (BCR-2020-005, BCR-2024-001): a message of octets as one
 * line of text, "ur:type/..", or as an endless row of parts,
 * "ur:type/seq-n/..", of which any n or a few more give it back.
 */
#define UR_TYPE "anchorite" /* of our own messages: see qr_file.h */
#define UR_TYPE_MAX 32      /* characters of a type */
#define UR_MESSAGE_MAX (4u << 20)
#define UR_FRAGMENTS_MAX 8192u
#define UR_PART_HEAD_MAX 26 /* octets of a part before its data */
/* The longest text taken: a message of the greatest length in one. */
#define UR_TEXT_MAX (2u * (UR_MESSAGE_MAX + 64u) + 128u)
/* Frames in a row of another message until a decoder turns to it. */
#define UR_SWITCH_AFTER 3
/* A sender that never ends begins again behind this part, so that no symbol
 * grows; see ur_encoder_longest(). */
#define UR_SEQ_LAST 65535u

/*
 * message: len octets, 1 to UR_MESSAGE_MAX, copied; fragment_len: 1 and up,
 * into at most UR_FRAGMENTS_MAX fragments.  One fragment is sent in the
 * single form, whatever the seq.  type: [a-z0-9-]+.
 * Errors: ARGUMENT (type, or a length of 0), SIZE, MEMORY; *out is NULL then.
 */
struct ur_encoder;
enum transfer_error ur_encoder_new(const char *type, const uint8_t *message,
    size_t len, size_t fragment_len, struct ur_encoder **out);
/* Part seq, 1 and up, as upper-case text with a NUL.  Errors: ARGUMENT (seq
 * 0), SIZE (of text), MEMORY; text is "" then. */
enum transfer_error ur_encoder_part(const struct ur_encoder *e, uint32_t seq,
    char *text, size_t size);
/* Fragments; parts 1 to that many are the message itself. */
size_t ur_encoder_count(const struct ur_encoder *e);
/* How many fragments are in part seq, 1 and up; 0 without memory. */
size_t ur_encoder_degree(const struct ur_encoder *e, uint32_t seq);
/* CRC-32 of the message. */
uint32_t ur_encoder_checksum(const struct ur_encoder *e);
/* Characters, without NUL, of the longest part up to UR_SEQ_LAST. */
size_t ur_encoder_longest(const struct ur_encoder *e);
void ur_encoder_free(struct ur_encoder *e);

/* The reference's choice: the fewest fragments of at most most octets each,
 * evenly long, and not under least octets. */
size_t ur_fragment_len(size_t message_len, size_t least, size_t most);
/* The fragment length for the fewest parts of which none up to UR_SEQ_LAST is
 * longer than text_max characters; 0 when none would do. */
size_t ur_fragment_fit(size_t type_len, size_t message_len, size_t text_max);

enum ur_taken {
	UR_NEW,      /* the rank grew */
	UR_KNOWN,    /* nothing new in it */
	UR_REFUSED,  /* not one of ours, or broken: why tells */
	UR_FOREIGN,  /* a part of another message; kept apart */
	UR_SWITCHED, /* the same, and now that message is the one */
	UR_COMPLETE, /* the message is there; later texts change nothing */
};
struct ur_progress {
	size_t needed;      /* fragments; 0 before the first part */
	size_t rank;        /* independent parts so far */
	size_t received;    /* parts of this message */
	size_t refused;     /* texts, since the beginning */
	size_t foreign;     /* parts of others, since the beginning */
	size_t message_len; /* octets */
	uint32_t checksum;
};

/*
 * A decoder for messages of one type.  Two messages are kept apart by type,
 * fragments, length, checksum and fragment length; the second takes over when
 * UR_SWITCH_AFTER of its parts came with none of the first between.  Texts
 * are hostile.  A message whose checksum does not match is forgotten.
 */
struct ur_decoder;
enum transfer_error ur_decoder_new(const char *type, struct ur_decoder **out);
/* text: len characters, either case, no NUL needed, no blanks around.  *why
 * is a static text, NULL unless UR_REFUSED. */
enum ur_taken ur_decoder_take(struct ur_decoder *d, const char *text,
    size_t len, const char **why);
void ur_decoder_progress(const struct ur_decoder *d, struct ur_progress *p);
/* Borrowed; NULL until UR_COMPLETE. */
const uint8_t *ur_decoder_message(const struct ur_decoder *d, size_t *len);
void ur_decoder_free(struct ur_decoder *d);

#endif
