/* SPDX-License-Identifier: ISC */
/* A batch at the signer: what is signed and answered, and what an operator's
 * process that means harm does not get signed. */
#include "ceremony/record/tree.h"
#include "tests/ceremony/process/refusal.h"
#include "transfer/response.h"
#include "transfer/sealed.h"

#define REQUEST                                                                \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define ORDER "2222222222222222222222222222222222222222222222222222222222222222"
#define FROM "20260601000000Z"
#define TO "20300101000000Z"
#define PATTERN "dev-[0-9]{2}"
#define KEYS 2

/* What may be wrong with a batch; zero is a good one of two certificates. */
struct batch {
	const char *profile, *ids[KEYS], *more; /* lines behind */
	unsigned quota;
	bool crl, no_work, no_key, other_key, other_root, other_crl, no_crl;
	bool resumed, same_keys;
	/* made by batch_told() */
	struct policy_spki keys[KEYS];
	struct tree tree; /* what was issued before */
};

static void
make_key(struct policy_spki *out)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	uint8_t *spki = NULL;

	assert_non_null(key);
	assert_int_equal(key_to_spki(key, &spki, &out->len), CA_OK);
	memcpy(out->der, spki, out->len);
	OPENSSL_free(spki);
	EVP_PKEY_free(key);
}

static void
spki_hex(const struct policy_spki *key, char hex[TEXT_HEX_SIZE(32)])
{
	uint8_t digest[32];

	SHA256(key->der, key->len, digest);
	text_hex(digest, 32, hex);
}

/* The worklist's text; free(). */
static char *
batch_text(const struct batch *b)
{
	char hex[KEYS][TEXT_HEX_SIZE(32)], *text = NULL;
	const char *profile = b->profile == NULL ? "device-tls" : b->profile;

	for (size_t i = 0; i < KEYS; i++)
		spki_hex(&b->keys[i], hex[i]);
	assert_true(
	    asprintf(&text,
		"anchorite-worklist/v1\nrequest " REQUEST "\norder " ORDER
		"\npattern " PATTERN
		"\nsubject CN=device-{id}\nquota-left %u\n%s"
		"cert %s %s - %s " FROM " " TO "%s\n"
		"cert %s %s - %s " FROM " " TO "\n%s",
		b->quota == 0 ? 10 : b->quota,
		b->crl ? "crl 2 " FROM " " TO "\n" : "", profile,
		b->ids[0] == NULL ? "dev-01" : b->ids[0], hex[0],
		b->resumed ? " 0100000000000000000000000000000001 " REQUEST
			   : "",
		profile, b->ids[1] == NULL ? "dev-02" : b->ids[1], hex[1],
		b->more == NULL ? "" : b->more) > 0);
	return text;
}

static void
tell_part(struct act *a, enum message_kind kind, const uint64_t *which,
    const void *data, size_t len)
{
	peer_start(a->p, kind);
	if (which != NULL)
		message_put_number(&a->p->out, *which);
	message_put_octets(&a->p->out, data, len);
	peer_ask(a->p, MSG_OK);
}

static void
tell_key(struct act *a, uint64_t entry, const struct policy_spki *key)
{
	peer_start(a->p, MSG_KEY);
	message_put_number(&a->p->out, entry);
	message_put_octets(&a->p->out, key->der, key->len);
	peer_tell(a->p);
}

static void
tell_tree(struct act *a, const struct tree *tree)
{
	uint8_t frontier[TREE_DEPTH_MAX][32];
	size_t count = tree_frontier(tree, frontier);

	peer_start(a->p, MSG_TREE);
	message_put_number(&a->p->out, tree_size(tree));
	message_put_octets(&a->p->out, frontier, count * 32);
}

static void
tell_crls(struct act *a, const struct batch *b)
{
	const struct world *w = a->w;
	const uint64_t product = 0, root = 1;

	if (!b->no_crl)
		tell_part(a, MSG_CRL, &product,
		    b->other_crl ? w->root.crl : w->product.crl,
		    b->other_crl ? w->root.crl_len : w->product.crl_len);
	tell_part(a, MSG_CRL, &root, w->root.crl, w->root.crl_len);
}

