/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_PROCESS_ACT_H
#define TESTS_CEREMONY_PROCESS_ACT_H

/* One act at a CA token's signer, message by message, and a root and a product
 * CA made with such acts. */

#include "ca/crl.h"
#include "ca/date.h"
#include "tests/ceremony/process/quorum.h"

#define YEAR (366 * 86400)

/* A signer and the act it was told last, as approvals name it. */
struct act {
	struct world *w;
	const struct ca_token *t; /* NULL while it is being made */
	const struct quorum *q;   /* it is approved under */
	struct peer *p, *cards[CARDS];
	uint64_t opened[CARDS]; /* shares, by each card */
	struct approval ap;
	uint8_t *input;
	size_t input_len;
};

/* ---- what the signer is told ------------------------------------------------ */

static inline void
tell_context(struct act *a, const char *policy, size_t len)
{
	peer_start(a->p, MSG_CONTEXT);
	message_put_text(&a->p->out, LOG);
	message_put_text(&a->p->out, "c");
	message_put_octets(&a->p->out, a->w->plan_sha256, 32);
	message_put_octets(&a->p->out, policy, len);
}

static inline void
tell_ca(struct act *a, const uint8_t policy_sha256[32])
{
	const struct ca_token *t = a->t;

	peer_start(a->p, MSG_CA);
	message_put_text(&a->p->out, t->role);
	message_put_octets(&a->p->out, t->key.der, t->key.len);
	message_put_octets(&a->p->out, t->cert, t->cert_len);
	message_put_octets(&a->p->out, t->sealer_cert, t->sealer_cert_len);
	message_put_number(&a->p->out, t->epoch);
	message_put_octets(&a->p->out, policy_sha256, 32);
}

static inline void
act_open(struct act *a, struct world *w, const struct ca_token *t)
{
	memset(a, 0, sizeof(*a));
	a->w = w;
	a->t = t;
	a->q = &w->quorum;
	a->p = peer_new(SPAWN_SIGNER);
	if (t == NULL)
		return;
	peer_start(a->p, MSG_OPEN);
	message_put_text(&a->p->out, t->module == NULL ? "softhsm" : t->module);
	message_put_text(&a->p->out, t->label);
	message_put_text(&a->p->out, t->serial);
	message_put_number(&a->p->out, 0);
	peer_ask(a->p, MSG_OPENED);
}

/* Context, CA: ready for acts. */
static inline void
act_ready_under(struct act *a, struct world *w, const struct ca_token *t,
    const struct quorum *q)
{
	act_open(a, w, t);
	a->q = q;
	tell_context(a, q->text, q->len);
	peer_ask(a->p, MSG_OK);
	if (t == NULL)
		return;
	tell_ca(a, t->q->sha256);
	peer_ask(a->p, MSG_OK);
}

static inline void
act_ready(struct act *a, struct world *w, const struct ca_token *t)
{
	act_ready_under(a, w, t, t == NULL ? &w->quorum : t->q);
}

static inline void
act_close(struct act *a)
{
	peer_free(a->p);
	for (size_t i = 0; i < CARDS; i++)
		peer_free(a->cards[i]);
	free(a->input);
}

/* The approval that operators would be shown, from what is known here. */
static inline void
act_tell(struct act *a, const char *kind, uint32_t epoch)
{
	struct approval *ap = &a->ap;

	memset(ap, 0, sizeof(*ap));
	snprintf(ap->log, sizeof(ap->log), LOG);
	snprintf(ap->ceremony, sizeof(ap->ceremony), "c");
	snprintf(ap->kind, sizeof(ap->kind), "%s", kind);
	snprintf(ap->token, sizeof(ap->token), "%s",
	    a->t == NULL ? "" : a->t->serial);
	ap->act = ++a->w->act;
	ap->step = 1;
	ap->epoch = epoch;
	memcpy(ap->policy_sha256, a->q->sha256, 32);
	memcpy(ap->plan_sha256, a->w->plan_sha256, 32);
	peer_start(a->p, MSG_ACT);
	message_put_number(&a->p->out, ap->act);
	message_put_number(&a->p->out, 0);
	message_put_number(&a->p->out, 1);
	message_put_number(&a->p->out, epoch);
	message_put_text(&a->p->out, kind);
	peer_ask(a->p, MSG_OK);
}

static inline void
act_use(struct act *a, const char *name, uint32_t count)
{
	struct approval_use *use = &a->ap.uses[a->ap.use_count++];

	snprintf(use->name, sizeof(use->name), "%s", name);
	use->count = count;
}

static inline void
tell_crl(struct act *a)
{
	peer_start(a->p, MSG_ACT_CRL);
	message_put_number(&a->p->out, 1);
	message_put_number(&a->p->out, DATE);
	message_put_number(&a->p->out, DATE + YEAR);
}

