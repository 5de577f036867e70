/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_SHARE_H
#define CUSTODIAN_SHARE_H

#include "ceremony/custodian/ceremony.h"

/*
 * Wrapped shares of a PIN's secret.  Fewer than m of them left, and a token
 * opens for nobody but S: each is on the disk twice, and read back.
 */

/* MSG_MADE_SHARE in c->in: stored, and appended to a record's shares. */
bool share_hear(struct ceremony *c, json_t *shares);
/* From either copy; *out new, free().  False, and people are told: there is no
 * good one, and whose it is cannot go on. */
bool share_load(struct ceremony *c, const uint8_t blob[32], uint8_t **out,
    size_t *len);

#endif
