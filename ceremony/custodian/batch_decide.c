/* SPDX-License-Identifier: ISC */
/* What a batch is: its request held against order, log and plan, and decided
 * entry by entry. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/date.h"
#include "ceremony/custodian/batch.h"
#include "ceremony/custodian/resume.h"
#include "ceremony/custodian/revoke.h"

#define DAY 86400

void
batch_clear(struct batch *b)
{
	input_request_clear(&b->request);
	worklist_clear(&b->list);
	free(b->text);
}

bool
batch_answered(const struct ceremony *c, const struct batch *b)
{
	const struct request_view *r = &b->request;
	const struct history_request *h =
	    history_request(c->history, r->request);

	return h != NULL && h->answered;
}

/* Replay and sequence: the same bundle with another payload is an alarm, a
 * gap stops unless the plan accepts it. */
static bool
in_sequence(struct ceremony *c, const struct batch *b)
{
	const struct request_view *r = &b->request;
	const struct history_order *o =
	    history_order(c->history, r->order_sha256);

	for (size_t i = 0; i < c->history->request_count; i++) {
		const struct history_request *h = &c->history->requests[i];
		if (memcmp(h->bundle, r->bundle, 16) == 0 &&
		    memcmp(h->request, r->request, 32) != 0)
			return ceremony_stop(c, EXIT_REFUSED,
			    "%s: bundle was answered before with another "
			    "payload: someone replays or alters requests; "
			    "find out who before going on",
			    b->plan->request);
	}
	if (history_request(c->history, r->request) != NULL)
		return true;
	if (r->sequence == o->sequence + 1 &&
	    (o->sequence == 0 || memcmp(r->previous, o->newest, 32) == 0))
		return true;
	if (b->plan->accept_gap[0] != '\0' && r->sequence > o->sequence)
		return true;
	return ceremony_stop(c, EXIT_REFUSED,
	    "%s: sequence %llu, expected %llu: a request is missing or stale; "
	    "find it, or say accept-gap with a reason in the plan",
	    b->plan->request, (unsigned long long)r->sequence,
	    (unsigned long long)o->sequence + 1);
}

static bool
add_role(struct ceremony *c, const uint8_t *spki, size_t len, const char *role)
{
	struct key_ident ident;

	return key_identify(spki, len, &ident) == CA_OK &&
	    ledger_add_role(c->ledger, ident.unique, role) == RECORD_OK;
}

/* No device may have the key of a CA, a sealer, an operator or a station. */
static bool
add_roles(struct ceremony *c, const struct batch *b)
{
	const struct policy *p = &c->history->policy;
	bool ok = ledger_add_role(c->ledger, b->request.station.unique,
		      "station") == RECORD_OK;

	for (size_t i = 0; ok && i < p->n; i++)
		ok = add_role(c, p->operators[i].sign.der,
			 p->operators[i].sign.len, "operator") &&
		    add_role(c, p->operators[i].derive.der,
			p->operators[i].derive.len, "operator");
	for (size_t i = 0; ok && i < p->witness_count; i++)
		ok = add_role(c, p->witnesses[i].spki.der,
		    p->witnesses[i].spki.len, "witness");
	for (size_t i = 0; ok && i < c->history->token_count; i++) {
		const struct history_token *t = &c->history->tokens[i];
		for (int k = 0; ok && k < 2; k++) {
			if (t->keys[k].role[0] != '\0')
				ok = add_role(c, t->keys[k].spki.der,
				    t->keys[k].spki.len, t->keys[k].role);
		}
	}
	return ok || ceremony_stop(c, EXIT_STATE, "ledger.db: not writable");
}

static bool
decide_entries(struct ceremony *c, struct batch *b)
{
	const struct history_order *o =
	    history_order(c->history, b->request.order_sha256);
	struct decide_terms terms = { .pattern = b->request.order.pattern,
		.profile = b->request.order.profile,
		.not_before = c->plan->date };
	enum record_error err = RECORD_ERR_PLAN;

	if (o->issued < b->request.order.quota)
		terms.quota_left = b->request.order.quota - o->issued;
	if (date_end_of_years(c->plan->date, b->plan->years,
		&terms.not_after) == CA_OK)
		err = decide(b->request.entries, b->request.count, &terms,
		    c->ledger, &b->list);
	b->list.quota_left = terms.quota_left;
	if (err == RECORD_OK)
		return resume_intents(c, &b->list);
	return ceremony_stop(c, EXIT_PROCESS, "%s: %s", b->plan->request,
	    record_strerror(err));
}

static bool
compose(struct ceremony *c, struct batch *b)
{
	memcpy(b->list.request, b->request.request, 32);
	memcpy(b->list.order, b->request.order_sha256, 32);
	snprintf(b->list.pattern, sizeof(b->list.pattern), "%s",
	    b->request.order.pattern);
	snprintf(b->list.subject, sizeof(b->list.subject), "%s",
	    b->request.order.subject);
	if (b->plan->crl_days > 0) {
		b->list.has_crl = true;
		b->list.crl_number = b->token->crl_number + 1;
		b->list.crl_this = c->plan->date;
		b->list.crl_next = c->plan->date + b->plan->crl_days * DAY;
		if (!revoke_list(c, b->plan, b->token, &b->list.revoke,
			&b->list.revoke_count))
			return false;
	}
	if (worklist_write(&b->list, &b->text, &b->text_len) != RECORD_OK)
		return ceremony_stop(c, EXIT_PROCESS, "worklist: not written");
	b->certs = worklist_certs(&b->list);
	return true;
}

static bool
crl_current(struct ceremony *c, const struct history_token *t)
{
	if (t->has_crl && t->crl_next >= c->plan->date)
		return true;
	return ceremony_stop(c, EXIT_REFUSED,
	    "%s: its CRL's nextUpdate lies before this plan's date: plan a "
	    "crl step for it first",
	    t->label);
}

/* The root token of this CA: whose key certified it. */
static const struct history_token *
root_of(struct ceremony *c)
{
	for (size_t i = 0; i < c->history->token_count; i++) {
		if (strcmp(c->history->tokens[i].keys[0].role, "root") == 0)
			return &c->history->tokens[i];
	}
	return NULL;
}

bool
batch_read(struct ceremony *c, const struct plan_step *s, struct batch *b)
{
	const char *label;

	memset(b, 0, sizeof(*b));
	b->plan = &s->u.batch;
	label = c->plan->tokens[b->plan->token].label;
	b->token = history_token(c->history, label);
	b->root = root_of(c);
	if (b->token == NULL || !b->token->has_crl ||
	    strcmp(b->token->keys[0].role, "product-ca") != 0 ||
	    b->root == NULL)
		return ceremony_stop(c, EXIT_INPUT,
		    "token %s: no product CA was made on a token of this "
		    "label in this log",
		    label);
	return input_request(c, b->plan->request, &b->request) &&
	    (batch_answered(c, b) ||
		(in_sequence(c, b) && crl_current(c, b->root) &&
		    (b->plan->crl_days > 0 || crl_current(c, b->token))));
}

bool
batch_decide(struct ceremony *c, struct batch *b)
{
	return add_roles(c, b) && decide_entries(c, b) && compose(c, b);
}