static inline void
tell_cert(struct act *a, const char *profile, const char *subject,
    const struct policy_spki *key, unsigned years)
{
	peer_start(a->p, MSG_ACT_CERT);
	message_put_text(&a->p->out, profile);
	message_put_text(&a->p->out, subject);
	message_put_octets(&a->p->out, key->der, key->len);
	message_put_number(&a->p->out, DATE);
	message_put_number(&a->p->out, DATE + (uint64_t)years * YEAR);
}

/* ---- from draft to result --------------------------------------------------- */

static inline void
act_prepare(struct act *a)
{
	struct approval *ap = &a->ap;
	size_t len;

	peer_start(a->p, MSG_PREPARE);
	peer_ask(a->p, MSG_PREPARED);
	message_get_exact(&a->p->in, ap->nonce, sizeof(ap->nonce));
	ap->has_nonce = true;
	const uint8_t *issuer = message_get_octets(&a->p->in, 32, &len);
	ap->has_issuer = len == 32;
	if (ap->has_issuer)
		memcpy(ap->issuer_spki_sha256, issuer, 32);
	message_get_exact(&a->p->in, ap->input_sha256, 32);
	a->input_len = (size_t)message_get_number(&a->p->in);
	assert_true(message_done(&a->p->in));
	free(a->input);
	a->input = peer_parts(a->p, a->input_len);
}

static inline void
tell_proposed(struct act *a, size_t line)
{
	peer_start(a->p, MSG_PROPOSED);
	message_put_number(&a->p->out, a->ap.act);
	message_put_octets(&a->p->out, a->w->lines[line],
	    strlen(a->w->lines[line]));
}

static inline void
act_propose(struct act *a)
{
	char nonce[TEXT_HEX_SIZE(16)], input[TEXT_HEX_SIZE(32)];
	const struct link *link;

	act_prepare(a);
	text_hex(a->ap.nonce, 16, nonce);
	text_hex(a->ap.input_sha256, 32, input);
	link = world_line(a->w, "act.propose",
	    "\"act\":%" PRIu64 ",\"input_sha256\":\"%s\",\"nonce\":\"%s\"",
	    a->ap.act, input, nonce);
	memcpy(a->ap.head, link->hash, 32);
	tell_proposed(a, a->w->count - 1);
	peer_ask(a->p, MSG_OK);
}

static inline struct peer *
act_card(struct act *a, size_t who)
{
	if (a->cards[who] == NULL)
		a->cards[who] = card_open(&a->w->cards[who]);
	return a->cards[who];
}

/* Have a card sign an approval; it is ready to be sent to the CA's signer. */
static inline void
tell_approval(struct act *a, size_t who, const struct approval *ap)
{
	struct peer *card = act_card(a, who);
	const char *id = a->w->cards[who].id;
	char text[APPROVAL_TEXT_MAX];
	const uint8_t *sig;
	size_t len;

	assert_int_equal(approval_text(ap, id, text, &len), QUORUM_OK);
	peer_start(card, MSG_APPROVE);
	message_put_text(&card->out, id);
	message_put_octets(&card->out, text, len);
	peer_ask(card, MSG_SIGNATURE);
	sig = message_get_octets(&card->in, APPROVAL_SIG_MAX, &len);
	peer_start(a->p, MSG_APPROVAL);
	message_put_number(&a->p->out, a->ap.act);
	message_put_text(&a->p->out, id);
	message_put_octets(&a->p->out, sig, len);
}

static inline void
act_approve(struct act *a, size_t who)
{
	tell_approval(a, who, &a->ap);
	peer_ask(a->p, MSG_OK);
}

/* The x of an operator's share. */
static inline size_t
share_x(const struct quorum *q, size_t who)
{
	size_t x = 0;

	while (x < q->n && q->who[x] != who)
		x++;
	assert_true(x < q->n);
	return x;
}

static inline void
tell_unwrap(struct act *a, const struct ca_token *t, size_t who,
    const struct share *share)
{
	struct peer *card = act_card(a, who);

	peer_start(card, MSG_UNWRAP);
	message_put_text(&card->out, t->serial);
	message_put_number(&card->out, t->epoch);
	message_put_number(&card->out, share_x(t->q, who));
	message_put_number(&card->out, t->q->m);
	message_put_number(&card->out, t->q->n);
	message_put_octets(&card->out, share->commitment, 32);
	message_put_octets(&card->out, share->blob, share->blob_len);
}

