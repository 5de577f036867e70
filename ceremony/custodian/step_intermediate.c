/* SPDX-License-Identifier: ISC */
/* A CA that others run: certified by one of ours, as the plan states it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/date.h"
#include "ceremony/custodian/act.h"
#include "ceremony/custodian/chain.h"
#include "ceremony/custodian/intermediate.h"
#include "ceremony/custodian/rotate.h"
#include "transfer/intermediate.h"

/* The issuer is there, or will be; of one that is there all is known that the
 * certificate depends on. */
static bool
issuer_ready(struct ceremony *c, const struct plan_step *s)
{
	const unsigned token = s->u.intermediate.token;
	const char *label = c->plan->tokens[token].label;
	const struct history_token *t = history_token(c->history, label);

	if (!chain_expected(c, s, PLAN_ROOT, token) &&
	    !chain_expected(c, s, PLAN_PRODUCT_CA, token))
		return ceremony_stop(c, EXIT_INPUT,
		    "token %s: no CA was made on a token of this label in this "
		    "log",
		    label);
	return t == NULL || !t->has_crl || intermediate_within(c, s, t);
}

static bool
sealer_ready(struct ceremony *c, const struct plan_step *s)
{
	const unsigned token = s->u.intermediate.sealer;

	return chain_expected(c, s, PLAN_PRODUCT_CA, token) ||
	    ceremony_stop(c, EXIT_INPUT,
		"sealer %s: no product CA was made on a token of this label in "
		"this log",
		c->plan->tokens[token].label);
}

/* Two CSRs of one plan: the second key would be refused when the first is
 * certified, in the middle of the ceremony. */
static bool
key_is_new(struct ceremony *c, const struct plan_step *s,
    const struct csr_view *csr)
{
	for (const struct plan_step *o = c->plan->steps; o < s; o++) {
		struct csr_view other;
		bool same;

		if (o->kind != PLAN_INTERMEDIATE)
			continue;
		if (!input_csr(c, o->u.intermediate.csr, &other)) {
			input_csr_clear(&other);
			return false;
		}
		same = memcmp(other.key.unique, csr->key.unique,
			   sizeof(other.key.unique)) == 0;
		input_csr_clear(&other);
		if (same)
			return ceremony_stop(c, EXIT_REFUSED,
			    "%s/%s: its key is that of %s too: one certificate "
			    "a key; ask for a CSR with another",
			    c->in_path, s->u.intermediate.csr,
			    o->u.intermediate.csr);
	}
	return true;
}

bool
step_intermediate_check(struct ceremony *c, const struct plan_step *s)
{
	const struct plan_intermediate *p = &s->u.intermediate;
	struct csr_view csr = { .file = NULL };
	bool ok = issuer_ready(c, s) && sealer_ready(c, s) &&
	    output_free(c, p->out) && output_free(c, p->sealed) &&
	    intermediate_read_csr(c, s, &csr) && key_is_new(c, s, &csr);

	input_csr_clear(&csr);
	return ok;
}

/* Which CSR it is stands in the record before anything is made of it; after a
 * stop it must be the same. */
static bool
record_csr(struct ceremony *c, unsigned index, const struct csr_view *csr)
{
	const struct history_intermediate *i =
	    history_intermediate(c->history, c->plan->ceremony, index);
	uint8_t digest[32];

	if (!ceremony_store(c, csr->file, csr->len, digest))
		return false;
	if (i == NULL)
		return ceremony_record(c, "csr", NULL,
		    json_pack("{s:o,s:o}", "file", json_digest(digest),
			"spki_sha256", json_digest(csr->key.spki_sha256)),
		    NULL);
	if (memcmp(i->csr, digest, 32) == 0 &&
	    memcmp(i->spki_sha256, csr->key.spki_sha256, 32) == 0)
		return true;
	return ceremony_stop(c, EXIT_INPUT,
	    "step %u: another CSR than when this ceremony stopped: put that one "
	    "back",
	    index);
}

