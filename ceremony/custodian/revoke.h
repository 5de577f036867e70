/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_REVOKE_H
#define CUSTODIAN_REVOKE_H

#include "ceremony/custodian/ceremony.h"
#include "ceremony/record/worklist.h"

/* The whole list of a CA's next CRL: what its newest CRL says and what the
 * plan revokes, by unit id or serial, each once.  *out new, free(). */
bool revoke_list(struct ceremony *c, const struct plan_batch *plan,
    const struct history_token *token, struct worklist_revoke **out,
    size_t *count);

/* revoke_known.c: do these serials, at most PLAN_REVOKE_MAX, stand on
 * certificates of this CA? */
bool revoke_known(struct ceremony *c, const struct history_token *token,
    const struct worklist_revoke *list, size_t count);

#endif
