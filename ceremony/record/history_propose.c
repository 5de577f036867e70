/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ceremony/record/history_line.h"

static bool
use_name_valid(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
	    strlen(name);
}

enum record_error
history_uses(const struct history_line *l, json_t *uses, struct approval *out)
{
	out->use_count = json_array_size(uses);
	if (out->use_count == 0 || out->use_count > APPROVAL_USES_MAX)
		return history_refuse(l, RECORD_ERR_FORM,
		    "\"uses\" is out of form or range");
	for (size_t i = 0; i < out->use_count; i++) {
		struct approval_use *use = &out->uses[i];
		const char *name;
		uint64_t n;
		enum record_error ret;
		const struct history_field rows[] = {
			{ "use", FIELD_TEXT, APPROVAL_NAME_MAX, &name, NULL },
			{ "n", FIELD_NUMBER, UINT32_MAX, &n, NULL },
		};

		ret = history_fields(l, json_array_get(uses, i),
		    HISTORY_ROWS(rows));
		if (ret != RECORD_OK)
			return ret;
		memset(use, 0, sizeof(*use));
		memcpy(use->name, name, strlen(name) + 1);
		use->count = (uint32_t)n;
		for (size_t k = 0; k < i; k++)
			if (strcmp(out->uses[k].name, name) == 0)
				return history_refuse(l, RECORD_ERR_FORM,
				    "use %s stands twice", name);
		if (!use_name_valid(name))
			return history_refuse(l, RECORD_ERR_FORM,
			    "use %.40s is no name", name);
	}
	return RECORD_OK;
}

uint32_t
history_use(const struct approval *a, const char *name)
{
	for (size_t i = 0; i < a->use_count; i++)
		if (strcmp(a->uses[i].name, name) == 0)
			return a->uses[i].count;
	return 0;
}

static enum record_error
read_proposal(const struct history_line *l, struct approval *out)
{
	const char *kind, *label, *token;
	uint64_t step, epoch;
	json_t *uses;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "act", FIELD_NUMBER, UINT64_MAX, &out->act, NULL },
		{ "resumes", FIELD_NUMBER, UINT64_MAX, &out->resumes, NULL },
		{ "step", FIELD_NUMBER, HISTORY_STEPS_MAX, &step, NULL },
		{ "kind", FIELD_TEXT, APPROVAL_NAME_MAX, &kind, NULL },
		{ "label", FIELD_TEXT, 32, &label, NULL },
		{ "token", FIELD_TEXT, 32, &token, NULL },
		{ "epoch", FIELD_NUMBER, UINT32_MAX - 1, &epoch, NULL },
		{ "policy_sha256", FIELD_HEX32, 0, out->policy_sha256, NULL },
		{ "plan_sha256", FIELD_HEX32, 0, out->plan_sha256, NULL },
		{ "input_sha256", FIELD_HEX32, 0, out->input_sha256, NULL },
		{ "uses", FIELD_ARRAY, APPROVAL_USES_MAX, &uses, NULL },
		{ "issuer_spki_sha256", FIELD_HEX32_NONE, 0,
		    out->issuer_spki_sha256, &out->has_issuer },
		{ "nonce", FIELD_HEX16_NONE, 0, out->nonce, &out->has_nonce },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = history_uses(l, uses, out)) != RECORD_OK)
		return ret;
	out->step = (unsigned)step;
	out->epoch = (uint32_t)epoch;
	memcpy(out->kind, kind, strlen(kind) + 1);
	memcpy(out->token, token, strlen(token) + 1);
	memcpy(out->log, l->e->log, strlen(l->e->log) + 1);
	memcpy(out->ceremony, l->e->cer, strlen(l->e->cer) + 1);
	memcpy(out->head, l->e->link.hash, 32);
	return RECORD_OK;
}

/* The label of the body: the record has it beside the token. */
static const char *
label_of(const struct history_line *l)
{
	return json_string_value(json_object_get(l->e->body, "label"));
}

