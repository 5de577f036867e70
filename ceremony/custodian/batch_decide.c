/* SPDX-License-Identifier: ISC */
/* What a batch signs: decided entry by entry. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/date.h"
#include "ceremony/custodian/batch.h"
#include "ceremony/custodian/resume.h"
#include "ceremony/custodian/revoke.h"
#include "ceremony/record/roles.h"

#define DAY 86400

void
batch_clear(struct batch *b)
{
	input_request_clear(&b->request);
	for (size_t i = 0; b->results != NULL && i < b->list.count; i++)
		free(b->results[i].der);
	free(b->results);
	worklist_clear(&b->list);
	free(b->text);
	free(b->intents);
	X509_free(b->issuer);
}

/* No device may have the key of a CA, a sealer, an operator or a station. */
static bool
add_roles(struct ceremony *c, const struct batch *b)
{
	return roles_add(c->ledger, c->history, &b->request.station) ==
	    RECORD_OK ||
	    ceremony_stop(c, EXIT_STATE, "%s/ledger.db: not writable",
		c->state_path);
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
	uint64_t issued;

	issued = o->issued + batch_awaited_certs(c, b);
	if (issued < b->request.order.quota)
		terms.quota_left = b->request.order.quota - issued;
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
	if (!batch_can_resume(c, b))
		return false;
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
	for (size_t i = 0; i < b->list.count; i++)
		b->duplicates += b->list.entries[i].what == WORKLIST_DUPLICATE;
	return true;
}

bool
batch_decide(struct ceremony *c, struct batch *b)
{
	return add_roles(c, b) && decide_entries(c, b) && compose(c, b);
}
