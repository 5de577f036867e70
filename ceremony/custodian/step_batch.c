/* SPDX-License-Identifier: ISC */
/* A batch of device CSRs: decided, approved as a worklist, signed, answered. */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/date.h"
#include "ca/profile.h"
#include "ceremony/custodian/act.h"
#include "ceremony/custodian/inputs.h"
#include "ceremony/custodian/resume.h"
#include "ceremony/custodian/revoke.h"
#include "transfer/text.h"

#define DAY 86400
#define PART_SIZE 49152u

/* A batch on its way. */
struct batch {
	const struct plan_batch *plan;
	const struct history_token *token;
	struct request_view request;
	struct worklist list;
	char *text;
	size_t text_len;
	uint64_t first_leaf;
	size_t certs;
};

static void
batch_clear(struct batch *b)
{
	input_request_clear(&b->request);
	worklist_clear(&b->list);
	free(b->text);
}

/* ---- deciding -------------------------------------------------------------- */

static bool
answered_before(const struct ceremony *c, const struct request_view *r)
{
	const struct history_request *h =
	    history_request(c->history, r->request);

	return h != NULL && h->answered;
}

/* Replay and sequence: the same bundle with another payload is an alarm, a
 * gap stops unless the plan accepts it. */
static bool
in_sequence(struct ceremony *c, const struct batch *b)
{
	const struct request_view *r = &b->request;
	const struct history_order *o =
	    history_order(c->history, r->order_sha256);

	for (size_t i = 0; i < c->history->request_count; i++) {
		const struct history_request *h = &c->history->requests[i];
		if (memcmp(h->bundle, r->bundle, 16) == 0 &&
		    memcmp(h->request, r->request, 32) != 0)
			return ceremony_stop(c, EXIT_REFUSED,
			    "%s: bundle was answered before with another "
			    "payload: someone replays or alters requests; "
			    "find out who before going on",
			    b->plan->request);
	}
	if (history_request(c->history, r->request) != NULL)
		return true;
	if (r->sequence == o->sequence + 1 &&
	    (o->sequence == 0 || memcmp(r->previous, o->newest, 32) == 0))
		return true;
	if (b->plan->accept_gap[0] != '\0' && r->sequence > o->sequence)
		return true;
	return ceremony_stop(c, EXIT_REFUSED,
	    "%s: sequence %llu, expected %llu: a request is missing or stale; "
	    "find it, or say accept-gap with a reason in the plan",
	    b->plan->request, (unsigned long long)r->sequence,
	    (unsigned long long)o->sequence + 1);
}

static bool
add_role(struct ceremony *c, const uint8_t *spki, size_t len, const char *role)
{
	struct key_ident ident;

	return key_identify(spki, len, &ident) == CA_OK &&
	    ledger_add_role(c->ledger, ident.unique, role) == RECORD_OK;
}

/* No device may have the key of a CA, a sealer, an operator or a station. */
static bool
add_roles(struct ceremony *c, const struct batch *b)
{
	const struct policy *p = &c->history->policy;
	bool ok = ledger_add_role(c->ledger, b->request.station.unique,
		      "station") == RECORD_OK;

	for (size_t i = 0; ok && i < p->n; i++)
		ok = add_role(c, p->operators[i].sign.der,
			 p->operators[i].sign.len, "operator") &&
		    add_role(c, p->operators[i].derive.der,
			p->operators[i].derive.len, "operator");
	for (size_t i = 0; ok && i < p->witness_count; i++)
		ok = add_role(c, p->witnesses[i].spki.der,
		    p->witnesses[i].spki.len, "witness");
	for (size_t i = 0; ok && i < c->history->token_count; i++) {
		const struct history_token *t = &c->history->tokens[i];
		for (int k = 0; ok && k < 2; k++) {
			if (t->keys[k].role[0] != '\0')
				ok = add_role(c, t->keys[k].spki.der,
				    t->keys[k].spki.len, t->keys[k].role);
		}
	}
	return ok || ceremony_stop(c, EXIT_STATE, "ledger.db: not writable");
}

static bool
decide_entries(struct ceremony *c, struct batch *b)
{
	const struct history_order *o =
	    history_order(c->history, b->request.order_sha256);
	struct decide_terms terms = { .pattern = b->request.order.pattern,
		.profile = b->request.order.profile,
		.not_before = c->plan->date };
	enum record_error err = RECORD_ERR_PLAN;
	uint64_t issued;

	issued = o->issued + resume_uncounted(c);
	if (issued < b->request.order.quota)
		terms.quota_left = b->request.order.quota - issued;
	if (date_end_of_years(c->plan->date, b->plan->years,
		&terms.not_after) == CA_OK)
		err = decide(b->request.entries, b->request.count, &terms,
		    c->ledger, &b->list);
	b->list.quota_left = terms.quota_left;
	if (err == RECORD_OK)
		return resume_intents(c, &b->list);
	return ceremony_stop(c, EXIT_PROCESS, "%s: %s", b->plan->request,
	    record_strerror(err));
}

