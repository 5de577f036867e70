/* SPDX-License-Identifier: ISC */
/* A batch of device CSRs: decided, approved as a worklist, signed, answered. */
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/custodian/batch.h"
#include "ceremony/custodian/resume.h"
#include "ceremony/custodian/rotate.h"
#include "transfer/text.h"

bool
step_batch_check(struct ceremony *c, const struct plan_step *s)
{
	struct batch b = { .plan = NULL };
	bool ok = output_free(c, s->u.batch.out) && batch_read(c, s, &b) &&
	    (batch_answered(c, &b) || batch_decide(c, &b));

	/* certificates that a stop left count too, and answer as duplicates */
	if (ok && !batch_answered(c, &b) && b.certs + b.duplicates == 0 &&
	    b.list.quota_left == 0)
		ok = ceremony_stop(c, EXIT_REFUSED,
		    "%s: its work order's quota of %llu is used up: seal a "
		    "new order",
		    b.plan->request, (unsigned long long)b.request.order.quota);
	if (ok) {
		batch_await(c, &b);
		input_request_keep(c, s->u.batch.request, &b.request);
	}
	batch_clear(&b);
	return ok;
}

static json_t *
json_hex16(const uint8_t data[16])
{
	char hex[TEXT_HEX_SIZE(16)];

	text_hex(data, 16, hex);
	return json_string(hex);
}

static bool
record_request(struct ceremony *c, const struct batch *b)
{
	const struct request_view *r = &b->request;
	uint8_t file[32];

	if (history_request(c->history, r->request) != NULL)
		return true;
	if (b->plan->accept_gap[0] != '\0' &&
	    !ceremony_record(c, "exception", NULL,
		json_pack("{s:s,s:s}", "what", "accept-gap", "reason",
		    b->plan->accept_gap),
		NULL))
		return false;
	return ceremony_store(c, r->file, r->file_len, file) &&
	    ceremony_record(c, "request", NULL,
		json_pack("{s:o,s:o,s:o,s:o,s:I,s:I}", "file",
		    json_digest(file), "request", json_digest(r->request),
		    "order", json_digest(r->order_sha256), "bundle",
		    json_hex16(r->bundle), "sequence", (json_int_t)r->sequence,
		    "entries", (json_int_t)r->count),
		NULL);
}

static bool
repeat(struct ceremony *c, const struct batch *b)
{
	const struct history_request *h =
	    history_request(c->history, b->request.request);

	people_say(c->people,
	    "  %s was answered before: its stored response goes out again, "
	    "nothing is signed",
	    b->plan->request);
	return ceremony_record(c, "request.repeat", NULL,
	    json_pack("{s:o,s:o}", "request", json_digest(h->request),
		"response", json_digest(h->response)),
	    NULL);
}

/* What the operators are about to approve: the request by its digest, which
 * the factory gave along, and everything in it that will not be certified. */
static void
say_worklist(struct ceremony *c, const struct batch *b)
{
	char what[PLAN_NAME_MAX + 32];

	snprintf(what, sizeof(what), "  %s, payload digest:", b->plan->request);
	people_say_words(c->people, what, b->request.request);
	people_say(c->people,
	    "  %zu entries: %zu to certify, %zu known before, %zu refused",
	    b->list.count, b->certs, b->duplicates,
	    b->list.count - b->certs - b->duplicates);
	for (size_t i = 0; i < b->list.count; i++) {
		const struct worklist_entry *e = &b->list.entries[i];
		const struct rule_row *row = e->what == WORKLIST_REFUSE
		    ? rule_row(rule_find(e->rule))
		    : NULL;
		if (row != NULL)
			people_say(c->people, "  entry %zu refused: %s: %s",
			    i + 1, row->id, row->text);
	}
}

/* Who did how much. */
static bool
say_signed(struct ceremony *c, const struct group *g, const struct batch *b)
{
	for (size_t i = 0; b->card_count > 1 && i < b->card_count; i++) {
		const struct batch_card *card = &b->cards[i];
		const struct proposal *p = &g->acts[card->act];

		people_say(c->people, "  %s: %zu certificates%s",
		    card->session->label, b->certs == 0 ? 0 : p->came[0].count,
		    card->lost ? ", then lost" : "");
	}
	people_say(c->people, "  %zu certificates signed", b->certs);
	return true;
}

bool
step_batch_run(struct ceremony *c, const struct plan_step *step, unsigned index)
{
	struct batch b;
	struct group g;
	uint8_t digest[32];
	bool ok;

	if (!batch_read(c, step, &b)) {
		batch_clear(&b);
		return false;
	}
	if (batch_answered(c, &b)) {
		ok = repeat(c, &b);
		batch_clear(&b);
		return ok;
	}
	ok = batch_decide(c, &b) && record_request(c, &b);
	const struct use uses[] = { { b.request.order.profile, b.certs },
		{ "crl", b.list.has_crl }, { "seal-response", 1 } };
	if (ok) {
		say_worklist(c, &b);
		SHA256((const uint8_t *)b.text, b.text_len, digest);
		ok = c->people->ops->digest(c->people, "the worklist",
			 digest) == PEOPLE_YES ||
		    ceremony_stop(c, EXIT_STOPPED,
			"worklist not confirmed: nothing was signed; run the "
			"same plan again");
	}
	if (ok) {
		group_start(c, &g, index, PLAN_BATCH);
		g.resumes = resume_act(c, index);
		ok = batch_open(c, &g, &b) &&
		    batch_propose(c, &g, &b, uses, 3) && group_approve(c, &g) &&
		    batch_sign(c, &g, &b) && batch_seal(c, &g, &b) &&
		    say_signed(c, &g, &b) && rotate_all(c, &g);
		group_end(c, &g);
	}
	batch_clear(&b);
	return ok;
}
