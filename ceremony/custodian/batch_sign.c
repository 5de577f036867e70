/* SPDX-License-Identifier: ISC */
/* The talk with the signer about a batch, and what of it is written down. */
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ceremony/custodian/batch.h"

#define PART_SIZE 49152u

static bool
tell_parts(struct ceremony *c, struct session *s, enum message_kind kind,
    const uint64_t *which, const void *data, size_t len)
{
	for (size_t at = 0; at < len; at += PART_SIZE) {
		message_start(&c->out, kind);
		if (which != NULL)
			message_put_number(&c->out, *which);
		message_put_octets(&c->out, (const uint8_t *)data + at,
		    len - at < PART_SIZE ? len - at : PART_SIZE);
		if (!child_ask(c, &s->child, MSG_OK))
			return false;
	}
	return true;
}

static bool
tell_crl(struct ceremony *c, struct session *s, const struct history_token *t,
    uint64_t which)
{
	uint8_t *der = NULL;
	size_t len = 0;
	bool ok = ceremony_load(c, t->crl, &der, &len) &&
	    tell_parts(c, s, MSG_CRL, &which, der, len);

	free(der);
	return ok;
}

static bool
tell_keys(struct ceremony *c, struct session *s, const struct batch *b)
{
	for (size_t i = 0; i < b->list.count; i++) {
		if (b->list.entries[i].what != WORKLIST_CERT)
			continue;
		const struct csr *csr = &b->request.entries[i].csr;
		message_start(&c->out, MSG_KEY);
		message_put_number(&c->out, i + 1);
		message_put_octets(&c->out, csr->spki, csr->spki_len);
		if (!child_tell(c, &s->child))
			return false;
	}
	return true;
}

bool
batch_tell(struct ceremony *c, struct session *s, struct batch *b)
{
	const struct tree *tree = issuance_tree(c->issuance);
	uint8_t frontier[TREE_DEPTH_MAX][32], *der = NULL;
	size_t count = tree_frontier(tree, frontier), len = 0;

	b->first_leaf = tree_size(tree);
	message_start(&c->out, MSG_ACT_BATCH);
	message_put_number(&c->out, (uint64_t)c->plan->date);
	if (!child_ask(c, &s->child, MSG_OK))
		return false;
	message_start(&c->out, MSG_TREE);
	message_put_number(&c->out, b->first_leaf);
	message_put_octets(&c->out, frontier, count * 32);
	if (!child_ask(c, &s->child, MSG_OK) ||
	    !ceremony_load(c, b->root->keys[0].cert, &der, &len))
		return false;
	message_start(&c->out, MSG_ISSUER);
	message_put_octets(&c->out, der, len);
	free(der);
	return child_ask(c, &s->child, MSG_OK) &&
	    tell_parts(c, s, MSG_WORK, NULL, b->text, b->text_len) &&
	    tell_crl(c, s, b->token, 0) && tell_crl(c, s, b->root, 1) &&
	    tell_keys(c, s, b);
}

static bool
io_ok(struct ceremony *c, enum record_error err)
{
	return err == RECORD_OK ||
	    ceremony_stop(c, EXIT_STATE,
		"%s/issuance.jsonl: %s: make room and run the same plan again",
		c->state_path, record_strerror(err));
}

static bool
out_of_turn(struct ceremony *c, const char *what)
{
	return ceremony_stop(c, EXIT_PROCESS,
	    "signer: %s is not the one that is due: nothing more is signed",
	    what);
}

static bool
hear_intent(struct ceremony *c, struct group *g, const struct batch *b,
    size_t i)
{
	const struct worklist_entry *e = &b->list.entries[i];
	struct intent *intent = &b->intents[i];
	uint64_t entry;

	if (!child_hear(c, &g->acts[0].session->child, MSG_INTENT))
		return false;
	entry = message_get_number(&c->in);
	message_get_exact(&c->in, intent->serial, sizeof(intent->serial));
	message_get_exact(&c->in, intent->tbs_sha256,
	    sizeof(intent->tbs_sha256));
	if (!child_fields_ok(c))
		return false;
	if (entry != i + 1 ||
	    (e->resumed &&
		(memcmp(intent->serial, e->serial, sizeof(e->serial)) != 0 ||
		    memcmp(intent->tbs_sha256, e->tbs_sha256, 32) != 0)) ||
	    !batch_intends(b, i, intent->serial, intent->tbs_sha256))
		return out_of_turn(c, "an intent");
	memcpy(intent->profile, e->profile, sizeof(intent->profile));
	memcpy(intent->id, e->id, sizeof(intent->id));
	memcpy(intent->hwserial, e->hwserial, sizeof(intent->hwserial));
	memcpy(intent->spki_sha256, e->spki_sha256, 32);
	return io_ok(c,
	    issuance_intent(c->issuance, g->acts[0].number, intent));
}

