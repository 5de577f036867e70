/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/stop_lines.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/record/event.h"

/* A text that grows to its size and no further. */
struct text {
	char *out;
	size_t size, len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->out + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < t->size - t->len ? (size_t)n
						       : t->size - t->len - 1;
}

static struct text
text_in(char *out, size_t size)
{
	out[0] = '\0';
	return (struct text){ .out = out, .size = size };
}

/* The next of a list, and whether it is in it already. */
static void
add_item(struct text *t, size_t start, const char *item)
{
	size_t n = strlen(item);

	for (const char *p = t->out + start; (p = strstr(p, item)) != NULL; p++)
		if ((p == t->out + start || p[-1] == ' ') &&
		    (p[n] == '\0' || p[n] == ','))
			return;
	add(t, "%s%s", t->len == start ? "" : ", ", item);
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
add_use(struct text *t, size_t start, const struct history_act *a,
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
add_results(struct text *t, const struct plan *p, const struct state_view *v,
    unsigned step)
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
add_batch(struct text *t, const struct plan *p, const struct state_view *v,
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
		add(t,
		    "%llu of %llu certificates in the issuance log, response "
		    "%ssealed",
		    (unsigned long long)in_log, (unsigned long long)due,
		    sealed ? "" : "not ");
}

static void
add_cards(struct text *t, const struct plan_quorum *q,
    const struct state_view *v)
{
	add(t, "%zu of %zu cards enrolled", v->history->operator_count,
	    q->count);
	if (v->history->has_anchor)
		add(t, ", policy agreed on");
}

void
stop_step(const struct plan *p, const struct state_view *v,
    const struct history_ceremony *which, unsigned step, char *out, size_t size)
{
	const struct plan_step *s = &p->steps[step - 1];
	bool done = state_view_step_done(v, which, step);
	struct text t = text_in(out, size);
	size_t start;

	if (!done && step > v->history->steps_begun) {
		add(&t, "to do");
		return;
	}
	add(&t, done ? "done: " : "begun: ");
	start = t.len;
	if (s->kind == PLAN_QUORUM)
		add_cards(&t, &s->u.quorum, v);
	else if (s->kind == PLAN_BATCH)
		add_batch(&t, p, v, step);
	else
		add_results(&t, p, v, step);
	if (t.len == start)
		add(&t, done ? "nothing was to be signed" : "nothing signed");
}

/* ---- who must come back --------------------------------------------------- */

static void
add_planned(struct text *t, const struct plan *p, const struct plan_quorum *q)
{
	add(t, "all %zu of:", q->count);
	for (size_t i = 0; i < q->count; i++)
		add(t, "%s %s (%s)", i == 0 ? "" : ",", q->operators[i].id,
		    p->tokens[q->operators[i].token].label);
}

void
stop_operators(const struct plan *p, const struct state_view *v, char *out,
    size_t size)
{
	const struct history *h = v->history;
	struct text t = text_in(out, size);

	if (!h->has_policy && p->steps[0].kind == PLAN_QUORUM) {
		add_planned(&t, p, &p->steps[0].u.quorum);
		return;
	}
	add(&t, "%u of these %zu:", h->policy.m, h->operator_count);
	for (size_t i = 0; i < h->operator_count; i++)
		add(&t, "%s %s (%s)", i == 0 ? "" : ",", h->operators[i].id,
		    h->operators[i].label);
}

static bool
has_keys(const struct state_view *v, const char *label)
{
	const struct history_token *t = history_token(v->history, label);

	return t != NULL && t->keys[0].role[0] != '\0';
}

static bool
is_certified(const struct state_view *v, const char *label)
{
	const struct history_token *t = history_token(v->history, label);

	return t != NULL && t->keys[0].certified && t->keys[1].certified;
}

static void
add_tokens(struct text *t, const struct plan *p, const struct state_view *v,
    const struct plan_step *s)
{
	switch (s->kind) {
	case PLAN_ROOT:
		add_item(t, 0, p->tokens[s->u.ca.holders[0]].label);
		break;
	case PLAN_PRODUCT_CA:
		add_item(t, 0, p->tokens[s->u.ca.holders[0]].label);
		if (!is_certified(v, p->tokens[s->u.ca.holders[0]].label))
			add_item(t, 0, p->tokens[s->u.ca.issuer].label);
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
	case PLAN_DESTROY:
		add_item(t, 0, p->tokens[s->u.end.token].label);
		break;
	default:
		break;
	}
}

/* Those whose PIN is to be changed before the ceremony ends. */
static void
add_used(struct text *t, const struct history *h)
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
	struct text t = text_in(out, size);

	for (unsigned i = 1; i <= p->step_count; i++) {
		if (!state_view_step_done(v, which, i))
			add_tokens(&t, p, v, &p->steps[i - 1]);
	}
	add_used(&t, v->history);
	return t.len > 0;
}

static bool
has_card(const struct state_view *v, const struct plan *p,
    const struct plan_operator *o)
{
	const struct history *h = v->history;

	for (size_t i = 0; i < h->card_count; i++) {
		if (strcmp(h->cards[i].label, p->tokens[o->token].label) == 0)
			return true;
	}
	return false;
}

static bool
needs_cards(const struct plan *p, const struct state_view *v,
    const struct plan_quorum *q)
{
	for (size_t i = 0; i < q->count; i++) {
		if (q->operators[i].new_card && !q->operators[i].elsewhere &&
		    !has_card(v, p, &q->operators[i]))
			return true;
	}
	return false;
}

static bool
needs_words(const struct plan *p, const struct state_view *v,
    const struct plan_step *s)
{
	switch (s->kind) {
	case PLAN_QUORUM:
		return v->history->operator_count < s->u.quorum.count;
	case PLAN_ROOT:
	case PLAN_PRODUCT_CA:
		return !has_keys(v, p->tokens[s->u.ca.holders[0]].label);
	case PLAN_QUORUM_CHANGE:
		return needs_cards(p, v, &s->u.quorum);
	case PLAN_RECOVERY:
		return true;
	default:
		return false;
	}
}

static void
say_split(struct text *t, const json_t *body)
{
	const json_t *names = json_object_get(body, "custodians");

	t->len = 0;
	add(t, "%d of these %zu:",
	    (int)json_integer_value(json_object_get(body, "threshold")),
	    json_array_size(names));
	for (size_t i = 0; i < json_array_size(names); i++)
		add(t, "%s %s", i == 0 ? "" : ",",
		    json_string_value(json_array_get(names, i)));
}

/* Who keeps S, as the transcript says; false: S is still to be made. */
static bool
add_custodians(struct text *t, const struct state_view *v)
{
	struct record_fault fault = { .text = "" };
	unsigned made = 0;

	for (uint64_t i = 0; i < transcript_count(v->transcript); i++) {
		size_t len;
		const char *line = transcript_line(v->transcript, i, &len);
		struct event e;
		if (event_read(line, len, &e, &fault) != RECORD_OK)
			return false;
		if (strcmp(e.type, "so.split") == 0 &&
		    ++made == history_so_now(v->history))
			say_split(t, e.body);
		event_clear(&e);
	}
	return history_so_hangs(v->history);
}

/* Before the first card new words are shown, to each of the custodians. */
static void
add_all_custodians(struct text *t, const struct plan_quorum *q)
{
	t->len = 0;
	add(t, "all %zu of:", q->so_count);
	for (size_t i = 0; i < q->so_count; i++)
		add(t, "%s %s", i == 0 ? "" : ",", q->so_custodians[i]);
}

bool
stop_words_of_s(const struct plan *p, const struct state_view *v,
    const struct history_ceremony *which, char *out, size_t size)
{
	struct text t = text_in(out, size);
	bool needed = false;

	for (unsigned i = 1; i <= p->step_count; i++)
		needed = needed ||
		    (!state_view_step_done(v, which, i) &&
			needs_words(p, v, &p->steps[i - 1]));
	if (needed && !add_custodians(&t, v) && p->steps[0].kind == PLAN_QUORUM)
		add_all_custodians(&t, &p->steps[0].u.quorum);
	return needed && t.len > 0;
}
