/* SPDX-License-Identifier: ISC */
/* Groups of acts: proposed, approved by m operators, begun, done. */
#include "ceremony/custodian/act.h"
#include "ceremony/custodian/evidence.h"
#include "ceremony/custodian/module_note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/rotate.h"
#include "ceremony/custodian/watch.h"
#include "smartcard/error.h"

void
group_start(struct ceremony *c, struct group *g, unsigned step,
    enum plan_kind kind)
{
	const struct history *h = c->history;

	memset(g, 0, sizeof(*g));
	g->step = step;
	g->kind = kind;
	memcpy(g->policy_sha256, h->policy_sha256, 32);
	g->operator_count = h->operator_count;
	memcpy(g->operators, h->operators, sizeof(g->operators));
	/* a first policy is agreed on by all */
	g->need = h->has_policy ? h->policy.m : (unsigned)h->operator_count;
}

void
group_order(struct group *g, group_first *first, const void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < g->operator_count; i++) {
		const struct history_operator who = g->operators[i];

		if (!first(arg, &who))
			continue;
		memmove(&g->operators[n + 1], &g->operators[n],
		    (i - n) * sizeof(who));
		g->operators[n++] = who;
	}
}

/* Is the card still one of the quorum's? */
static bool
is_present(const void *arg, const struct history_operator *who)
{
	const struct history *h = arg;

	for (size_t i = 0; i < h->operator_count; i++) {
		if (strcmp(h->operators[i].serial, who->serial) == 0)
			return true;
	}
	return false;
}

bool
group_start_under(struct ceremony *c, struct group *g, unsigned step,
    enum plan_kind kind, const uint8_t policy_sha256[32])
{
	const struct policy *p = history_policy(c->history, policy_sha256);

	group_start(c, g, step, kind);
	if (p == NULL)
		return ceremony_stop(c, EXIT_STATE,
		    "step %u: its token is keyed for no policy of this log",
		    step);
	memcpy(g->policy_sha256, policy_sha256, 32);
	g->need = p->m;
	g->operator_count = history_cards_of(c->history, p, g->operators);
	group_order(g, is_present, c->history);
	return true;
}

bool
group_start_on(struct ceremony *c, struct group *g, unsigned step,
    enum plan_kind kind, const char *label, struct session **out)
{
	group_start(c, g, step, kind);
	return group_join(c, g, label, out);
}

bool
group_join(struct ceremony *c, struct group *g, const char *label,
    struct session **out)
{
	const struct history_token *t = history_token(c->history, label);
	const struct history_epoch *now;

	if (t != NULL && t->doomed && g->kind != PLAN_DESTROY)
		return ceremony_stop(c, EXIT_REFUSED,
		    "%s: its destruction has begun: nothing but a destroy step "
		    "uses it",
		    label);
	if (!rotate_first(c, g->step, g->kind, label) ||
	    !group_open(c, g, label, NULL, out))
		return false;
	now = &(*out)->token->now;
	return group_tell_ca(c, *out, &now, 1);
}

/* A failed record stops the ceremony already. */
static bool
void_act(struct ceremony *c, const struct proposal *p, const char *reason)
{
	const struct history_act *a = &c->history->acts[p->number - 1];
	json_t *body;

	if (a->state != ACT_PROPOSED && a->state != ACT_BEGUN)
		return true;
	body = json_pack("{s:I,s:s}", "act", (json_int_t)p->number, "reason",
	    reason[0] == '\0' ? "stopped" : reason);
	if (body != NULL && p->came_count > 0 && a->state == ACT_BEGUN)
		json_object_set_new(body, "uses", json_came(p));
	return ceremony_record(c, "act.void", NULL, body, NULL);
}

void
group_void(struct ceremony *c, struct group *g)
{
	if (c->transcript == NULL)
		return;
	for (size_t i = 0; i < g->act_count; i++) {
		if (!void_act(c, &g->acts[i], c->why))
			return;
	}
}

bool
group_void_token(struct ceremony *c, struct group *g, size_t i,
    const char *reason)
{
	for (size_t k = i; k < g->act_count; k++) {
		if (g->acts[k].session == g->acts[i].session &&
		    !void_act(c, &g->acts[k], reason))
			return false;
	}
	return true;
}

static void
session_end(struct session *s)
{
	child_end(&s->child);
	json_decref(s->proof);
	s->proof = NULL;
}

void
group_end(struct ceremony *c, struct group *g)
{
	group_void(c, g);
	for (size_t i = 0; i < g->visitor_count; i++)
		child_end(&g->visitors[i].child);
	for (size_t i = 0; i < g->session_count; i++)
		session_end(&g->sessions[i]);
	g->visitor_count = g->session_count = g->act_count = 0;
}