/* ---- the certificate --------------------------------------------------------- */

static bool
tell_cert(struct ceremony *c, struct session *s,
    const struct plan_intermediate *p, const struct csr_view *csr)
{
	int64_t end;

	if (date_end_of_years(c->plan->date, p->years, &end) != CA_OK)
		return ceremony_stop(c, EXIT_INPUT, "%s: years", p->subject);
	message_start(&c->out, MSG_ACT_CERT);
	message_put_text(&c->out, "intermediate");
	message_put_text(&c->out, p->subject);
	message_put_octets(&c->out, csr->spki, csr->spki_len);
	message_put_number(&c->out, (uint64_t)c->plan->date);
	message_put_number(&c->out, (uint64_t)end);
	return child_ask(c, &s->child, MSG_OK);
}

/* before: the act that may have signed it already, or NULL. */
static bool
tell_stated(struct ceremony *c, struct session *s,
    const struct plan_intermediate *p, const struct history_act *before)
{
	char text[STATED_TEXT_MAX + 1];

	if (!plan_stated(p, text))
		return ceremony_stop(c, EXIT_INPUT, "%s: states too much",
		    p->subject);
	message_start(&c->out, MSG_STATED);
	message_put_octets(&c->out, text, strlen(text));
	message_put_octets(&c->out, before != NULL ? before->serial : NULL,
	    before != NULL ? sizeof(before->serial) : 0);
	message_put_octets(&c->out,
	    before != NULL ? before->approval.input_sha256 : NULL,
	    before != NULL ? 32 : 0);
	return child_ask(c, &s->child, MSG_OK);
}

/* What stands in the plan and what the CSR asks for is read aloud; then the
 * digest of what will be signed is typed back. */
static bool
confirm(struct ceremony *c, const struct plan_intermediate *p,
    const struct csr_view *csr, const uint8_t tbs[32])
{
	intermediate_say(c, p, csr);
	return c->people->ops->digest(c->people, "the certificate to be signed",
		   tbs) == PEOPLE_YES ||
	    ceremony_stop(c, EXIT_STOPPED,
		"certificate not confirmed: nothing was signed; run the same "
		"plan again");
}

static bool
sign(struct ceremony *c, struct group *g)
{
	static const struct use use = { "intermediate", 1 };
	uint8_t digest[32];
	const uint8_t *der;
	size_t len;

	if (!group_begin(c, g, 0))
		return false;
	message_start(&c->out, MSG_EXECUTE);
	if (!child_ask(c, &g->acts[0].session->child, MSG_CERT))
		return false;
	der = message_get_octets(&c->in, CERT_MAX, &len);
	if (!child_fields_ok(c) || !ceremony_store(c, der, len, digest))
		return false;
	return group_result(c, g, 0, &use, 1,
	    json_pack("{s:o}", "certificate", json_digest(digest)));
}

static bool
certify(struct ceremony *c, const struct plan_step *step, unsigned index,
    const struct csr_view *csr)
{
	static const struct use use = { "intermediate", 1 };
	const struct plan_intermediate *p = &step->u.intermediate;
	const struct history_act *before;
	struct session *s = NULL;
	struct group g;
	bool ok;

	ok = group_start_on(c, &g, index, PLAN_INTERMEDIATE,
	    c->plan->tokens[p->token].label, &s);
	/* behind what the start may have written */
	before = history_intermediate_begun(c->history, csr->key.unique);
	g.resumes = before != NULL ? before->approval.act : 0;
	ok = ok && intermediate_within(c, step, s->token) &&
	    group_act(c, &g, s, s->token->now.epoch, NULL) &&
	    tell_cert(c, s, p, csr) && tell_stated(c, s, p, before) &&
	    group_propose(c, &g, s, &use, 1, NULL, 0) &&
	    intermediate_same(c, p, s->token, csr, g.acts[0].input) &&
	    confirm(c, p, csr, g.acts[0].input) &&
	    rotate_propose_last(c, &g, s) && group_approve(c, &g) &&
	    sign(c, &g) && rotate_all(c, &g);
	group_end(c, &g);
	return ok;
}

