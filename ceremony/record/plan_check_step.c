/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ca/profile.h"
#include "ca/subject.h"
#include "ceremony/record/plan_step.h"

/* ---- root and product-ca ---------------------------------------------- */

/* The keys travel under a secret that a plan which begins a log makes itself;
 * of another log only the log knows. */
static enum record_error
check_several(const struct plan_check *c, const struct step *s)
{
	const struct plan_field *single = step_at(c, s, "single-copy");
	const struct plan_step *first = c->plan->steps;

	if (single == NULL)
		single = step_at(c, s, "reason");
	if (single != NULL)
		return plan_check_fail(c, single,
		    "the step names %zu tokens: there are copies; leave it out",
		    s->s->u.ca.holder_count);
	if (first->kind == PLAN_QUORUM && first->u.quorum.backup.count == 0)
		return plan_check_fail(c, step_at(c, s, "tokens.2"),
		    "copies of a key need a backup secret; give the quorum "
		    "step \"backup:\", like \"so:\"");
	return RECORD_OK;
}

static enum record_error
check_copies(const struct plan_check *c, const struct step *s)
{
	const struct plan_ca *ca = &s->s->u.ca;
	const struct plan_field *single = step_at(c, s, "single-copy");
	const struct plan_field *tokens = step_at(c, s, "tokens.1");

	if (ca->holder_count > 1)
		return check_several(c, s);
	if (single != NULL && ca->single_copy[0] == '\0')
		return plan_check_fail(c, single,
		    "say why one copy is enough, in \"reason\"");
	if (single == NULL && ca->single_copy[0] != '\0')
		return plan_check_fail(c, step_at(c, s, "reason"),
		    "belongs to single-copy: accepted, which is missing");
	if (single == NULL)
		return plan_check_fail(c, tokens,
		    "a key on one token is lost with it; name two tokens, or "
		    "single-copy: accepted with a reason");
	return RECORD_OK;
}

static enum record_error
check_holders(const struct plan_check *c, const struct step *s)
{
	const struct plan_ca *ca = &s->s->u.ca;
	enum record_error err = RECORD_OK;
	size_t i, j;

	for (i = 0; i < ca->holder_count; i++) {
		const struct plan_field *at = plan_check_at(c,
		    "steps.%zu.%s.tokens.%zu", s->number, s->kind, i + 1);
		const struct plan_step *maker =
		    step_maker(c->plan, ca->holders[i]);

		err = step_check_ca_token(c, at, ca->holders[i]);
		if (err != RECORD_OK)
			return err;
		for (j = 0; j < i; j++) {
			if (ca->holders[j] == ca->holders[i])
				return plan_check_fail(c, at,
				    "is item %zu of the list already", j + 1);
		}
		if (maker != NULL && maker != s->s)
			return plan_check_fail(c, at,
			    "token %s holds the CA of step %zu already; one "
			    "token, one CA",
			    c->plan->tokens[ca->holders[i]].label,
			    (size_t)(maker - c->plan->steps) + 1);
	}
	return check_copies(c, s);
}

static enum record_error
check_ca_profile(const struct plan_check *c, const struct step *s)
{
	const struct plan_ca *ca = &s->s->u.ca;
	const struct profile *p = profile_find(s->kind);

	if (p == NULL)
		return RECORD_ERR_ARGUMENT;
	if (!(strcmp(ca->key, "p256") == 0 ? p->p256 : p->p384))
		return plan_check_fail(c, step_at(c, s, "key"),
		    "profile %s does not take a %s key", p->name, ca->key);
	if (ca->years > p->max_years)
		return plan_check_fail(c, step_at(c, s, "years"),
		    "profile %s allows at most %u years", p->name,
		    p->max_years);
	return RECORD_OK;
}

