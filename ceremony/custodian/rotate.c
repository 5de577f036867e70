/* SPDX-License-Identifier: ISC */
/* The PIN of a CA token changes: act by act. */
#include "ceremony/custodian/rotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/keys.h"
#include "ceremony/custodian/share.h"

static const struct use self_test = { "self-test", 1 };

static const char *
kind_of(enum rotate_how how)
{
	return how == ROTATE_PIN ? "rotate" : "recovery";
}

/* The cards of those who get the new shares. */
static bool
tell_derive(struct ceremony *c, struct session *s, const uint8_t *text,
    size_t len)
{
	struct history_operator cards[POLICY_OPERATORS_MAX];
	struct policy *p = malloc(sizeof(*p));
	bool ok =
	    p != NULL && policy_read((const char *)text, len, p) == QUORUM_OK;

	if (ok)
		ok = group_tell_derive(c, s, cards,
		    history_cards_of(c->history, p, cards));
	else
		ceremony_stop(c, EXIT_STATE, "%s: its new policy: unreadable",
		    s->label);
	free(p);
	return ok;
}

bool
rotate_propose(struct ceremony *c, struct group *g, struct session *s,
    enum rotate_how how, const uint8_t policy_sha256[32])
{
	uint8_t *text = NULL;
	size_t len = 0;
	bool ok;

	if (!ceremony_load(c, policy_sha256, &text, &len))
		return false;
	ok = group_act(c, g, s, history_epoch_next(c->history, s->label),
	    kind_of(how));
	if (ok) {
		message_start(&c->out, MSG_ACT_ROTATE);
		message_put_number(&c->out, how != ROTATE_PIN);
		message_put_number(&c->out, how == ROTATE_SO_AGAIN);
		message_put_octets(&c->out, text, len);
		ok = child_ask(c, &s->child, MSG_OK) &&
		    group_propose(c, g, s, &self_test, 1, text, len) &&
		    tell_derive(c, s, text, len);
	}
	free(text);
	return ok;
}

/* ---- what a group to come uses ------------------------------------------- */

static bool
is_token(const struct ceremony *c, unsigned token, const char *label)
{
	return strcmp(c->plan->tokens[token].label, label) == 0;
}

static bool
is_holder(const struct ceremony *c, const struct plan_ca *ca, const char *label)
{
	for (size_t i = 0; i < ca->holder_count; i++) {
		if (is_token(c, ca->holders[i], label))
			return true;
	}
	return false;
}

static bool
uses_token(const struct ceremony *c, const struct plan_step *s,
    const char *label)
{
	switch (s->kind) {
	case PLAN_ROOT:
		return is_holder(c, &s->u.ca, label);
	case PLAN_PRODUCT_CA:
		return is_holder(c, &s->u.ca, label) ||
		    is_token(c, s->u.ca.issuer, label);
	case PLAN_INTERMEDIATE:
		return is_token(c, s->u.intermediate.token, label) ||
		    is_token(c, s->u.intermediate.sealer, label);
	case PLAN_WORK_ORDER:
		return is_token(c, s->u.order.token, label);
	case PLAN_BATCH:
	case PLAN_CRL:
		for (size_t i = 0; i < s->u.batch.token_count; i++) {
			if (is_token(c, s->u.batch.tokens[i], label))
				return true;
		}
		break;
	case PLAN_BACKUP:
	case PLAN_RESTORE:
		return is_token(c, s->u.copy.token, label);
	case PLAN_DESTROY: /* no PIN is changed that opens nothing any more */
		return is_token(c, s->u.end.token, label);
	case PLAN_QUORUM:
	case PLAN_QUORUM_CHANGE: /* they only key it anew themselves */
	case PLAN_RECOVERY:
	case PLAN_RETIRE:
	case PLAN_KIND_COUNT:
		break;
	}
	return false;
}

