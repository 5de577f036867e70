/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ceremony/record/history_line.h"

#define REASON_MAX 512

/* The act of a line: of the standing group, in one of these states. */
static enum record_error
standing_act(const struct history_line *l, uint64_t number,
    enum history_state state, struct history_act **out)
{
	struct history_act *act = history_act_at(l->h, number);

	if (act == NULL || number < l->g->first || number > l->g->last)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "act %llu does not stand", (unsigned long long)number);
	if (act->state != state)
		return history_refuse(l, RECORD_ERR_ORDER, "act %llu is not %s",
		    (unsigned long long)number,
		    state == ACT_PROPOSED ? "proposed" : "begun");
	*out = act;
	return RECORD_OK;
}

enum record_error
history_begun_act(const struct history_line *l, uint64_t number,
    struct history_act **out)
{
	return standing_act(l, number, ACT_BEGUN, out);
}

/* Genesis is voted on under the policy it brings. */
const struct policy *
history_policy_of(const struct history_line *l, const struct approval *a)
{
	return l->h->has_policy ? history_policy(l->h, a->policy_sha256)
				: &l->g->proposed;
}

enum record_error
history_do_approve(struct history_line *l)
{
	const struct policy *policy;
	struct history_octets sig;
	struct history_act *act;
	const char *id;
	uint64_t number = 0;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "act", FIELD_NUMBER, UINT64_MAX, &number, NULL },
		{ "operator", FIELD_TEXT, POLICY_ID_MAX, &id, NULL },
		{ "signature", FIELD_BASE64, APPROVAL_SIG_MAX, &sig, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = standing_act(l, number, ACT_PROPOSED, &act)) != RECORD_OK)
		return ret;
	policy = history_policy_of(l, &act->approval);
	if (policy_operator(policy, id) < 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s is no operator of the policy", id);
	for (unsigned i = 0; i < act->approved; i++)
		if (strcmp(act->operators[i], id) == 0)
			return history_refuse(l, RECORD_ERR_RULE,
			    "%s has approved act %llu already", id,
			    (unsigned long long)number);
	if (approval_verify(&act->approval, policy, id, sig.data, sig.len) !=
	    QUORUM_OK)
		return history_refuse(l, RECORD_ERR_SIGNATURE,
		    "%s's signature over act %llu does not verify", id,
		    (unsigned long long)number);
	memcpy(act->operators[act->approved++], id, strlen(id) + 1);
	l->g->settled = true;
	return RECORD_OK;
}

enum record_error
history_do_refused(struct history_line *l)
{
	const char *id, *reason;
	struct history_act *act;
	uint64_t number = 0;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "act", FIELD_NUMBER, UINT64_MAX, &number, NULL },
		{ "operator", FIELD_TEXT, POLICY_ID_MAX, &id, NULL },
		{ "reason", FIELD_NOTE, REASON_MAX, &reason, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	return standing_act(l, number, ACT_PROPOSED, &act);
}

/* operators are those who approved: all of them, no other, none twice. */
static enum record_error
check_operators(const struct history_line *l, const struct history_act *act,
    json_t *operators)
{
	if (json_array_size(operators) != act->approved)
		return history_refuse(l, RECORD_ERR_RULE,
		    "names %zu operators, but %u approved",
		    json_array_size(operators), act->approved);
	for (unsigned i = 0; i < act->approved; i++) {
		json_t *name;
		size_t at;
		bool found = false;

		json_array_foreach(operators, at, name)
		{
			const char *id = json_string_value(name);

			found = found ||
			    (id != NULL && strcmp(id, act->operators[i]) == 0);
		}
		if (!found)
			return history_refuse(l, RECORD_ERR_RULE,
			    "%s approved and is not named", act->operators[i]);
	}
	return RECORD_OK;
}

/* Acts begin one after the other; those of one batch side by side. */
static enum record_error
check_turn(const struct history_line *l, uint64_t number)
{
	const struct history_act *act = history_act_at(l->h, number);

	for (uint64_t i = l->g->first; i < number; i++) {
		enum history_state state = history_act_at(l->h, i)->state;

		if (state == ACT_PROPOSED ||
		    (state == ACT_BEGUN && !history_beside(l->h, i, number)))
			return history_refuse(l, RECORD_ERR_ORDER,
			    "act %llu is not finished", (unsigned long long)i);
		if (history_stands_on(l, act, history_act_at(l->h, i)))
			return history_refuse(l, RECORD_ERR_ORDER,
			    "act %llu, on which it stands, is void",
			    (unsigned long long)i);
	}
	return RECORD_OK;
}

