/* SPDX-License-Identifier: ISC */
/* One of the signers is told what the others signed and seals the response;
 * then every act has its result. */
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/batch.h"

/* Certificates of earlier batches that answer duplicates, found in one pass
 * over the log. */
struct finder {
	size_t *wanted; /* by leaf: 1 + index of the entry, 0 when not wanted */
	uint64_t leaves, at;
	struct found {
		uint8_t *der;
		size_t len;
		struct ledger_row row;
	} * found; /* by entry */
};

static int
find_leaf(void *arg, uint64_t number, const struct issuance_line *line)
{
	struct finder *f = arg;
	size_t entry;

	(void)number;
	if (line->type != ISSUANCE_RESULT || f->at >= f->leaves)
		return 0;
	entry = f->wanted[f->at++];
	if (entry == 0)
		return 0;
	f->found[entry - 1].der = malloc(line->cert_len);
	if (f->found[entry - 1].der == NULL)
		return 1;
	memcpy(f->found[entry - 1].der, line->cert, line->cert_len);
	f->found[entry - 1].len = line->cert_len;
	return 0;
}

static bool
find_duplicates(struct ceremony *c, const struct batch *b, struct finder *f)
{
	struct record_fault fault = { .text = "" };
	struct issuance *view = NULL;
	bool ok;

	f->leaves = tree_size(issuance_tree(c->issuance));
	f->wanted = calloc(f->leaves + 1, sizeof(*f->wanted));
	f->found = calloc(b->list.count + 1, sizeof(*f->found));
	if (f->wanted == NULL || f->found == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	for (size_t i = 0; i < b->list.count; i++) {
		const struct worklist_entry *e = &b->list.entries[i];
		struct ledger_row *row = &f->found[i].row;
		if (e->what != WORKLIST_DUPLICATE)
			continue;
		if (!ledger_by_cert(c->ledger, e->cert_sha256, row) ||
		    row->leaf >= f->leaves)
			return ceremony_stop(c, EXIT_STATE,
			    "ledger.db: no such row");
		f->wanted[row->leaf] = i + 1;
	}
	ok = issuance_open(c->state_fd, false, find_leaf, f, &view, &fault) ==
	    RECORD_OK;
	issuance_close(view);
	return ok ||
	    ceremony_stop(c, EXIT_STATE, "issuance.jsonl: %s", fault.text);
}

static bool
tell_duplicate(struct ceremony *c, struct child *ch, const struct found *found,
    size_t entry)
{
	uint8_t proof[TREE_DEPTH_MAX][32];
	int n = tree_proof(issuance_tree(c->issuance), found->row.leaf, proof);

	if (n < 0 || found->der == NULL)
		return ceremony_stop(c, EXIT_STATE,
		    "issuance.jsonl: a duplicate is missing");
	message_start(&c->out, MSG_DUPLICATE);
	message_put_number(&c->out, entry);
	message_put_number(&c->out, found->row.leaf);
	message_put_text(&c->out, found->row.id);
	message_put_octets(&c->out, found->der, found->len);
	message_put_octets(&c->out, proof, (size_t)n * 32);
	return child_ask(c, ch, MSG_OK);
}

static bool
tell_duplicates(struct ceremony *c, struct child *ch, const struct batch *b)
{
	struct finder f = { .at = 0 };
	bool ok = find_duplicates(c, b, &f);

	for (size_t i = 0; ok && i < b->list.count; i++) {
		if (b->list.entries[i].what == WORKLIST_DUPLICATE)
			ok = tell_duplicate(c, ch, &f.found[i], i + 1);
	}
	for (size_t i = 0; f.found != NULL && i < b->list.count; i++)
		free(f.found[i].der);
	free(f.found);
	free(f.wanted);
	return ok;
}

/* A file the signer made: its object digest. */
static bool
hear_file(struct ceremony *c, struct child *ch, uint8_t digest[32],
    uint8_t **out, size_t *len)
{
	if (!child_hear(c, ch, MSG_FILE))
		return false;
	*len = message_get_number(&c->in);
	return child_fields_ok(c) && child_hear_parts(c, ch, *len, out) &&
	    ceremony_store(c, *out, *len, digest);
}

static json_t *
json_outcome(struct ceremony *c, const struct batch *b,
    const uint8_t response[32], const uint8_t payload[32],
    const uint8_t crl[32])
{
	size_t duplicates = 0;
	uint8_t root[32], log[32];
	json_t *out;

	for (size_t i = 0; i < b->list.count; i++)
		duplicates += b->list.entries[i].what == WORKLIST_DUPLICATE;
	tree_root(issuance_tree(c->issuance), root);
	issuance_digest(c->issuance, log);
	out = json_pack("{s:o,s:o,s:I,s:I,s:I,s:I,s:o,s:I,s:o}", "response",
	    json_digest(response), "payload", json_digest(payload), "issued",
	    (json_int_t)b->certs, "duplicate", (json_int_t)duplicates,
	    "rejected", (json_int_t)(b->list.count - b->certs - duplicates),
	    "issuance_lines", (json_int_t)issuance_lines(c->issuance),
	    "issuance_sha256", json_digest(log), "tree_size",
	    (json_int_t)tree_size(issuance_tree(c->issuance)), "tree_root",
	    json_digest(root));
	if (out != NULL && b->list.has_crl) {
		json_object_set_new(out, "crl", json_digest(crl));
		json_object_set_new(out, "number",
		    json_integer((json_int_t)b->list.crl_number));
	}
	return out;
}

/* Certificates that other tokens signed. */
static bool
tell_certificates(struct ceremony *c, const struct batch *b,
    const struct batch_card *card)
{
	for (size_t i = 0; i < b->list.count; i++) {
		const struct batch_cert *r = &b->results[i];

		if (r->der == NULL || r->by == card)
			continue;
		message_start(&c->out, MSG_TAKE);
		message_put_number(&c->out, i + 1);
		message_put_octets(&c->out, r->der, r->len);
		if (!child_tell(c, &card->session->child))
			return false;
	}
	return true;
}

/* What a sealing signer made. */
struct sealed {
	uint8_t crl[32], response[32], payload[32];
};

static bool
seal_with(struct ceremony *c, struct group *g, const struct batch *b,
    const struct batch_card *card, struct sealed *out)
{
	struct child *ch = &card->session->child;
	uint8_t *file = NULL;
	size_t len = 0;
	bool ok;

	if (!tell_certificates(c, b, card) || !tell_duplicates(c, ch, b))
		return false;
	message_start(&c->out, MSG_SEAL);
	if (!child_tell(c, ch))
		return false;
	if (b->list.has_crl) {
		ok = hear_file(c, ch, out->crl, &file, &len);
		free(file);
		if (!ok)
			return false;
		batch_card_used(g, card, "crl");
	}
	file = NULL;
	ok = hear_file(c, ch, out->response, &file, &len) &&
	    response_check(c, b->token, file, len, b->list.count, out->payload);
	free(file);
	if (ok)
		batch_card_used(g, card, "seal-response");
	return ok;
}

static bool
record_result(struct ceremony *c, struct group *g,
    const struct batch_card *card, json_t *rest)
{
	const struct proposal *p = &g->acts[card->act];
	json_t *body = json_pack("{s:I,s:o}", "act", (json_int_t)p->number,
	    "uses", json_came(p));

	if (rest != NULL && body != NULL)
		json_object_update(body, rest);
	json_decref(rest);
	return ceremony_record(c, "act.result", NULL, body, NULL);
}

/* The others are done: each with what it signed. */
static bool
finish_others(struct ceremony *c, struct group *g, struct batch *b,
    const struct batch_card *sealer)
{
	for (size_t i = 0; i < b->card_count; i++) {
		struct batch_card *card = &b->cards[i];

		if (card == sealer || card->lost)
			continue;
		message_start(&c->out, MSG_REST);
		if (child_ask(c, &card->session->child, MSG_OK)
			? !record_result(c, g, card, NULL)
			: !batch_card_lost(c, g, b, card))
			return false;
	}
	return true;
}

bool
batch_seal(struct ceremony *c, struct group *g, struct batch *b)
{
	struct batch_card *card;
	struct sealed out = { .crl = { 0 } };

	while ((card = batch_card_next(b, 0)) != NULL) {
		if (seal_with(c, g, b, card, &out))
			return finish_others(c, g, b, card) &&
			    record_result(c, g, card,
				json_outcome(c, b, out.response, out.payload,
				    out.crl));
		if (!batch_card_lost(c, g, b, card))
			return false;
	}
	return false;
}