/* All of a batch, up to PREPARE. */
static void
batch_told(struct world *w, struct act *a, struct batch *b)
{
	const struct ca_token *root = b->other_root ? &w->product : &w->root;
	char *text;

	for (size_t i = 0; !b->same_keys && i < KEYS; i++)
		make_key(&b->keys[i]);
	text = batch_text(b);
	act_ready(a, w, &w->product);
	act_tell(a, "batch", 1);
	act_use(a, "device-tls", KEYS);
	if (b->crl)
		act_use(a, "crl", 1);
	act_use(a, "seal-response", 1);
	peer_start(a->p, MSG_ACT_BATCH);
	message_put_number(&a->p->out, DATE);
	peer_ask(a->p, MSG_OK);
	tell_tree(a, &b->tree);
	peer_ask(a->p, MSG_OK);
	tell_part(a, MSG_ISSUER, NULL, root->cert, root->cert_len);
	if (!b->no_work)
		tell_part(a, MSG_WORK, NULL, text, strlen(text));
	tell_crls(a, b);
	if (b->other_key)
		make_key(&b->keys[1]);
	for (size_t i = 0; i + b->no_key < KEYS; i++)
		tell_key(a, i + 1, &b->keys[i]);
	free(text);
}

static void
batch_begun(struct world *w, struct act *a, struct batch *b)
{
	batch_told(w, a, b);
	act_begun(a);
}

/* Intents, then certificates into the tree; der[i] free(). */
static void
batch_signed(struct act *a, struct batch *b, uint8_t *der[KEYS],
    size_t len[KEYS])
{
	uint8_t leaf[32];

	peer_start(a->p, MSG_EXECUTE);
	peer_tell(a->p);
	for (size_t i = 0; i < KEYS; i++) {
		peer_hear(a->p, MSG_INTENT);
		assert_int_equal(message_get_number(&a->p->in), i + 1);
	}
	peer_hear(a->p, MSG_DONE);
	peer_start(a->p, MSG_GO);
	peer_ask(a->p, MSG_OK);
	for (size_t i = 0; i < KEYS; i++) {
		peer_start(a->p, MSG_SIGN);
		message_put_number(&a->p->out, i + 1);
		peer_ask(a->p, MSG_CERT);
		der[i] = peer_octets(a->p, &len[i]);
		tree_leaf(der[i], len[i], leaf);
		assert_true(tree_add(&b->tree, leaf));
	}
}

static void
free_certs(uint8_t *der[KEYS])
{
	for (size_t i = 0; i < KEYS; i++)
		free(der[i]);
}

/* ---- what works ------------------------------------------------------------- */

static void
open_response(const struct world *w, const uint8_t *file, size_t len,
    struct response *r)
{
	EVP_PKEY *sealer = NULL;
	struct transfer_fault fault;
	uint8_t *payload = NULL, digest[32];
	size_t payload_len;

	assert_int_equal(key_from_spki(w->product.sealer.der,
			     w->product.sealer.len, &sealer),
	    CA_OK);
	assert_int_equal(sealed_open(file, len, sealer, &payload, &payload_len,
			     digest),
	    TRANSFER_OK);
	assert_int_equal(response_read((const char *)payload, payload_len, r,
			     &fault),
	    TRANSFER_OK);
	OPENSSL_free(payload);
	EVP_PKEY_free(sealer);
}

static void
check_entry(const struct response *r, size_t i, enum response_status status,
    const char *id, const uint8_t *der, size_t len)
{
	const struct response_entry *e = &r->entries[i];
	uint8_t leaf[32];

	assert_int_equal(e->status, status);
	assert_string_equal(e->id, id);
	assert_int_equal(e->certificate_len, len);
	assert_memory_equal(e->certificate, der, len);
	tree_leaf(der, len, leaf);
	assert_true(tree_verify(leaf, e->leaf, r->tree_size,
	    (const uint8_t(*)[32])e->proof, e->proof_len, r->tree_root));
}

