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
	char got[33], path[256];

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
	message_get_text(&c->in, path, sizeof(path) - 1);
	message_get_number(&c->in);
	if (!child_fields_ok(c))
		return false;
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
	if (!group_give_shares(c, g, s))
		return false;
	message_start(&c->out, MSG_BEGIN);
	message_put_number(&c->out, p->number);
	message_put_octets(&c->out, line, len);
	if (!child_ask(c, &s->child, MSG_BEGUN))
		return false;
	message_get_number(&c->in);
	return child_fields_ok(c) &&
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
