/* SPDX-License-Identifier: ISC */
/* Operators come, approve what stands and open their shares. */
#include "ceremony/custodian/act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/share.h"

/* Did the card say so before it was pulled out? */
static bool
has_approved(const struct ceremony *c, const struct proposal *p, const char *id)
{
	const struct history_act *a = &c->history->acts[p->number - 1];

	for (unsigned i = 0; i < a->approved; i++) {
		if (strcmp(a->operators[i], id) == 0)
			return true;
	}
	return false;
}

static bool
approve_act(struct ceremony *c, struct group *g, struct visitor *v, size_t i)
{
	struct proposal *p = &g->acts[i];
	char text[APPROVAL_TEXT_MAX];
	uint8_t sig[APPROVAL_SIG_MAX];
	const uint8_t *got;
	size_t len = 0;

	if (approval_text(&c->history->acts[p->number - 1].approval, v->who->id,
		text, &len) != QUORUM_OK)
		return ceremony_stop(c, EXIT_PROCESS, "approval: no text");
	message_start(&c->out, MSG_APPROVE);
	message_put_text(&c->out, v->who->id);
	message_put_octets(&c->out, text, len);
	if (!child_ask(c, &v->child, MSG_SIGNATURE))
		return false;
	got = message_get_octets(&c->in, sizeof(sig), &len);
	if (!child_fields_ok(c))
		return false;
	memcpy(sig, got, len);
	if (!ceremony_record(c, "approve", v->who->id,
		json_pack("{s:I,s:s,s:o}", "act", (json_int_t)p->number,
		    "operator", v->who->id, "signature", json_octets(sig, len)),
		NULL))
		return false;
	if (p->session == NULL)
		return true;
	message_start(&c->out, MSG_APPROVAL);
	message_put_number(&c->out, p->number);
	message_put_text(&c->out, v->who->id);
	message_put_octets(&c->out, sig, len);
	return child_ask(c, &p->session->child, MSG_OK);
}

static const struct history_share *
share_of(const struct history_epoch *e, const char *id)
{
	for (size_t i = 0; i < e->n; i++) {
		if (strcmp(e->shares[i].operator_id, id) == 0)
			return &e->shares[i];
	}
	return NULL;
}

enum share_try {
	SHARE_OPEN,
	SHARE_BAD, /* this card cannot, others can go on */
	SHARE_STOP
};

/* What a card said to a share that it was to open. */
static enum share_try
judge_share(struct ceremony *c)
{
	char text[513];

	if (c->in.kind == MSG_OK)
		return SHARE_OPEN;
	if (child_fault_code(c) != FAULT_SHARE) {
		child_fault(c);
		return SHARE_STOP;
	}
	child_fault_text(c, text);
	people_say(c->people, "  %s", text);
	return SHARE_BAD;
}

/* Have the card open its share of a PIN's secret; the operator's signer keeps
 * it until the first act on that token has begun. */
static enum share_try
open_share(struct ceremony *c, struct visitor *v, const struct session *s,
    const struct history_epoch *e)
{
	const struct history_share *share = share_of(e, v->who->id);
	uint8_t *blob = NULL;
	size_t len = 0;

	if (share == NULL) {
		ceremony_stop(c, EXIT_REFUSED, "%s: %s has no share of its PIN",
		    s->label, v->who->id);
		return SHARE_STOP;
	}
	if (!share_load(c, share->blob, &blob, &len))
		return SHARE_BAD;
	message_start(&c->out, MSG_UNWRAP);
	message_put_text(&c->out, s->token->serial);
	message_put_number(&c->out, e->epoch);
	message_put_number(&c->out, share->x);
	message_put_number(&c->out, e->m);
	message_put_number(&c->out, e->n);
	message_put_octets(&c->out, share->commitment, 32);
	message_put_octets(&c->out, blob, len);
	free(blob);
	if (!child_tell(c, &v->child) ||
	    !child_hear_either(c, &v->child, MSG_OK, MSG_FAULT))
		return SHARE_STOP;
	return judge_share(c);
}

/* A rotation that was cut off may have left shares that are no good, of the PIN
 * before or of the new one: the token has one of the two. */
static enum share_try
open_shares(struct ceremony *c, struct group *g, struct visitor *v)
{
	for (size_t i = 0; i < g->session_count; i++) {
		struct session *s = &g->sessions[i];
		bool any = s->epoch_count == 0;

		for (size_t k = 0; k < s->epoch_count; k++) {
			enum share_try got = open_share(c, v, s, &s->epochs[k]);

			v->opened[i][k] = got == SHARE_OPEN;
			any = any || got == SHARE_OPEN;
			if (got == SHARE_STOP)
				return got;
		}
		if (!any)
			return SHARE_BAD;
	}
	return SHARE_OPEN;
}