/* SEAL; the response, read. */
static void
batch_sealed(struct world *w, struct act *a, bool crl, struct response *r)
{
	uint8_t *file;
	size_t len;

	peer_start(a->p, MSG_SEAL);
	peer_ask(a->p, MSG_FILE);
	file = act_file(a, &len);
	if (crl) {
		X509_CRL *parsed = NULL;
		assert_int_equal(crl_parse(file, len, &parsed), CA_OK);
		X509_CRL_free(parsed);
		free(file);
		peer_hear(a->p, MSG_FILE);
		file = act_file(a, &len);
	}
	open_response(w, file, len, r);
	free(file);
	assert_int_equal(r->chain_count, 2);
	assert_int_equal(r->crl_count, 2);
}

/* The leaf of a duplicate, as an earlier batch issued it. */
static void
tell_duplicate(struct act *a, uint64_t entry, const struct tree *tree,
    uint64_t leaf, const uint8_t *der, size_t len)
{
	uint8_t proof[TREE_DEPTH_MAX][32];
	int n = tree_proof(tree, leaf, proof);

	assert_true(n >= 0);
	peer_start(a->p, MSG_DUPLICATE);
	message_put_number(&a->p->out, entry);
	message_put_number(&a->p->out, leaf);
	message_put_text(&a->p->out, "dev-01");
	message_put_octets(&a->p->out, der, len);
	message_put_octets(&a->p->out, proof, (size_t)n * 32);
}

/* Two batches: the second answers a key of the first as a duplicate. */
static void
two_batches(void **state)
{
	struct world *w = *(struct world **)*state;
	struct batch b = { .crl = true, .more = "refuse 3 csr.pop\n" };
	struct response r;
	struct act a;
	uint8_t *first[KEYS], *second[KEYS], digest[32];
	size_t first_len[KEYS], second_len[KEYS];
	char hex[TEXT_HEX_SIZE(32)], *more = NULL;

	batch_begun(w, &a, &b);
	batch_signed(&a, &b, first, first_len);
	batch_sealed(w, &a, true, &r);
	assert_int_equal(r.count, 3);
	assert_int_equal(r.tree_size, 2);
	for (size_t i = 0; i < KEYS; i++)
		check_entry(&r, i, RESPONSE_ISSUED,
		    i == 0 ? "dev-01" : "dev-02", first[i], first_len[i]);
	assert_int_equal(r.entries[2].status, RESPONSE_REJECTED);
	response_clear(&r);
	act_close(&a);

	SHA256(first[0], first_len[0], digest);
	text_hex(digest, 32, hex);
	assert_true(asprintf(&more, "duplicate 3 %s\n", hex) > 0);
	b.crl = false;
	b.more = more;
	b.ids[0] = "dev-03";
	b.ids[1] = "dev-04";
	batch_begun(w, &a, &b);
	batch_signed(&a, &b, second, second_len);
	tell_duplicate(&a, 3, &b.tree, 0, first[0], first_len[0]);
	peer_ask(a.p, MSG_OK);
	batch_sealed(w, &a, false, &r);
	assert_int_equal(r.tree_size, 4);
	check_entry(&r, 1, RESPONSE_ISSUED, "dev-04", second[1], second_len[1]);
	check_entry(&r, 2, RESPONSE_DUPLICATE, "dev-01", first[0],
	    first_len[0]);
	response_clear(&r);
	act_close(&a);
	free(more);
	free_certs(first);
	free_certs(second);
	tree_free(&b.tree);
}

/* ---- beside another signer ---------------------------------------------------- */

/* What one signer means to sign, of a batch that another has begun. */
struct told {
	uint8_t serial[KEYS][SERIAL_SIZE], tbs[KEYS][32];
};

