/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CARD_CARD_FAULT_H
#define TESTS_CARD_CARD_FAULT_H

/* What goes wrong with a card on demand. */

#include "tests/card/card_control.h"

struct card;

enum card_verdict {
	CARD_GO_ON,
	CARD_SAID,   /* the answer is made: the command is not done */
	CARD_PULLED, /* there is no answer */
	CARD_HANGS   /* nor does it end */
};

/* A kind by its name; NULL when there is none. */
const struct card_fault_kind *card_fault_kind(const char *name);

/* ---- at all times ----------------------------------------------------- */

/* Was the card pulled by a fault that is still in the control file? */
bool card_fault_absent(const struct card_control *control);
/* The argument of the fault that has begun: the ATR of the card, in
 * hexadecimal, or another card in its place; NULL when none has. */
const char *card_fault_atr(const struct card_control *control);
const char *card_fault_swap(const struct card_control *control);

/* Has it begun to hang at commands of that INS? */
bool card_fault_hangs(const struct card_control *control, uint8_t ins);

/* ---- around a command ------------------------------------------------- */

/* Count the command of that INS; true when any fault counts it. */
bool card_fault_count(struct card_control *control, uint8_t ins);
/* Before the command of that INS, which was counted: what is due now.  *sw is
 * the status word with CARD_SAID. */
enum card_verdict card_fault_before(struct card *c, uint8_t ins, uint16_t *sw);
/* After it; the answer is in c->work. */
enum card_verdict card_fault_after(struct card *c, uint8_t ins);

#endif