/* An operator came whose card does not do its part: no approval of theirs. */
static bool
record_refused(struct ceremony *c, const struct group *g, const char *id)
{
	for (size_t i = 0; c->out_reason != NULL && i < g->act_count; i++) {
		if (!ceremony_record(c, "approve.refused", NULL,
			json_pack("{s:I,s:s,s:s}", "act",
			    (json_int_t)g->acts[i].number, "operator", id,
			    "reason", c->out_reason),
			NULL))
			return false;
	}
	return true;
}

/* The shares first: who cannot give them approves nothing.  *absent: others
 * can go on. */
static bool
visit(struct ceremony *c, struct group *g, struct visitor *v, bool *absent)
{
	if (!visit_open(c, v->who, &v->child, absent))
		return false;
	switch (open_shares(c, g, v)) {
	case SHARE_OPEN:
		break;
	case SHARE_BAD:
		child_end(&v->child);
		*absent = true;
		return visit_out(c, v->who, "its share does not open");
	case SHARE_STOP:
		return false;
	}
	for (size_t i = 0; i < g->act_count; i++) {
		if (!has_approved(c, &g->acts[i], v->who->id) &&
		    !approve_act(c, g, v, i))
			return false;
	}
	people_say(c->people, "  %s approved %s", v->who->id,
	    plan_kind_name(g->kind));
	return true;
}

bool
group_approve(struct ceremony *c, struct group *g)
{
	for (size_t i = 0; i < g->operator_count && g->visitor_count < g->need;
	     i++) {
		struct visitor *v = &g->visitors[g->visitor_count++];
		bool absent = false, came;
		unsigned pulls = 0;

		do {
			memset(v, 0, sizeof(*v));
			v->child = (struct child){ .pid = -1, .sock = -1 };
			v->who = &g->operators[i];
			came = visit(c, g, v, &absent);
		} while (!came && visit_again(c, v->who, &v->child, &pulls));
		if (came)
			continue;
		if (!absent || !record_refused(c, g, v->who->id))
			return false;
		g->visitor_count--;
	}
	c->visiting = false;
	if (g->visitor_count == g->need)
		return true;
	return ceremony_stop(c, EXIT_REFUSED,
	    "step %u %s: %zu of %u approvals: nothing was signed; run the "
	    "same plan again when more operators are here",
	    g->step, plan_kind_name(g->kind), g->visitor_count, g->need);
}

/* One share from the operator's signer straight into the CA token's. */
static bool
give_share(struct ceremony *c, struct session *s, const struct history_epoch *e,
    struct visitor *v, uint64_t index)
{
	const struct history_share *share = share_of(e, v->who->id);
	int pair[2];

	if (!child_pair(c, pair))
		return false;
	message_start(&c->out, MSG_RELEASE);
	message_put_number(&c->out, index);
	c->out.fd = pair[0];
	if (!child_ask(c, &v->child, MSG_OK)) {
		close(pair[1]);
		return false;
	}
	message_start(&c->out, MSG_SHARE);
	message_put_number(&c->out, e->epoch);
	message_put_number(&c->out, share->x);
	message_put_octets(&c->out, share->commitment, 32);
	c->out.fd = pair[1];
	return child_ask(c, &s->child, MSG_OK);
}

/* The place of a share among those that a card has opened. */
static uint64_t
share_index(const struct group *g, const struct visitor *v, size_t session,
    size_t epoch)
{
	uint64_t index = 0;

	for (size_t i = 0; i < session; i++)
		for (size_t k = 0; k < g->sessions[i].epoch_count; k++)
			index += v->opened[i][k];
	for (size_t k = 0; k < epoch; k++)
		index += v->opened[session][k];
	return index;
}

bool
group_give_shares(struct ceremony *c, struct group *g, struct session *s)
{
	size_t at = (size_t)(s - g->sessions);

	if (s->shares_given)
		return true;
	for (size_t i = 0; i < g->visitor_count; i++) {
		struct visitor *v = &g->visitors[i];

		for (size_t k = 0; k < s->epoch_count; k++) {
			if (v->opened[at][k] &&
			    !give_share(c, s, &s->epochs[k], v,
				share_index(g, v, at, k)))
				return false;
		}
	}
	s->shares_given = true;
	return true;
}