/* ---- the seal ------------------------------------------------------------------ */

static bool
compose(struct ceremony *c, const struct history_intermediate *i,
    char **payload, size_t *len)
{
	struct intermediate said = { .count = 0 };
	struct chain_view chain;
	enum transfer_error err;

	if (!intermediate_chain(c, i->cert, &chain))
		return false;
	(void)snprintf(said.log, sizeof(said.log), "%s", c->plan->log);
	memcpy(said.csr, i->csr, sizeof(said.csr));
	memcpy(said.key, i->spki_sha256, sizeof(said.key));
	said.count = chain.count;
	for (size_t k = 0; k < chain.count; k++) {
		said.chain[k].der = chain.certs[k].der; /* borrowed */
		said.chain[k].len = chain.certs[k].len;
	}
	err = intermediate_write(&said, payload, len);
	chain_view_clear(&chain);
	return err == TRANSFER_OK ||
	    ceremony_stop(c, EXIT_STATE, "chain: %s", transfer_strerror(err));
}

static bool
seal(struct ceremony *c, struct group *g)
{
	static const struct use use = { "seal-intermediate", 1 };
	struct session *s = g->acts[0].session;
	uint8_t *der = NULL, digest[32];
	uint64_t len;
	bool ok;

	if (!group_begin(c, g, 0))
		return false;
	message_start(&c->out, MSG_EXECUTE);
	if (!child_ask(c, &s->child, MSG_FILE))
		return false;
	len = message_get_number(&c->in);
	ok = child_fields_ok(c) && child_hear_parts(c, &s->child, len, &der) &&
	    ceremony_store(c, der, len, digest) &&
	    group_result(c, g, 0, &use, 1,
		json_pack("{s:o}", "file", json_digest(digest)));
	free(der);
	return ok;
}

static bool
seal_chain(struct ceremony *c, const struct plan_step *step, unsigned index)
{
	static const struct use use = { "seal-intermediate", 1 };
	const struct plan_intermediate *p = &step->u.intermediate;
	struct session *s = NULL;
	struct group g;
	char *payload = NULL;
	size_t len = 0;
	bool ok;

	if (!compose(c,
		history_intermediate(c->history, c->plan->ceremony, index),
		&payload, &len))
		return false;
	ok = group_start_on(c, &g, index, PLAN_INTERMEDIATE,
		 c->plan->tokens[p->sealer].label, &s) &&
	    group_act(c, &g, s, s->token->now.epoch, NULL);
	if (ok) {
		message_start(&c->out, MSG_ACT_SEAL);
		message_put_number(&c->out, (uint64_t)c->plan->date);
		message_put_octets(&c->out, payload, len);
		ok = child_ask(c, &s->child, MSG_OK) &&
		    group_propose(c, &g, s, &use, 1, payload, len) &&
		    rotate_propose_last(c, &g, s) && group_approve(c, &g) &&
		    seal(c, &g) && rotate_all(c, &g);
	}
	group_end(c, &g);
	free(payload);
	return ok;
}

bool
step_intermediate_run(struct ceremony *c, const struct plan_step *step,
    unsigned index)
{
	const struct plan_intermediate *p = &step->u.intermediate;
	const struct history_intermediate *i;
	struct csr_view csr = { .file = NULL };
	bool ok =
	    intermediate_read_csr(c, step, &csr) && record_csr(c, index, &csr);

	i = history_intermediate(c->history, c->plan->ceremony, index);
	if (ok && !i->certified)
		ok = certify(c, step, index, &csr);
	input_csr_clear(&csr);
	/* it may have moved */
	i = history_intermediate(c->history, c->plan->ceremony, index);
	if (ok && !i->sealed)
		ok = seal_chain(c, step, index);
	if (ok)
		people_say(c->people, "  intermediate CA: %s", p->subject);
	return ok;
}
