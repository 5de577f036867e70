/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_HEAD_H
#define SMARTCARD_HEAD_H

#include <stdint.h>

#include "smartcard/token.h"

/*
 * The head of the transcript as a card remembers it: two data objects written
 * in turn ("head-0", "head-1"), each one line of ASCII
 * "anchorite-head/v1 <seq decimal> <hex of 32 octets>\n"; the valid one with
 * the higher seq counts, a torn one is passed over.
 */
struct head {
	uint64_t seq;
	uint8_t hash[32];
};
/* CARD_ERR_OBJECT_MISSING when the card has none yet. */
enum card_error head_read(struct token *t, struct head *out);
/* Writes the slot that does not hold the present head and reads it back.
 * seq must be higher than the present one (CARD_ERR_ARGUMENT). */
enum card_error head_write(struct token *t, const struct head *head);

#endif