static void
hear_intents(struct act *a, struct told *t)
{
	peer_start(a->p, MSG_EXECUTE);
	peer_tell(a->p);
	for (size_t i = 0; i < KEYS; i++) {
		peer_hear(a->p, MSG_INTENT);
		message_get_number(&a->p->in);
		message_get_exact(&a->p->in, t->serial[i], SERIAL_SIZE);
		message_get_exact(&a->p->in, t->tbs[i], 32);
	}
	peer_hear(a->p, MSG_DONE);
}

static void
tell_intent(struct act *a, uint64_t entry, const struct told *t)
{
	peer_start(a->p, MSG_INTEND);
	message_put_number(&a->p->out, entry);
	message_put_octets(&a->p->out, t->serial[entry - 1], SERIAL_SIZE);
	message_put_octets(&a->p->out, t->tbs[entry - 1], 32);
	peer_tell(a->p);
}

/* The intents of a first signer, whose batch is begun anew at a second: the
 * token is one here, and its key as good as that of a copy. */
static void
intents_made(struct world *w, struct batch *b, struct told *t)
{
	struct act a;

	batch_begun(w, &a, b);
	hear_intents(&a, t);
	act_close(&a);
	b->same_keys = true;
}

static void
sign_entry(struct act *a, uint64_t entry)
{
	peer_start(a->p, MSG_SIGN);
	message_put_number(&a->p->out, entry);
}

static void
go(struct act *a)
{
	peer_start(a->p, MSG_GO);
	peer_ask(a->p, MSG_OK);
}

static void
follow(struct world *w, struct act *a, struct batch *b, const struct told *t)
{
	batch_begun(w, a, b);
	for (uint64_t i = 1; i <= KEYS; i++)
		tell_intent(a, i, t);
	peer_start(a->p, MSG_EXECUTE);
	peer_ask(a->p, MSG_DONE);
	go(a);
}

static void
take(struct act *a, uint64_t entry, const uint8_t *der, size_t len)
{
	peer_start(a->p, MSG_TAKE);
	message_put_number(&a->p->out, entry);
	message_put_octets(&a->p->out, der, len);
	peer_tell(a->p);
}

/* Entry 2 is signed by a first signer, which logs out; entry 1 by a second one,
 * which takes the other in and seals. */
static void
two_signers(void **state)
{
	struct world *w = *(struct world **)*state;
	struct batch b = { .crl = false };
	struct told t;
	struct response r;
	struct act a;
	uint8_t *der[KEYS], leaf[32];
	size_t len[KEYS];

	intents_made(w, &b, &t);
	follow(w, &a, &b, &t);
	sign_entry(&a, 2);
	peer_ask(a.p, MSG_CERT);
	der[1] = peer_octets(a.p, &len[1]);
	peer_start(a.p, MSG_REST);
	peer_ask(a.p, MSG_OK);
	act_close(&a);

	follow(w, &a, &b, &t);
	sign_entry(&a, 1);
	peer_ask(a.p, MSG_CERT);
	der[0] = peer_octets(a.p, &len[0]);
	take(&a, 2, der[1], len[1]);
	batch_sealed(w, &a, false, &r);
	assert_int_equal(r.tree_size, KEYS);
	for (size_t i = 0; i < KEYS; i++) {
		tree_leaf(der[i], len[i], leaf);
		assert_int_equal(r.entries[i].leaf, i);
		check_entry(&r, i, RESPONSE_ISSUED,
		    i == 0 ? "dev-01" : "dev-02", der[i], len[i]);
	}
	response_clear(&r);
	act_close(&a);
	free_certs(der);
}

/* What may be wrong with what a second signer is told. */
enum wrong {
	WRONG_TBS,
	WRONG_SERIAL_FORM,
	WRONG_ONE_ONLY,
	WRONG_TWICE,
	WRONG_ENTRY
};

