/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_MAKE_UP_H
#define CUSTODIAN_MAKE_UP_H

#include "ceremony/custodian/ceremony.h"

/*
 * A rehearsal plays the factory too: for every step of the plan whose station
 * or request is not in the input folder, one is made by the factory's own
 * program; a request has MAKE_UP_ENTRIES devices.  Only what a rehearsal made
 * up itself can it answer for: a request under a real station's order must be
 * supplied.
 */
#define MAKE_UP_ENTRIES 20

bool make_up_inputs(struct ceremony *c);

#endif