bool
rotate_names(const struct ceremony *c, const struct plan_step *s,
    const char *label)
{
	if (s->kind == PLAN_RECOVERY)
		return is_token(c, s->u.recovery.token, label);
	for (size_t i = 0;
	     s->kind == PLAN_QUORUM_CHANGE && i < s->u.quorum.rotate_count; i++)
		if (is_token(c, s->u.quorum.rotate[i], label))
			return true;
	return uses_token(c, s, label);
}

bool
rotate_propose_last(struct ceremony *c, struct group *g, struct session *s)
{
	for (size_t i = g->step; i < c->plan->step_count; i++) {
		if (uses_token(c, &c->plan->steps[i], s->label))
			return true;
	}
	return rotate_propose(c, g, s, ROTATE_PIN, c->history->policy_sha256);
}

/* ---- one act ------------------------------------------------------------- */

static bool
hear_shares(struct ceremony *c, struct session *s, json_t *shares)
{
	for (size_t i = 0; i < c->history->policy.n; i++) {
		if (!child_hear(c, &s->child, MSG_MADE_SHARE) ||
		    !share_hear(c, shares))
			return false;
	}
	return child_hear(c, &s->child, MSG_MADE);
}

/* The new shares are on the disk before the PIN is another one. */
static bool
prepare(struct ceremony *c, const struct proposal *p)
{
	struct session *s = p->session;
	const struct policy *policy = &c->history->policy;
	json_t *shares = json_array();
	char serial[17];

	message_start(&c->out, MSG_EXECUTE);
	if (!child_tell(c, &s->child) || !hear_shares(c, s, shares)) {
		json_decref(shares);
		return false;
	}
	message_get_text(&c->in, serial, sizeof(serial) - 1);
	if (!child_fields_ok(c) || strcmp(serial, s->serial) != 0) {
		json_decref(shares);
		return ceremony_stop(c, EXIT_PROCESS,
		    "%s: its signer keys another token: nothing it said is "
		    "used",
		    s->label);
	}
	return ceremony_record(c, "rotate.prepare", NULL,
	    json_pack("{s:I,s:i,s:o,s:i,s:i,s:o}", "act", (json_int_t)p->number,
		"epoch", (int)p->epoch, "policy_sha256", json_digest(p->input),
		"m", (int)policy->m, "n", (int)policy->n, "shares", shares),
	    NULL);
}

/* The PIN changes; the CA key answers under the new one. */
static json_t *
commit(struct ceremony *c, const struct proposal *p)
{
	struct session *s = p->session;
	const uint8_t *octets;
	char text[1025];
	json_t *rest;
	size_t len;
	const char *line = transcript_line(c->transcript,
	    transcript_count(c->transcript) - 1, &len);

	message_start(&c->out, MSG_COMMIT);
	message_put_octets(&c->out, line, len);
	if (!child_tell(c, &s->child) ||
	    !child_hear_either(c, &s->child, MSG_ROTATED, MSG_FAULT))
		return NULL;
	if (c->in.kind == MSG_FAULT) {
		group_fault(c, p);
		return NULL;
	}
	octets = message_get_octets(&c->in, sizeof(text) - 1, &len);
	if (octets != NULL)
		memcpy(text, octets, len);
	text[len] = '\0';
	octets = message_get_octets(&c->in, APPROVAL_SIG_MAX, &len);
	if (!child_fields_ok(c))
		return NULL;
	rest = json_pack("{s:s,s:i,s:s,s:o}", "label", s->label, "epoch",
	    (int)p->epoch, "text", text, "signature", json_octets(octets, len));
	if (rest == NULL)
		ceremony_stop(c, EXIT_PROCESS,
		    "%s: its signer's test text is none: nothing it said is "
		    "used; run the same plan again",
		    s->label);
	return rest;
}

/* Which PIN it was whose rotation was cut off; false when it was neither, and
 * the old one belongs to another policy's operators. */
