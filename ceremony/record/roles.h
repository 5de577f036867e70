/* SPDX-License-Identifier: ISC */
#ifndef RECORD_ROLES_H
#define RECORD_ROLES_H

#include "ca/key.h"
#include "ceremony/record/history.h"
#include "ceremony/record/ledger.h"

/* Tell the ledger of every key that no device may have: CAs and sealers of
 * this log, operators now and before, witnesses, and the station that asks.  Errors: IO,
 * FORM (a key that is none). */
enum record_error roles_add(struct ledger *ledger, const struct history *h,
    const struct key_ident *station);

#endif