/* The policy of the group, its text as stored. */
static bool
tell_context(struct ceremony *c, struct group *g, struct session *s)
{
	uint8_t *policy = NULL;
	size_t len = 0;

	if (!ceremony_load(c, g->policy_sha256, &policy, &len))
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

bool
group_tell_ca(struct ceremony *c, struct session *s,
    const struct history_epoch *const epochs[], size_t count)
{
	const struct history_key *ca = &s->token->keys[0];
	const struct history_key *sealer = &s->token->keys[1];

	for (size_t i = 0; i < count; i++)
		s->epochs[i] = *epochs[i];
	s->epoch_count = count;
	message_start(&c->out, MSG_CA);
	message_put_text(&c->out, ca->role);
	message_put_octets(&c->out, ca->spki.der, ca->spki.len);
	if (!put_object(c, ca->certified, ca->cert) ||
	    !put_object(c, sealer->role[0] != '\0' && sealer->certified,
		sealer->cert))
		return false;
	message_put_number(&c->out, epochs[0]->epoch);
	message_put_octets(&c->out, epochs[0]->policy_sha256, 32);
	if (!child_ask(c, &s->child, MSG_OK))
		return false;
	if (count < 2)
		return true;
	message_start(&c->out, MSG_EPOCH);
	message_put_number(&c->out, epochs[1]->epoch);
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

static bool
find_token(struct ceremony *c, struct session *s, const char *label)
{
	s->token = history_token(c->history, label);
	return (s->token != NULL && s->token->now.epoch != 0) ||
	    ceremony_stop(c, EXIT_INPUT,
		"%s: no CA was made on a token of this label in this log",
		label);
}

/* What answered is the token of the log. */
static bool
hear_opened(struct ceremony *c, struct session *s)
{
	char got[33], path[256];

	message_get_text(&c->in, got, sizeof(got) - 1);
	message_get_text(&c->in, s->serial, sizeof(s->serial) - 1);
	message_get_text(&c->in, path, sizeof(path) - 1);
	s->flags = (unsigned)message_get_number(&c->in);
	if (!child_fields_ok(c))
		return false;
	if (strcmp(s->serial, s->token->serial) != 0)
		return ceremony_stop(c, EXIT_CARD,
		    "%s: another token answered (serial %s, made as %s)",
		    s->label, s->serial, s->token->serial);
	return true;
}

/* A token that is not there is asked for, where it can be seen to come; unread:
 * what to say of a card that could not be asked, or NULL. */
static bool
comes(struct ceremony *c, const struct session *s, const char *unread)
{
	const struct watch_card card = { s->token->module, s->label,
		s->token->serial, "CA token", .blank = false };

	if (!watch_possible(c, &card))
		return false;
	if (unread != NULL)
		people_say(c->people, "  %s", unread);
	return watch_card(c, &card) == PEOPLE_YES;
}

/* The answer is in c->in: it is open, or a fault. */
static bool
ask_open(struct ceremony *c, struct session *s)
{
	message_start(&c->out, MSG_OPEN);
	message_put_text(&c->out, s->token->module);
	message_put_text(&c->out, s->label);
	message_put_text(&c->out, s->token->serial);
	message_put_number(&c->out, false); /* nobody could type its PIN */
	return child_tell(c, &s->child) &&
	    child_hear_either(c, &s->child, MSG_OPENED, MSG_FAULT);
}

bool
group_open(struct ceremony *c, struct group *g, const char *label, bool *absent,
    struct session **out)
{
	struct session *s = session_new(c, g, label);

	if (absent != NULL)
		*absent = false;
	if (s == NULL || !find_token(c, s, label) || !ask_open(c, s))
		return false;
	if (c->in.kind == MSG_FAULT && absent != NULL &&
	    (*absent = child_is_absent(c)))
		return false;
	while (c->in.kind == MSG_FAULT && child_is_absent(c)) {
		const bool unread = child_is_unread(child_fault_code(c));
		char text[513];

		if (!child_fault_text(c, text))
			return false;
		if (!comes(c, s, unread ? text : NULL))
			return ceremony_stop(c, EXIT_CARD, "%s", text);
		if (!ask_open(c, s))
			return false;
	}
	if (c->in.kind == MSG_FAULT)
		return child_fault(c);
	*out = s;
	return hear_opened(c, s) &&
	    module_note(c, &s->child, s->token->module) &&
	    tell_context(c, g, s);
}

bool
group_open_blank(struct ceremony *c, struct group *g,
    const struct plan_token *t, struct session **out)
{
	*out = session_new(c, g, t->label);
	return *out != NULL && child_tell_blank(c, &(*out)->child, t->serial) &&
	    tell_context(c, g, *out);
}

bool
group_act(struct ceremony *c, struct group *g, struct session *s,
    uint32_t epoch, const char *kind)
{
	struct proposal *p = &g->acts[g->act_count];

	if (g->act_count == GROUP_ACTS_MAX)
		return ceremony_stop(c, EXIT_PROCESS, "too many acts at once");
	memset(p, 0, sizeof(*p));
	p->session = s;
	p->epoch = epoch;
	p->kind = kind == NULL ? plan_kind_name(g->kind) : kind;
	p->resumes = kind == NULL ? g->resumes : 0;
	if (s == NULL)
		return true;
	message_start(&c->out, MSG_ACT);
	message_put_number(&c->out, c->history->act_count + 1);
	message_put_number(&c->out, p->resumes);
	message_put_number(&c->out, g->step);
	message_put_number(&c->out, epoch);
	message_put_text(&c->out, p->kind);
	return child_ask(c, &s->child, MSG_OK);
}

bool
group_tell_derive(struct ceremony *c, struct session *s,
    const struct history_operator *operators, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t *der = NULL;
		size_t len = 0;

		if (!ceremony_load(c, operators[i].derive_cert, &der, &len))
			return false;
		message_start(&c->out, MSG_DERIVE_CERT);
		message_put_text(&c->out, operators[i].id);
		message_put_octets(&c->out, der, len);
		free(der);
		if (!child_ask(c, &s->child, MSG_OK))
			return false;
	}
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
group_fault(struct ceremony *c, const struct proposal *p)
{
	if (child_fault_code(c) == FAULT_EXPOSED &&
	    !ceremony_record(c, "pin.exposed", NULL,
		json_pack("{s:I,s:s}", "act", (json_int_t)p->number, "label",
		    p->session->label),
		NULL))
		return false;
	return child_fault(c);
}

/* The act.begin line just written, for its signer. */
static void
put_begin(struct ceremony *c, enum message_kind kind, const struct proposal *p)
{
	size_t len;
	const char *line = transcript_line(c->transcript,
	    transcript_count(c->transcript) - 1, &len);

	message_start(&c->out, kind);
	message_put_number(&c->out, p->number);
	message_put_octets(&c->out, line, len);
}

/* What is to get a DKEK must show what it is first. */
static bool
show(struct ceremony *c, const struct proposal *p)
{
	struct session *s = p->session;

	if (!s->shows)
		return true;
	put_begin(c, MSG_PROVE, p);
	return child_ask(c, &s->child, MSG_SHOWN) &&
	    evidence_shown(c, s->label, p->number, &s->proof);
}

/* Have the signer unlock its token. */
static bool
tell_begin(struct ceremony *c, const struct proposal *p)
{
	put_begin(c, MSG_BEGIN, p);
	p->session->opened = 0;
	return child_tell(c, &p->session->child);
}

static bool
hear_begun(struct ceremony *c, const struct proposal *p)
{
	struct session *s = p->session;

	if (!child_hear_either(c, &s->child, MSG_BEGUN, MSG_FAULT))
		return false;
	if (c->in.kind == MSG_FAULT && s->probing &&
	    child_fault_code(c) == CARD_ERR_PIN)
		return true; /* s->opened stays 0 */
	if (c->in.kind == MSG_FAULT)
		return group_fault(c, p);
	s->opened = (uint32_t)message_get_number(&c->in);
	return child_fields_ok(c);
}

bool
group_begin_tell(struct ceremony *c, struct group *g, size_t i)
{
	struct proposal *p = &g->acts[i];

	if (people_interrupted())
		return ceremony_stop(c, EXIT_STOPPED,
		    "stopped before act %llu: it was not begun; run the same "
		    "plan again",
		    (unsigned long long)p->number);
	if (!write_begin(c, p))
		return false;
	p->begun = transcript_count(c->transcript);
	return p->session == NULL ||
	    (show(c, p) && group_give_shares(c, g, p->session) &&
		tell_begin(c, p));
}

/* One that S opens, or whose PIN was none of those tried, has no head to look
 * at yet. */
static bool
has_head(const struct session *s)
{
	return s != NULL && !s->by_so && !(s->probing && s->opened == 0);
}

bool
group_begin_hear(struct ceremony *c, struct group *g, size_t i)
{
	struct proposal *p = &g->acts[i];
	struct session *s = p->session;

	return s == NULL ||
	    (hear_begun(c, p) && (!has_head(s) || head_ask(c, &s->child)));
}

bool
group_begin_show(struct ceremony *c, struct group *g, size_t i)
{
	struct proposal *p = &g->acts[i];
	struct session *s = p->session;

	/* the memory of one whose PIN changes is moved behind that; of one
	 * that goes under an earlier policy's operators it stays */
	return !has_head(s) ||
	    head_show(c, &s->child, s->label,
		strcmp(p->kind, "rotate") != 0 &&
		    !(s->token != NULL && s->token->doomed &&
			history_stale(c->history, s->token)),
		p->begun, &p->head_due);
}

bool
group_begin_end(struct ceremony *c, struct group *g, size_t i)
{
	struct proposal *p = &g->acts[i];
	struct session *s = p->session;

	return !has_head(s) || head_shown(c, &s->child, p->head_due);
}

bool
group_begin(struct ceremony *c, struct group *g, size_t i)
{
	return group_begin_tell(c, g, i) && group_begin_hear(c, g, i) &&
	    group_begin_show(c, g, i) && group_begin_end(c, g, i);
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