static bool
found(struct ceremony *c, const struct proposal *p)
{
	struct session *s = p->session;

	if (s->by_so || s->token->next.epoch == 0)
		return true;
	return ceremony_record(c, "rotate.found", NULL,
	    json_pack("{s:I,s:I}", "act", (json_int_t)p->number, "epoch",
		(json_int_t)(s->opened != 0 ? s->opened : s->token->now.epoch)),
	    NULL);
}

static bool
rotate_act(struct ceremony *c, struct group *g, size_t i)
{
	struct proposal *p = &g->acts[i];
	struct session *s = p->session;
	json_t *rest, *certs = s->write_certs ? json_array() : NULL;

	if (!group_begin(c, g, i) || !found(c, p) ||
	    (certs != NULL && !keys_write_certs(c, s, certs))) {
		json_decref(certs);
		return false;
	}
	if (s->probing && s->opened == 0)
		return true; /* the old policy's operators are next */
	rest = prepare(c, p) ? commit(c, p) : NULL;
	if (rest == NULL) {
		json_decref(certs);
		return false;
	}
	if (certs != NULL)
		json_object_set_new(rest, "certificates", certs);
	if (!head_check(c, &s->child, s->label, s->serial, HEAD_MOVE)) {
		json_decref(rest);
		return false;
	}
	if (!group_result(c, g, i, &self_test, 1, rest))
		return false;
	people_say(c->people, "  PIN of %s changed", s->label);
	return true;
}

bool
rotate_all(struct ceremony *c, struct group *g)
{
	for (size_t i = 0; i < g->act_count; i++) {
		const char *kind = g->acts[i].kind;

		if (strcmp(kind, "rotate") != 0 &&
		    strcmp(kind, "recovery") != 0)
			continue;
		/* of a token that was lost */
		if (c->history->acts[g->acts[i].number - 1].state == ACT_VOID)
			continue;
		if (!rotate_act(c, g, i))
			return false;
	}
	return true;
}

/* ---- in groups of their own ---------------------------------------------- */

static const char *
tries_left(unsigned flags)
{
	if (flags & TOKEN_PIN_LOCKED)
		return "no try is left";
	if (flags & TOKEN_PIN_FINAL_TRY)
		return "one try is left";
	if (flags & TOKEN_PIN_COUNT_LOW)
		return "few tries are left";
	return "the token counts no failed try";
}

/* Say what is done and why; which PINs the token may have. */
static size_t
candidates(struct ceremony *c, const struct session *s,
    const struct history_epoch *epochs[SESSION_EPOCHS_MAX])
{
	const struct history_token *t = s->token;
	bool same =
	    memcmp(t->now.policy_sha256, t->next.policy_sha256, 32) == 0;

	if (t->next.epoch == 0) {
		const char *reason = history_unfit(c->history, t);

		epochs[0] = &t->now;
		people_say(c->people, "  %s: its PIN is changed%s%s", s->label,
		    reason == NULL ? "" : " first: ",
		    reason == NULL ? "" : reason);
		return 1;
	}
	epochs[0] = &t->next;
	epochs[1] = &t->now;
	people_say(c->people,
	    "  %s: a change of its PIN was cut off: the new one is tried%s, "
	    "never a third; %s",
	    s->label, same ? ", then the old one" : "", tries_left(s->flags));
	return same ? 2 : 1;
}

/* A new PIN that may not have come is not tried with the last try.  Where the
 * old one is of the same policy the signer sees to it itself. */
static bool
may_probe(struct ceremony *c, const struct session *s)
{
	if (!s->probing ||
	    !(s->flags & (TOKEN_PIN_FINAL_TRY | TOKEN_PIN_LOCKED)))
		return true;
	return ceremony_stop(c, EXIT_CARD,
	    "%s: %s and either of two PINs may be the right one: no try was "
	    "made: use a recovery step",
	    s->label, tries_left(s->flags));
}

/* One group that changes this PIN.  Under the policy that it is keyed for, as
 * far as that is known. */