static struct peer *
followed(struct world *w, struct act *a, const void *arg)
{
	const enum wrong wrong = *(const enum wrong *)arg;
	struct batch b = { .crl = false };
	struct told t;

	intents_made(w, &b, &t);
	batch_begun(w, a, &b);
	if (wrong == WRONG_TBS)
		t.tbs[1][31] ^= 1;
	if (wrong == WRONG_SERIAL_FORM)
		t.serial[0][0] = 0x81;
	tell_intent(a, 1, &t);
	if (wrong == WRONG_TWICE)
		tell_intent(a, 1, &t);
	else if (wrong != WRONG_ONE_ONLY)
		tell_intent(a, 2, &t);
	if (wrong == WRONG_TWICE || wrong == WRONG_SERIAL_FORM) {
		peer_recv(a->p);
		return a->p;
	}
	peer_start(a->p, MSG_EXECUTE);
	peer_try(a->p);
	if (wrong == WRONG_TBS) {
		assert_int_equal(a->p->in.kind, MSG_DONE);
		go(a);
		sign_entry(a, 2);
		peer_try(a->p);
	}
	return a->p;
}

/* Entries that are handed out: none, one twice, one that was told. */
static struct peer *
handed_out(struct world *w, struct act *a, const void *arg)
{
	const enum wrong wrong = *(const enum wrong *)arg;
	struct batch b = { .more = "refuse 3 csr.pop\n" };
	struct told t;
	uint8_t *der;
	size_t len;

	intents_made(w, &b, &t);
	follow(w, a, &b, &t);
	sign_entry(a, wrong == WRONG_ENTRY ? 3 : 1);
	if (wrong == WRONG_TWICE) {
		peer_ask(a->p, MSG_CERT);
		sign_entry(a, 1);
	}
	if (wrong == WRONG_TBS) { /* a certificate, but of another entry */
		peer_ask(a->p, MSG_CERT);
		der = peer_octets(a->p, &len);
		take(a, 2, der, len);
		free(der);
		peer_recv(a->p);
		return a->p;
	}
	peer_try(a->p);
	return a->p;
}

static struct peer *
intend_for_a_crl(struct world *w, struct act *a, const void *arg)
{
	struct told t = { .serial = { { 0x01 } } };

	(void)arg;
	crl_told(a, w, &w->product);
	act_begun(a);
	tell_intent(a, 1, &t);
	peer_recv(a->p);
	return a->p;
}

/* ---- what is refused ------------------------------------------------------------ */

static struct peer *
prepared(struct world *w, struct act *a, const void *arg)
{
	struct batch b = *(const struct batch *)arg;

	batch_told(w, a, &b);
	peer_start(a->p, MSG_PREPARE);
	peer_try(a->p);
	return a->p;
}

/* Prepared anew after a refusal: uses are not counted twice. */
static struct peer *
prepared_again(struct world *w, struct act *a, const void *arg)
{
	prepared(w, a, arg);
	assert_int_equal(a->p->in.kind, MSG_FAULT);
	peer_start(a->p, MSG_PREPARE);
	peer_try(a->p);
	return a->p;
}

static struct peer *
executed(struct world *w, struct act *a, const void *arg)
{
	struct batch b = *(const struct batch *)arg;

	batch_begun(w, a, &b);
	peer_start(a->p, MSG_EXECUTE);
	peer_try(a->p);
	return a->p;
}

static struct peer *
executed_again(struct world *w, struct act *a, const void *arg)
{
	executed(w, a, arg);
	assert_int_equal(a->p->in.kind, MSG_FAULT);
	peer_start(a->p, MSG_EXECUTE);
	peer_try(a->p);
	return a->p;
}

/* The last message of a batch whose certificates are told. */
static struct peer *
after_go(struct world *w, struct act *a, const char *more,
    enum message_kind kind)
{
	struct batch b = { .more = more };
	uint8_t *der[KEYS];
	size_t len[KEYS];

	batch_begun(w, a, &b);
	batch_signed(a, &b, der, len);
	if (kind == MSG_DUPLICATE)
		tell_duplicate(a, 3, &b.tree, 0, der[0], len[0]);
	else
		peer_start(a->p, kind);
	peer_try(a->p);
	free_certs(der);
	tree_free(&b.tree);
	return a->p;
}

