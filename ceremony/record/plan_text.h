/* SPDX-License-Identifier: ISC */
#ifndef RECORD_PLAN_TEXT_H
#define RECORD_PLAN_TEXT_H

#include "ceremony/record/plan.h"

/* A commented plan to fill in, for `plan new KIND`; kind "genesis" (quorum,
 * root, product-ca, work-order), "batch", "crl", "quorum-change", "recovery",
 * "backup", "restore", "destroy", "retire"; NULL when there is no such kind.
 * Each passes plan check once its <...> are filled in. */
const char *plan_skeleton(const char *kind);
/* The run sheet of `plan print`: who, which card, expected words (the plan's
 * digest), steps in order with boxes for initials, at most 78 columns.  *out
 * new, free(). */
enum record_error
plan_run_sheet(const struct plan *p, const uint8_t plan_sha256[32], char **out);

#endif
