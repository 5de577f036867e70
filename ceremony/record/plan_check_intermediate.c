/* SPDX-License-Identifier: ISC */
/* A CA that others run: what can be said of it before its issuer is known. */
#include <string.h>

#include "ca/profile.h"
#include "ca/stated.h"
#include "ceremony/record/plan_step.h"

/* RFC 5280, 4.2.1.9: a product CA has pathLen 0, unless its step says more. */
static enum record_error
check_issuer(const struct plan_check *c, const struct step *s)
{
	const struct plan_intermediate *i = &s->s->u.intermediate;
	const struct plan_field *at = step_at(c, s, "token");
	const struct plan_step *maker = step_maker(c->plan, i->token);
	enum record_error err = step_check_ca_token(c, at, i->token);

	if (err == RECORD_OK)
		err = step_check_made(c, s, at, i->token);
	if (err != RECORD_OK || maker == NULL)
		return err;
	if (maker->kind != PLAN_ROOT && maker->u.ca.pathlen == 0)
		return plan_check_fail(c, at,
		    "token %s gets a product CA, which certifies no CA; name "
		    "the root's token",
		    c->plan->tokens[i->token].label);
	if (maker->kind != PLAN_ROOT && i->pathlen >= maker->u.ca.pathlen)
		return plan_check_fail(c, step_at(c, s, "pathlen"),
		    "%u is not below the %u of the product CA", i->pathlen,
		    maker->u.ca.pathlen);
	if (i->years > maker->u.ca.years)
		return plan_check_fail(c, step_at(c, s, "years"),
		    "%u years outlive the %s's %u", i->years,
		    maker->kind == PLAN_ROOT ? "root" : "product CA",
		    maker->u.ca.years);
	return RECORD_OK;
}

static enum record_error
check_profile(const struct plan_check *c, const struct step *s)
{
	const struct plan_intermediate *i = &s->s->u.intermediate;
	const struct profile *p = profile_find(s->kind);

	if (p == NULL)
		return RECORD_ERR_ARGUMENT;
	if (i->years > p->max_years)
		return plan_check_fail(c, step_at(c, s, "years"),
		    "profile %s allows at most %u years", p->name,
		    p->max_years);
	return RECORD_OK;
}

/* The subjects that a step makes a CA of. */
static bool
names(const struct plan_step *s, const char *subject)
{
	if (s->kind == PLAN_ROOT || s->kind == PLAN_PRODUCT_CA)
		return strcmp(s->u.ca.subject, subject) == 0 ||
		    strcmp(s->u.ca.sealer_subject, subject) == 0;
	return s->kind == PLAN_INTERMEDIATE &&
	    strcmp(s->u.intermediate.subject, subject) == 0;
}

/* Two CAs of one name cannot be told apart in a chain; nor does one key get two
 * certificates. */
static enum record_error
check_others(const struct plan_check *c, const struct step *s)
{
	const struct plan_intermediate *i = &s->s->u.intermediate;
	const struct plan_step *other = NULL;

	for (other = c->plan->steps;
	     other < c->plan->steps + c->plan->step_count; other++) {
		size_t number = (size_t)(other - c->plan->steps) + 1;

		if (other != s->s && names(other, i->subject))
			return plan_check_fail(c, step_at(c, s, "subject"),
			    "is the subject of step %zu too; give it another",
			    number);
		if (other < s->s && other->kind == PLAN_INTERMEDIATE &&
		    strcmp(other->u.intermediate.csr, i->csr) == 0)
			return plan_check_fail(c, step_at(c, s, "csr"),
			    "\"%s\" is certified by step %zu already", i->csr,
			    number);
	}
	return RECORD_OK;
}

/* Each item by itself is good: once only. */
static enum record_error
check_list(const struct plan_check *c, const struct step *s, const char *key,
    const char *items, size_t size, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(items + i * size, items + j * size) == 0)
				return plan_check_fail(c,
				    plan_check_at(c, "steps.%zu.%s.%s.%zu",
					s->number, s->kind, key, i + 1),
				    "is item %zu of the list already", j + 1);
		}
	}
	return RECORD_OK;
}

static enum record_error
check_stated(const struct plan_check *c, const struct step *s)
{
	const struct plan_intermediate *i = &s->s->u.intermediate;
	const struct {
		const char *key, *items;
		size_t size, count;
	} lists[] = {
		{ "permitted", i->permitted[0], sizeof(i->permitted[0]),
		    i->permitted_count },
		{ "excluded", i->excluded[0], sizeof(i->excluded[0]),
		    i->excluded_count },
		{ "eku", i->eku[0], sizeof(i->eku[0]), i->eku_count },
		{ "policies", i->policies[0], sizeof(i->policies[0]),
		    i->policy_count },
	};
	char text[STATED_TEXT_MAX + 1];
	enum record_error err = RECORD_OK;
	struct stated stated;

	for (size_t k = 0;
	     k < sizeof(lists) / sizeof(lists[0]) && err == RECORD_OK; k++)
		err = check_list(c, s, lists[k].key, lists[k].items,
		    lists[k].size, lists[k].count);
	if (err != RECORD_OK)
		return err;
	if (!plan_stated(i, text) || stated_parse(text, &stated) != CA_OK)
		return plan_check_fail(c, step_at(c, s, "pathlen"),
		    "what is stated has over %d characters in all; state less",
		    STATED_TEXT_MAX);
	stated_clear(&stated);
	return RECORD_OK;
}

enum record_error
step_check_intermediate(const struct plan_check *c, const struct step *s)
{
	const unsigned sealer = s->s->u.intermediate.sealer;
	enum record_error err = check_issuer(c, s);

	if (err == RECORD_OK)
		err = step_check_product_token(c, s, step_at(c, s, "sealer"),
		    sealer);
	if (err == RECORD_OK)
		err = check_profile(c, s);
	if (err == RECORD_OK)
		err = check_others(c, s);
	return err == RECORD_OK ? check_stated(c, s) : err;
}
