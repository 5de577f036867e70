/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

/* The quorum step, which can only be the first; NULL when there is none. */
static const struct plan_quorum *
quorum_of(const struct plan *p)
{
	return p->steps[0].kind == PLAN_QUORUM ? &p->steps[0].u.quorum : NULL;
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
			if (strcmp(t[i].owner, t[j].owner) != 0)
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

static enum record_error
check_operator_twice(const struct plan_check *c, const struct plan_quorum *q,
    size_t i)
{
	const struct plan_operator *o = q->operators;
	size_t j;

	for (j = 0; j < i; j++) {
		if (strcmp(o[i].id, o[j].id) == 0)
			return plan_check_fail(c,
			    plan_check_at(c, "steps.1.quorum.operators.%zu.id",
				i + 1),
			    "operator %s is there already", o[i].id);
		if (o[i].token == o[j].token)
			return plan_check_fail(c,
			    plan_check_at(c,
				"steps.1.quorum.operators.%zu.token", i + 1),
			    "token %s is the card of operator %s already",
			    c->plan->tokens[o[i].token].label, o[j].id);
	}
	return RECORD_OK;
}

static enum record_error
check_operators(const struct plan_check *c)
{
	const struct plan_quorum *q = quorum_of(c->plan);
	enum record_error err = RECORD_OK;
	size_t i;

	for (i = 0; q != NULL && i < q->count; i++) {
		const struct plan_operator *o = &q->operators[i];
		const struct plan_token *t = &c->plan->tokens[o->token];

		err = check_operator_twice(c, q, i);
		if (err != RECORD_OK)
			return err;
		if (strcmp(t->owner, o->id) != 0)
			return plan_check_fail(c,
			    plan_check_at(c,
				"steps.1.quorum.operators.%zu.token", i + 1),
			    "token %s must have \"owner: %s\" under tokens:, "
			    "it has %s",
			    t->label, o->id,
			    t->owner[0] != '\0' ? t->owner : "none");
	}
	return RECORD_OK;
}

static enum record_error
check_threshold(const struct plan_check *c)
{
	const struct plan_quorum *q = quorum_of(c->plan);

	if (q == NULL)
		return RECORD_OK;
	if (q->threshold > q->count)
		return plan_check_fail(c,
		    plan_check_at(c, "steps.1.quorum.threshold"),
		    "%u of %zu operators can never meet; at most %zu",
		    q->threshold, q->count, q->count);
	if (q->so_threshold > q->so_count)
		return plan_check_fail(c,
		    plan_check_at(c, "steps.1.quorum.so.threshold"),
		    "%u of %zu custodians can never meet; at most %zu",
		    q->so_threshold, q->so_count, q->so_count);
	return RECORD_OK;
}

static enum record_error
check_custodians(const struct plan_check *c)
{
	const struct plan_quorum *q = quorum_of(c->plan);
	size_t i, j;

	for (i = 0; q != NULL && i < q->so_count; i++) {
		for (j = 0; j < i; j++) {
			if (strcmp(q->so_custodians[i], q->so_custodians[j]) !=
			    0)
				continue;
			return plan_check_fail(c,
			    plan_check_at(c, "steps.1.quorum.so.custodians.%zu",
				i + 1),
			    "\"%s\" is there already; a custodian keeps one "
			    "share",
			    q->so_custodians[i]);
		}
	}
	return RECORD_OK;
}

/* In a plan that makes the quorum every owner is one of its operators;
 * otherwise only the log knows who they are. */
static enum record_error
check_owner_known(const struct plan_check *c)
{
	const struct plan_quorum *q = quorum_of(c->plan);
	size_t i, j;

	for (i = 0; q != NULL && i < c->plan->token_count; i++) {
		const struct plan_token *t = &c->plan->tokens[i];

		if (t->owner[0] == '\0')
			continue;
		for (j = 0; j < q->count; j++) {
			if (strcmp(q->operators[j].id, t->owner) == 0)
				break;
		}
		if (j == q->count)
			return plan_check_fail(c,
			    plan_check_at(c, "tokens.%zu.owner", i + 1),
			    "%s is not an operator of the quorum step",
			    t->owner);
	}
	return RECORD_OK;
}

enum record_error
plan_check(const struct plan *p, const struct plan_field *fields, size_t count,
    struct plan_fault *fault)
{
	static enum record_error (*const checks[])(
	    const struct plan_check *) = {
		check_labels,
		check_quorum_place,
		check_operators,
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