/* A share of t's epoch, opened by its card and on its way by the descriptor. */
static inline void
tell_share_of(struct act *a, const struct ca_token *t, size_t who)
{
	size_t x = share_x(t->q, who);
	const struct share *share = &t->shares[x];
	struct peer *card = act_card(a, who);
	int pair[2];

	tell_unwrap(a, t, who, share);
	peer_ask(card, MSG_OK);
	peer_pair(pair);
	peer_start(card, MSG_RELEASE)->fd = pair[0];
	message_put_number(&card->out, a->opened[who]++);
	peer_ask(card, MSG_OK);
	peer_start(a->p, MSG_SHARE)->fd = pair[1];
	message_put_number(&a->p->out, t->epoch);
	message_put_number(&a->p->out, x);
	message_put_octets(&a->p->out, share->commitment, 32);
}

static inline void
tell_share(struct act *a, size_t who)
{
	tell_share_of(a, a->t, who);
}

static inline void
act_share(struct act *a, size_t who)
{
	tell_share(a, who);
	peer_ask(a->p, MSG_OK);
}

static inline void
tell_begin(struct act *a, uint64_t number)
{
	world_line(a->w, "act.begin", "\"act\":%" PRIu64 ",\"operators\":[]",
	    number);
	peer_start(a->p, MSG_BEGIN);
	message_put_number(&a->p->out, number);
	message_put_octets(&a->p->out, a->w->lines[a->w->count - 1],
	    strlen(a->w->lines[a->w->count - 1]));
}

static inline void
tell_line(struct peer *p, const char *line)
{
	peer_start(p, MSG_HEAD_LINE);
	message_put_octets(&p->out, line, strlen(line));
}

/* What the token remembers; its seq, or the chain's last when nothing. */
static inline uint64_t
head_read_seq(struct act *a)
{
	uint64_t present, seq;

	peer_start(a->p, MSG_HEAD_READ);
	peer_ask(a->p, MSG_HEAD);
	present = message_get_number(&a->p->in);
	seq = message_get_number(&a->p->in);
	return present ? seq : a->w->count - 1;
}

static inline void
act_show(struct act *a)
{
	for (uint64_t i = head_read_seq(a); i < a->w->count; i++) {
		tell_line(a->p, a->w->lines[i]);
		peer_ask(a->p, MSG_OK);
	}
}

static inline void
act_head(struct act *a)
{
	act_show(a);
	peer_start(a->p, MSG_HEAD_WRITE);
	peer_ask(a->p, MSG_OK);
}

/* As many operators as it takes approve; their shares too, when the token has
 * a K. */
static inline void
act_approved(struct act *a)
{
	act_propose(a);
	for (size_t x = 0; x < a->q->m; x++)
		act_approve(a, a->q->who[x]);
	for (size_t x = 0; a->t != NULL && x < a->q->m; x++)
		act_share(a, a->q->who[x]);
}

static inline void
act_begun(struct act *a)
{
	act_approved(a);
	tell_begin(a, a->ap.act);
	peer_ask(a->p, MSG_BEGUN);
	act_head(a);
}

static inline uint8_t *
act_certificate(struct act *a, size_t *len)
{
	act_begun(a);
	peer_start(a->p, MSG_EXECUTE);
	peer_ask(a->p, MSG_CERT);
	return peer_octets(a->p, len);
}

static inline uint8_t *
act_file(struct act *a, size_t *len)
{
	*len = (size_t)message_get_number(&a->p->in);
	return peer_parts(a->p, *len);
}

/* ---- a root and a product CA ------------------------------------------------ */

static inline void
tell_derive_cert(struct act *a, size_t who, size_t whose)
{
	const struct card *c = &a->w->cards[whose];

	peer_start(a->p, MSG_DERIVE_CERT);
	message_put_text(&a->p->out, a->w->cards[who].id);
	message_put_octets(&a->p->out, c->derive_cert, c->derive_cert_len);
}

static inline void
tell_keys(struct act *a, const char *label, const char *role)
{
	peer_start(a->p, MSG_ACT_KEYS);
	message_put_text(&a->p->out, "softhsm");
	message_put_text(&a->p->out, label);
	message_put_text(&a->p->out, role);
	message_put_number(&a->p->out, 0);
	message_put_number(&a->p->out, 0);
	message_put_octets(&a->p->out, NULL, 0);
}

static inline void
hear_key(struct act *a, const char *want, struct policy_spki *key)
{
	char role[17];
	const uint8_t *spki;

	peer_hear(a->p, MSG_MADE_KEY);
	message_get_text(&a->p->in, role, sizeof(role) - 1);
	assert_string_equal(role, want);
	spki = message_get_octets(&a->p->in, sizeof(key->der), &key->len);
	assert_non_null(spki);
	memcpy(key->der, spki, key->len);
}

