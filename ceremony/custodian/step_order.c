/* SPDX-License-Identifier: ISC */
/* A work order: what one station of one factory may have certified. */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/date.h"
#include "ca/key.h"
#include "ceremony/custodian/act.h"
#include "ceremony/custodian/chain.h"
#include "ceremony/custodian/inputs.h"
#include "ceremony/custodian/resume.h"
#include "ceremony/custodian/rotate.h"
#include "transfer/order.h"

static bool
compose(struct ceremony *c, const struct plan_order *p, char **payload,
    size_t *len)
{
	struct order *o = calloc(1, sizeof(*o));
	struct station_view station;
	enum transfer_error err = TRANSFER_ERR_MEMORY;

	if (o == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	if (!input_station(c, p->station, &station)) {
		free(o);
		return false;
	}
	snprintf(o->log, sizeof(o->log), "%s", c->plan->log);
	snprintf(o->factory, sizeof(o->factory), "%s", station.factory);
	snprintf(o->line, sizeof(o->line), "%s", station.line);
	memcpy(o->station, station.spki_sha256, sizeof(o->station));
	snprintf(o->pattern, sizeof(o->pattern), "%s", p->pattern);
	snprintf(o->subject, sizeof(o->subject), "%s", p->subject);
	snprintf(o->profile, sizeof(o->profile), "%s", p->profile);
	o->quota = p->quota;
	if (date_format_compact(p->expiry, o->expiry) == CA_OK &&
	    date_format_compact(p->receipts, o->receipts) == CA_OK)
		err = order_write(o, payload, len);
	free(o);
	if (err == TRANSFER_OK)
		return true;
	return ceremony_stop(c, EXIT_INPUT, "work order: %s",
	    transfer_strerror(err));
}

static bool
product_ready(struct ceremony *c, const struct plan_step *s)
{
	const unsigned token = s->u.order.token;

	return chain_expected(c, s, PLAN_PRODUCT_CA, token) ||
	    ceremony_stop(c, EXIT_INPUT,
		"token %s: no product CA was made on a token of this label in "
		"this log",
		c->plan->tokens[token].label);
}

/* An order is known by what it says: the very same is none of its own, in the
 * log or in this plan. */
static bool
is_new(struct ceremony *c, const struct plan_step *s, const char *payload,
    size_t len)
{
	const unsigned index = (unsigned)(s - c->plan->steps) + 1;
	uint8_t digest[32];
	bool same;

	SHA256((const uint8_t *)payload, len, digest);
	same = history_order(c->history, digest) != NULL &&
	    !resume_has_result(c, PLAN_WORK_ORDER, index);
	for (const struct plan_step *o = c->plan->steps; !same && o < s; o++) {
		char *other = NULL;
		size_t other_len = 0;
		if (o->kind != PLAN_WORK_ORDER)
			continue;
		if (!compose(c, &o->u.order, &other, &other_len))
			return false;
		same = other_len == len && memcmp(other, payload, len) == 0;
		free(other);
	}
	return !same ||
	    ceremony_stop(c, EXIT_INPUT,
		"%s: the very same work order was sealed before, or is twice "
		"in this plan: change quota, expiry or receipts",
		s->u.order.out);
}

bool
step_order_check(struct ceremony *c, const struct plan_step *s)
{
	char *payload = NULL;
	size_t len = 0;
	bool ok = product_ready(c, s) && output_free(c, s->u.order.out) &&
	    compose(c, &s->u.order, &payload, &len) &&
	    is_new(c, s, payload, len);

	free(payload);
	return ok;
}

static bool
seal(struct ceremony *c, struct group *g, const struct use *use)
{
	struct session *s = g->acts[0].session;
	uint8_t *der = NULL, digest[32];
	uint64_t len;
	bool ok;

	message_start(&c->out, MSG_EXECUTE);
	if (!child_ask(c, &s->child, MSG_FILE))
		return false;
	len = message_get_number(&c->in);
	ok = child_fields_ok(c) && child_hear_parts(c, &s->child, len, &der) &&
	    ceremony_store(c, der, len, digest) &&
	    group_result(c, g, 0, use, 1,
		json_pack("{s:o,s:o}", "order", json_digest(g->acts[0].input),
		    "file", json_digest(digest)));
	free(der);
	return ok;
}

bool
step_order_run(struct ceremony *c, const struct plan_step *step, unsigned index)
{
	static const struct use use = { "seal-order", 1 };
	const struct plan_order *p = &step->u.order;
	struct session *s = NULL;
	struct group g;
	char *payload = NULL;
	size_t len = 0;
	bool ok;

	if (!compose(c, p, &payload, &len))
		return false;
	ok = group_start_on(c, &g, index, PLAN_WORK_ORDER,
		 c->plan->tokens[p->token].label, &s) &&
	    group_act(c, &g, s, s->token->now.epoch, NULL);
	if (ok) {
		message_start(&c->out, MSG_ACT_SEAL);
		message_put_number(&c->out, (uint64_t)c->plan->date);
		message_put_octets(&c->out, payload, len);
		ok = child_ask(c, &s->child, MSG_OK) &&
		    group_propose(c, &g, s, &use, 1, payload, len) &&
		    rotate_propose_last(c, &g, s) && group_approve(c, &g) &&
		    group_begin(c, &g, 0) && seal(c, &g, &use) &&
		    rotate_all(c, &g);
	}
	group_end(c, &g);
	free(payload);
	if (ok)
		people_say(c->people, "  work order: %llu x %s for %s",
		    (unsigned long long)p->quota, p->profile, p->station);
	return ok;
}