/* Two CAs of one name cannot be told apart in a chain. */
static enum record_error
check_names(const struct plan_check *c, const struct step *s)
{
	const struct plan_ca *ca = &s->s->u.ca;
	const struct plan_step *other = NULL;

	if (strcmp(ca->subject, ca->sealer_subject) == 0)
		return plan_check_fail(c, step_at(c, s, "sealer"),
		    "is the CA's own subject; give the sealer another");
	for (other = c->plan->steps; other < s->s; other++) {
		const char *sub = other->u.ca.subject;
		const char *seal = other->u.ca.sealer_subject;

		if (other->kind != PLAN_ROOT && other->kind != PLAN_PRODUCT_CA)
			continue;
		if (strcmp(ca->subject, sub) == 0 ||
		    strcmp(ca->subject, seal) == 0)
			return plan_check_fail(c, step_at(c, s, "subject"),
			    "is a subject of step %zu already",
			    (size_t)(other - c->plan->steps) + 1);
		if (ca->sealer_subject[0] != '\0' &&
		    (strcmp(ca->sealer_subject, sub) == 0 ||
			strcmp(ca->sealer_subject, seal) == 0))
			return plan_check_fail(c, step_at(c, s, "sealer"),
			    "is a subject of step %zu already",
			    (size_t)(other - c->plan->steps) + 1);
	}
	return RECORD_OK;
}

static enum record_error
check_root(const struct plan_check *c, const struct step *s)
{
	enum record_error err = check_holders(c, s);

	if (err == RECORD_OK)
		err = check_ca_profile(c, s);
	return err != RECORD_OK ? err : check_names(c, s);
}

static enum record_error
check_issuer(const struct plan_check *c, const struct step *s)
{
	const struct plan_ca *ca = &s->s->u.ca;
	const struct plan_field *at = step_at(c, s, "issuer");
	const struct plan_step *maker = step_maker(c->plan, ca->issuer);
	enum record_error err = RECORD_OK;

	if (step_is_holder(ca, ca->issuer))
		return plan_check_fail(c, at,
		    "token %s cannot issue to itself; name the root's token",
		    c->plan->tokens[ca->issuer].label);
	if ((err = step_check_ca_token(c, at, ca->issuer)) != RECORD_OK ||
	    (err = step_check_made(c, s, at, ca->issuer)) != RECORD_OK)
		return err;
	if (maker != NULL && maker->kind != PLAN_ROOT)
		return plan_check_fail(c, at,
		    "token %s holds a product CA; name the root's token",
		    c->plan->tokens[ca->issuer].label);
	if (maker != NULL && maker->u.ca.years < ca->years)
		return plan_check_fail(c, step_at(c, s, "years"),
		    "%u years outlive the root's %u", ca->years,
		    maker->u.ca.years);
	return RECORD_OK;
}

static enum record_error
check_product_ca(const struct plan_check *c, const struct step *s)
{
	enum record_error err = check_root(c, s);

	return err != RECORD_OK ? err : check_issuer(c, s);
}

/* ---- work-order ------------------------------------------------------- */

/* Characters of every id that a valid pattern matches. */
static size_t
pattern_length(const char *p)
{
	size_t len = 0;

	while (*p != '\0') {
		if (*p == '{') {
			len += strtoul(p + 1, NULL, 10) - 1;
			p = strchr(p, '}') + 1;
		} else {
			len++;
			p = *p == '[' ? strchr(p, ']') + 1 : p + 1;
		}
	}
	return len;
}

/* The subject with an id as long as the pattern's is still a name, and may
 * still be rehearsed: a CN has at most 64 characters. */
