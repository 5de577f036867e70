/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_SO_H
#define CUSTODIAN_SO_H

#include "ceremony/custodian/ceremony.h"

/*
 * SO PINs come from S, which a signer without a token keeps; they travel
 * straight into the signer that needs one.
 */

/* Will this token's SO PIN be of the S that there is in that step?  Otherwise
 * stops. */
bool so_check(struct ceremony *c, const struct plan_step *s, const char *label);
/* The SO PINs of a label, n and n + 1, without a word in the log: *fd is the end
 * from which they can be read. */
bool so_pins(struct ceremony *c, struct child *so, const char *label,
    uint32_t n, int *fd);
/* Log the use, then have the present SO PIN of a label and the next one
 * written to a new socket: *fd is the end from which they can be read.
 * *again: it was used before and nothing came of it, so that the token is ours
 * and may have the next one already. */
bool so_hand_out(struct ceremony *c, struct child *so, const char *label,
    int *fd, bool *again);
/* S is new: who keeps how many of its words. */
bool so_record_split(struct ceremony *c, struct child *so,
    const struct plan_split *fresh);
/* Attributes of a key as the module reports them. */
json_t *json_attributes(uint64_t bits);

#endif
