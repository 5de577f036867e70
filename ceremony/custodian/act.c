/* SPDX-License-Identifier: ISC */
/* Groups of acts: proposed, approved by m operators, begun, done. */
#include "ceremony/custodian/act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/record/history.h"
#include "transfer/text.h"

void
group_start(struct group *g, unsigned step, enum plan_kind kind)
{
	memset(g, 0, sizeof(*g));
	g->step = step;
	g->kind = kind;
}

void
group_void(struct ceremony *c, struct group *g)
{
	if (c->transcript == NULL)
		return;
	for (size_t i = 0; i < g->act_count; i++) {
		const struct history_act *a =
		    &c->history->acts[g->acts[i].number - 1];
		if (a->state != ACT_PROPOSED && a->state != ACT_BEGUN)
			continue;
		/* a failed record stops the ceremony already */
		if (!ceremony_record(c, "act.void", NULL,
			json_pack("{s:I,s:s}", "act",
			    (json_int_t)g->acts[i].number, "reason",
			    c->why[0] == '\0' ? "stopped" : c->why),
			NULL))
			return;
	}
}

void
group_end(struct ceremony *c, struct group *g)
{
	group_void(c, g);
	for (size_t i = 0; i < g->visitor_count; i++)
		child_end(&g->visitors[i].child);
	for (size_t i = 0; i < g->session_count; i++)
		child_end(&g->sessions[i].child);
	g->visitor_count = g->session_count = g->act_count = 0;
}

/* The policy in force, its text as stored. */
static bool
tell_context(struct ceremony *c, struct session *s)
{
	uint8_t *policy = NULL;
	size_t len = 0;

	if (!ceremony_load(c, c->history->policy_sha256, &policy, &len))
		return false;
	message_start(&c->out, MSG_CONTEXT);
	message_put_text(&c->out, c->plan->log);
	message_put_text(&c->out, c->plan->ceremony);
	message_put_octets(&c->out, c->plan_sha256, 32);
	message_put_octets(&c->out, policy, len);
	free(policy);
	return child_ask(c, &s->child, MSG_OK);
}

static bool
put_object(struct ceremony *c, bool there, const uint8_t digest[32])
{
	uint8_t *data = NULL;
	size_t len = 0;

	if (there && !ceremony_load(c, digest, &data, &len))
		return false;
	message_put_octets(&c->out, data, len);
	free(data);
	return true;
}

static bool
tell_ca(struct ceremony *c, struct session *s)
{
	const struct history_token *t = s->token;
	const struct history_key *ca = &t->keys[0], *sealer = &t->keys[1];

	message_start(&c->out, MSG_CA);
	message_put_text(&c->out, ca->role);
	message_put_octets(&c->out, ca->spki.der, ca->spki.len);
	if (!put_object(c, ca->certified, ca->cert) ||
	    !put_object(c, sealer->role[0] != '\0' && sealer->certified,
		sealer->cert))
		return false;
	message_put_number(&c->out, t->epoch);
	message_put_octets(&c->out, t->policy_sha256, 32);
	return child_ask(c, &s->child, MSG_OK);
}

static struct session *
session_new(struct ceremony *c, struct group *g, const char *label)
{
	struct session *s = &g->sessions[g->session_count];

	if (g->session_count == GROUP_SESSIONS_MAX) {
		ceremony_stop(c, EXIT_PROCESS, "too many CA tokens at once");
		return NULL;
	}
	memset(s, 0, sizeof(*s));
	s->child = (struct child){ .pid = -1, .sock = -1 };
	snprintf(s->label, sizeof(s->label), "%s", label);
	g->session_count++;
	return child_start(c, SPAWN_SIGNER, &s->child) ? s : NULL;
}

bool
group_open(struct ceremony *c, struct group *g, const char *label,
    struct session **out)
{
	struct session *s = session_new(c, g, label);
	char got[33];

	if (s == NULL)
		return false;
	s->token = history_token(c->history, label);
	if (s->token == NULL || s->token->epoch == 0)
		return ceremony_stop(c, EXIT_INPUT,
		    "%s: no CA was made on a token of this label in this log",
		    label);
	message_start(&c->out, MSG_OPEN);
	message_put_text(&c->out, s->token->module);
	message_put_text(&c->out, label);
	message_put_text(&c->out, s->token->serial);
	if (!child_ask(c, &s->child, MSG_OPENED))
		return false;
	message_get_text(&c->in, got, sizeof(got) - 1);
	message_get_text(&c->in, s->serial, sizeof(s->serial) - 1);
	if (strcmp(s->serial, s->token->serial) != 0)
		return ceremony_stop(c, EXIT_CARD,
		    "%s: another token answered (serial %s, made as %s)", label,
		    s->serial, s->token->serial);
	*out = s;
	return tell_context(c, s) && tell_ca(c, s);
}