static enum record_error
check_template(const struct plan_check *c, const struct step *s)
{
	const struct plan_order *o = &s->s->u.order;
	char id[SUBJECT_ID_MAX + 1] = { 0 };
	char text[SUBJECT_TEXT_MAX + 1];
	X509_NAME *name = NULL;
	size_t len = pattern_length(o->pattern);
	bool fits = false;

	memset(id, '0', len < SUBJECT_ID_MAX ? len : SUBJECT_ID_MAX);
	fits = subject_expand(o->subject, id, text) == CA_OK &&
	    strlen(text) <= PLAN_SUBJECT_MAX &&
	    subject_parse(text, &name) == CA_OK;
	X509_NAME_free(name);
	if (!fits)
		return plan_check_fail(c, step_at(c, s, "subject"),
		    "an id of %zu characters, as the pattern wants, does not "
		    "fit in; shorten the text around {id}",
		    len);
	return RECORD_OK;
}

static enum record_error
check_order(const struct plan_check *c, const struct step *s)
{
	const struct plan_order *o = &s->s->u.order;
	enum record_error err =
	    step_check_product_token(c, s, step_at(c, s, "token"), o->token);

	if (err == RECORD_OK)
		err = check_template(c, s);
	if (err != RECORD_OK)
		return err;
	if (o->expiry <= c->plan->date)
		return plan_check_fail(c, step_at(c, s, "expiry"),
		    "must be later than the plan's date");
	if (o->receipts <= o->expiry)
		return plan_check_fail(c, step_at(c, s, "receipts"),
		    "must be later than the expiry");
	return RECORD_OK;
}

/* ---- batch and crl ---------------------------------------------------- */

static enum record_error
check_revoke(const struct plan_check *c, const struct step *s)
{
	const struct plan_revoke *r = s->s->u.batch.revoke;
	size_t i, j;

	for (i = 0; i < s->s->u.batch.revoke_count; i++) {
		const struct plan_field *at = plan_check_at(c,
		    "steps.%zu.%s.revoke.%zu", s->number, s->kind, i + 1);

		if ((r[i].id[0] != '\0') == (r[i].serial[0] != '\0'))
			return plan_check_fail(c, at,
			    "name the unit by id or by serial, one");
		for (j = 0; j < i; j++) {
			if (strcmp(r[i].id, r[j].id) == 0 &&
			    strcmp(r[i].serial, r[j].serial) == 0)
				return plan_check_fail(c, at,
				    "is item %zu of the list already", j + 1);
		}
	}
	return RECORD_OK;
}

/* Tokens that sign side by side: each of a product CA, each once.  Whether they
 * hold one key is for the log to say, or for the step that makes them. */
static enum record_error
check_batch_tokens(const struct plan_check *c, const struct step *s)
{
	const struct plan_batch *b = &s->s->u.batch;
	const struct plan_field *one = step_at(c, s, "token");
	const struct plan_field *many = step_at(c, s, "tokens.1");
	enum record_error err = RECORD_OK;
	size_t i, j;

	if ((one == NULL) == (many == NULL))
		return plan_check_fail(c,
		    one == NULL ? step_at(c, s, "out") : one,
		    one == NULL
			? "names no token; give \"token\", or \"tokens\""
			: "stands beside \"tokens\"; leave one of the two");
	for (i = 0; i < b->token_count && err == RECORD_OK; i++) {
		const struct plan_field *at = one != NULL
		    ? one
		    : plan_check_at(c, "steps.%zu.batch.tokens.%zu", s->number,
			  i + 1);

		for (j = 0; j < i; j++) {
			if (b->tokens[i] == b->tokens[j])
				return plan_check_fail(c, at,
				    "is item %zu of the list already", j + 1);
		}
		if (step_maker(c->plan, b->tokens[i]) !=
		    step_maker(c->plan, b->tokens[0]))
			return plan_check_fail(c, at,
			    "token %s does not get the key of %s",
			    c->plan->tokens[b->tokens[i]].label,
			    c->plan->tokens[b->tokens[0]].label);
		err = step_check_product_token(c, s, at, b->tokens[i]);
	}
	return err;
}

