/* SPDX-License-Identifier: ISC */
/* Decide every entry of a request again and compare with what was approved. */
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/crl.h"
#include "ca/date.h"
#include "ceremony/auditor/check_request.h"
#include "ceremony/record/open_intents.h"
#include "transfer/text.h"

#define DAY 86400

/* ---- keys that no device may have ---------------------------------------- */

static bool
add_role(struct audit *a, const struct policy_spki *spki, const char *role)
{
	struct key_ident ident;

	return key_identify(spki->der, spki->len, &ident) == CA_OK &&
	    ledger_add_role(a->ledger, ident.unique, role) == RECORD_OK;
}

static bool
add_roles(struct audit *a, const struct key_ident *station)
{
	const struct policy *p = &a->history->policy;
	bool ok =
	    ledger_add_role(a->ledger, station->unique, "station") == RECORD_OK;

	for (size_t i = 0; ok && i < p->n; i++)
		ok = add_role(a, &p->operators[i].sign, "operator") &&
		    add_role(a, &p->operators[i].derive, "operator");
	for (size_t i = 0; ok && i < p->witness_count; i++)
		ok = add_role(a, &p->witnesses[i].spki, "witness");
	for (size_t i = 0; ok && i < a->history->token_count; i++)
		for (unsigned k = 0; ok && k < 2; k++) {
			const struct history_key *key =
			    &a->history->tokens[i].keys[k];

			if (key->role[0] != '\0')
				ok = add_role(a, &key->spki, key->role);
		}
	return ok;
}

/* ---- revocations --------------------------------------------------------- */

static int
reason_code(const char *name)
{
	/* RFC 5280 5.3.1; those that a plan may give */
	static const struct {
		const char *name;
		int code;
	} reasons[] = {
		{ "unspecified", 0 },
		{ "keyCompromise", 1 },
		{ "affiliationChanged", 3 },
		{ "superseded", 4 },
		{ "cessationOfOperation", 5 },
		{ "privilegeWithdrawn", 9 },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].name, name) == 0)
			return reasons[i].code;
	return -1;
}

static bool
read_revoked(const X509_REVOKED *in, struct worklist_revoke *out)
{
	const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(in);
	ASN1_ENUMERATED *reason =
	    X509_REVOKED_get_ext_d2i(in, NID_crl_reason, NULL, NULL);
	bool ok = ASN1_STRING_length(serial) > 0 &&
	    ASN1_STRING_length(serial) <= (int)sizeof(out->serial) &&
	    date_from_asn1(X509_REVOKED_get0_revocationDate(in), &out->date) ==
		CA_OK;

	if (ok) {
		out->serial_len = (size_t)ASN1_STRING_length(serial);
		memcpy(out->serial, ASN1_STRING_get0_data(serial),
		    out->serial_len);
		out->reason =
		    reason == NULL ? 0 : (int)ASN1_ENUMERATED_get(reason);
	}
	ASN1_ENUMERATED_free(reason);
	return ok;
}

static bool
from_plan(struct audit *a, const struct plan_revoke *p,
    struct worklist_revoke *out)
{
	struct ledger_row row;

	memset(out, 0, sizeof(*out));
	out->date = a->plan->date;
	out->reason = reason_code(p->reason);
	if (p->serial[0] != '\0') {
		out->serial_len = strlen(p->serial) / 2;
		return text_unhex(p->serial, out->serial, out->serial_len);
	}
	if (!ledger_by_id(a->ledger, p->id, &row)) {
		audit_here(a, "the plan revokes %s, which has no certificate",
		    p->id);
		return false;
	}
	out->serial_len = row.serial_len;
	memcpy(out->serial, row.serial, sizeof(out->serial));
	return true;
}

static bool
is_listed(const struct worklist_revoke *list, size_t count,
    const struct worklist_revoke *r)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].serial_len == r->serial_len &&
		    memcmp(list[i].serial, r->serial, r->serial_len) == 0)
			return true;
	return false;
}

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
	STACK_OF(X509_REVOKED) *old =
	    crl == NULL ? NULL : X509_CRL_get_REVOKED(crl);
	size_t n = 0, had = old == NULL ? 0 : (size_t)sk_X509_REVOKED_num(old);
	struct worklist_revoke *list =
	    calloc(had + plan->revoke_count + 1, sizeof(*list));
	bool ok = list != NULL && (crl != NULL || !before->there);

	for (; ok && n < had; n++)
		ok = read_revoked(sk_X509_REVOKED_value(old, (int)n), &list[n]);
	for (size_t i = 0; ok && i < plan->revoke_count; i++) {
		ok = from_plan(a, &plan->revoke[i], &list[n]);
		if (ok && !is_listed(list, n, &list[n]))
			n++;
	}
	X509_CRL_free(crl);
	if (!ok) {
		free(list);
		return false;
	}
	*out = list;
	*count = n;
	return true;
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
	    !add_roles(a, &r->station) ||
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
