/* SPDX-License-Identifier: ISC */
/* Who may approve: the policy that a log begins with, and those after it. */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/record/history_line.h"

/* Every operator has a card that was enrolled in this log. */
static enum record_error
check_cards(const struct history_line *l, const struct policy *p)
{
	struct history_operator cards[POLICY_OPERATORS_MAX];
	size_t count = history_cards_of(l->h, p, cards);

	for (size_t i = 0; i < p->n; i++)
		if (i == count || strcmp(cards[i].id, p->operators[i].id) != 0)
			return history_refuse(l, RECORD_ERR_RULE,
			    "operator %s of the policy is not enrolled with "
			    "these keys",
			    p->operators[i].id);
		else if (cards[i].retired || cards[i].retiring)
			return history_refuse(l, RECORD_ERR_RULE,
			    "card %s of operator %s was retired",
			    cards[i].label, p->operators[i].id);
	return RECORD_OK;
}

/* The policy of an act's input, into what is voted on: one at a time. */
static enum record_error
read_proposed(struct history_line *l, const struct history_act *act)
{
	uint8_t *text = NULL;
	size_t len;
	enum record_error ret;

	/* approvals and result of the first would count for the second */
	if (l->g->changing)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "another policy is proposed already");
	ret =
	    history_load(l, act->approval.input_sha256, "policy", &text, &len);
	if (ret != RECORD_OK)
		return ret;
	l->g->changing = true;
	if (policy_read((const char *)text, len, &l->g->proposed) != QUORUM_OK)
		ret = history_refuse(l, RECORD_ERR_FORM,
		    "the input is no policy");
	else if (strcmp(l->g->proposed.log, l->h->log) != 0)
		ret = history_refuse(l, RECORD_ERR_OTHER_LOG,
		    "the policy is of another log");
	free(text);
	memcpy(l->g->proposed_sha256, act->approval.input_sha256, 32);
	return ret;
}

/* It is in force from here on. */
static enum record_error
adopt(struct history_line *l)
{
	struct history *h = l->h;
	struct history_policy *p;

	if (!history_grow(&h->policies, h->policy_count, sizeof(*h->policies)))
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	p = &h->policies[h->policy_count++];
	memcpy(p->sha256, l->g->proposed_sha256, 32);
	p->policy = h->policy = l->g->proposed;
	memcpy(h->policy_sha256, p->sha256, 32);
	h->has_policy = true;
	h->operator_count = history_cards_of(h, &h->policy, h->operators);
	return RECORD_OK;
}

static enum record_error
take_policy(struct history_line *l, const struct history_act *act)
{
	uint8_t policy[32];
	enum record_error ret;
	const struct history_field rows[] = {
		{ "policy", FIELD_HEX32, 0, policy, NULL },
	};

	if ((ret = history_result_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (memcmp(policy, act->approval.input_sha256, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another policy than was approved");
	l->g->changing = false;
	return adopt(l);
}

/* ---- genesis ------------------------------------------------------------- */

enum record_error
history_genesis_propose(struct history_line *l, struct history_act *act)
{
	enum record_error ret;

	if (l->h->has_policy)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "the policy is settled already");
	if ((ret = read_proposed(l, act)) != RECORD_OK)
		return ret;
	if (l->g->proposed.n != l->h->operator_count)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the policy has %zu operators, %zu are enrolled",
		    l->g->proposed.n, l->h->operator_count);
	return check_cards(l, &l->g->proposed);
}

enum record_error
history_genesis_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	struct history *h = l->h;
	enum record_error ret;

	(void)done;
	if ((ret = take_policy(l, act)) != RECORD_OK)
		return ret;
	memcpy(h->anchor, l->e->link.hash, 32);
	h->has_anchor = true;
	return RECORD_OK;
}

/* ---- another policy follows ---------------------------------------------- */

/* The operators vote on themselves; nothing shows them other witnesses. */
static bool
same_witnesses(const struct policy *a, const struct policy *b)
{
	for (size_t i = 0; i < a->witness_count; i++)
		if (i == b->witness_count ||
		    strcmp(a->witnesses[i].id, b->witnesses[i].id) != 0 ||
		    !policy_spki_equal(&a->witnesses[i].spki,
			&b->witnesses[i].spki))
			return false;
	return a->witness_count == b->witness_count;
}

enum record_error
history_change_propose(struct history_line *l, struct history_act *act)
{
	const struct policy *p = &l->g->proposed;
	enum record_error ret;

	if (!l->h->has_policy)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "there is no policy yet");
	if ((ret = read_proposed(l, act)) != RECORD_OK)
		return ret;
	if (p->version != l->h->policy.version + 1)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the policy's version is %u, not %u", p->version,
		    l->h->policy.version + 1);
	if (!same_witnesses(p, &l->h->policy))
		return history_refuse(l, RECORD_ERR_RULE,
		    "the policy has other witnesses than the present one");
	return check_cards(l, p);
}

enum record_error
history_change_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	struct history *h = l->h;
	enum record_error ret;

	(void)done;
	if ((ret = take_policy(l, act)) != RECORD_OK)
		return ret;
	if (h->so_pending != 0) {
		h->so_in_force = h->so_pending;
		h->so_check = h->so_check_next;
	}
	h->so_pending = 0;
	if (h->backup_pending) {
		h->has_backup = true;
		memcpy(h->backup_check, h->backup_next, 32);
	}
	h->backup_pending = false;
	return RECORD_OK;
}
