/* SPDX-License-Identifier: ISC */
#ifndef RECORD_ROLES_H
#define RECORD_ROLES_H

#include "ca/key.h"
#include "ceremony/record/history.h"
#include "ceremony/record/ledger.h"

/* Tell the ledger of every key that no device may have: CAs and sealers of
 * this log, CAs that others run, operators now and before, witnesses, and the
 * station that asks.  Errors: IO, FORM (a key that is none). */
enum record_error roles_add(struct ledger *ledger, const struct history *h,
    const struct key_ident *station);
/* Whose key it is: a CA's or sealer's of this log, an operator's, witness's or
 * station's.  NULL: nobody's.  CAs that others run are not looked at: their own
 * rule is that no key is certified twice. */
const char *roles_find(const struct history *h, const struct key_ident *key);

#endif
