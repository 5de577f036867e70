/* SPDX-License-Identifier: ISC */
#ifndef RECORD_LEVEL_H
#define RECORD_LEVEL_H

#include "ceremony/record/plan.h"

/*
 * How far a process gave up what it does not need, from the words that
 * sandbox_enter() gives and that ceremony.open has.
 */
enum level {
	LEVEL_NONE,    /* not even this: */
	LEVEL_BASIC,   /* nocore, nodump, nonewprivs */
	LEVEL_SECCOMP, /* and seccomp */
	LEVEL_FULL,    /* and landlock */
};
/* "none", "basic", "seccomp", "full"; total. */
const char *level_name(enum level level);
/* Of words with commas between, in any order; those not known do not count. */
enum level level_of(const char *words);
/* The most that a process of this name can reach: LEVEL_FULL, but of "media",
 * since who mounts is in no ruleset of Landlock. */
enum level level_most(const char *who);
/* The least that a plan takes: what its sandbox.minimum says, or LEVEL_FULL. */
enum level level_wanted(const struct plan *p);

#endif