/* What has changed in the group since it was proposed: the policy, or the
 * token's PIN. */
static enum record_error
check_still(const struct history_line *l, const struct history_act *act,
    const struct history_kind *k)
{
	struct history_token *token;

	if (k->on != ON_TOKEN && k->on != ON_REKEY)
		return RECORD_OK;
	token = history_token_of(l, act);
	if (k->on == ON_REKEY &&
	    memcmp(act->approval.input_sha256, l->h->policy_sha256, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s would be keyed for another policy than the log's",
		    token->label);
	if (k->on == ON_TOKEN &&
	    (token->now.epoch != act->approval.epoch ||
		(history_stale(l->h, token) && !token->doomed)))
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s was keyed anew since the act was proposed",
		    token->label);
	/* a recovery opens nothing with the PIN that is in force */
	if (strcmp(k->kind, "recovery") != 0)
		token->used = true;
	return RECORD_OK;
}

enum record_error
history_do_begin(struct history_line *l)
{
	const struct policy *policy;
	const struct history_kind *k;
	struct history_act *act;
	json_t *operators;
	unsigned need;
	uint64_t number = 0;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "act", FIELD_NUMBER, UINT64_MAX, &number, NULL },
		{ "operators", FIELD_ARRAY, POLICY_OPERATORS_MAX, &operators,
		    NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = standing_act(l, number, ACT_PROPOSED, &act)) != RECORD_OK ||
	    (ret = check_turn(l, number)) != RECORD_OK ||
	    (ret = check_operators(l, act, operators)) != RECORD_OK)
		return ret;
	policy = history_policy_of(l, &act->approval);
	k = history_kind(act->approval.kind, act->approval.uses[0].name);
	/* nobody is made an operator without having said so */
	need = l->h->has_policy ? policy->m : (unsigned)policy->n;
	if (act->approved < need)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%u of the %u approvals that act %llu needs", act->approved,
		    need, (unsigned long long)number);
	if ((ret = check_still(l, act, k)) != RECORD_OK)
		return ret;
	act->state = ACT_BEGUN;
	memcpy(act->begin, l->e->link.hash, 32);
	l->g->settled = true;
	return RECORD_OK;
}

/* The group is over when nothing of it is proposed or begun. */
static void
end_group(struct history_line *l)
{
	for (uint64_t i = l->g->first; i <= l->g->last; i++) {
		enum history_state state = history_act_at(l->h, i)->state;

		if (state == ACT_PROPOSED || state == ACT_BEGUN)
			return;
	}
	l->g->phase = PHASE_STEP;
	l->g->changing = false;
}

/* ---- act.result ---------------------------------------------------------- */

/* The uses of a result: those approved, in their order, and no more. */
static enum record_error
check_uses(const struct history_line *l, const struct approval *approved,
    const struct approval *done)
{
	if (done->use_count != approved->use_count)
		return history_refuse(l, RECORD_ERR_RULE,
		    "other uses than were approved");
	for (size_t i = 0; i < done->use_count; i++) {
		const struct approval_use *use = &done->uses[i];

		if (strcmp(use->name, approved->uses[i].name) != 0)
			return history_refuse(l, RECORD_ERR_RULE,
			    "other uses than were approved");
		if (use->count > approved->uses[i].count)
			return history_refuse(l, RECORD_ERR_RULE,
			    "use %s: %u, but %u approved", use->name,
			    use->count, approved->uses[i].count);
	}
	return RECORD_OK;
}

/* "act" and "uses" stand before whatever the kind of act has: read those two
 * alone, then the body again by all its rows. */
static enum record_error
read_result_head(const struct history_line *l, uint64_t *number,
    struct approval *done)
{
	json_t *act = json_object_get(l->e->body, "act");
	json_t *uses = json_object_get(l->e->body, "uses");

	if (!json_is_integer(act) || json_integer_value(act) <= 0)
		return history_refuse(l, RECORD_ERR_FORM,
		    "\"act\" is out of form or range");
	if (!json_is_array(uses))
		return history_refuse(l, RECORD_ERR_FORM,
		    "\"uses\" is out of form or range");
	*number = (uint64_t)json_integer_value(act);
	return history_uses(l, uses, done);
}

