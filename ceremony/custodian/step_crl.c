/* SPDX-License-Identifier: ISC */
/* A CRL alone: renewed, or to revoke. */
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/act.h"
#include "ceremony/custodian/chain.h"
#include "ceremony/custodian/inputs.h"
#include "ceremony/custodian/revoke.h"
#include "ceremony/custodian/rotate.h"

#define DAY 86400

bool
step_crl_check(struct ceremony *c, const struct plan_step *s)
{
	const struct plan_batch *p = &s->u.batch;
	const char *label = c->plan->tokens[p->token].label;
	const struct history_token *t = history_token(c->history, label);
	struct worklist_revoke *list = NULL;
	size_t count = 0;
	bool ok;

	if ((t == NULL || !t->has_crl) &&
	    (chain_planned(c, s, PLAN_ROOT, p->token) ||
		chain_planned(c, s, PLAN_PRODUCT_CA, p->token)))
		return p->revoke_count == 0
		    ? output_free(c, p->out)
		    : ceremony_stop(c, EXIT_INPUT,
			  "token %s: its CA is made by this plan: nothing of "
			  "it can be revoked yet",
			  label);
	if (t == NULL || !t->has_crl)
		return ceremony_stop(c, EXIT_INPUT,
		    "token %s: no CA was made on a token of this label in "
		    "this log",
		    label);
	ok = output_free(c, p->out) && revoke_list(c, p, t, &list, &count);
	free(list);
	return ok;
}

static bool
tell_list(struct ceremony *c, struct session *s,
    const struct worklist_revoke *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		message_start(&c->out, MSG_REVOKED);
		message_put_octets(&c->out, list[i].serial, list[i].serial_len);
		message_put_number(&c->out, (uint64_t)list[i].reason);
		message_put_number(&c->out, (uint64_t)list[i].date);
		if (!child_ask(c, &s->child, MSG_OK))
			return false;
	}
	return true;
}

static bool
sign(struct ceremony *c, struct group *g, const struct use *use,
    uint64_t number)
{
	struct child *ch = &g->acts[0].session->child;
	uint8_t *der = NULL, digest[32];
	uint64_t len;
	bool ok;

	if (!group_begin(c, g, 0))
		return false;
	message_start(&c->out, MSG_EXECUTE);
	if (!child_ask(c, ch, MSG_FILE))
		return false;
	len = message_get_number(&c->in);
	ok = child_fields_ok(c) && child_hear_parts(c, ch, len, &der) &&
	    ceremony_store(c, der, len, digest) &&
	    group_result(c, g, 0, use, 1,
		json_pack("{s:[],s:o,s:I}", "certificates", "crl",
		    json_digest(digest), "number", (json_int_t)number));
	free(der);
	return ok;
}

bool
step_crl_run(struct ceremony *c, const struct plan_step *step, unsigned index)
{
	static const struct use use = { "crl", 1 };
	const struct plan_batch *p = &step->u.batch;
	struct worklist_revoke *list = NULL;
	struct session *s = NULL;
	struct group g;
	size_t count = 0;
	uint64_t number = 0;
	bool ok;

	ok = group_start_on(c, &g, index, PLAN_CRL,
		 c->plan->tokens[p->token].label, &s) &&
	    revoke_list(c, p, s->token, &list, &count) &&
	    group_act(c, &g, s, s->token->now.epoch, NULL);
	if (ok) {
		number = s->token->crl_number + 1;
		message_start(&c->out, MSG_ACT_CRL);
		message_put_number(&c->out, number);
		message_put_number(&c->out, (uint64_t)c->plan->date);
		message_put_number(&c->out,
		    (uint64_t)(c->plan->date + p->crl_days * DAY));
		ok = child_ask(c, &s->child, MSG_OK) &&
		    tell_list(c, s, list, count) &&
		    group_propose(c, &g, s, &use, 1, NULL, 0) &&
		    rotate_propose_last(c, &g, s) && group_approve(c, &g) &&
		    sign(c, &g, &use, number) && rotate_all(c, &g);
	}
	group_end(c, &g);
	free(list);
	if (ok)
		people_say(c->people, "  CRL %llu of %s lists %zu",
		    (unsigned long long)number, c->plan->tokens[p->token].label,
		    count);
	return ok;
}
