/* SPDX-License-Identifier: ISC */
/* Decide every entry of a request again and compare with what was approved. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/crl.h"
#include "ca/date.h"
#include "ceremony/auditor/check_request.h"
#include "ceremony/record/open_intents.h"
#include "ceremony/record/revocation.h"
#include "ceremony/record/roles.h"
#include "transfer/text.h"

#define DAY 86400

/* ---- revocations --------------------------------------------------------- */

static X509_CRL *
crl_before(struct audit *a, const struct audit_crl *before)
{
	X509_CRL *crl = NULL;
	size_t len;
	uint8_t *der = audit_object(a, before->crl, &len);

	if (der != NULL && crl_parse(der, len, &crl) != CA_OK)
		audit_here(a, "the CRL before is no strict CRL");
	free(der);
	return crl;
}

bool
audit_revocations(struct audit *a, const struct plan_batch *plan,
    const struct history_token *token, struct worklist_revoke **out,
    size_t *count)
{
	const struct audit_crl *before = &a->before[token - a->history->tokens];
	X509_CRL *crl = before->there ? crl_before(a, before) : NULL;
	struct record_fault fault = { .text = "" };
	bool ok = false;

	if (crl != NULL || !before->there) {
		ok = revocation_list(crl, plan, a->plan->date, a->ledger, out,
			 count, NULL, &fault) == RECORD_OK;
		if (!ok)
			audit_here(a, "%s", fault.text);
	}
	X509_CRL_free(crl);
	return ok;
}

/* ---- the worklist -------------------------------------------------------- */

static bool
make_terms(struct audit *a, const struct history_act *act,
    const struct order *order, struct decide_terms *out)
{
	const struct plan_batch *plan = &a->plan->steps[a->step - 1].u.batch;
	uint64_t issued = audit_issued(a, act->order, act->approval.act);

	*out = (struct decide_terms){ .pattern = order->pattern,
		.profile = order->profile,
		.quota_left =
		    issued >= order->quota ? 0 : order->quota - issued,
		.not_before = a->plan->date };
	if (issued > order->quota)
		audit_here(a, "%llu certificates of a quota of %llu",
		    (unsigned long long)issued,
		    (unsigned long long)order->quota);
	return date_end_of_years(a->plan->date, plan->years, &out->not_after) ==
	    CA_OK;
}

static bool
add_crl(struct audit *a, const struct history_token *token, struct worklist *w)
{
	const struct plan_batch *plan = &a->plan->steps[a->step - 1].u.batch;

	if (plan->crl_days == 0)
		return true;
	w->has_crl = true;
	w->crl_number = a->before[token - a->history->tokens].number + 1;
	w->crl_this = a->plan->date;
	w->crl_next = a->plan->date + (int64_t)plan->crl_days * DAY;
	return audit_revocations(a, plan, token, &w->revoke, &w->revoke_count);
}

/* What acts before this one left open, it says again. */
static bool
mark_resumed(const struct audit *a, const struct history_act *act,
    struct worklist *w)
{
	struct open_intents o = { .count = 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < a->issue_count; i++) {
		const struct audit_issue *in = &a->issues[i];
		const struct issuance_line line = { .type = in->type,
			.act = in->act,
			.intent = in->intent,
			.cert = in->der,
			.cert_len = in->len };

		if (in->act < act->approval.act)
			ok = open_intents_take(&o, &line);
	}
	if (ok)
		open_intents_mark(&o, w);
	open_intents_clear(&o);
	return ok;
}

/* What the worklist must say; false: a finding says why it cannot be told. */
static bool
rebuild(struct audit *a, const struct history_act *act,
    const struct audit_request *r, struct worklist *w)
{
	const struct history_token *token = audit_token(a, act);
	struct candidate *candidates = NULL;
	struct decide_terms terms;
	bool ok = false;

	memcpy(w->request, act->request, 32);
	memcpy(w->order, act->order, 32);
	memcpy(w->pattern, r->order.pattern, sizeof(w->pattern));
	memcpy(w->subject, r->order.subject, sizeof(w->subject));
	if (token == NULL || !make_terms(a, act, &r->order, &terms) ||
	    !audit_ledger_until(a, act->approval.act) ||
	    roles_add(a->ledger, a->history, &r->station) != RECORD_OK ||
	    (candidates = audit_candidates(r)) == NULL)
		goto out;
	w->quota_left = terms.quota_left;
	ok = decide(candidates, r->request.count, &terms, a->ledger, w) ==
		RECORD_OK &&
	    mark_resumed(a, act, w) && add_crl(a, token, w);
out:
	free(candidates);
	if (!ok)
		audit_here(a, "its worklist cannot be built again");
	return ok;
}

/* Name the first line that differs. */
static void
tell_difference(struct audit *a, const char *is, size_t is_len,
    const char *must)
{
	size_t at = 0, line = 1, start = 0;

	while (at < is_len && is[at] == must[at]) {
		if (is[at] == '\n') {
			line++;
			start = at + 1;
		}
		at++;
	}
	audit_here(a, "worklist line %zu is \"%.*s\", must be \"%.*s\"", line,
	    (int)strcspn(is + start, "\n"), is + start,
	    (int)strcspn(must + start, "\n"), must + start);
}

static void
compare(struct audit *a, const struct history_act *act,
    const struct worklist *w)
{
	char *must = NULL;
	size_t len, must_len;
	uint8_t *is = audit_object(a, act->approval.input_sha256, &len);

	if (is == NULL)
		return;
	if (worklist_write(w, &must, &must_len) != RECORD_OK)
		audit_here(a, "the worklist built again is none");
	else if (len != must_len || memcmp(is, must, len) != 0)
		tell_difference(a, (const char *)is, len, must);
	free(must);
	free(is);
}

void
check_worklist(struct audit *a, const struct history_act *act)
{
	const struct history_request *record =
	    history_request(a->history, act->request);
	struct audit_request r;
	struct worklist w = { 0 };

	if (record == NULL || !audit_request_open(a, record, &r))
		return;
	a->counts.entries += r.request.count;
	if (rebuild(a, act, &r, &w))
		compare(a, act, &w);
	worklist_clear(&w);
	audit_request_clear(&r);
}
