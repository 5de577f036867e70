/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/stop_lines.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/custodian/stop_text.h"
#include "ceremony/record/event.h"

/* The next of a list, and whether it is in it already. */
static void
add_item(struct stop_text *t, size_t start, const char *item)
{
	size_t n = strlen(item);

	for (const char *p = t->out + start; (p = strstr(p, item)) != NULL; p++)
		if ((p == t->out + start || p[-1] == ' ') &&
		    (p[n] == '\0' || p[n] == ','))
			return;
	stop_add(t, "%s%s", t->len == start ? "" : ", ", item);
}

/* ---- what is signed ------------------------------------------------------- */

static const struct {
	const char *use, *said;
} said[] = {
	{ "self-test", "keys made on" },
	{ "root", "root certified" },
	{ "product-ca", "product CA certified" },
	{ "sealer", "sealer certified" },
	{ "crl", "CRL signed" },
	{ "seal-order", "work order sealed" },
	{ "seal-response", "response sealed" },
};

/* Its one use, a self-test, proves the PIN that it has made. */
static bool
is_rekey(const struct history_act *a)
{
	return strcmp(a->approval.kind, "rotate") == 0 ||
	    strcmp(a->approval.kind, "recovery") == 0;
}

static void
add_use(struct stop_text *t, size_t start, const struct history_act *a,
    const char *use)
{
	char item[128];

	snprintf(item, sizeof(item), "%s", use);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		if (strcmp(said[i].use, use) == 0)
			snprintf(item, sizeof(item), "%s%s%s", said[i].said,
			    i == 0 ? " " : "", i == 0 ? a->label : "");
	}
	if (a->label[0] == '\0')
		snprintf(item, sizeof(item), "policy agreed on");
	if (strcmp(a->approval.kind, "destroy") == 0)
		snprintf(item, sizeof(item), "keys of %s destroyed", a->label);
	if (is_rekey(a))
		snprintf(item, sizeof(item), "PIN of %s changed", a->label);
	add_item(t, start, item);
}

static void
add_results(struct stop_text *t, const struct plan *p,
    const struct state_view *v, unsigned step)
{
	size_t start = t->len;

	for (size_t i = 0; i < v->history->act_count; i++) {
		const struct history_act *a = &v->history->acts[i];
		if (!state_view_act_of(a, p->ceremony, step) ||
		    a->state != ACT_DONE)
			continue;
		for (size_t k = 0; k < a->approval.use_count; k++)
			add_use(t, start, a, a->approval.uses[k].name);
	}
}

/* Certificates that an act was approved for. */
static uint64_t
certs_of(const struct history_act *a)
{
	for (size_t i = 0; i < a->approval.use_count; i++) {
		const struct approval_use *u = &a->approval.uses[i];
		if (strcmp(u->name, "crl") != 0 &&
		    strcmp(u->name, "seal-response") != 0)
			return u->count;
	}
	return 0;
}

/* A batch that goes on counts what earlier acts of it have signed. */
static void
add_batch(struct stop_text *t, const struct plan *p, const struct state_view *v,
    unsigned step)
{
	uint64_t in_log = 0, before = 0, due = 0;
	bool any = false, sealed = false;

	for (size_t i = 0; i < v->history->act_count; i++) {
		const struct history_act *a = &v->history->acts[i];
		if (!state_view_act_of(a, p->ceremony, step) || is_rekey(a))
			continue;
		/* those beside it were approved for the same ones */
		if (a->lead == a->approval.act)
			before = in_log;
		in_log += v->results[i + 1];
		due = before + certs_of(a);
		sealed = sealed || a->sealed;
		any = true;
	}
	if (any)
		stop_add(t,
		    "%llu of %llu certificates in the issuance log, response "
		    "%ssealed",
		    (unsigned long long)in_log, (unsigned long long)due,
		    sealed ? "" : "not ");
}

static void
add_cards(struct stop_text *t, const struct plan_quorum *q,
    const struct state_view *v)
{
	stop_add(t, "%zu of %zu cards enrolled", v->history->operator_count,
	    q->count);
	if (v->history->has_anchor)
		stop_add(t, ", policy agreed on");
}