static enum record_error
check_batch(const struct plan_check *c, const struct step *s)
{
	const struct plan_batch *b = &s->s->u.batch;
	const struct plan_step *maker = step_maker(c->plan, b->token);
	enum record_error err = check_batch_tokens(c, s);

	if (err != RECORD_OK)
		return err;
	if (maker != NULL && b->years > maker->u.ca.years)
		return plan_check_fail(c, step_at(c, s, "years"),
		    "%u years outlive the product CA's %u", b->years,
		    maker->u.ca.years);
	if (b->revoke_count > 0 && b->crl_days == 0)
		return plan_check_fail(c, step_at(c, s, "revoke"),
		    "is published by a CRL; give crl-days too");
	return check_revoke(c, s);
}

static enum record_error
check_crl(const struct plan_check *c, const struct step *s)
{
	const struct plan_field *at = step_at(c, s, "token");
	unsigned token = s->s->u.batch.token;
	enum record_error err = step_check_ca_token(c, at, token);

	if (err == RECORD_OK)
		err = step_check_made(c, s, at, token);
	return err != RECORD_OK ? err : check_revoke(c, s);
}

/* ---- quorum-change and recovery ---------------------------------------- */

/* The tokens that are keyed at once; who the operators are is looked at with
 * those of a quorum step. */
static enum record_error
check_change(const struct plan_check *c, const struct step *s)
{
	const struct plan_quorum *q = &s->s->u.quorum;
	enum record_error err = RECORD_OK;
	size_t i, j;

	for (i = 0; i < q->rotate_count; i++) {
		const struct plan_field *at = plan_check_at(c,
		    "steps.%zu.%s.tokens.%zu", s->number, s->kind, i + 1);

		if ((err = step_check_ca_token(c, at, q->rotate[i])) !=
			RECORD_OK ||
		    (err = step_check_made(c, s, at, q->rotate[i])) !=
			RECORD_OK)
			return err;
		for (j = 0; j < i; j++) {
			if (q->rotate[i] == q->rotate[j])
				return plan_check_fail(c, at,
				    "is item %zu of the list already", j + 1);
		}
	}
	return RECORD_OK;
}

static enum record_error
check_recovery(const struct plan_check *c, const struct step *s)
{
	const struct plan_field *at = step_at(c, s, "token");
	unsigned token = s->s->u.recovery.token;
	const struct plan_step *other = NULL;
	enum record_error err = step_check_ca_token(c, at, token);

	if (err == RECORD_OK)
		err = step_check_made(c, s, at, token);
	if (err != RECORD_OK)
		return err;
	for (other = c->plan->steps; other < s->s; other++) {
		if (other->kind == PLAN_RECOVERY &&
		    other->u.recovery.token == token)
			return plan_check_fail(c, at,
			    "token %s is recovered by step %zu already",
			    c->plan->tokens[token].label,
			    (size_t)(other - c->plan->steps) + 1);
	}
	return RECORD_OK;
}

/* ---- destroy and retire ------------------------------------------------ */

/* What a step may use a token for. */
static bool
uses(const struct plan_step *s, unsigned token)
{
	size_t i;

	switch (s->kind) {
	case PLAN_QUORUM:
	case PLAN_QUORUM_CHANGE:
		for (i = 0; i < s->u.quorum.rotate_count; i++) {
			if (s->u.quorum.rotate[i] == token)
				return true;
		}
		for (i = 0; i < s->u.quorum.count; i++) {
			if (s->u.quorum.operators[i].token == token)
				return true;
		}
		return false;
	case PLAN_ROOT:
	case PLAN_PRODUCT_CA:
		for (i = 0; i < s->u.ca.holder_count; i++) {
			if (s->u.ca.holders[i] == token)
				return true;
		}
		return s->kind == PLAN_PRODUCT_CA && s->u.ca.issuer == token;
	case PLAN_INTERMEDIATE:
		return s->u.intermediate.token == token ||
		    s->u.intermediate.sealer == token;
	case PLAN_WORK_ORDER:
		return s->u.order.token == token;
	case PLAN_BATCH:
	case PLAN_CRL:
		for (i = 0; i < s->u.batch.token_count; i++) {
			if (s->u.batch.tokens[i] == token)
				return true;
		}
		return false;
	case PLAN_RECOVERY:
		return s->u.recovery.token == token;
	case PLAN_BACKUP:
	case PLAN_RESTORE:
		return s->u.copy.token == token;
	case PLAN_DESTROY:
	case PLAN_RETIRE:
		return s->u.end.token == token;
	case PLAN_KIND_COUNT:
		break;
	}
	return false;
}

