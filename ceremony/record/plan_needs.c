/* SPDX-License-Identifier: ISC */
#include "ceremony/record/plan.h"

#include <string.h>

#define READERS 2             /* a CA token's and an operator card's */
#define VISIT_MINUTES 2       /* insert, read, PIN, remove */
#define OPEN_CLOSE_MINUTES 20 /* seal bags, roll call, heads, signatures */
#define TYPE_MINUTES 10       /* type the words of S */
#define NEW_S_MINUTES 30      /* write the words of a new S, type them back */

/*
 * What each kind costs.  A round is m operators in turn, each with one card
 * at the reader: it approves a group of acts and opens the shares of the
 * tokens the group uses, in one visit.  A PIN changed at the close needs none:
 * it is approved in the last group of its token.
 */
static const struct cost {
	unsigned rounds;      /* of m operators */
	unsigned full_rounds; /* of all n */
	unsigned minutes;     /* beside the visits */
	unsigned words;       /* times that words of S are typed */
} costs[PLAN_KIND_COUNT] = {
	/* enrol; approve */
	[PLAN_QUORUM] = { .full_rounds = 2,
	    .minutes = NEW_S_MINUTES,
	    .words = 1 },
	/* its key; its certificate and CRL */
	[PLAN_ROOT] = { .rounds = 2, .minutes = 10, .words = 1 },
	/* its keys; their certificates, on the root; its CRL */
	[PLAN_PRODUCT_CA] = { .rounds = 3, .minutes = 10, .words = 1 },
	/* its certificate; the seal */
	[PLAN_INTERMEDIATE] = { .rounds = 2, .minutes = 20 },
	[PLAN_WORK_ORDER] = { .rounds = 1, .minutes = 5 },
	[PLAN_BATCH] = { .rounds = 1, .minutes = 15 },
	[PLAN_CRL] = { .rounds = 1, .minutes = 5 },
	/* the policy and all its tokens; what comes on top: add_change() */
	[PLAN_QUORUM_CHANGE] = { .rounds = 1, .minutes = 5 },
	[PLAN_RECOVERY] = { .rounds = 1, .minutes = TYPE_MINUTES, .words = 1 },
	[PLAN_BACKUP] = { .rounds = 1, .minutes = 5 + TYPE_MINUTES },
	/* the copy; its certificates and its PIN */
	[PLAN_RESTORE] = { .rounds = 2,
	    .minutes = 10 + TYPE_MINUTES,
	    .words = 1 },
	[PLAN_DESTROY] = { .rounds = 1, .minutes = 5 },
	/* its owner's visit is no operator's */
	[PLAN_RETIRE] = { .minutes = VISIT_MINUTES + 3 },
};

size_t
plan_new_cards(const struct plan_quorum *q)
{
	size_t i, count = 0;

	for (i = 0; i < q->count; i++)
		count += q->operators[i].new_card;
	return count;
}

size_t
plan_made_cards(const struct plan_quorum *q)
{
	size_t i, count = 0;

	for (i = 0; i < q->count; i++)
		count += q->operators[i].new_card && !q->operators[i].elsewhere;
	return count;
}

const char *
plan_sign_key(const struct plan_operator *o)
{
	return o->sign_key[0] != '\0' ? o->sign_key : PLAN_SIGN_KEY;
}

const char *
plan_derive_key(const struct plan_operator *o)
{
	return o->derive_key[0] != '\0' ? o->derive_key : PLAN_DERIVE_KEY;
}

/* New cards are initialised with S and enrolled, a visit each by one who has
 * no card to approve with; tokens to be keyed are in their readers together. */
static void
add_change(const struct plan_quorum *q, unsigned m, struct plan_needs *out)
{
	unsigned cards = (unsigned)plan_new_cards(q);
	unsigned tokens = (unsigned)q->rotate_count;
	unsigned most = tokens < PLAN_AT_ONCE_MAX ? tokens : PLAN_AT_ONCE_MAX;
	unsigned readers = most + 1; /* a card's */

	/* each of the rest by those who were m before */
	out->rounds += tokens - most;
	out->visits += (tokens - most) * m;
	out->visits += cards;
	if (plan_made_cards(q) > 0) {
		out->words++;
		out->minutes += TYPE_MINUTES;
	}
	if (q->so.count > 0) {
		out->words++;
		out->minutes += NEW_S_MINUTES;
	}
	if (readers > out->readers)
		out->readers = readers;
}

/* Words of B, when they are made and whenever keys are copied; the tokens that
 * get copies are in their readers together. */
static void
add_copies(const struct plan_step *s, struct plan_needs *out)
{
	const bool quorum =
	    s->kind == PLAN_QUORUM || s->kind == PLAN_QUORUM_CHANGE;
	const bool ca = s->kind == PLAN_ROOT || s->kind == PLAN_PRODUCT_CA;

	if (quorum && s->u.quorum.backup.count > 0) {
		out->backup_words++;
		out->minutes += NEW_S_MINUTES;
	}
	if (s->kind == PLAN_BACKUP || s->kind == PLAN_RESTORE)
		out->backup_words++;
	if (!ca || s->u.ca.holder_count < 2)
		return;
	out->backup_words++;
	out->minutes += TYPE_MINUTES;
	if (s->u.ca.holder_count + 1 > out->readers)
		out->readers = (unsigned)s->u.ca.holder_count + 1;
}

bool
plan_lists_card(const struct plan *p, const char *label)
{
	for (size_t i = 0; i < p->token_count; i++) {
		if (strcmp(p->tokens[i].label, label) == 0 &&
		    p->tokens[i].owner[0] != '\0')
			return true;
	}
	return false;
}

void
plan_needs(const struct plan *p, unsigned m, struct plan_needs *out)
{
	unsigned n = m;
	size_t i;

	*out = (struct plan_needs){ .readers = READERS,
		.minutes = OPEN_CLOSE_MINUTES };
	for (i = 0; i < p->step_count; i++) {
		const struct plan_step *s = &p->steps[i];
		const struct cost *cost = &costs[s->kind];

		if (s->kind == PLAN_QUORUM) {
			m = s->u.quorum.threshold;
			n = (unsigned)s->u.quorum.count;
		}
		out->rounds += cost->rounds + cost->full_rounds;
		out->visits += cost->rounds * m + cost->full_rounds * n;
		out->minutes += cost->minutes;
		out->words += cost->words;
		if (s->kind == PLAN_BATCH &&
		    s->u.batch.token_count + 1 > out->readers)
			out->readers = (unsigned)s->u.batch.token_count + 1;
		add_copies(s, out);
		if (s->kind == PLAN_QUORUM_CHANGE) {
			add_change(&s->u.quorum, m, out);
			m = s->u.quorum.threshold;
		}
	}
	out->rounds++; /* the checkpoint, and the head onto each card */
	out->visits += m;
	out->minutes += out->visits * VISIT_MINUTES;
}