/* What the log takes in as a result is the TBS that was intended, signed by
 * the CA: nothing can take a line out of it again. */
static bool
is_intended(const uint8_t *der, size_t len, const struct batch *b, size_t i)
{
	uint8_t tbs[32];
	X509 *cert = NULL;
	bool ok = cert_parse(der, len, &cert) == CA_OK &&
	    cert_tbs_digest(cert, tbs) == CA_OK &&
	    memcmp(tbs, b->intents[i].tbs_sha256, sizeof(tbs)) == 0 &&
	    X509_verify(cert, X509_get0_pubkey(b->issuer)) == 1;

	X509_free(cert);
	return ok;
}

static bool
hear_certificate(struct ceremony *c, struct group *g, const struct batch *b,
    size_t i)
{
	const uint8_t *der;
	struct record_fault fault = { .text = "" };
	size_t len;

	if (!child_hear(c, &g->acts[0].session->child, MSG_CERT))
		return false;
	der = message_get_octets(&c->in, CERT_MAX, &len);
	if (!child_fields_ok(c))
		return false;
	if (!is_intended(der, len, b, i))
		return out_of_turn(c, "a certificate");
	if (!io_ok(c,
		issuance_result(c->issuance, g->acts[0].number, der, len)))
		return false;
	if (ledger_add(c->ledger, b->list.entries[i].id,
		ledger_leaves(c->ledger), der, len, &fault) != RECORD_OK)
		return ceremony_stop(c, EXIT_STATE, "%s", fault.text);
	return true;
}

/* Each: an intent, then a certificate, for every cert line of the worklist. */
static bool
each_cert(struct ceremony *c, struct group *g, const struct batch *b,
    const char *what,
    bool (
	*hear)(struct ceremony *, struct group *, const struct batch *, size_t))
{
	size_t done = 0;

	for (size_t i = 0; i < b->list.count; i++) {
		if (b->list.entries[i].what != WORKLIST_CERT)
			continue;
		if (!hear(c, g, b, i))
			return false;
		people_progress(c->people, what, ++done, b->certs);
	}
	return child_hear(c, &g->acts[0].session->child, MSG_DONE) &&
	    io_ok(c, issuance_sync(c->issuance));
}

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
tell_duplicate(struct ceremony *c, struct group *g, const struct found *found,
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
	return child_ask(c, &g->acts[0].session->child, MSG_OK);
}

static bool
tell_duplicates(struct ceremony *c, struct group *g, const struct batch *b)
{
	struct finder f = { .at = 0 };
	bool ok = find_duplicates(c, b, &f);

	for (size_t i = 0; ok && i < b->list.count; i++) {
		if (b->list.entries[i].what == WORKLIST_DUPLICATE)
			ok = tell_duplicate(c, g, &f.found[i], i + 1);
	}
	for (size_t i = 0; f.found != NULL && i < b->list.count; i++)
		free(f.found[i].der);
	free(f.found);
	free(f.wanted);
	return ok;
}

/* A file the signer made: its object digest. */
static bool
hear_file(struct ceremony *c, struct group *g, uint8_t digest[32],
    uint8_t **out, size_t *len)
{
	struct child *ch = &g->acts[0].session->child;

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

bool
batch_sign(struct ceremony *c, struct group *g, struct batch *b,
    const struct use *uses, size_t use_count)
{
	struct child *ch = &g->acts[0].session->child;
	uint8_t crl[32] = { 0 }, response[32], payload_sha256[32];
	uint8_t *file = NULL;
	size_t len = 0;
	bool ok;

	b->intents = calloc(b->list.count + 1, sizeof(*b->intents));
	if (b->intents == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	message_start(&c->out, MSG_EXECUTE);
	if (!child_tell(c, ch) || !each_cert(c, g, b, "intents", hear_intent))
		return false;
	message_start(&c->out, MSG_GO);
	if (!child_tell(c, ch) ||
	    !each_cert(c, g, b, "certificates", hear_certificate) ||
	    !tell_duplicates(c, g, b))
		return false;
	message_start(&c->out, MSG_SEAL);
	if (!child_tell(c, ch))
		return false;
	ok = !b->list.has_crl || hear_file(c, g, crl, &file, &len);
	free(file);
	file = NULL;
	ok = ok && hear_file(c, g, response, &file, &len) &&
	    response_check(c, b->token, file, len, b->list.count,
		payload_sha256) &&
	    group_result(c, g, 0, uses, use_count,
		json_outcome(c, b, response, payload_sha256, crl));
	free(file);
	return ok;
}