enum record_error
history_result_body(const struct history_line *l,
    const struct history_field *rows, size_t count)
{
	struct history_field all[16];
	uint64_t number = 0;
	json_t *uses;

	if (count > 14)
		return history_refuse(l, RECORD_ERR_ARGUMENT, "rows");
	all[0] = (struct history_field){ "act", FIELD_NUMBER, UINT64_MAX,
		&number, NULL };
	all[1] = (struct history_field){ "uses", FIELD_ARRAY, APPROVAL_USES_MAX,
		&uses, NULL };
	if (count > 0)
		memcpy(&all[2], rows, count * sizeof(*rows));
	return history_body(l, all, count + 2);
}

/* The token of that label; it is there once an act on it has a result. */
static struct history_token *
token_at(struct history *h, const char *label)
{
	struct history_token *found = NULL;

	for (size_t i = 0; i < h->token_count; i++)
		if (strcmp(h->tokens[i].label, label) == 0)
			found = &h->tokens[i];
	return found;
}

enum record_error
history_do_result(struct history_line *l)
{
	struct approval done = { 0 };
	const struct history_kind *k;
	struct history_act *act;
	uint64_t number = 0;
	enum record_error ret;

	if ((ret = read_result_head(l, &number, &done)) != RECORD_OK ||
	    (ret = standing_act(l, number, ACT_BEGUN, &act)) != RECORD_OK ||
	    (ret = check_uses(l, &act->approval, &done)) != RECORD_OK)
		return ret;
	k = history_kind(act->approval.kind, act->approval.uses[0].name);
	if (k->single && done.uses[0].count != 1)
		return history_refuse(l, RECORD_ERR_RULE,
		    "use %s: 0, but there is a result", k->use);
	if ((ret = k->result(l, act, &done)) != RECORD_OK)
		return ret;
	act->state = ACT_DONE;
	if (k->on != ON_NOTHING)
		history_proved(l->h, token_at(l->h, act->label));
	end_group(l);
	return RECORD_OK;
}

/* ---- act.void ------------------------------------------------------------ */

/* What a batch's token had signed before it was lost. */
static enum record_error
take_void_uses(const struct history_line *l, struct history_act *act,
    json_t *uses)
{
	struct approval done = { 0 };
	enum record_error ret;

	if (act->lead == 0 || act->state != ACT_BEGUN)
		return history_refuse(l, RECORD_ERR_RULE,
		    "act %llu is no batch that was begun",
		    (unsigned long long)act->approval.act);
	if ((ret = history_uses(l, uses, &done)) != RECORD_OK ||
	    (ret = check_uses(l, &act->approval, &done)) != RECORD_OK)
		return ret;
	act->signed_ = history_certificates(&done);
	return RECORD_OK;
}

/* Where the group is lost with an act, those that stand behind it are void
 * next, in their order. */
static uint64_t
next_void(const struct history_line *l, uint64_t number)
{
	const struct history_act *first = history_act_at(l->h, l->g->first);

	for (uint64_t i = number + 1; i <= l->g->last; i++) {
		enum history_state state = history_act_at(l->h, i)->state;

		if ((state == ACT_PROPOSED || state == ACT_BEGUN) &&
		    !history_beside_lives(l->h, first, 0))
			return i;
	}
	return 0;
}

enum record_error
history_do_void(struct history_line *l)
{
	struct history_act *act;
	const char *reason;
	bool has_uses = false;
	json_t *uses = NULL;
	uint64_t number = 0;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "act", FIELD_NUMBER, UINT64_MAX, &number, NULL },
		{ "reason", FIELD_NOTE, REASON_MAX, &reason, NULL },
		{ "uses", FIELD_ARRAY, APPROVAL_USES_MAX, &uses, &has_uses },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (l->g->void_next != 0 && number != l->g->void_next)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "act.void of act %llu must come first",
		    (unsigned long long)l->g->void_next);
	act = history_act_at(l->h, number);
	if (act == NULL || number < l->g->first || number > l->g->last ||
	    (act->state != ACT_PROPOSED && act->state != ACT_BEGUN))
		return history_refuse(l, RECORD_ERR_ORDER,
		    "act %llu does not stand", (unsigned long long)number);
	if ((has_uses && (ret = take_void_uses(l, act, uses)) != RECORD_OK) ||
	    (ret = history_note_left(l, act)) != RECORD_OK)
		return ret;
	act->state = ACT_VOID;
	if (strcmp(act->approval.kind, "quorum-change") == 0)
		l->g->changing = false;
	l->g->void_next = next_void(l, number);
	end_group(l);
	return RECORD_OK;
}