bool
group_open_blank(struct ceremony *c, struct group *g, const char *label,
    struct session **out)
{
	*out = session_new(c, g, label);
	return *out != NULL && tell_context(c, *out);
}

bool
group_act(struct ceremony *c, struct group *g, struct session *s,
    uint32_t epoch)
{
	message_start(&c->out, MSG_ACT);
	message_put_number(&c->out, c->history->act_count + 1);
	message_put_number(&c->out, g->resumes);
	message_put_number(&c->out, g->step);
	message_put_number(&c->out, epoch);
	message_put_text(&c->out, plan_kind_name(g->kind));
	return child_ask(c, &s->child, MSG_OK);
}

static json_t *
json_uses(const struct use *uses, size_t count)
{
	json_t *out = json_array();

	for (size_t i = 0; i < count; i++) {
		if (uses[i].count > 0)
			json_array_append_new(out,
			    json_pack("{s:s,s:I}", "use", uses[i].name, "n",
				(json_int_t)uses[i].count));
	}
	return out;
}

static json_t *
json_hex_or_dash(const uint8_t *data, size_t len)
{
	char hex[TEXT_HEX_SIZE(32)];

	if (len == 0)
		return json_string("-");
	text_hex(data, len, hex);
	return json_string(hex);
}

/* Of an act that is proposed: what the record says beyond the group. */
struct offer {
	const char *label, *token;
	uint32_t epoch;
	uint8_t policy[32], nonce[16], issuer[32];
	size_t nonce_len, issuer_len;
};

static bool
write_propose(struct ceremony *c, struct group *g, struct proposal *p,
    const struct offer *o, const struct use *uses, size_t use_count)
{
	p->number = c->history->act_count + 1;
	return ceremony_record(c, "act.propose", NULL,
	    json_pack("{s:I,s:I,s:i,s:s,s:s,s:s,s:i,s:o,s:o,s:o,s:o,s:o,s:o}",
		"act", (json_int_t)p->number, "resumes", (json_int_t)g->resumes,
		"step", (int)g->step, "kind", plan_kind_name(g->kind), "label",
		o->label, "token", o->token, "epoch", (int)o->epoch,
		"policy_sha256", json_digest(o->policy), "plan_sha256",
		json_digest(c->plan_sha256), "input_sha256",
		json_digest(p->input), "uses", json_uses(uses, use_count),
		"issuer_spki_sha256",
		json_hex_or_dash(o->issuer, o->issuer_len), "nonce",
		json_hex_or_dash(o->nonce, o->nonce_len)),
	    &p->line);
}

static struct proposal *
proposal_new(struct ceremony *c, struct group *g, struct session *s)
{
	struct proposal *p = &g->acts[g->act_count];

	if (g->act_count == GROUP_ACTS_MAX) {
		ceremony_stop(c, EXIT_PROCESS, "too many acts at once");
		return NULL;
	}
	memset(p, 0, sizeof(*p));
	p->session = s;
	return p;
}

/* The signer's answer to `prepare`; the input is stored before it is
 * proposed, and must be what the signer says it hashed. */
static bool
hear_prepared(struct ceremony *c, struct session *s, struct proposal *p,
    struct offer *o, const void *input, size_t input_len)
{
	uint8_t want[32], *sent = NULL;
	uint64_t len;
	const uint8_t *issuer;
	bool ok;

