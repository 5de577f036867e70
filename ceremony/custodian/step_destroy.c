/* SPDX-License-Identifier: ISC */
/* The keys of a CA token are destroyed for good. */
#include <string.h>

#include "ceremony/custodian/act.h"
#include "ceremony/custodian/chain.h"
#include "ceremony/custodian/resume.h"

static const char *
label_of(const struct ceremony *c, const struct plan_step *s)
{
	return c->plan->tokens[s->u.end.token].label;
}

/* Other tokens with the CA's key that are left when the step comes. */
static unsigned
copies_then(const struct ceremony *c, const struct plan_step *s,
    const struct history_token *t)
{
	unsigned copies = history_copies(c->history, t);

	for (const struct plan_step *b = c->plan->steps; b < s; b++) {
		const struct history_token *other = b->kind == PLAN_DESTROY
		    ? history_token(c->history, label_of(c, b))
		    : NULL;

		if (other != NULL && !other->destroyed && !other->doomed &&
		    policy_spki_equal(&other->keys[0].spki, &t->keys[0].spki) &&
		    copies > 0)
			copies--;
	}
	return copies;
}

/* Nothing is lost that nobody said may be. */
static bool
may_go(struct ceremony *c, const struct plan_step *s,
    const struct history_token *t)
{
	return s->u.end.last_copy || copies_then(c, s, t) > 0 ||
	    ceremony_stop(c, EXIT_REFUSED,
		"%s: no other token of this log holds the key of its CA: it "
		"would be gone for ever: say \"last-copy: accepted\" in the "
		"plan if that is meant",
		t->label);
}

bool
step_destroy_check(struct ceremony *c, const struct plan_step *s)
{
	const unsigned number = (unsigned)(s - c->plan->steps) + 1;
	const char *label = label_of(c, s);
	const struct history_token *t = history_token(c->history, label);

	if (t == NULL &&
	    !chain_planned(c, s, PLAN_PRODUCT_CA, s->u.end.token) &&
	    !chain_planned(c, s, PLAN_ROOT, s->u.end.token))
		return ceremony_stop(c, EXIT_INPUT,
		    "%s: no CA was made on a token of this label in this log",
		    label);
	if (t == NULL ||
	    (t->destroyed && resume_has_kind(c, "destroy", number)))
		return true;
	if (t->destroyed)
		return ceremony_stop(c, EXIT_REFUSED,
		    "%s: its keys were destroyed before", label);
	return may_go(c, s, t);
}

/* Everything that operators are to approve. */
static bool
propose(struct ceremony *c, struct group *g, struct session *s)
{
	static const struct use use = { "self-test", 1 };
	const struct history_token *t = s->token;
	const struct history_key *sealer = &t->keys[1];

	if (!group_act(c, g, s, t->now.epoch, NULL))
		return false;
	message_start(&c->out, MSG_ACT_DESTROY);
	message_put_number(&c->out, t->doomed);
	message_put_number(&c->out, history_copies(c->history, t));
	message_put_octets(&c->out, sealer->spki.der,
	    sealer->role[0] == '\0' ? 0 : sealer->spki.len);
	return child_ask(c, &s->child, MSG_OK) &&
	    group_propose(c, g, s, &use, 1, NULL, 0);
}

/* The key's last answer is written down, then everything goes. */
static bool
prove(struct ceremony *c, const struct proposal *p)
{
	struct session *s = p->session;
	const uint8_t *octets;
	const char *line;
	char text[1025];
	json_t *body;
	size_t len;

	octets = message_get_octets(&c->in, sizeof(text) - 1, &len);
	if (octets != NULL)
		memcpy(text, octets, len);
	text[len] = '\0';
	octets = message_get_octets(&c->in, APPROVAL_SIG_MAX, &len);
	if (!child_fields_ok(c))
		return false;
	body = json_pack("{s:I,s:s,s:o}", "act", (json_int_t)p->number, "text",
	    text, "signature", json_octets(octets, len));
	if (!ceremony_record(c, "destroy.prove", NULL, body, NULL))
		return false;
	line = transcript_line(c->transcript,
	    transcript_count(c->transcript) - 1, &len);
	message_start(&c->out, MSG_DESTROY);
	message_put_octets(&c->out, line, len);
	return child_ask(c, &s->child, MSG_DESTROYED);
}

static bool
record_result(struct ceremony *c, const struct proposal *p, bool proved)
{
	uint64_t objects = message_get_number(&c->in);
	uint64_t left = message_get_number(&c->in);

	if (!child_fields_ok(c))
		return false;
	return ceremony_record(c, "act.result", NULL,
	    json_pack("{s:I,s:[{s:s,s:i}],s:s,s:I,s:I}", "act",
		(json_int_t)p->number, "uses", "use", "self-test", "n",
		(int)proved, "label", p->session->label, "objects",
		(json_int_t)objects, "left", (json_int_t)left),
	    NULL);
}

static bool
destroy(struct ceremony *c, struct group *g)
{
	const struct proposal *p = &g->acts[0];
	struct session *s = p->session;
	bool proved;

	if (!group_begin(c, g, 0))
		return false;
	message_start(&c->out, MSG_EXECUTE);
	if (!child_tell(c, &s->child) ||
	    !child_hear_either(c, &s->child, MSG_PROVED, MSG_DESTROYED))
		return false;
	proved = c->in.kind == MSG_PROVED;
	if (!proved && !s->token->doomed)
		return ceremony_stop(c, EXIT_PROCESS,
		    "%s: its signer says that the keys are gone, and nobody "
		    "told it to destroy them: nothing it said is used",
		    s->label);
	return (!proved || prove(c, p)) && record_result(c, p, proved);
}

/* One whose destruction was given up may be keyed for operators of before by
 * now: they go on with it, since it cannot be keyed anew. */
static bool
start(struct ceremony *c, struct group *g, unsigned index,
    const struct history_token *t, struct session **s)
{
	if (!t->doomed || !history_stale(c->history, t))
		return group_start_on(c, g, index, PLAN_DESTROY, t->label, s);
	people_say(c->people,
	    "  %s: its destruction has begun, by %u of the operators it is "
	    "keyed for: as many of them go on with it",
	    t->label, t->now.m);
	return group_start_under(c, g, index, PLAN_DESTROY,
		   t->now.policy_sha256) &&
	    group_join(c, g, t->label, s);
}

bool
step_destroy_run(struct ceremony *c, const struct plan_step *step,
    unsigned index)
{
	const char *label = label_of(c, step);
	const struct history_token *t = history_token(c->history, label);
	struct session *s = NULL;
	struct group g;
	bool ok, dkek;

	if (resume_has_kind(c, "destroy", index))
		return true;
	people_say(c->people, "  %s: %s", label, step->u.end.reason);
	if (t == NULL || !may_go(c, step, t))
		return false;
	/* a card drops that with its SO PIN only, which nobody has here */
	dkek = t->leaves && strcmp(t->module, "opensc") == 0;
	ok = start(c, &g, index, t, &s) && propose(c, &g, s) &&
	    group_approve(c, &g) && destroy(c, &g);
	group_end(c, &g);
	if (ok)
		people_say(c->people,
		    "  %s is empty: its keys are gone, nothing uses it again",
		    label);
	if (ok && dkek)
		people_say(c->people,
		    "  its card has the DKEK of these keys still: cut it up");
	return ok;
}
