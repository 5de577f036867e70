/* SPDX-License-Identifier: ISC */
/* Another quorum: who joins gets a card, the present operators agree on the
 * policy that follows, and CA tokens that are here are keyed for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/act.h"
#include "ceremony/custodian/backup.h"
#include "ceremony/custodian/enrol.h"
#include "ceremony/custodian/paper.h"
#include "ceremony/custodian/resume.h"
#include "ceremony/custodian/rotate.h"
#include "ceremony/custodian/so.h"

/* ---- before anything is written ------------------------------------------ */

static const struct plan_token *
card_token(const struct ceremony *c, const struct plan_operator *o)
{
	return &c->plan->tokens[o->token];
}

/* The card of that label and owner which was enrolled last; NULL: none. */
static const struct history_operator *
enrolled(const struct history *h, const char *label, const char *id)
{
	for (size_t i = h->card_count; i-- > 0;) {
		if (strcmp(h->cards[i].label, label) == 0 &&
		    (id == NULL || strcmp(h->cards[i].id, id) == 0))
			return &h->cards[i];
	}
	return NULL;
}

/* Who stays does so with the card the log knows, under the same id or the one
 * the plan says it was. */
static bool
check_staying(struct ceremony *c, const struct plan_operator *o)
{
	const char *label = card_token(c, o)->label;
	const char *id = o->was[0] == '\0' ? o->id : o->was;
	const struct history_operator *now = history_operator(c->history, id);

	/* resumed: it is called so by now */
	if (now == NULL && c->history->open)
		now = history_operator(c->history, o->id);
	if (now == NULL)
		return ceremony_stop(c, EXIT_INPUT,
		    "operator %s: not in the present quorum: someone who "
		    "joins or comes with another card has \"card: new\" in "
		    "the plan",
		    id);
	if (strcmp(now->label, label) != 0)
		return ceremony_stop(c, EXIT_INPUT,
		    "operator %s: has card %s in this log, the plan says %s: "
		    "correct it, or say \"card: new\"",
		    id, now->label, label);
	return true;
}

static bool
check_new_card(struct ceremony *c, const struct plan_step *s,
    const struct plan_operator *o)
{
	const struct plan_token *t = card_token(c, o);
	const struct history_operator *card =
	    enrolled(c->history, t->label, NULL);

	if (history_token(c->history, t->label) != NULL)
		return ceremony_stop(c, EXIT_INPUT,
		    "card %s: a CA's token has this label: take another",
		    t->label);
	/* one that this very step made before it stopped */
	if (card != NULL && !(c->history->open && strcmp(card->id, o->id) == 0))
		return ceremony_stop(c, EXIT_INPUT,
		    "card %s: a card of this label was enrolled before, for "
		    "%s: give the new one a label of its own",
		    t->label, card->id);
	return o->elsewhere || so_check(c, s, t->label);
}

static bool
check_tokens(struct ceremony *c, const struct plan_quorum *q)
{
	for (size_t i = 0; i < q->rotate_count; i++) {
		const char *label = c->plan->tokens[q->rotate[i]].label;

		if (history_token(c->history, label) == NULL)
			return ceremony_stop(c, EXIT_INPUT,
			    "%s: no CA was made on a token of this label in "
			    "this log",
			    label);
	}
	return true;
}

bool
step_change_check(struct ceremony *c, const struct plan_step *s)
{
	const struct plan_quorum *q = &s->u.quorum;

	if (!c->history->has_policy)
		return ceremony_stop(c, EXIT_INPUT,
		    "step quorum-change: this log has no quorum yet: it "
		    "begins with a quorum step");
	if (q->backup.count > 0 && c->history->has_backup && !c->history->open)
		return ceremony_stop(c, EXIT_REFUSED,
		    "step quorum-change: this log has a backup secret "
		    "already: what is wrapped under it cannot be wrapped "
		    "anew: leave out \"backup:\"");
	for (size_t i = 0; i < q->count; i++) {
		const struct plan_operator *o = &q->operators[i];

		if (!(o->new_card ? check_new_card(c, s, o)
				  : check_staying(c, o)))
			return false;
	}
	return check_tokens(c, q);
}