static enum record_error
check_numbers(const struct history_line *l, const struct approval *a,
    const struct history_kind *k)
{
	const struct history_group *g = l->g;
	const struct history_act *before;

	if (a->act != l->h->act_count + 1)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "act %llu, not %llu, is next",
		    (unsigned long long)l->h->act_count + 1,
		    (unsigned long long)a->act);
	if (a->step != g->step)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "step %u stands, not %u", g->step, a->step);
	if ((k == NULL || !k->any_step) &&
	    strcmp(a->kind, g->kinds[g->step]) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "step %u is a %s step", g->step, g->kinds[g->step]);
	if (g->phase == PHASE_GROUP && g->settled)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "the acts that stand are approved or begun already");
	if (a->resumes == 0)
		return RECORD_OK;
	before = history_act_at(l->h, a->resumes);
	if (before == NULL || before->state != ACT_VOID ||
	    strcmp(before->approval.kind, a->kind) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "act %llu is none that can be resumed",
		    (unsigned long long)a->resumes);
	return RECORD_OK;
}

static bool
is_destroy(const struct approval *a)
{
	return strcmp(a->kind, "destroy") == 0;
}

/* The policy whose operators approve: the present one.  Before genesis it is
 * the one that is voted on; a token that is keyed for an earlier one rotates
 * under that, or under the one that a rotation was cut off for.  One whose
 * destruction has begun may have no key to rotate with: those it is keyed for,
 * who approved that, go on with it. */
static const uint8_t *
policy_wanted(const struct history_line *l, const struct approval *a)
{
	const struct history_token *token;

	if (!l->h->has_policy)
		return a->input_sha256;
	if (strcmp(a->kind, "rotate") != 0 && !is_destroy(a))
		return l->h->policy_sha256;
	token = history_token_by_serial(l->h, a->token);
	if (token == NULL || (is_destroy(a) && !token->doomed))
		return l->h->policy_sha256;
	return token->next.epoch != 0 ? token->next.policy_sha256
				      : token->now.policy_sha256;
}

static enum record_error
check_digests(const struct history_line *l, const struct approval *a)
{
	const struct history *h = l->h;

	if (memcmp(a->policy_sha256, policy_wanted(l, a), 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "policy_sha256 is not the policy's");
	if (memcmp(a->plan_sha256, h->plan_sha256, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "plan_sha256 is not the plan's");
	if (!h->has_policy && strcmp(a->kind, "quorum") != 0)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "there is no policy yet");
	return history_exists(l, a->input_sha256, "input");
}

/* A nonce belongs to one act. */
static enum record_error
check_nonce(const struct history_line *l, const struct approval *a, bool wanted)
{
	if (a->has_nonce != wanted)
		return history_refuse(l, RECORD_ERR_RULE,
		    wanted ? "no nonce" : "a nonce without a token");
	for (size_t i = 0; wanted && i < l->h->act_count; i++) {
		const struct approval *old = &l->h->acts[i].approval;

		if (old->has_nonce && memcmp(old->nonce, a->nonce, 16) == 0)
			return history_refuse(l, RECORD_ERR_RULE,
			    "the nonce of act %llu again",
			    (unsigned long long)old->act);
	}
	return RECORD_OK;
}

static enum record_error
check_no_token(const struct history_line *l, const struct approval *a)
{
	if (strcmp(a->token, "-") != 0 || strcmp(label_of(l), "-") != 0 ||
	    a->epoch != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "this act is of no token");
	return RECORD_OK;
}

/* No epoch of a label comes twice, and none is left out: they do not run out. */
static enum record_error
take_epoch(const struct history_line *l, const struct approval *a)
{
	struct history_label *known = history_label_of(l->g, label_of(l));

	if (known == NULL)
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	if (a->epoch != known->epoch + 1)
		return history_refuse(l, RECORD_ERR_RULE,
		    "epoch %u of %s: %u is next", a->epoch, known->label,
		    known->epoch + 1);
	known->epoch = a->epoch;
	return RECORD_OK;
}

static enum record_error
check_new_token(const struct history_line *l, const struct approval *a)
{
	if (strcmp(a->token, label_of(l)) != 0 || strcmp(a->token, "-") == 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "token is not the label of the token to be keyed");
	return take_epoch(l, a);
}

static bool
key_is(const struct history_key *key, const struct approval *a)
{
	return key->role[0] != '\0' &&
	    memcmp(key->spki_sha256, a->issuer_spki_sha256, 32) == 0;
}

static enum record_error
check_issuer(const struct history_line *l, const struct approval *a,
    const struct history_token *token, enum history_issuer rule)
{
	bool is_ca, is_sealer;

	if (!a->has_issuer)
		return rule == ISSUER_CA ? history_refuse(l, RECORD_ERR_RULE,
					       "no issuer_spki_sha256")
					 : RECORD_OK;
	/* other tokens may hold the same keys */
	is_ca = rule != ISSUER_NONE && key_is(&token->keys[0], a);
	is_sealer = rule == ISSUER_TOKEN && key_is(&token->keys[1], a);
	if (!is_ca && !is_sealer)
		return history_refuse(l, RECORD_ERR_RULE,
		    "issuer_spki_sha256 is no such key of the token");
	return RECORD_OK;
}

/* A token that is waiting for a new PIN does nothing else. */
static enum record_error
check_fit(const struct history_line *l, const struct approval *a,
    const struct history_token *token)
{
	if (token->doomed && !is_destroy(a))
		return history_refuse(l, RECORD_ERR_RULE,
		    "the destruction of %s has begun: nothing else uses it",
		    token->label);
	if (token->next.epoch != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "a rotation of %s was cut off: it does nothing but rotate",
		    token->label);
	if (token->owed && !token->doomed)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s must be rotated before anything else", token->label);
	if (history_stale(l->h, token) && !token->doomed)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s is keyed for an earlier policy: it does nothing but "
		    "rotate",
		    token->label);
	return RECORD_OK;
}

