/* SPDX-License-Identifier: ISC */
/* A batch that several tokens of one CA key sign is an act on each: they have
 * one worklist, stand side by side, and one of them seals the response. */
#include <string.h>

#include "ceremony/record/history_line.h"

static bool
is_batch(const struct history_act *act)
{
	return strcmp(act->approval.kind, "batch") == 0;
}

bool
history_beside(const struct history *h, uint64_t a, uint64_t b)
{
	return a > 0 && b > 0 && a <= h->act_count && b <= h->act_count &&
	    h->acts[a - 1].lead != 0 &&
	    h->acts[a - 1].lead == h->acts[b - 1].lead;
}

bool
history_same_ca(const struct history_token *a, const struct history_token *b)
{
	return a->keys[0].role[0] != '\0' &&
	    strcmp(a->keys[0].role, b->keys[0].role) == 0 &&
	    memcmp(a->keys[0].spki_sha256, b->keys[0].spki_sha256, 32) == 0;
}

/* The acts before it in its group, which were proposed without a pause. */
static enum record_error
fits(const struct history_line *l, const struct history_act *act,
    const struct history_act *old)
{
	const struct history_token *token = history_token_of(l, act);
	const struct history_token *other = NULL;

	if (!is_batch(old))
		return history_refuse(l, RECORD_ERR_ORDER,
		    "a batch's acts stand first in their group");
	other = history_token_of(l, old);
	if (memcmp(old->approval.input_sha256, act->approval.input_sha256,
		32) != 0 ||
	    old->approval.resumes != act->approval.resumes)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another batch than act %llu's beside it",
		    (unsigned long long)old->approval.act);
	if (token == other || !history_same_ca(token, other))
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s is no other token with the key of %s", token->label,
		    other->label);
	return RECORD_OK;
}

enum record_error
history_beside_join(const struct history_line *l, struct history_act *act)
{
	act->lead = act->approval.act;
	if (l->g->phase != PHASE_GROUP)
		return RECORD_OK;
	for (uint64_t i = l->g->first; i <= l->g->last; i++) {
		enum record_error ret = fits(l, act, history_act_at(l->h, i));

		if (ret != RECORD_OK)
			return ret;
	}
	act->lead = l->g->first;
	return RECORD_OK;
}

bool
history_beside_lives(const struct history *h, const struct history_act *act,
    uint64_t without)
{
	for (uint64_t i = act->lead; history_beside(h, i, act->lead); i++) {
		const struct history_act *a = &h->acts[i - 1];

		if (i != without &&
		    (a->state == ACT_PROPOSED || a->state == ACT_BEGUN ||
			a->sealed))
			return true;
	}
	return false;
}

/* A token that is lost takes along what is on it; a batch that is lost, and
 * any other act, whatever comes behind. */
bool
history_stands_on(const struct history_line *l, const struct history_act *a,
    const struct history_act *b)
{
	if (b->state != ACT_VOID || b->approval.act >= a->approval.act)
		return false;
	return strcmp(a->label, b->label) == 0 ||
	    !history_beside_lives(l->h, history_act_at(l->h, l->g->first), 0);
}

uint64_t
history_beside_signed(const struct history *h, const struct history_act *act)
{
	uint64_t n = 0;

	for (uint64_t i = act->lead; history_beside(h, i, act->lead); i++)
		if (i != act->approval.act)
			n += h->acts[i - 1].signed_;
	return n;
}

uint64_t
history_certificates(const struct approval *done)
{
	uint64_t n = 0;

	for (size_t i = 0; i < done->use_count; i++)
		if (strcmp(done->uses[i].name, "crl") != 0 &&
		    strcmp(done->uses[i].name, "seal-response") != 0)
			n += done->uses[i].count;
	return n;
}
