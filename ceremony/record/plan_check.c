/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/record/level.h"
#include "ceremony/record/plan_schema.h"

const struct plan_field *
plan_check_at(const struct plan_check *c, const char *fmt, ...)
{
	char path[PLAN_PATH_MAX + 1];
	va_list ap;
	size_t i;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (n < 0 || n > PLAN_PATH_MAX)
		return NULL;
	for (i = 0; i < c->count; i++) {
		if (strcmp(c->fields[i].path, path) == 0)
			return &c->fields[i];
	}
	return NULL;
}

enum record_error
plan_check_fail(const struct plan_check *c, const struct plan_field *at,
    const char *fmt, ...)
{
	char text[sizeof(c->fault->text)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return plan_fail(c->fault, at != NULL ? at->line : 0,
	    at != NULL ? at->column : 0, "%s%s%s", at != NULL ? at->path : "",
	    at != NULL ? ": " : "", text);
}

/* The step that makes the quorum or changes it, and its number from 1. */
struct quorum_step {
	const struct plan_quorum *q;
	size_t number;
	const char *kind;
};

/* A plan has one such step at most; false when it has none. */
static bool
quorum_of(const struct plan *p, struct quorum_step *out)
{
	size_t i;

	for (i = 0; i < p->step_count; i++) {
		const struct plan_step *s = &p->steps[i];

		if (s->kind != PLAN_QUORUM && s->kind != PLAN_QUORUM_CHANGE)
			continue;
		out->q = &s->u.quorum;
		out->number = i + 1;
		out->kind = plan_kind_name(s->kind);
		return true;
	}
	return false;
}

static const struct plan_field *
quorum_at(const struct plan_check *c, const struct quorum_step *s,
    const char *key)
{
	return plan_check_at(c, "steps.%zu.%s.%s", s->number, s->kind, key);
}

/* A key of operator i, from 0. */
static const struct plan_field *
operator_at(const struct plan_check *c, const struct quorum_step *s, size_t i,
    const char *key)
{
	return plan_check_at(c, "steps.%zu.%s.operators.%zu.%s", s->number,
	    s->kind, i + 1, key);
}

static enum record_error
check_labels(const struct plan_check *c)
{
	const struct plan_token *t = c->plan->tokens;
	size_t i, j;

	for (i = 0; i < c->plan->token_count; i++) {
		for (j = 0; j < i; j++) {
			if (strcmp(t[i].label, t[j].label) == 0)
				return plan_check_fail(c,
				    plan_check_at(c, "tokens.%zu.label", i + 1),
				    "label \"%s\" is token %zu already",
				    t[i].label, j + 1);
			if (t[i].serial[0] != '\0' &&
			    strcmp(t[i].serial, t[j].serial) == 0)
				return plan_check_fail(c,
				    plan_check_at(c, "tokens.%zu.serial",
					i + 1),
				    "serial %s is token %zu already",
				    t[i].serial, j + 1);
		}
	}
	return RECORD_OK;
}

/* A card that the plan retires is nobody's in any quorum. */
static bool
is_retired(const struct plan *p, size_t token)
{
	size_t i;

	for (i = 0; i < p->step_count; i++) {
		if (p->steps[i].kind == PLAN_RETIRE &&
		    p->steps[i].u.end.token == token)
			return true;
	}
	return false;
}

/* One card for one operator: whoever holds two would count twice. */
static enum record_error
check_owners(const struct plan_check *c)
{
	const struct plan_token *t = c->plan->tokens;
	size_t i, j, owners = 0;

	for (i = 0; i < c->plan->token_count; i++) {
		if (t[i].owner[0] == '\0')
			continue;
		owners++;
		for (j = 0; j < i; j++) {
			if (strcmp(t[i].owner, t[j].owner) != 0 ||
			    is_retired(c->plan, i) || is_retired(c->plan, j))
				continue;
			return plan_check_fail(c,
			    plan_check_at(c, "tokens.%zu.owner", i + 1),
			    "operator %s owns token %s already; one card each",
			    t[i].owner, t[j].label);
		}
	}
	if (owners < 2)
		return plan_check_fail(c, plan_check_at(c, "tokens"),
		    "cards with an owner: %zu; at least 2 operators approve an "
		    "act, so list their cards",
		    owners);
	return RECORD_OK;
}

static enum record_error
check_quorum_place(const struct plan_check *c)
{
	size_t i;

	for (i = 1; i < c->plan->step_count; i++) {
		if (c->plan->steps[i].kind == PLAN_QUORUM)
			return plan_check_fail(c,
			    plan_check_at(c, "steps.%zu.quorum", i + 1),
			    "quorum must be the first step, and there once");
	}
	return RECORD_OK;
}

/* From one plan one policy comes: the operators who approve are those before
 * the change or those after it, never a third set. */
static enum record_error
check_change_place(const struct plan_check *c)
{
	struct quorum_step first = { 0 };
	size_t i;

	if (!quorum_of(c->plan, &first))
		return RECORD_OK;
	for (i = first.number; i < c->plan->step_count; i++) {
		if (c->plan->steps[i].kind != PLAN_QUORUM_CHANGE)
			continue;
		return plan_check_fail(c,
		    plan_check_at(c, "steps.%zu.quorum-change", i + 1),
		    "step %zu, %s, says who the operators are already; put "
		    "all of them there",
		    first.number, first.kind);
	}
	return RECORD_OK;
}

static enum record_error
check_operator_twice(const struct plan_check *c, const struct quorum_step *s,
    size_t i)
{
	const struct plan_operator *o = s->q->operators;
	size_t j;

	for (j = 0; j < i; j++) {
		if (strcmp(o[i].id, o[j].id) == 0)
			return plan_check_fail(c, operator_at(c, s, i, "id"),
			    "operator %s is there already", o[i].id);
		if (o[i].token == o[j].token)
			return plan_check_fail(c, operator_at(c, s, i, "token"),
			    "token %s is the card of operator %s already",
			    c->plan->tokens[o[i].token].label, o[j].id);
	}
	return RECORD_OK;
}

static enum record_error
check_operators(const struct plan_check *c)
{
	enum record_error err = RECORD_OK;
	struct quorum_step s = { 0 };
	size_t i;

	if (!quorum_of(c->plan, &s))
		return RECORD_OK;
	for (i = 0; i < s.q->count; i++) {
		const struct plan_operator *o = &s.q->operators[i];
		const struct plan_token *t = &c->plan->tokens[o->token];

		err = check_operator_twice(c, &s, i);
		if (err != RECORD_OK)
			return err;
		if (strcmp(t->owner, o->id) != 0)
			return plan_check_fail(c,
			    operator_at(c, &s, i, "token"),
			    "token %s must have \"owner: %s\" under tokens:, "
			    "it has %s",
			    t->label, o->id,
			    t->owner[0] != '\0' ? t->owner : "none");
	}
	return RECORD_OK;
}

/* An old id passes to one new one, and is then nobody's. */
static enum record_error
check_was(const struct plan_check *c, const struct quorum_step *s, size_t i)
{
	const struct plan_operator *o = s->q->operators;
	const char *was = o[i].was;
	size_t j;

	if (strcmp(o[i].id, was) == 0)
		return plan_check_fail(c, operator_at(c, s, i, "was"),
		    "%s is the operator's id still; leave it out", was);
	for (j = 0; j < s->q->count; j++) {
		if (strcmp(o[j].id, was) == 0)
			return plan_check_fail(c, operator_at(c, s, i, "was"),
			    "%s is listed as operator %zu; one of them is "
			    "somebody else",
			    was, j + 1);
		if (j < i && strcmp(o[j].was, was) == 0)
			return plan_check_fail(c, operator_at(c, s, i, "was"),
			    "%s is operator %s now already", was, o[j].id);
	}
	return RECORD_OK;
}

static enum record_error
check_renamed(const struct plan_check *c)
{
	enum record_error err = RECORD_OK;
	struct quorum_step s = { 0 };
	size_t i;

	if (!quorum_of(c->plan, &s))
		return RECORD_OK;
	for (i = 0; i < s.q->count && err == RECORD_OK; i++) {
		if (s.q->operators[i].was[0] != '\0')
			err = check_was(c, &s, i);
	}
	return err;
}

/* Two names for the keys of a token that is not made here. */
static enum record_error
check_elsewhere_keys(const struct plan_check *c, const struct quorum_step *s,
    size_t i)
{
	static const char *const keys[] = { "sign-key", "derive-key" };
	const struct plan_operator *o = &s->q->operators[i];
	const char *const names[] = { o->sign_key, o->derive_key };

	for (size_t k = 0; k < 2; k++) {
		bool by_id = strncmp(names[k], "id=", 3) == 0;
		size_t digits =
		    by_id ? strspn(names[k] + 3, "0123456789abcdef") : 0;

		if (names[k][0] != '\0' && !o->elsewhere)
			return plan_check_fail(c, operator_at(c, s, i, keys[k]),
			    "belongs to personalised: elsewhere, which is "
			    "missing");
		if (by_id &&
		    (digits == 0 || digits % 2 != 0 || digits > 60 ||
			names[k][3 + digits] != '\0'))
			return plan_check_fail(c, operator_at(c, s, i, keys[k]),
			    "behind id= stand pairs of digits 0-9 a-f, at "
			    "most 30");
	}
	if (o->elsewhere && strcmp(plan_sign_key(o), plan_derive_key(o)) == 0)
		return plan_check_fail(c, operator_at(c, s, i, "personalised"),
		    "its sign-key and derive-key are one key; a token has two");
	return RECORD_OK;
}

static enum record_error
check_elsewhere(const struct plan_check *c)
{
	enum record_error err = RECORD_OK;
	struct quorum_step s = { 0 };

	if (!quorum_of(c->plan, &s))
		return RECORD_OK;
	for (size_t i = 0; i < s.q->count && err == RECORD_OK; i++) {
		const struct plan_operator *o = &s.q->operators[i];

		err = check_elsewhere_keys(c, &s, i);
		if (err == RECORD_OK && o->elsewhere && !o->new_card &&
		    strcmp(s.kind, "quorum-change") == 0)
			err = plan_check_fail(c,
			    operator_at(c, &s, i, "personalised"),
			    "is said of a card that is new in this step; who "
			    "stays has the one that the log knows");
	}
	return err;
}

static enum record_error
check_threshold(const struct plan_check *c)
{
	struct quorum_step s = { 0 };

	if (!quorum_of(c->plan, &s))
		return RECORD_OK;
	if (s.q->threshold > s.q->count)
		return plan_check_fail(c, quorum_at(c, &s, "threshold"),
		    "%u of %zu operators can never meet; at most %zu",
		    s.q->threshold, s.q->count, s.q->count);
	return RECORD_OK;
}

/* Words on paper: those of S, and those of B. */
static const struct split_key {
	const char *key;
	size_t offset; /* in struct plan_quorum */
} splits[] = {
	{ "so", offsetof(struct plan_quorum, so) },
	{ "backup", offsetof(struct plan_quorum, backup) },
};
#define SPLITS (sizeof(splits) / sizeof(splits[0]))

static const struct plan_split *
split_of(const struct plan_quorum *q, const struct split_key *k)
{
	return (const struct plan_split *)(const void *)((const char *)q +
	    k->offset);
}

static enum record_error
check_split(const struct plan_check *c, const struct quorum_step *s,
    const struct split_key *k)
{
	const struct plan_split *w = split_of(s->q, k);
	size_t i, j;

	if (w->threshold > w->count)
		return plan_check_fail(c,
		    plan_check_at(c, "steps.%zu.%s.%s.threshold", s->number,
			s->kind, k->key),
		    "%u of %zu custodians can never meet; at most %zu",
		    w->threshold, w->count, w->count);
	for (i = 0; i < w->count; i++) {
		for (j = 0; j < i; j++) {
			if (strcmp(w->custodians[i], w->custodians[j]) != 0)
				continue;
			return plan_check_fail(c,
			    plan_check_at(c, "steps.%zu.%s.%s.custodians.%zu",
				s->number, s->kind, k->key, i + 1),
			    "\"%s\" is there already; a custodian keeps one "
			    "share",
			    w->custodians[i]);
		}
	}
	return RECORD_OK;
}

static enum record_error
check_custodians(const struct plan_check *c)
{
	enum record_error err = RECORD_OK;
	struct quorum_step s = { 0 };
	size_t i;

	if (!quorum_of(c->plan, &s))
		return RECORD_OK;
	for (i = 0; i < SPLITS && err == RECORD_OK; i++)
		err = check_split(c, &s, &splits[i]);
	return err;
}

static bool
is_operator(const struct plan_quorum *q, const char *id)
{
	size_t i;

	for (i = 0; i < q->count; i++) {
		if (strcmp(q->operators[i].id, id) == 0)
			return true;
	}
	return false;
}

/* In a plan that makes the quorum every owner is one of its operators;
 * otherwise only the log knows who they are: whoever leaves in a change may
 * come to approve it. */
static enum record_error
check_owner_known(const struct plan_check *c)
{
	size_t i;

	if (c->plan->steps[0].kind != PLAN_QUORUM)
		return RECORD_OK;
	for (i = 0; i < c->plan->token_count; i++) {
		const char *owner = c->plan->tokens[i].owner;

		if (owner[0] != '\0' &&
		    !is_operator(&c->plan->steps[0].u.quorum, owner))
			return plan_check_fail(c,
			    plan_check_at(c, "tokens.%zu.owner", i + 1),
			    "%s is not an operator of the quorum step", owner);
	}
	return RECORD_OK;
}

/* Octets are believed by their digest, which the plan has. */
static enum record_error
check_vendor(const struct plan_check *c)
{
	if (c->plan->vendor_file[0] == '\0' || c->plan->vendor[0] != '\0')
		return RECORD_OK;
	return plan_check_fail(c, plan_check_at(c, "vendor-certificate"),
	    "its SHA-256 stands beside it as vendor");
}

/* Less than there could be is somebody's decision. */
static enum record_error
check_sandbox(const struct plan_check *c)
{
	bool less = level_wanted(c->plan) != LEVEL_FULL;
	bool reason = c->plan->sandbox.reason[0] != '\0';

	if (less && !reason)
		return plan_check_fail(c, plan_check_at(c, "sandbox.minimum"),
		    "less than full: a reason stands beside it");
	if (!less && reason)
		return plan_check_fail(c, plan_check_at(c, "sandbox.reason"),
		    "stands beside a minimum below full only");
	return RECORD_OK;
}

enum record_error
plan_check(const struct plan *p, const struct plan_field *fields, size_t count,
    struct plan_fault *fault)
{
	static enum record_error (*const checks[])(
	    const struct plan_check *) = {
		check_vendor,
		check_sandbox,
		check_labels,
		check_quorum_place,
		check_change_place,
		check_operators,
		check_renamed,
		check_elsewhere,
		check_threshold,
		check_custodians,
		check_owners,
		check_owner_known,
		plan_check_steps,
	};
	struct plan_check c = { p, fields, count, fault };
	enum record_error err = RECORD_OK;
	size_t i;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if ((err = checks[i](&c)) != RECORD_OK)
			break;
	}
	return err;
}