static enum record_error
check_token(const struct history_line *l, const struct approval *a,
    const struct history_kind *k)
{
	const struct history_token *token =
	    history_token_by_serial(l->h, a->token);
	enum record_error ret;

	if (token == NULL || strcmp(token->label, label_of(l)) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "token %s is not in the log under this label", a->token);
	if (token->destroyed)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the keys of %s were destroyed: nothing uses it any more",
		    token->label);
	if (k->on == ON_REKEY) {
		ret = take_epoch(l, a);
	} else {
		if (a->epoch != token->now.epoch)
			return history_refuse(l, RECORD_ERR_RULE,
			    "epoch %u, but %s is in epoch %u", a->epoch,
			    token->label, token->now.epoch);
		ret = check_fit(l, a, token);
	}
	return ret != RECORD_OK ? ret : check_issuer(l, a, token, k->issuer);
}

/* Token, epoch, issuer and nonce as the kind of act has them. */
static enum record_error
check_kind(const struct history_line *l, const struct approval *a,
    const struct history_kind *k)
{
	enum record_error ret = RECORD_ERR_ARGUMENT;

	if (k == NULL)
		return history_refuse(l, RECORD_ERR_RULE,
		    "a %s step has no use %s", a->kind, a->uses[0].name);
	if (k->single && (a->use_count != 1 || a->uses[0].count != 1))
		return history_refuse(l, RECORD_ERR_RULE,
		    "use %s stands alone, and once", k->use);
	switch (k->on) {
	case ON_NOTHING:
		ret = check_no_token(l, a);
		break;
	case ON_LABEL:
		ret = check_new_token(l, a);
		break;
	case ON_TOKEN:
	case ON_REKEY:
		ret = check_token(l, a, k);
		break;
	}
	if (ret == RECORD_OK && k->issuer == ISSUER_NONE)
		ret = check_issuer(l, a, NULL, ISSUER_NONE);
	return ret != RECORD_OK ? ret : check_nonce(l, a, k->on != ON_NOTHING);
}

static void
join_group(struct history_line *l, uint64_t act)
{
	if (l->g->phase != PHASE_GROUP) {
		l->g->phase = PHASE_GROUP;
		l->g->first = act;
		l->g->settled = false;
		l->g->void_next = 0;
	}
	l->g->last = act;
}

enum record_error
history_do_propose(struct history_line *l)
{
	struct history_act act = { .state = ACT_PROPOSED };
	const struct history_kind *k;
	enum record_error ret;

	if ((ret = read_proposal(l, &act.approval)) != RECORD_OK)
		return ret;
	k = history_kind(act.approval.kind, act.approval.uses[0].name);
	if ((ret = check_numbers(l, &act.approval, k)) != RECORD_OK ||
	    (ret = check_digests(l, &act.approval)) != RECORD_OK)
		return ret;
	if ((ret = check_kind(l, &act.approval, k)) != RECORD_OK)
		return ret;
	if (k->on != ON_NOTHING)
		memcpy(act.label, label_of(l), strlen(label_of(l)) + 1);
	act.propose_seq = l->e->link.seq;
	if (k->propose != NULL && (ret = k->propose(l, &act)) != RECORD_OK)
		return ret;
	if (!history_grow(&l->h->acts, l->h->act_count, sizeof(*l->h->acts)))
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	l->h->acts[l->h->act_count++] = act;
	join_group(l, act.approval.act);
	return RECORD_OK;
}
