/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_RESUME_H
#define CUSTODIAN_RESUME_H

#include "ceremony/custodian/ceremony.h"
#include "ceremony/record/open_intents.h"
#include "ceremony/record/worklist.h"

/*
 * Going on with a batch that stopped after act.begin.  Its results are in the
 * issuance log and answer their entries as duplicates; an intent without a
 * result is said again.
 */

/* The begun and then voided act of this step, or 0. */
uint64_t resume_act(const struct ceremony *c, unsigned step);
/* Has the one act that such a step consists of its result, so that only the
 * step's end is missing?  A second result would be another output of the same
 * name. */
bool
resume_has_result(const struct ceremony *c, enum plan_kind kind, unsigned step);
/* Has an act of this kind, in this step of this ceremony, its result? */
bool resume_has_kind(const struct ceremony *c, const char *kind, unsigned step);
/* Every intent of the log that has neither result nor void. */
bool resume_open_intents(struct ceremony *c, struct open_intents *out);
/* Give cert lines with an open intent that intent's serial and TBS. */
bool resume_intents(struct ceremony *c, struct worklist *w);

#endif
