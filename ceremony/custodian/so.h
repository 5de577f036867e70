/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_SO_H
#define CUSTODIAN_SO_H

#include "ceremony/custodian/ceremony.h"

/*
 * SO PINs come from S, which a signer without a token keeps; they travel
 * straight into the signer that needs one.
 */

/* Start it with a new S, split as the plan says, or, with q NULL, with the
 * words given back. */
bool so_open(struct ceremony *c, const struct plan_quorum *q, struct child *so);
/* Log the use, then have the SO PIN of a label written to a new socket: *fd is
 * the end from which it can be read. */
bool
so_hand_out(struct ceremony *c, struct child *so, const char *label, int *fd);
/* Was an SO PIN of this label used in this log before?  Then a token of that
 * label is ours and may be initialised again.  label NULL: of any label. */
bool so_used(const struct ceremony *c, const char *label);
/* Attributes of a key as the module reports them. */
json_t *json_attributes(uint64_t bits);

#endif
