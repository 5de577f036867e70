/* SPDX-License-Identifier: ISC */
#include "ceremony/record/plan.h"

/*
 * What each kind costs.  A round is m operators in turn, each with one card
 * at the reader: it approves a group of acts and opens the shares of the
 * token the group uses, in one visit.
 */
static const struct cost {
	unsigned rounds;      /* of m operators */
	unsigned full_rounds; /* of all n */
	unsigned minutes;     /* beside the visits */
} costs[PLAN_KIND_COUNT] = {
	/* enrol; approve; words of S are written and typed back */
	[PLAN_QUORUM] = { .full_rounds = 2, .minutes = 30 },
	/* its key; its certificate and CRL */
	[PLAN_ROOT] = { .rounds = 2, .minutes = 10 },
	/* its keys; their certificates, on the root; its CRL */
	[PLAN_PRODUCT_CA] = { .rounds = 3, .minutes = 10 },
	[PLAN_WORK_ORDER] = { .rounds = 1, .minutes = 5 },
	[PLAN_BATCH] = { .rounds = 1, .minutes = 15 },
	[PLAN_CRL] = { .rounds = 1, .minutes = 5 },
};

#define READERS 2             /* a CA token's and an operator card's */
#define VISIT_MINUTES 2       /* insert, read, PIN, remove */
#define OPEN_CLOSE_MINUTES 20 /* seal bags, roll call, heads, signatures */

void
plan_needs(const struct plan *p, unsigned m, struct plan_needs *out)
{
	unsigned n = m, visits = 0, rounds = 0, minutes = OPEN_CLOSE_MINUTES;
	size_t i;

	for (i = 0; i < p->step_count; i++) {
		const struct plan_step *s = &p->steps[i];
		const struct cost *cost = &costs[s->kind];

		if (s->kind == PLAN_QUORUM) {
			m = s->u.quorum.threshold;
			n = (unsigned)s->u.quorum.count;
		}
		rounds += cost->rounds + cost->full_rounds;
		visits += cost->rounds * m + cost->full_rounds * n;
		minutes += cost->minutes;
	}
	visits += m; /* the checkpoint, and the head onto each card */
	out->readers = READERS;
	out->rounds = rounds + 1;
	out->visits = visits;
	out->minutes = minutes + visits * VISIT_MINUTES;
}
