/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_ABANDON_H
#define CUSTODIAN_ABANDON_H

#include "ceremony/custodian/ceremony.h"

/*
 * What a plan still asks for can never be done: a card is dead, a request is
 * lost.  People give the rest of the ceremony up, for a reason that is written
 * down, so that the log goes on.
 */

/* Is there anything of this plan to give up?  Otherwise stops. */
bool abandon_check(struct ceremony *c);
/* Change the PINs that are to be changed, void intents that stand open, write
 * the exception.  The ceremony is then to be closed. */
bool abandon_run(struct ceremony *c);

#endif
