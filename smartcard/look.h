/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_LOOK_H
#define SMARTCARD_LOOK_H

#include "smartcard/schsm.h"

/* How long a card may take to say who it is, in milliseconds.  One that works
 * takes less than a second. */
#define LOOK_MS 3000

/*
 * Ask the cards in several readers who they are.  One that hangs is given up:
 * the others are asked all the same.
 *
 * One after another: libpcsclite (as of 1.9) has one list of all contexts and
 * their cards, which SCardConnect() and SCardDisconnect() of one thread change
 * while any call of another goes through it.  So no two threads are ever in it;
 * who calls this waits meanwhile.
 *
 * which   true for each reader that is asked; the others are left alone, and
 *         so are their places in error and card.
 * error   as schsm_look(); TIMEOUT: it has not answered after LOOK_MS.
 * card    where error is CARD_OK.
 *
 * What asks a card that hangs is cut off from pcscd, see pcsc_break(), and has
 * ended when this returns.  Only where that cannot be, with a library that has
 * no socket, it stays behind in its thread, with no secret, until the card
 * answers or is taken out, or the process ends.
 */
void look_at(const struct pcsc_readers *readers, const bool *which,
    enum card_error error[PCSC_READERS_MAX],
    struct schsm_info card[PCSC_READERS_MAX]);

#endif