/* ---- cards of those who join --------------------------------------------- */

static bool
has_card(const struct ceremony *c, const struct plan_operator *o)
{
	return enrolled(c->history, card_token(c, o)->label, o->id) != NULL;
}

/* The words of the S that this step replaces the present one by are written. */
static bool
is_split(const struct ceremony *c)
{
	return c->history->so_pending != 0;
}

static bool
enrol_new(struct ceremony *c, const struct plan_quorum *q)
{
	bool replace =
	    q->so.count > 0 && (!is_split(c) || !history_so_hangs(c->history));
	struct child so = { .pid = -1, .sock = -1 };
	size_t missing = 0, to_make = 0;
	bool ok = true;

	for (size_t i = 0; i < q->count; i++) {
		const struct plan_operator *o = &q->operators[i];

		missing += o->new_card && !has_card(c, o);
		to_make += o->new_card && !has_card(c, o) && !o->elsewhere;
	}
	if (missing == 0 && (q->so.count == 0 || is_split(c)))
		return true;
	if (replace)
		ok = paper_open(c, 'S', &q->so, &so) &&
		    so_record_split(c, &so, &q->so);
	else if (to_make > 0)
		ok = paper_open(c, 'S', NULL, &so);
	for (size_t i = 0; ok && i < q->count; i++) {
		const struct plan_operator *o = &q->operators[i];

		if (o->new_card && !has_card(c, o))
			ok = o->elsewhere ? enrol_adopt(c, o)
					  : enrol_card(c, &so, o);
	}
	child_end(&so);
	return ok;
}

/* ---- the policy ---------------------------------------------------------- */

static const struct history_operator *
card_of(struct ceremony *c, const struct plan_operator *o)
{
	const struct history_operator *card = o->new_card
	    ? enrolled(c->history, card_token(c, o)->label, o->id)
	    : history_operator(c->history, o->was[0] == '\0' ? o->id : o->was);

	if (card == NULL)
		ceremony_stop(c, EXIT_STATE, "operator %s: has no card", o->id);
	return card;
}

static bool
compose(struct ceremony *c, const struct plan_quorum *q, char **text,
    size_t *len)
{
	struct policy *p = malloc(sizeof(*p));
	enum quorum_error err = QUORUM_ERR_MEMORY;
	bool ok = p != NULL;

	if (ok) {
		*p = c->history->policy; /* log and witnesses stay */
		p->version++;
		p->m = q->threshold;
		p->n = q->count;
	}
	for (size_t i = 0; ok && i < q->count; i++) {
		const struct history_operator *card =
		    card_of(c, &q->operators[i]);
		ok = card != NULL;
		if (!ok)
			break;
		snprintf(p->operators[i].id, sizeof(p->operators[i].id), "%s",
		    q->operators[i].id);
		p->operators[i].sign = card->sign;
		p->operators[i].derive = card->derive;
	}
	if (ok)
		err = policy_write(p, text, len);
	free(p);
	return (ok && err == QUORUM_OK) ||
	    ceremony_stop(c, EXIT_REFUSED, "policy: %s", quorum_strerror(err));
}

/* What the operators are about to agree on, against what is. */
static void
say_change(struct ceremony *c, const struct plan_quorum *q)
{
	const struct history *h = c->history;

	people_say(c->people, "  now %u of %zu operators, then %u of %zu",
	    h->policy.m, h->policy.n, q->threshold, q->count);
	for (size_t i = 0; i < q->count; i++) {
		const struct plan_operator *o = &q->operators[i];

		if (o->new_card)
			people_say(c->people, "  %s: %s, with card %s", o->id,
			    history_operator(h, o->id) == NULL ? "joins"
							       : "stays",
			    card_token(c, o)->label);
		else if (o->was[0] != '\0')
			people_say(c->people, "  %s: was %s", o->id, o->was);
	}
	for (size_t i = 0; i < h->operator_count; i++) {
		bool stays = false;

		for (size_t k = 0; k < q->count; k++)
			stays = stays ||
			    strcmp(q->operators[k].id, h->operators[i].id) ==
				0 ||
			    strcmp(q->operators[k].was, h->operators[i].id) ==
				0;
		if (!stays)
			people_say(c->people, "  %s: leaves",
			    h->operators[i].id);
	}
}

