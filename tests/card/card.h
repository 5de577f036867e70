/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CARD_CARD_H
#define TESTS_CARD_CARD_H

/*
 * A virtual SmartCard-HSM: what OpenSC 0.23 and sc-hsm-tool ask of one.  Test
 * equipment: its keys lie in the clear in a file, and it fails as it is told.
 *
 * A card is a file (see card_state.h) and, beside it, a file NAME.control that
 * says how the card behaves and what goes wrong with it (see card_control.h);
 * it is read before each command, so a test may write it at any time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_ATR_MAX 33
#define CARD_ANSWER_MAX 4098 /* data and SW1 SW2 */

struct card;

enum card_reply {
	CARD_ANSWERED,
	CARD_GONE /* not in the reader, or pulled before it answered */
};

/*
 * The card in the file of that path; a new, blank one when there is none.
 * Several processes may have the same card: each command is done under a lock
 * and starts from what the last one left, but each has a login of its own.
 *
 * Returns NULL, and says why on standard error, when the file is not a card or
 * cannot be written.
 */
struct card *card_new(const char *path);
void card_free(struct card *c);

/* Power, or a reset: ends the login, nothing selected. */
void card_reset(struct card *c);
/* Length of the ATR, which is written to out. */
size_t card_atr(struct card *c, uint8_t out[CARD_ATR_MAX]);
/* Is the card in its reader? */
bool card_present(struct card *c);
/* How often it was put in; another number is another insertion. */
unsigned card_insertions(struct card *c);

/*
 * One command APDU of any of the cases 1, 2S, 3S, 4S, 2E, 3E, 4E; the answer
 * always ends in SW1 SW2.  What the command changed is in the file before the
 * answer is given.
 */
enum card_reply card_apdu(struct card *c, const uint8_t *command, size_t len,
    uint8_t answer[CARD_ANSWER_MAX], size_t *answer_len);

/* ---- for tests ------------------------------------------------------- */

/* Does the card speak T=0? */
bool card_is_t0(struct card *c);
/* Has another process the card; is it mute? */
bool card_taken(struct card *c);
bool card_mute(struct card *c);
/* What is typed at the PIN pad of its reader, "" where that has none; as
 * card_serial(). */
const char *card_reader_pad(struct card *c);
/* How often a key was used; -1 when there is no such key. */
long card_key_uses(struct card *c, uint8_t reference);
/* 11 characters; the card's own until card_free(). */
const char *card_serial(struct card *c);

#endif
