/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_BACKUP_H
#define CUSTODIAN_BACKUP_H

#include "ceremony/custodian/ceremony.h"

/*
 * DKEKs come from B, which a signer without a token keeps; they travel
 * straight into the signer that needs one.
 */

/* Make B, if the plan has one and its words are not on paper yet. */
bool backup_make(struct ceremony *c, const struct plan_split *split);
/* Will there be a B in that step?  Otherwise stops. */
bool backup_check(struct ceremony *c, const struct plan_step *s);
/* Start its keeper with the words given back: the B of this log. */
bool backup_open(struct ceremony *c, struct child *b);
/* Have the DKEK of a first holder's keys written to a new socket: *fd is the end
 * from which it can be read.  B is not needed for it any more then. */
bool backup_hand_out(struct ceremony *c, struct child *b, const char *first,
    int *fd);
/* That end goes to the signer of a token; *fd is -1 then. */
bool backup_give(struct ceremony *c, int *fd, struct child *token);

#endif
