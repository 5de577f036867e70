/* SPDX-License-Identifier: ISC */
#include "ceremony/record/plan_step.h"

const struct plan_field *
step_at(const struct plan_check *c, const struct step *s, const char *key)
{
	return plan_check_at(c, "steps.%zu.%s.%s", s->number, s->kind, key);
}

bool
step_is_holder(const struct plan_ca *ca, unsigned token)
{
	for (size_t i = 0; i < ca->holder_count; i++) {
		if (ca->holders[i] == token)
			return true;
	}
	return false;
}

/* The first step that makes a CA on this token; NULL when none does. */
const struct plan_step *
step_maker(const struct plan *p, unsigned token)
{
	size_t i;

	for (i = 0; i < p->step_count; i++) {
		const struct plan_step *s = &p->steps[i];

		if ((s->kind == PLAN_ROOT || s->kind == PLAN_PRODUCT_CA) &&
		    step_is_holder(&s->u.ca, token))
			return s;
	}
	return NULL;
}

/* What a step uses must not be a person's card. */
enum record_error
step_check_ca_token(const struct plan_check *c, const struct plan_field *at,
    unsigned token)
{
	const struct plan_token *t = &c->plan->tokens[token];

	if (t->owner[0] == '\0')
		return RECORD_OK;
	return plan_check_fail(c, at,
	    "token %s is the card of operator %s, not a CA's", t->label,
	    t->owner);
}

/* A CA that this plan makes is made before it is used. */
enum record_error
step_check_made(const struct plan_check *c, const struct step *s,
    const struct plan_field *at, unsigned token)
{
	const struct plan_step *maker = step_maker(c->plan, token);

	if (maker == NULL || maker < s->s)
		return RECORD_OK;
	return plan_check_fail(c, at,
	    "token %s gets its CA in step %zu only; put that step first",
	    c->plan->tokens[token].label, (size_t)(maker - c->plan->steps) + 1);
}

/* Only a product CA certifies devices. */
enum record_error
step_check_product_token(const struct plan_check *c, const struct step *s,
    const struct plan_field *at, unsigned token)
{
	const struct plan_step *maker = step_maker(c->plan, token);
	enum record_error err = step_check_ca_token(c, at, token);

	if (err == RECORD_OK)
		err = step_check_made(c, s, at, token);
	if (err == RECORD_OK && maker != NULL && maker->kind == PLAN_ROOT)
		err = plan_check_fail(c, at,
		    "token %s holds the root; name a product CA's token",
		    c->plan->tokens[token].label);
	return err;
}
