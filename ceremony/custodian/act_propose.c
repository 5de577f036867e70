/* SPDX-License-Identifier: ISC */
/* Acts prepared by a signer and proposed in the transcript. */
#include "ceremony/custodian/act.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transfer/text.h"

json_t *
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

json_t *
json_came(const struct proposal *p)
{
	json_t *out = json_array();

	for (size_t i = 0; i < p->came_count; i++)
		json_array_append_new(out,
		    json_pack("{s:s,s:I}", "use", p->came[i].name, "n",
			(json_int_t)p->came[i].count));
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
		"act", (json_int_t)p->number, "resumes", (json_int_t)p->resumes,
		"step", (int)g->step, "kind", p->kind, "label", o->label,
		"token", o->token, "epoch", (int)p->epoch, "policy_sha256",
		json_digest(o->policy), "plan_sha256",
		json_digest(c->plan_sha256), "input_sha256",
		json_digest(p->input), "uses", json_uses(uses, use_count),
		"issuer_spki_sha256",
		json_hex_or_dash(o->issuer, o->issuer_len), "nonce",
		json_hex_or_dash(o->nonce, o->nonce_len)),
	    &p->line);
}

static bool
something_else(struct ceremony *c, const struct session *s)
{
	return ceremony_stop(c, EXIT_PROCESS,
	    "signer of %s: prepared something else than it was told: nothing "
	    "was signed",
	    s->label);
}

static bool
keep_input(struct ceremony *c, const struct session *s, struct proposal *p,
    const uint8_t want[32], const void *input, size_t len)
{
	uint8_t digest[32];

	SHA256(input, len, digest);
	if (memcmp(want, digest, sizeof(digest)) != 0)
		return something_else(c, s);
	return ceremony_store(c, input, len, p->input);
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
	/* what we told it counts, whatever it sends back */
	if (input == NULL && len == 0)
		ok = something_else(c, s);
	else
		ok = keep_input(c, s, p, want, input == NULL ? sent : input,
		    input == NULL ? len : input_len);
	free(sent);
	if (!ok)
		return false;
	o->nonce_len = sizeof(o->nonce);
	memcpy(p->nonce, o->nonce, sizeof(p->nonce));
	return true;
}

bool
group_propose(struct ceremony *c, struct group *g, struct session *s,
    const struct use *uses, size_t use_count, const void *input,
    size_t input_len)
{
	struct proposal *p = &g->acts[g->act_count];
	struct offer o = { .label = s->label,
		.token = s->token == NULL ? s->label : s->serial };
	const char *line;
	size_t len;

	if (!hear_prepared(c, s, p, &o, input, input_len))
		return false;
	memcpy(o.policy, g->policy_sha256, 32);
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
	struct proposal *p = &g->acts[g->act_count];
	struct offer o = { .label = "-", .token = "-" };

	if (!group_act(c, g, NULL, 0, NULL) ||
	    !ceremony_store(c, text, len, p->input))
		return false;
	/* a first policy is approved under itself */
	memcpy(o.policy, c->history->has_policy ? g->policy_sha256 : p->input,
	    32);
	if (!write_propose(c, g, p, &o, &use, 1))
		return false;
	g->act_count++;
	return true;
}