/* The keys of a token whose CA has copies. */
static enum record_error
check_backup(const struct plan_check *c, const struct step *s)
{
	const struct plan_field *at = step_at(c, s, "token");
	unsigned token = s->s->u.copy.token;
	const struct plan_step *maker = step_maker(c->plan, token);
	enum record_error err = step_check_ca_token(c, at, token);

	if (err == RECORD_OK)
		err = step_check_made(c, s, at, token);
	if (err == RECORD_OK && maker != NULL && maker->u.ca.holder_count < 2)
		err = plan_check_fail(c, at,
		    "token %s gets its keys in step %zu to stay there: only "
		    "keys that are made on several tokens leave one",
		    c->plan->tokens[token].label,
		    (size_t)(maker - c->plan->steps) + 1);
	return err;
}

/* Onto a token that nothing has used yet. */
static enum record_error
check_restore(const struct plan_check *c, const struct step *s)
{
	const struct plan_field *at = step_at(c, s, "token");
	unsigned token = s->s->u.copy.token;
	const struct plan_step *other = NULL;
	enum record_error err = step_check_ca_token(c, at, token);

	for (other = c->plan->steps; err == RECORD_OK && other < s->s; other++)
		if (uses(other, token))
			err = plan_check_fail(c, at,
			    "token %s is used by step %zu already; name one "
			    "that is blank",
			    c->plan->tokens[token].label,
			    (size_t)(other - c->plan->steps) + 1);
	return err;
}

/* Nothing uses it behind the step that ends it. */
static enum record_error
check_unused(const struct plan_check *c, const struct step *s)
{
	const struct plan_step *end = c->plan->steps + c->plan->step_count;
	const struct plan_step *later = NULL;
	unsigned token = s->s->u.end.token;

	for (later = s->s + 1; later < end; later++) {
		if (uses(later, token))
			return plan_check_fail(c, step_at(c, s, "token"),
			    "token %s is used by step %zu behind this one",
			    c->plan->tokens[token].label,
			    (size_t)(later - c->plan->steps) + 1);
	}
	return RECORD_OK;
}

static enum record_error
check_destroy(const struct plan_check *c, const struct step *s)
{
	const struct plan_field *at = step_at(c, s, "token");
	enum record_error err = step_check_ca_token(c, at, s->s->u.end.token);

	if (err == RECORD_OK)
		err = step_check_made(c, s, at, s->s->u.end.token);
	return err != RECORD_OK ? err : check_unused(c, s);
}

static enum record_error
check_retire(const struct plan_check *c, const struct step *s)
{
	unsigned token = s->s->u.end.token;
	const struct plan_step *before = NULL;

	if (c->plan->tokens[token].owner[0] == '\0')
		return plan_check_fail(c, step_at(c, s, "token"),
		    "token %s has no owner: an operator's card is retired, a "
		    "CA's token is destroyed by a destroy step",
		    c->plan->tokens[token].label);
	for (before = c->plan->steps; before < s->s; before++) {
		if ((before->kind == PLAN_QUORUM ||
			before->kind == PLAN_QUORUM_CHANGE) &&
		    uses(before, token))
			return plan_check_fail(c, step_at(c, s, "token"),
			    "token %s is the card of an operator since step "
			    "%zu: who is one keeps it",
			    c->plan->tokens[token].label,
			    (size_t)(before - c->plan->steps) + 1);
	}
	return check_unused(c, s);
}