static bool
compose(struct ceremony *c, struct batch *b)
{
	memcpy(b->list.request, b->request.request, 32);
	memcpy(b->list.order, b->request.order_sha256, 32);
	snprintf(b->list.pattern, sizeof(b->list.pattern), "%s",
	    b->request.order.pattern);
	snprintf(b->list.subject, sizeof(b->list.subject), "%s",
	    b->request.order.subject);
	if (b->plan->crl_days > 0) {
		b->list.has_crl = true;
		b->list.crl_number = b->token->crl_number + 1;
		b->list.crl_this = c->plan->date;
		b->list.crl_next = c->plan->date + b->plan->crl_days * DAY;
		if (!revoke_list(c, b->plan, b->token, &b->list.revoke,
			&b->list.revoke_count))
			return false;
	}
	if (worklist_write(&b->list, &b->text, &b->text_len) != RECORD_OK)
		return ceremony_stop(c, EXIT_PROCESS, "worklist: not written");
	b->certs = worklist_certs(&b->list);
	return true;
}

static bool
crl_current(struct ceremony *c, const struct history_token *t)
{
	if (t->has_crl && t->crl_next >= c->plan->date)
		return true;
	return ceremony_stop(c, EXIT_REFUSED,
	    "%s: its CRL's nextUpdate lies before this plan's date: plan a "
	    "crl step for it first",
	    t->label);
}

/* The root token of this CA: whose key certified it. */
static const struct history_token *
root_of(struct ceremony *c)
{
	for (size_t i = 0; i < c->history->token_count; i++) {
		if (strcmp(c->history->tokens[i].keys[0].role, "root") == 0)
			return &c->history->tokens[i];
	}
	return NULL;
}

static bool
batch_read(struct ceremony *c, const struct plan_step *s, struct batch *b)
{
	const char *label;
	const struct history_token *root;

	memset(b, 0, sizeof(*b));
	b->plan = &s->u.batch;
	label = c->plan->tokens[b->plan->token].label;
	b->token = history_token(c->history, label);
	root = root_of(c);
	if (b->token == NULL || !b->token->has_crl ||
	    strcmp(b->token->keys[0].role, "product-ca") != 0 || root == NULL)
		return ceremony_stop(c, EXIT_INPUT,
		    "token %s: no product CA was made on a token of this "
		    "label in this log",
		    label);
	return input_request(c, b->plan->request, &b->request) &&
	    (answered_before(c, &b->request) ||
		(in_sequence(c, b) && crl_current(c, root) &&
		    (b->plan->crl_days > 0 || crl_current(c, b->token))));
}

static bool
batch_decide(struct ceremony *c, struct batch *b)
{
	return add_roles(c, b) && decide_entries(c, b) && compose(c, b);
}

bool
step_batch_check(struct ceremony *c, const struct plan_step *s)
{
	struct batch b;
	bool ok = output_free(c, s->u.batch.out) && batch_read(c, s, &b) &&
	    (answered_before(c, &b.request) || batch_decide(c, &b));

	if (ok && !answered_before(c, &b.request) && b.certs == 0 &&
	    b.list.quota_left == 0)
		ok = ceremony_stop(c, EXIT_REFUSED,
		    "%s: its work order's quota of %llu is used up: seal a "
		    "new order",
		    b.plan->request, (unsigned long long)b.request.order.quota);
	batch_clear(&b);
	return ok;
}

/* ---- telling the signer ------------------------------------------------------ */

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

static bool
tell_batch(struct ceremony *c, struct session *s, struct batch *b)
{
	const struct tree *tree = issuance_tree(c->issuance);
	const struct history_token *root = root_of(c);
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
	    !ceremony_load(c, root->keys[0].cert, &der, &len))
		return false;
	message_start(&c->out, MSG_ISSUER);
	message_put_octets(&c->out, der, len);
	free(der);
	return child_ask(c, &s->child, MSG_OK) &&
	    tell_parts(c, s, MSG_WORK, NULL, b->text, b->text_len) &&
	    tell_crl(c, s, b->token, 0) && tell_crl(c, s, root, 1) &&
	    tell_keys(c, s, b);
}

/* ---- signing ------------------------------------------------------------------ */

static bool
io_ok(struct ceremony *c, enum record_error err)
{
	return err == RECORD_OK ||
	    ceremony_stop(c, EXIT_STATE,
		"%s/issuance.jsonl: %s: make room and run the same plan again",
		c->state_path, record_strerror(err));
}

