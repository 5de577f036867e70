/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_LOOK_H
#define SMARTCARD_LOOK_H

#include "smartcard/schsm.h"

/* How long a card may take to say who it is, in milliseconds.  One that works
 * takes less than a second. */
#define LOOK_MS 3000

/*
 * Ask the cards in several readers who they are, all at the same time, so that
 * one that hangs holds nobody up.
 *
 * which   true for each reader that is asked; the others are left alone, and
 *         so are their places in error and card.
 * error   as schsm_look(); TIMEOUT: it has not answered after LOOK_MS.
 *
 * A call to pcscd cannot be broken off: what asks a card that hangs stays
 * behind in a thread, with a context of its own and no secret, and ends when
 * the card answers or is taken out, or else with the process.
 */
void look_at(const struct pcsc_readers *readers, const bool *which,
    enum card_error error[PCSC_READERS_MAX],
    struct schsm_info card[PCSC_READERS_MAX]);

#endif
