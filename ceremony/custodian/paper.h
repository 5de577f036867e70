/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_PAPER_H
#define CUSTODIAN_PAPER_H

#include "ceremony/custodian/ceremony.h"

/*
 * Secrets of which custodians have words on paper: S, from which SO PINs
 * follow (so.h), and B, from which the keys follow under which copies travel
 * (backup.h).  Each is kept by a signer without a token, which talks to the
 * custodians itself.
 */

/* Start it with a new secret, split as the plan says, or, with fresh NULL,
 * with the words given back. */
bool paper_open(struct ceremony *c, char which, const struct plan_split *fresh,
    struct child *out);
/* Which secret a keeper has: a digest that says nothing else of it. */
bool paper_check(struct ceremony *c, struct child *keeper, uint8_t check[32]);
/* The rest of the record that it is new: who keeps its words. */
json_t *paper_split(const struct ceremony *c, const struct plan_split *fresh);

#endif