/* ---- the acts ------------------------------------------------------------ */

_Static_assert(PLAN_AT_ONCE_MAX <= GROUP_SESSIONS_MAX &&
	PLAN_AT_ONCE_MAX < GROUP_ACTS_MAX,
    "a group has room for them");

/* CA tokens that are here are keyed for the new policy in the same group; those
 * that it has no room for follow, each in its own. */
static bool
propose_tokens(struct ceremony *c, struct group *g, const struct plan_quorum *q,
    const uint8_t policy[32])
{
	for (size_t i = 0; i < q->rotate_count && i < PLAN_AT_ONCE_MAX; i++) {
		const struct history_epoch *now;
		struct session *s = NULL;

		if (!group_open(c, g, c->plan->tokens[q->rotate[i]].label, NULL,
			&s))
			return false;
		now = &s->token->now;
		if (!group_tell_ca(c, s, &now, 1) ||
		    !rotate_propose(c, g, s, ROTATE_PIN, policy))
			return false;
	}
	return true;
}

/* Who stays with the card there is; others may have lost theirs, or left. */
static bool
keeps_card(const void *arg, const struct history_operator *who)
{
	const struct plan_quorum *q = arg;

	for (size_t i = 0; i < q->count; i++) {
		const struct plan_operator *o = &q->operators[i];

		if (!o->new_card &&
		    strcmp(o->was[0] == '\0' ? o->id : o->was, who->id) == 0)
			return true;
	}
	return false;
}

static bool
agree(struct ceremony *c, const struct plan_quorum *q, unsigned index)
{
	static const struct use use = { "self-test", 1 };
	struct group *g = malloc(sizeof(*g));
	char *text = NULL;
	size_t len = 0;
	bool ok;

	if (g == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	group_start(c, g, index, PLAN_QUORUM_CHANGE);
	group_order(g, keeps_card, q);
	ok = compose(c, q, &text, &len) &&
	    group_propose_policy(c, g, text, len) &&
	    propose_tokens(c, g, q, g->acts[0].input) && group_approve(c, g) &&
	    group_begin(c, g, 0) &&
	    group_result(c, g, 0, &use, 1,
		json_pack("{s:o}", "policy", json_digest(g->acts[0].input))) &&
	    rotate_all(c, g);
	group_end(c, g);
	free(g);
	free(text);
	return ok;
}

/* Tokens of this step that are not keyed for the policy yet: after a stop, or
 * since there are many. */
static bool
rotate_rest(struct ceremony *c, const struct plan_quorum *q, unsigned index)
{
	for (size_t i = 0; i < q->rotate_count; i++) {
		if (!rotate_first(c, index, PLAN_QUORUM_CHANGE,
			c->plan->tokens[q->rotate[i]].label))
			return false;
	}
	return true;
}

bool
step_change_run(struct ceremony *c, const struct plan_step *step,
    unsigned index)
{
	const struct plan_quorum *q = &step->u.quorum;

	if (!resume_has_kind(c, "quorum-change", index)) {
		say_change(c, q);
		if (!rotate_rest(c, q, index) || !enrol_new(c, q) ||
		    !backup_make(c, &q->backup) || !agree(c, q, index))
			return false;
	}
	if (!rotate_rest(c, q, index))
		return false;
	people_say(c->people, "  quorum is %u of %zu now", c->history->policy.m,
	    c->history->policy.n);
	rotate_say(c);
	return true;
}