	message_start(&c->out, MSG_PREPARE);
	if (!child_ask(c, &s->child, MSG_PREPARED))
		return false;
	message_get_exact(&c->in, o->nonce, sizeof(o->nonce));
	issuer = message_get_octets(&c->in, 32, &o->issuer_len);
	if (issuer != NULL)
		memcpy(o->issuer, issuer, o->issuer_len);
	message_get_exact(&c->in, want, sizeof(want));
	len = message_get_number(&c->in);
	if (!child_fields_ok(c) || !child_hear_parts(c, &s->child, len, &sent))
		return false;
	ok = ceremony_store(c, len > 0 ? sent : input,
	    len > 0 ? len : input_len, p->input);
	free(sent);
	if (!ok)
		return false;
	if (memcmp(want, p->input, sizeof(want)) != 0)
		return ceremony_stop(c, EXIT_PROCESS,
		    "signer of %s: prepared something else than it was told: "
		    "nothing was signed",
		    s->label);
	o->nonce_len = sizeof(o->nonce);
	memcpy(p->nonce, o->nonce, sizeof(p->nonce));
	return true;
}

bool
group_propose(struct ceremony *c, struct group *g, struct session *s,
    const struct use *uses, size_t use_count, uint32_t epoch, const void *input,
    size_t input_len)
{
	struct proposal *p = proposal_new(c, g, s);
	struct offer o = { .label = s->label,
		.token = s->token == NULL ? s->label : s->serial,
		.epoch = epoch };
	const char *line;
	size_t len;

	if (p == NULL || !hear_prepared(c, s, p, &o, input, input_len))
		return false;
	memcpy(o.policy, c->history->policy_sha256, 32);
	if (!write_propose(c, g, p, &o, uses, use_count))
		return false;
	g->act_count++;
	line = transcript_line(c->transcript,
	    transcript_count(c->transcript) - 1, &len);
	message_start(&c->out, MSG_PROPOSED);
	message_put_number(&c->out, p->number);
	message_put_octets(&c->out, line, len);
	return child_ask(c, &s->child, MSG_OK);
}

bool
group_propose_policy(struct ceremony *c, struct group *g, const char *text,
    size_t len)
{
	static const struct use use = { "self-test", 1 };
	struct proposal *p = proposal_new(c, g, NULL);
	struct offer o = { .label = "-", .token = "-" };

	if (p == NULL || !ceremony_store(c, text, len, p->input))
		return false;
	memcpy(o.policy, p->input, 32);
	if (!write_propose(c, g, p, &o, &use, 1))
		return false;
	g->act_count++;
	return true;
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
			if (!absent)
				return false;
			people_say(c->people, "  %s: card %s is not here",
			    v->who->id, v->who->label);
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
	message_put_number(&c->out, share->x);
	message_put_octets(&c->out, share->commitment, 32);
	c->out.fd = pair[1];
	return child_ask(c, &s->child, MSG_OK);
}

static bool
give_shares(struct ceremony *c, struct group *g, struct session *s)
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

static bool
write_begin(struct ceremony *c, const struct proposal *p)
{
	const struct history_act *a = &c->history->acts[p->number - 1];
	json_t *who = json_array();

	for (unsigned i = 0; i < a->approved; i++)
		json_array_append_new(who, json_string(a->operators[i]));
	return ceremony_record(c, "act.begin", NULL,
	    json_pack("{s:I,s:o}", "act", (json_int_t)p->number, "operators",
		who),
	    NULL);
}

bool
group_begin(struct ceremony *c, struct group *g, size_t i)
{
	struct proposal *p = &g->acts[i];
	struct session *s = p->session;
	const char *line;
	size_t len;

	if (people_interrupted())
		return ceremony_stop(c, EXIT_STOPPED,
		    "stopped before act %llu: it was not begun; run the same "
		    "plan again",
		    (unsigned long long)p->number);
	if (!write_begin(c, p))
		return false;
	if (s == NULL)
		return true;
	line = transcript_line(c->transcript,
	    transcript_count(c->transcript) - 1, &len);
	if (!give_shares(c, g, s))
		return false;
	message_start(&c->out, MSG_BEGIN);
	message_put_number(&c->out, p->number);
	message_put_octets(&c->out, line, len);
	return child_ask(c, &s->child, MSG_OK) &&
	    head_check(c, &s->child, s->label, s->serial, true);
}

bool
group_result(struct ceremony *c, struct group *g, size_t i,
    const struct use *uses, size_t use_count, json_t *rest)
{
	json_t *body = json_pack("{s:I,s:o}", "act",
	    (json_int_t)g->acts[i].number, "uses", json_uses(uses, use_count));

	if (rest == NULL || json_object_update(body, rest) != 0) {
		json_decref(body);
		json_decref(rest);
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	}
	json_decref(rest);
	return ceremony_record(c, "act.result", NULL, body, NULL);
}