void
stop_step(const struct plan *p, const struct state_view *v,
    const struct history_ceremony *which, unsigned step, char *out, size_t size)
{
	const struct plan_step *s = &p->steps[step - 1];
	bool done = state_view_step_done(v, which, step);
	struct stop_text t = stop_text_in(out, size);
	size_t start;

	if (!done && step > v->history->steps_begun) {
		stop_add(&t, "to do");
		return;
	}
	stop_add(&t, done ? "done: " : "begun: ");
	start = t.len;
	if (s->kind == PLAN_QUORUM)
		add_cards(&t, &s->u.quorum, v);
	else if (s->kind == PLAN_BATCH)
		add_batch(&t, p, v, step);
	else
		add_results(&t, p, v, step);
	if (t.len == start)
		stop_add(&t,
		    done ? "nothing was to be signed" : "nothing signed");
}

/* ---- who must come back --------------------------------------------------- */

static void
add_planned(struct stop_text *t, const struct plan *p,
    const struct plan_quorum *q)
{
	stop_add(t, "all %zu of:", q->count);
	for (size_t i = 0; i < q->count; i++)
		stop_add(t, "%s %s (%s)", i == 0 ? "" : ",", q->operators[i].id,
		    p->tokens[q->operators[i].token].label);
}

void
stop_operators(const struct plan *p, const struct state_view *v, char *out,
    size_t size)
{
	const struct history *h = v->history;
	struct stop_text t = stop_text_in(out, size);

	if (!h->has_policy && p->steps[0].kind == PLAN_QUORUM) {
		add_planned(&t, p, &p->steps[0].u.quorum);
		return;
	}
	stop_add(&t, "%u of these %zu:", h->policy.m, h->operator_count);
	for (size_t i = 0; i < h->operator_count; i++)
		stop_add(&t, "%s %s (%s)", i == 0 ? "" : ",",
		    h->operators[i].id, h->operators[i].label);
}

static bool
is_certified(const struct state_view *v, const char *label)
{
	const struct history_token *t = history_token(v->history, label);

	return t != NULL && t->keys[0].certified && t->keys[1].certified;
}

static void
add_holders(struct stop_text *t, const struct plan *p, const struct plan_ca *ca)
{
	for (size_t i = 0; i < ca->holder_count; i++)
		add_item(t, 0, p->tokens[ca->holders[i]].label);
}

static void
add_tokens(struct stop_text *t, const struct plan *p,
    const struct state_view *v, const struct plan_step *s)
{
	switch (s->kind) {
	case PLAN_ROOT:
		add_holders(t, p, &s->u.ca);
		break;
	case PLAN_PRODUCT_CA:
		add_holders(t, p, &s->u.ca);
		if (!is_certified(v, p->tokens[s->u.ca.holders[0]].label))
			add_item(t, 0, p->tokens[s->u.ca.issuer].label);
		break;
	case PLAN_INTERMEDIATE:
		add_item(t, 0, p->tokens[s->u.intermediate.token].label);
		add_item(t, 0, p->tokens[s->u.intermediate.sealer].label);
		break;
	case PLAN_WORK_ORDER:
		add_item(t, 0, p->tokens[s->u.order.token].label);
		break;
	case PLAN_BATCH:
	case PLAN_CRL:
		for (size_t i = 0; i < s->u.batch.token_count; i++)
			add_item(t, 0, p->tokens[s->u.batch.tokens[i]].label);
		break;
	case PLAN_QUORUM_CHANGE:
		for (size_t i = 0; i < s->u.quorum.rotate_count; i++)
			add_item(t, 0, p->tokens[s->u.quorum.rotate[i]].label);
		break;
	case PLAN_RECOVERY:
		add_item(t, 0, p->tokens[s->u.recovery.token].label);
		break;
	case PLAN_BACKUP:
	case PLAN_RESTORE:
		add_item(t, 0, p->tokens[s->u.copy.token].label);
		break;
	case PLAN_DESTROY:
		add_item(t, 0, p->tokens[s->u.end.token].label);
		break;
	default:
		break;
	}
}

/* Those whose PIN is to be changed before the ceremony ends. */
static void
add_used(struct stop_text *t, const struct history *h)
{
	for (size_t i = 0; i < h->token_count; i++) {
		const struct history_token *token = &h->tokens[i];

		if (token->used)
			add_item(t, 0, token->label);
	}
}

bool
stop_tokens(const struct plan *p, const struct state_view *v,
    const struct history_ceremony *which, char *out, size_t size)
{
	struct stop_text t = stop_text_in(out, size);

	for (unsigned i = 1; i <= p->step_count; i++) {
		if (!state_view_step_done(v, which, i))
			add_tokens(&t, p, v, &p->steps[i - 1]);
	}
	add_used(&t, v->history);
	return t.len > 0;
}