static struct peer *
go_twice(struct world *w, struct act *a, const void *arg)
{
	return after_go(w, a, arg, MSG_GO);
}

static struct peer *
seal_incomplete(struct world *w, struct act *a, const void *arg)
{
	return after_go(w, a, arg, MSG_SEAL);
}

static struct peer *
duplicate_other(struct world *w, struct act *a, const void *arg)
{
	return after_go(w, a, arg, MSG_DUPLICATE);
}

static struct peer *
seal_early(struct world *w, struct act *a, const void *arg)
{
	struct batch b = { .more = arg };

	batch_begun(w, a, &b);
	peer_start(a->p, MSG_SEAL);
	peer_try(a->p);
	return a->p;
}

static struct peer *
seal_twice(struct world *w, struct act *a, const void *arg)
{
	struct batch b = { .more = arg };
	uint8_t *der[KEYS];
	size_t len[KEYS];
	struct response r;

	batch_begun(w, a, &b);
	batch_signed(a, &b, der, len);
	batch_sealed(w, a, false, &r);
	response_clear(&r);
	free_certs(der);
	tree_free(&b.tree);
	peer_start(a->p, MSG_SEAL);
	peer_try(a->p);
	return a->p;
}

static struct peer *
key_of_entry_0(struct world *w, struct act *a, const void *arg)
{
	struct batch b = *(const struct batch *)arg;

	batch_told(w, a, &b);
	tell_key(a, 0, &b.keys[0]);
	peer_recv(a->p);
	return a->p;
}

static struct peer *
tree_without_frontier(struct world *w, struct act *a, const void *arg)
{
	struct batch b = *(const struct batch *)arg;

	batch_told(w, a, &b);
	peer_start(a->p, MSG_TREE);
	message_put_number(&a->p->out, 3);
	message_put_octets(&a->p->out, REQUEST, 32);
	peer_try(a->p);
	return a->p;
}

static struct peer *
work_for_a_crl(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_told(a, w, &w->product);
	peer_start(a->p, MSG_WORK);
	message_put_text(&a->p->out, "anchorite-worklist/v1\n");
	peer_try(a->p);
	return a->p;
}

/* More certificates than were approved: the text signed says fewer. */
static struct peer *
approved_fewer(struct world *w, struct act *a, const void *arg)
{
	struct batch b = *(const struct batch *)arg;

	batch_told(w, a, &b);
	act_propose(a);
	a->ap.uses[0].count--;
	tell_approval(a, ALICE, &a->ap);
	peer_try(a->p);
	return a->p;
}

#define BATCH(...)                                                             \
	&(const struct batch)                                                  \
	{                                                                      \
		__VA_ARGS__                                                    \
	}

#define WRONG(which)                                                           \
	&(const enum wrong)                                                    \
	{                                                                      \
		which                                                          \
	}

