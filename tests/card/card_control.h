/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CARD_CARD_CONTROL_H
#define TESTS_CARD_CARD_CONTROL_H

/*
 * NAME.control: how the card of that name is, and what goes wrong with it; one
 * thing a line.
 *
 *   serial 11-CHARACTERS    of a card that is made new
 *   vendor TEXT             whose it is, of a card that is made new; otherwise the
 *                           same one's as all others
 *   log                     every command it gets is written to NAME.log
 *   protocol t0             its ATR and its ways; otherwise t1
 *   pin-pad PIN             it asks for the user PIN itself, and gets this
 *   reader-pad PIN|cancel|late|none
 *                           its reader has a PIN pad, where this is typed;
 *                           none: it announces one, and has none
 *   reader-says taken|mute  another process has the card, or it is mute
 *   applet none             it is another kind of card
 *   delay MICROSECONDS      that every use of a key takes
 *   fault KIND INS AT [ARGUMENT]
 *                           see card_fault.c; INS is hexadecimal, or "*" for
 *                           every command; AT says which of them, from 1; 0 is
 *                           before the first
 *
 * A line that is none of these, or starts with #, is passed over.  While a card
 * is in use the file is best renamed into its place.  Commands are counted over
 * all processes from when its text last changed; the counts are in NAME.seen.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/card/card_state.h"

#define CARD_FAULTS_MAX 16
#define CARD_ARGUMENT_MAX 255
#define CARD_VENDOR_MAX 31

struct card_fault_kind;

struct card_fault {
	const struct card_fault_kind *kind;
	int ins; /* -1: every one */
	unsigned long at, seen;
	char argument[CARD_ARGUMENT_MAX + 1];
};

struct card_control {
	char serial[CARD_SERIAL_LEN + 1]; /* "": none said */
	char vendor[CARD_VENDOR_MAX + 1]; /* "": that of most */
	bool t0, pad, log;
	char pad_pin[CARD_PIN_MAX + 1];
	char reader_pad[CARD_PIN_MAX + 1]; /* "": it has none */
	bool taken, mute, no_applet;
	unsigned delay;
	struct card_fault faults[CARD_FAULTS_MAX];
	size_t fault_count;
	uint32_t sum; /* of the text */
};

/* Read the file of a card afresh; no file is an empty one. */
void card_control_read(struct card_control *out, const char *card);
/* Remember what was seen of each fault. */
void card_control_keep(const struct card_control *control, const char *card);

#endif
