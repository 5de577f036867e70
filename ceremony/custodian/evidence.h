/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_EVIDENCE_H
#define CUSTODIAN_EVIDENCE_H

#include "ceremony/custodian/ceremony.h"

/* The next octets of c->in, when there are any, as an object whose digest
 * becomes obj's member of that name.  False when it cannot be stored. */
bool evidence_hear(struct ceremony *c, json_t *obj, const char *name);

/* Whether the card that a record is about to tell of is of the plan's vendor;
 * if not, the ceremony stops. */
bool vendor_ok(struct ceremony *c, const char *label, const json_t *body);

/* The vendor's certificate, when the plan names a file of it: whether it is
 * there and the plan's; the same, and into the objects of an open state. */
bool vendor_check(struct ceremony *c);
bool vendor_keep(struct ceremony *c);

/*
 * What a card shows in c->in before it gets a DKEK: held against the begun act
 * of that number and the plan's vendor, and stored.  *proof: as the act's result
 * has it, new; NULL of a token that is no card.  False: the ceremony stops.
 */
bool evidence_shown(struct ceremony *c, const char *label, uint64_t act,
    json_t **proof);

#endif
