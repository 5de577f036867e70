/* SPDX-License-Identifier: ISC */
#ifndef RECORD_REVOCATION_H
#define RECORD_REVOCATION_H

#include <openssl/x509.h>

#include "ceremony/record/ledger.h"
#include "ceremony/record/plan.h"
#include "ceremony/record/worklist.h"

/*
 * The whole list of a CA's next CRL: what its CRL before says, in that order,
 * then what the plan revokes, by unit id or serial, each once, dated by the
 * plan.  Operator and auditor make it by this same function.
 *
 * before  the CRL before, or NULL when there was none.
 * old     may be NULL; gets how many of the list stand on the CRL before.
 * out     new, free(); NULL on error.
 *
 * Errors: FORM (an entry of the CRL before is none that we make), PLAN (no
 * such reason, a serial out of form), MISSING (no certificate of that id),
 * RULE (over WORKLIST_REVOKE_MAX), IO (the ledger failed), MEMORY.
 */
enum record_error
revocation_list(X509_CRL *before, const struct plan_batch *plan, int64_t date,
    struct ledger *ledger, struct worklist_revoke **out, size_t *count,
    size_t *old, struct record_fault *fault);

#endif