/* Every share of a token that is keyed, and its serial. */
static inline void
hear_shares(struct act *a, struct ca_token *t)
{
	char id[33];

	for (size_t x = 0; x < t->q->n; x++) {
		struct share *share = &t->shares[x];
		peer_hear(a->p, MSG_MADE_SHARE);
		message_get_text(&a->p->in, id, sizeof(id) - 1);
		assert_string_equal(id, a->w->cards[t->q->who[x]].id);
		assert_int_equal(message_get_number(&a->p->in), x);
		share->blob = peer_octets(a->p, &share->blob_len);
		message_get_exact(&a->p->in, share->commitment, 32);
		assert_true(message_done(&a->p->in));
	}
	peer_hear(a->p, MSG_MADE);
	message_get_text(&a->p->in, t->serial, sizeof(t->serial) - 1);
	assert_true(message_done(&a->p->in));
}

static inline void
act_derive_certs(struct act *a, const struct quorum *q)
{
	for (size_t x = 0; x < q->n; x++) {
		tell_derive_cert(a, q->who[x], q->who[x]);
		peer_ask(a->p, MSG_OK);
	}
}

/* Up to act.begin, which the caller sends. */
static inline void
keys_told(struct act *a, struct world *w, const char *label, const char *role)
{
	act_ready(a, w, NULL);
	act_tell(a, role, 1);
	snprintf(a->ap.token, sizeof(a->ap.token), "%s", label);
	act_use(a, "self-test", strcmp(role, "root") == 0 ? 1 : 2);
	tell_keys(a, label, role);
	peer_ask(a->p, MSG_OK);
}

static inline void
keys_make(struct world *w, struct ca_token *t)
{
	struct act a;

	keys_told(&a, w, t->label, t->role);
	peer_start(a.p, MSG_SO_TAKE)->fd = world_so_pin(w, t->label, 0);
	peer_ask(a.p, MSG_OK);
	act_approved(&a);
	act_derive_certs(&a, t->q);
	tell_begin(&a, a.ap.act);
	peer_ask(a.p, MSG_BEGUN);
	act_head(&a);
	peer_start(a.p, MSG_EXECUTE);
	peer_tell(a.p);
	hear_key(&a, t->role, &t->key);
	if (strcmp(t->role, "root") != 0)
		hear_key(&a, "sealer", &t->sealer);
	hear_shares(&a, t);
	t->epoch = 1;
	act_close(&a);
}

static inline uint8_t *
cert_make(struct world *w, const char *profile, const char *subject,
    const struct policy_spki *key, size_t *len)
{
	struct act a;
	uint8_t *der;

	act_ready(&a, w, &w->root);
	act_tell(&a, "product-ca", 1);
	act_use(&a, profile, 1);
	tell_cert(&a, profile, subject, key,
	    strcmp(profile, "root") == 0 ? 20 : 9);
	peer_ask(a.p, MSG_OK);
	der = act_certificate(&a, len);
	act_close(&a);
	return der;
}

/* A CRL act on a CA token, told and not yet prepared. */
static inline void
crl_told(struct act *a, struct world *w, const struct ca_token *t)
{
	act_ready(a, w, t);
	act_tell(a, "crl", t->epoch);
	act_use(a, "crl", 1);
	tell_crl(a);
	peer_ask(a->p, MSG_OK);
}

/* ... and prepared and proposed. */
static inline void
crl_proposed(struct world *w, struct act *a)
{
	crl_told(a, w, &w->product);
	act_propose(a);
}

static inline void
crl_make(struct world *w, struct ca_token *t)
{
	struct act a;

	crl_told(&a, w, t);
	act_begun(&a);
	peer_start(a.p, MSG_WRITE_CERT);
	message_put_octets(&a.p->out, t->cert, t->cert_len);
	peer_ask(a.p, MSG_OK);
	peer_start(a.p, MSG_EXECUTE);
	peer_ask(a.p, MSG_FILE);
	t->crl = act_file(&a, &t->crl_len);
	act_close(&a);
}

static inline void
world_make_cas(struct world *w)
{
	w->root = (struct ca_token){ .label = "root-1",
		.role = "root",
		.q = &w->quorum };
	w->product = (struct ca_token){ .label = "product-1",
		.role = "product-ca",
		.q = &w->quorum };
	keys_make(w, &w->root);
	w->root.cert = cert_make(w, "root", "CN=Test Root", &w->root.key,
	    &w->root.cert_len);
	crl_make(w, &w->root);
	keys_make(w, &w->product);
	w->product.cert = cert_make(w, "product-ca", "CN=Test Product CA",
	    &w->product.key, &w->product.cert_len);
	w->product.sealer_cert = cert_make(w, "sealer", "CN=Test Sealer",
	    &w->product.sealer, &w->product.sealer_cert_len);
	crl_make(w, &w->product);
}

#endif