/* ---- files ------------------------------------------------------------ */

/* Where a step writes: file i, with its key; NULL past the last. */
static const char *
out_of(const struct plan_step *s, unsigned i, const char **key)
{
	*key = i == 0 ? "out" : "sealed";
	if (s->kind == PLAN_INTERMEDIATE && i < 2)
		return i == 0 ? s->u.intermediate.out
			      : s->u.intermediate.sealed;
	if (i > 0)
		return NULL;
	if (s->kind == PLAN_WORK_ORDER)
		return s->u.order.out;
	if (s->kind == PLAN_BATCH || s->kind == PLAN_CRL)
		return s->u.batch.out;
	return s->kind == PLAN_BACKUP ? s->u.copy.file : NULL;
}

/* To a stick with vfat names in either case are one. */
static bool
writes(const struct plan_step *s, unsigned before, const char *name)
{
	const char *key = NULL, *out = NULL;

	for (unsigned i = 0; i < before && (out = out_of(s, i, &key)) != NULL;
	     i++) {
		if (strcasecmp(out, name) == 0)
			return true;
	}
	return false;
}

static enum record_error
check_out(const struct plan_check *c, const struct step *s, unsigned i)
{
	const char *key = NULL, *out = out_of(s->s, i, &key);
	const struct plan_step *other = NULL;

	for (other = c->plan->steps; out != NULL && other <= s->s; other++) {
		if (writes(other, other < s->s ? UINT_MAX : i, out))
			return plan_check_fail(c, step_at(c, s, key),
			    "\"%s\" is written by step %zu already", out,
			    (size_t)(other - c->plan->steps) + 1);
	}
	return RECORD_OK;
}

/* No file is written twice, no request answered twice. */
static enum record_error
check_files(const struct plan_check *c, const struct step *s)
{
	const struct plan_step *other = NULL;
	enum record_error err = check_out(c, s, 0);

	if (err == RECORD_OK)
		err = check_out(c, s, 1);
	for (other = c->plan->steps; err == RECORD_OK && other < s->s;
	     other++) {
		if (s->s->kind == PLAN_BATCH && other->kind == PLAN_BATCH &&
		    strcmp(s->s->u.batch.request, other->u.batch.request) == 0)
			err = plan_check_fail(c, step_at(c, s, "request"),
			    "\"%s\" is answered by step %zu already",
			    s->s->u.batch.request,
			    (size_t)(other - c->plan->steps) + 1);
	}
	return err;
}

enum record_error
plan_check_steps(const struct plan_check *c)
{
	static enum record_error (*const checks[PLAN_KIND_COUNT])(
	    const struct plan_check *, const struct step *) = {
		[PLAN_ROOT] = check_root,
		[PLAN_PRODUCT_CA] = check_product_ca,
		[PLAN_INTERMEDIATE] = step_check_intermediate,
		[PLAN_WORK_ORDER] = check_order,
		[PLAN_BATCH] = check_batch,
		[PLAN_CRL] = check_crl,
		[PLAN_QUORUM_CHANGE] = check_change,
		[PLAN_RECOVERY] = check_recovery,
		[PLAN_BACKUP] = check_backup,
		[PLAN_RESTORE] = check_restore,
		[PLAN_DESTROY] = check_destroy,
		[PLAN_RETIRE] = check_retire,
	};
	enum record_error err = RECORD_OK;
	size_t i;

	for (i = 0; i < c->plan->step_count && err == RECORD_OK; i++) {
		const struct plan_step *s = &c->plan->steps[i];
		struct step step = { s, i + 1, plan_kind_name(s->kind) };

		if (checks[s->kind] != NULL)
			err = checks[s->kind](c, &step);
		if (err == RECORD_OK)
			err = check_files(c, &step);
	}
	return err;
}
