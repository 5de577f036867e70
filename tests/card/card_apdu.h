/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CARD_CARD_APDU_H
#define TESTS_CARD_CARD_APDU_H

/* A command APDU taken apart (ISO/IEC 7816-3, 12.1.3). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_APDU_MAX 65544

struct apdu {
	uint8_t cla, ins, p1, p2;
	const uint8_t *data; /* in the command */
	size_t len;          /* Nc; 0: no data */
	size_t expected;     /* Ne: at most so many octets are to be answered */
	bool extended;
};

/* False when the lengths in it are not those of any case. */
bool card_apdu_parse(const uint8_t *command, size_t len, struct apdu *out);
/* As a T=0 reader hands it on: data or Le, never both, and never extended; a
 * P3 of 0 before 256 octets is what is left of an extended command. */
bool card_apdu_parse_t0(const uint8_t *command, size_t len, struct apdu *out);

#endif
