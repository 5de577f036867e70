/* SPDX-License-Identifier: ISC */
/* A request held against its order, the log and the plan: whether it can be
 * answered at all. */
#include <string.h>

#include "ca/date.h"
#include "ca/profile.h"
#include "ceremony/custodian/batch.h"
#include "ceremony/custodian/chain.h"

bool
batch_answered(const struct ceremony *c, const struct batch *b)
{
	const struct request_view *r = &b->request;
	const struct history_request *h =
	    history_request(c->history, r->request);

	return h != NULL && h->answered;
}

/* ---- requests of this plan's earlier steps ------------------------------- */

void
batch_await(struct ceremony *c, const struct batch *b)
{
	const struct request_view *r = &b->request;
	struct awaited *a = &c->awaited[c->awaited_count];

	if (batch_answered(c, b) || c->awaited_count == PLAN_STEPS_MAX)
		return;
	memcpy(a->order, r->order_sha256, 32);
	memcpy(a->request, r->request, 32);
	memcpy(a->bundle, r->bundle, 16);
	a->sequence = r->sequence;
	a->certs = b->certs;
	c->awaited_count++;
}

uint64_t
batch_awaited_certs(const struct ceremony *c, const struct batch *b)
{
	uint64_t certs = 0;

	for (size_t i = 0; i < c->awaited_count; i++) {
		const struct awaited *a = &c->awaited[i];
		if (memcmp(a->order, b->request.order_sha256, 32) == 0)
			certs += a->certs;
	}
	return certs;
}

/* ---- replay and sequence ------------------------------------------------- */

static bool
same_bundle(const struct request_view *r, const uint8_t bundle[16],
    const uint8_t request[32])
{
	return memcmp(bundle, r->bundle, 16) == 0 &&
	    memcmp(request, r->request, 32) != 0;
}

/* The same bundle with another payload is an alarm. */
static bool
is_replayed(const struct ceremony *c, const struct request_view *r)
{
	for (size_t i = 0; i < c->history->request_count; i++) {
		const struct history_request *h = &c->history->requests[i];
		if (same_bundle(r, h->bundle, h->request))
			return true;
	}
	for (size_t i = 0; i < c->awaited_count; i++) {
		const struct awaited *a = &c->awaited[i];
		if (same_bundle(r, a->bundle, a->request))
			return true;
	}
	return false;
}

/* The newest request of the order, of the log or of an earlier step. */
static void
newest(const struct ceremony *c, const struct request_view *r,
    uint64_t *sequence, uint8_t request[32])
{
	const struct history_order *o =
	    history_order(c->history, r->order_sha256);

	*sequence = o->sequence;
	memcpy(request, o->newest, 32);
	for (size_t i = 0; i < c->awaited_count; i++) {
		const struct awaited *a = &c->awaited[i];
		if (memcmp(a->order, r->order_sha256, 32) != 0 ||
		    a->sequence <= *sequence)
			continue;
		*sequence = a->sequence;
		memcpy(request, a->request, 32);
	}
}

/* A gap stops unless the plan accepts it. */
static bool
in_sequence(struct ceremony *c, const struct batch *b)
{
	const struct request_view *r = &b->request;
	uint8_t before[32];
	uint64_t sequence;

	if (is_replayed(c, r))
		return ceremony_stop(c, EXIT_REFUSED,
		    "%s: bundle was answered before with another "
		    "payload: someone replays or alters requests; "
		    "find out who before going on",
		    b->plan->request);
	newest(c, r, &sequence, before);
	if (history_request(c->history, r->request) != NULL ||
	    (sequence > 0 && memcmp(before, r->request, 32) == 0))
		return true;
	if (r->sequence == sequence + 1 &&
	    (sequence == 0 || memcmp(r->previous, before, 32) == 0))
		return true;
	if (b->plan->accept_gap[0] != '\0' && r->sequence > sequence)
		return true;
	return ceremony_stop(c, EXIT_REFUSED,
	    "%s: sequence %llu, expected %llu: a request is missing or stale; "
	    "find it, or say accept-gap with a reason in the plan",
	    b->plan->request, (unsigned long long)r->sequence,
	    (unsigned long long)sequence + 1);
}

/* ---- the CA -------------------------------------------------------------- */

/* Is its CRL good at the plan's date, or made anew by then? */
static bool
crl_current(struct ceremony *c, const struct history_token *t,
    const struct plan_step *step)
{
	for (unsigned i = 0; i < c->plan->token_count; i++) {
		const struct history_token *holder =
		    history_token(c->history, c->plan->tokens[i].label);

		if (holder != NULL && history_same_ca(holder, t) &&
		    chain_planned(c, step, PLAN_CRL, i))
			return true;
	}
	if (t->has_crl && t->crl_next >= c->plan->date)
		return true;
	return ceremony_stop(c, EXIT_REFUSED,
	    "%s: its CRL's nextUpdate lies before this plan's date: plan a "
	    "crl step for it first",
	    t->label);
}

/* The order is one of this CA's, which lives as long as what it certifies. */
static bool
fits_ca(struct ceremony *c, const struct batch *b)
{
	const struct history_order *o =
	    history_order(c->history, b->request.order_sha256);
	const struct history_token *sealer =
	    history_token(c->history, o->label);
	const struct profile *profile = profile_find(b->request.order.profile);
	int64_t end = c->plan->date;

	if (sealer == NULL || !history_same_ca(sealer, b->token))
		return ceremony_stop(c, EXIT_INPUT,
		    "%s: its work order is one of token %s, the plan says %s: "
		    "correct the plan",
		    b->plan->request, o->label, b->token->label);
	if (profile == NULL ||
	    (!profile->forever &&
		date_end_of_years(c->plan->date, b->plan->years, &end) !=
		    CA_OK))
		return ceremony_stop(c, EXIT_INPUT, "%s: years",
		    b->plan->request);
	return chain_outlives(c, b->token, end, b->plan->request);
}

static bool
can_be_answered(struct ceremony *c, const struct plan_step *s,
    const struct batch *b)
{
	return fits_ca(c, b) && in_sequence(c, b) &&
	    crl_current(c, b->root, s) &&
	    (b->plan->crl_days > 0 || crl_current(c, b->token, s));
}

/* Those beside it hold the same key. */
static bool
same_key(struct ceremony *c, const struct batch *b)
{
	for (size_t i = 0; i < b->plan->token_count; i++) {
		const char *label = c->plan->tokens[b->plan->tokens[i]].label;
		const struct history_token *t =
		    history_token(c->history, label);

		if (t == NULL || !history_same_ca(t, b->token))
			return ceremony_stop(c, EXIT_INPUT,
			    "token %s: it has no copy of the key of %s in this "
			    "log: correct the plan",
			    label, b->token->label);
	}
	return true;
}

bool
batch_read(struct ceremony *c, const struct plan_step *s, struct batch *b)
{
	const char *label;

	memset(b, 0, sizeof(*b));
	b->plan = &s->u.batch;
	label = c->plan->tokens[b->plan->token].label;
	b->token = history_token(c->history, label);
	if (b->token == NULL || !b->token->has_crl ||
	    strcmp(b->token->keys[0].role, "product-ca") != 0)
		return ceremony_stop(c, EXIT_INPUT,
		    "token %s: no product CA was made on a token of this "
		    "label in this log",
		    label);
	b->root = chain_root(c, b->token);
	return b->root != NULL && same_key(c, b) &&
	    input_request(c, b->plan->request, &b->request) &&
	    (batch_answered(c, b) || can_be_answered(c, s, b));
}