static bool
hear_intent(struct ceremony *c, struct group *g, const struct batch *b,
    size_t i)
{
	const struct worklist_entry *e = &b->list.entries[i];
	struct intent intent = { .profile = "" };
	uint64_t entry;

	if (!child_hear(c, &g->acts[0].session->child, MSG_INTENT))
		return false;
	entry = message_get_number(&c->in);
	message_get_exact(&c->in, intent.serial, sizeof(intent.serial));
	message_get_exact(&c->in, intent.tbs_sha256, sizeof(intent.tbs_sha256));
	if (!child_fields_ok(c))
		return false;
	if (entry != i + 1)
		return ceremony_stop(c, EXIT_PROCESS,
		    "signer: intents out of order: nothing was signed");
	memcpy(intent.profile, e->profile, sizeof(intent.profile));
	memcpy(intent.id, e->id, sizeof(intent.id));
	memcpy(intent.hwserial, e->hwserial, sizeof(intent.hwserial));
	memcpy(intent.spki_sha256, e->spki_sha256, 32);
	return io_ok(c,
	    issuance_intent(c->issuance, g->acts[0].number, &intent));
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
	if (!child_fields_ok(c) ||
	    !io_ok(c,
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

static int
find_leaf(void *arg, uint64_t number, const struct issuance_line *line)
{
	struct {
		uint64_t leaf, at;
		uint8_t *der;
		size_t len;
	} *want = arg;

	(void)number;
	if (line->type != ISSUANCE_RESULT || want->at++ != want->leaf)
		return 0;
	want->der = malloc(line->cert_len);
	if (want->der == NULL)
		return 1;
	memcpy(want->der, line->cert, line->cert_len);
	want->len = line->cert_len;
	return 0;
}

static bool
tell_duplicate(struct ceremony *c, struct group *g, const struct batch *b,
    size_t i)
{
	struct {
		uint64_t leaf, at;
		uint8_t *der;
		size_t len;
	} want = { 0 };
	struct record_fault fault = { .text = "" };
	struct issuance *view = NULL;
	struct ledger_row row;
	uint8_t proof[TREE_DEPTH_MAX][32];
	int n;

	if (!ledger_by_cert(c->ledger, b->list.entries[i].cert_sha256, &row))
		return ceremony_stop(c, EXIT_STATE, "ledger.db: no such row");
	want.leaf = row.leaf;
	n = tree_proof(issuance_tree(c->issuance), row.leaf, proof);
	if (n < 0 ||
	    issuance_open(c->state_fd, false, find_leaf, &want, &view,
		&fault) != RECORD_OK ||
	    want.der == NULL) {
		issuance_close(view);
		return ceremony_stop(c, EXIT_STATE, "issuance.jsonl: %s",
		    fault.text);
	}
	issuance_close(view);
	message_start(&c->out, MSG_DUPLICATE);
	message_put_number(&c->out, i + 1);
	message_put_number(&c->out, row.leaf);
	message_put_text(&c->out, row.id);
	message_put_octets(&c->out, want.der, want.len);
	message_put_octets(&c->out, proof, (size_t)n * 32);
	free(want.der);
	return child_ask(c, &g->acts[0].session->child, MSG_OK);
}

static bool
tell_duplicates(struct ceremony *c, struct group *g, const struct batch *b)
{
	for (size_t i = 0; i < b->list.count; i++) {
		if (b->list.entries[i].what == WORKLIST_DUPLICATE &&
		    !tell_duplicate(c, g, b, i))
			return false;
	}
	return true;
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

static bool
sign(struct ceremony *c, struct group *g, struct batch *b,
    const struct use *uses, size_t use_count)
{
	struct child *ch = &g->acts[0].session->child;
	uint8_t crl[32] = { 0 }, response[32], payload_sha256[32];
	uint8_t *file = NULL;
	size_t len = 0;
	bool ok;

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

/* ---- the step ------------------------------------------------------------------ */

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

static void
say_worklist(struct ceremony *c, const struct batch *b)
{
	people_say(c->people,
	    "  %s: %zu entries: %zu to certify, %zu refused or known before",
	    b->plan->request, b->list.count, b->certs,
	    b->list.count - b->certs);
}

bool
step_batch_run(struct ceremony *c, const struct plan_step *step, unsigned index)
{
	struct batch b;
	struct session *s = NULL;
	struct group g;
	uint8_t digest[32];
	bool ok;

	if (!batch_read(c, step, &b)) {
		batch_clear(&b);
		return false;
	}
	if (answered_before(c, &b.request)) {
		ok = repeat(c, &b);
		batch_clear(&b);
		return ok;
	}
	group_start(&g, index, PLAN_BATCH);
	g.resumes = resume_act(c, index);
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
	ok = ok &&
	    group_open(c, &g, c->plan->tokens[b.plan->token].label, &s) &&
	    group_act(c, &g, s, s->token->epoch) && tell_batch(c, s, &b) &&
	    group_propose(c, &g, s, uses, 3, s->token->epoch, b.text,
		b.text_len) &&
	    group_approve(c, &g, c->history->policy.m) &&
	    group_begin(c, &g, 0) && sign(c, &g, &b, uses, 3);
	group_end(c, &g);
	if (ok)
		people_say(c->people, "  %zu certificates signed", b.certs);
	batch_clear(&b);
	return ok;
}
