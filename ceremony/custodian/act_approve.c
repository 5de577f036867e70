/* SPDX-License-Identifier: ISC */
/* Operators come, approve what stands and open their shares. */
#include "ceremony/custodian/act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transfer/text.h"

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
share_of(const struct history_token *t, const char *id)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->shares[i].operator_id, id) == 0)
			return &t->shares[i];
	}
	return NULL;
}

/* Have the card open its share of a token's K; the operator's signer keeps it
 * until the first act on that token has begun. */
static bool
open_share(struct ceremony *c, struct visitor *v, const struct session *s)
{
	const struct history_token *t = s->token;
	const struct history_share *share = share_of(t, v->who->id);
	uint8_t *blob = NULL;
	size_t len = 0;

	if (share == NULL)
		return ceremony_stop(c, EXIT_REFUSED,
		    "%s: %s has no share of its PIN", s->label, v->who->id);
	if (!ceremony_load(c, share->blob, &blob, &len))
		return false;
	message_start(&c->out, MSG_UNWRAP);
	message_put_text(&c->out, t->serial);
	message_put_number(&c->out, t->epoch);
	message_put_number(&c->out, share->x);
	message_put_number(&c->out, t->m);
	message_put_number(&c->out, t->n);
	message_put_octets(&c->out, share->commitment, 32);
	message_put_octets(&c->out, blob, len);
	free(blob);
	return child_ask(c, &v->child, MSG_OK);
}

static bool
visit(struct ceremony *c, struct group *g, struct visitor *v)
{
	for (size_t i = 0; i < g->act_count; i++) {
		if (!approve_act(c, g, v, i))
			return false;
	}
	for (size_t i = 0; i < g->session_count; i++) {
		if (g->sessions[i].token == NULL)
			continue;
		if (!open_share(c, v, &g->sessions[i]))
			return false;
		v->opened[i] = true;
	}
	people_say(c->people, "  %s approved %s", v->who->id,
	    plan_kind_name(g->kind));
	return true;
}

/* An operator came whose PIN does not open the card: no approval of theirs. */
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

bool
group_approve(struct ceremony *c, struct group *g, unsigned need)
{
	const struct history *h = c->history;

	for (size_t i = 0; i < h->operator_count; i++) {
		struct visitor *v = &g->visitors[g->visitor_count];
		bool absent = false;
		if (g->visitor_count == need)
			break;
		memset(v, 0, sizeof(*v));
		v->who = &h->operators[i];
		if (!visit_open(c, v->who, &v->child, &absent)) {
			if (!absent || !record_refused(c, g, v->who->id))
				return false;
			continue;
		}
		g->visitor_count++;
		if (!visit(c, g, v))
			return false;
	}
	if (g->visitor_count == need)
		return true;
	return ceremony_stop(c, EXIT_REFUSED,
	    "step %u %s: %zu of %u approvals: nothing was signed; run the "
	    "same plan again when more operators are here",
	    g->step, plan_kind_name(g->kind), g->visitor_count, need);
}

/* One share from the operator's signer straight into the CA token's. */
static bool
give_share(struct ceremony *c, struct group *g, size_t session,
    struct visitor *v)
{
	struct session *s = &g->sessions[session];
	const struct history_share *share = share_of(s->token, v->who->id);
	uint64_t index = 0;
	int pair[2];

	for (size_t i = 0; i < session; i++)
		index += v->opened[i];
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
	message_put_number(&c->out, s->token->epoch);
	message_put_number(&c->out, share->x);
	message_put_octets(&c->out, share->commitment, 32);
	c->out.fd = pair[1];
	return child_ask(c, &s->child, MSG_OK);
}

bool
group_give_shares(struct ceremony *c, struct group *g, struct session *s)
{
	size_t session = (size_t)(s - g->sessions);

	if (s->token == NULL || s->shares_given)
		return true;
	for (size_t i = 0; i < g->visitor_count; i++) {
		if (!give_share(c, g, session, &g->visitors[i]))
			return false;
	}
	s->shares_given = true;
	return true;
}
