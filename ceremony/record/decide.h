/* SPDX-License-Identifier: ISC */
#ifndef RECORD_DECIDE_H
#define RECORD_DECIDE_H

#include "ca/csr.h"
#include "ceremony/record/ledger.h"
#include "ceremony/record/worklist.h"

/* One entry of a request as the reader passes it on. */
struct candidate {
	char id[65];       /* as sent; may be no id at all (then RULE_ID) */
	char hwserial[65]; /* "" when absent */
	enum rule rule;    /* what csr_check() said */
	struct csr csr;    /* when RULE_OK */
};
/* What the order and the plan say. */
struct decide_terms {
	const char *pattern, *profile;
	uint64_t quota_left;
	int64_t not_before, not_after; /* from the plan; profile may override */
};

/*
 * Decide every entry, in order: rules RULE_ID to RULE_QUOTA against the batch
 * so far and the ledger.  The same key and id as an issued certificate is a
 * duplicate.  Of two entries that clash, the first is kept: an id is taken
 * once an entry with it was not refused; a key or ECDSA r is taken by the
 * first entry whose CSR is good, whatever became of that entry.  A hardware
 * serial that no certificate can carry counts as a bad id (RULE_ID).
 *
 * Fills w->entries (old ones are freed) and w->count only.  Operator and
 * auditor decide by this same function.
 * Errors: MEMORY, ARGUMENT (no entries or too many, no device profile, no
 * pattern), IO (the ledger failed); w is left as it was then.
 */
enum record_error decide(const struct candidate *candidates, size_t count,
    const struct decide_terms *terms, struct ledger *ledger,
    struct worklist *w);

#endif