static const struct refusal refusals[] = {
	{ "id outside the pattern", prepared, BATCH(.ids[1] = "dev-1x"),
	    FAULT_REFUSED,
	    "worklist entry 2: an id that the pattern does not match" },
	{ "id twice", prepared, BATCH(.ids[1] = "dev-01"), FAULT_REFUSED,
	    "worklist: id dev-01 stands in two cert lines" },
	{ "more than quota-left", prepared, BATCH(.quota = 1), FAULT_REFUSED,
	    "worklist: more certificates than quota-left" },
	{ "profile of a CA", prepared, BATCH(.profile = "product-ca"),
	    FAULT_REFUSED, "worklist entry 1: no profile for devices" },
	{ "line that is none", prepared, BATCH(.more = "sign anything\n"),
	    FAULT_REFUSED, "worklist line 9: not in the form" },
	{ "no worklist", prepared, BATCH(.no_work = true), FAULT_REFUSED,
	    "batch: no worklist" },
	{ "key that is not the worklist's", prepared, BATCH(.other_key = true),
	    FAULT_REFUSED,
	    "batch: a key is not the worklist's: nothing is signed" },
	{ "key left out", prepared, BATCH(.no_key = true), FAULT_REFUSED,
	    "batch: a key is not the worklist's: nothing is signed" },
	{ "root that did not certify the CA", prepared,
	    BATCH(.other_root = true), FAULT_REFUSED,
	    "batch: root, CA and CRLs do not belong together" },
	{ "CRL of another CA", prepared, BATCH(.other_crl = true),
	    FAULT_REFUSED, "batch: root, CA and CRLs do not belong together" },
	{ "no CRL", prepared, BATCH(.no_crl = true), FAULT_REFUSED,
	    "batch: root, CA and CRLs do not belong together" },
	{ "second try after a refusal", prepared_again, BATCH(.no_crl = true),
	    FAULT_REFUSED, "act: nothing to prepare" },
	{ "key of entry 0", key_of_entry_0, BATCH(.quota = 0), FAULT_REFUSED,
	    "key: out of range" },
	{ "tree without its frontier", tree_without_frontier, BATCH(.quota = 0),
	    FAULT_REFUSED, "tree: wrong frontier" },
	{ "worklist for a CRL", work_for_a_crl, NULL, FAULT_REFUSED,
	    "batch: not expected now" },
	{ "approval for fewer certificates", approved_fewer, BATCH(.quota = 0),
	    FAULT_REFUSED, "it is not counted" },
	{ "resumed intent with another TBS", executed, BATCH(.resumed = true),
	    FAULT_REFUSED, "entry 1 (dev-01)" },
	{ "executed again after a failure", executed_again,
	    BATCH(.resumed = true), FAULT_REFUSED,
	    "executed before: what failed is another act" },
	{ "gone twice", go_twice, NULL, FAULT_FORM, "out of turn" },
	{ "another's intent with another TBS", followed, WRONG(WRONG_TBS),
	    FAULT_REFUSED, "entry 2 (dev-02)" },
	{ "another's intent with no serial of ours", followed,
	    WRONG(WRONG_SERIAL_FORM), FAULT_REFUSED,
	    "intent: not expected now" },
	{ "another's intents of some entries", followed, WRONG(WRONG_ONE_ONLY),
	    FAULT_REFUSED, "batch: intents of some entries only" },
	{ "another's intent told twice", followed, WRONG(WRONG_TWICE),
	    FAULT_REFUSED, "intent: not expected now" },
	{ "intent told for a CRL", intend_for_a_crl, NULL, FAULT_REFUSED,
	    "intent: not expected now" },
	{ "refused entry handed out", handed_out, WRONG(WRONG_ENTRY),
	    FAULT_REFUSED, "entry 3: no certificate, or signed before" },
	{ "entry handed out twice", handed_out, WRONG(WRONG_TWICE),
	    FAULT_REFUSED, "entry 1: no certificate, or signed before" },
	{ "certificate of another entry told", handed_out, WRONG(WRONG_TBS),
	    FAULT_REFUSED, "entry 2: another certificate than was intended" },
	{ "sealed before it is signed", seal_early, NULL, FAULT_FORM,
	    "out of turn" },
	{ "sealed twice", seal_twice, NULL, FAULT_FORM, "out of turn" },
	{ "sealed with an answer missing", seal_incomplete,
	    "duplicate 3 " REQUEST "\n", FAULT_REFUSED,
	    "response: an entry has no answer yet" },
	{ "duplicate that is another certificate", duplicate_other,
	    "duplicate 3 " REQUEST "\n", FAULT_REFUSED,
	    "duplicate: not the worklist's" },
	{ "duplicate for a refused entry", duplicate_other,
	    "refuse 3 csr.pop\n", FAULT_REFUSED,
	    "duplicate: not the worklist's" },
};

int
main(void)
{
	const struct CMUnitTest works[] = {
		cmocka_unit_test(two_batches),
		cmocka_unit_test(two_signers),
	};

	return refusal_main("batch", works, sizeof(works) / sizeof(works[0]),
	    refusals, sizeof(refusals) / sizeof(refusals[0]));
}