static bool
rotate_alone(struct ceremony *c, unsigned step, enum plan_kind kind,
    const char *label, bool *absent)
{
	const struct history_token *t = history_token(c->history, label);
	const struct history_epoch *epochs[SESSION_EPOCHS_MAX] = { NULL };
	struct session *s = NULL;
	struct group *g = malloc(sizeof(*g));
	bool ok;

	if (g == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	ok = group_start_under(c, g, step, kind,
		 t->next.epoch != 0 ? t->next.policy_sha256
				    : t->now.policy_sha256) &&
	    group_open(c, g, label, absent, &s);
	if (ok) {
		size_t count = candidates(c, s, epochs);

		s->probing = t->next.epoch != 0 && count == 1;
		ok = may_probe(c, s) && group_tell_ca(c, s, epochs, count) &&
		    rotate_propose(c, g, s, ROTATE_PIN,
			c->history->policy_sha256) &&
		    group_approve(c, g) && rotate_all(c, g);
	}
	group_end(c, g);
	free(g);
	return ok;
}

void
rotate_say(struct ceremony *c)
{
	const struct history *h = c->history;

	for (size_t i = 0; i < h->token_count; i++) {
		const char *reason = history_unfit(h, &h->tokens[i]);

		if (reason != NULL)
			people_say(c->people,
			    "  %s: %s: it does nothing before it is changed, "
			    "with %u of the operators it is keyed for",
			    h->tokens[i].label, reason, h->tokens[i].now.m);
	}
}

bool
rotate_first_if(struct ceremony *c, unsigned step, enum plan_kind kind,
    const char *label, bool *absent)
{
	const struct history_token *t = history_token(c->history, label);

	while (t != NULL && history_unfit(c->history, t) != NULL) {
		if (!rotate_alone(c, step, kind, label, absent))
			return false;
	}
	return true;
}

bool
rotate_first(struct ceremony *c, unsigned step, enum plan_kind kind,
    const char *label)
{
	return rotate_first_if(c, step, kind, label, NULL);
}

/* People decide what to do about a token that is not there. */
static bool
put_off(struct ceremony *c, const char *label, bool *off)
{
	char what[96], reason[256] = "";

	if (c->abandon != NULL)
		snprintf(reason, sizeof(reason), "%s", c->abandon);
	switch (c->abandon != NULL ? PEOPLE_NO
				   : c->people->ops->put_off(c->people, label,
					 reason, sizeof(reason))) {
	case PEOPLE_YES:
		return true; /* it is there now */
	case PEOPLE_NO:
		*off = true;
		snprintf(what, sizeof(what), HISTORY_PUT_OFF "%s", label);
		return ceremony_record(c, "exception", NULL,
		    json_pack("{s:s,s:s}", "what", what, "reason", reason),
		    NULL);
	case PEOPLE_STOP:
		break;
	}
	return ceremony_stop(c, EXIT_CARD,
	    "%s: it is not here, and its PIN must be changed before the "
	    "ceremony ends: put it in and run the same plan again",
	    label);
}

/* In a ceremony that is given up a token that does not open any more is put
 * off as well. */
static bool
is_given_up(struct ceremony *c)
{
	if (c->abandon == NULL || c->status != EXIT_CARD)
		return false;
	people_say(c->people, "  %s", c->why);
	c->status = EXIT_DONE;
	c->why[0] = '\0';
	return true;
}

bool
rotate_left(struct ceremony *c, unsigned step, enum plan_kind kind)
{
	for (size_t i = 0; i < c->history->token_count; i++) {
		const struct history_token *t = &c->history->tokens[i];
		bool off = false;

		while (t->used && !off) {
			bool absent = t->doomed; /* no key to answer */

			if (!t->doomed &&
			    rotate_alone(c, step, kind, t->label, &absent))
				continue;
			if (!(absent || is_given_up(c)) ||
			    !put_off(c, t->label, &off))
				return false;
		}
	}
	return true;
}
