/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_PROCESS_ROTATE_H
#define TESTS_CEREMONY_PROCESS_ROTATE_H

/* Keying a CA token anew, message by message. */

#include "tests/ceremony/process/refusal.h"

/* Policies that come after the world's, 2 of alice, bob, carol. */
static struct quorum all;    /* 3 of those and mallory */
static struct quorum couple; /* bob and mallory */
static struct quorum newest; /* nothing is keyed for it */

/* Tokens as they stood before: their shares are kept. */
static struct ca_token before[16];
static size_t before_count;

/* How a token is to be keyed. */
struct keyed {
	const struct quorum *from, *to;
	uint32_t epoch;
	bool recover, again;
	const struct ca_token *pending; /* the epoch it may be in instead */
	enum {
		LOST_NONE,
		LOST_OWN,
		LOST_PENDING
	} lost; /* shares of one */
};

/* ---- what the signer is told ------------------------------------------------ */

static inline void
tell_rotate(struct act *a, const struct keyed *k)
{
	peer_start(a->p, MSG_ACT_ROTATE);
	message_put_number(&a->p->out, k->recover);
	message_put_number(&a->p->out, k->again);
	message_put_octets(&a->p->out, k->to->text, k->to->len);
}

static inline void
tell_epoch(struct act *a, uint64_t epoch)
{
	peer_start(a->p, MSG_EPOCH);
	message_put_number(&a->p->out, epoch);
}

/* Up to MSG_ACT_ROTATE, which the caller sends. */
static inline void
rotate_ready(struct world *w, struct act *a, const struct ca_token *t,
    const struct keyed *k)
{
	act_ready_under(a, w, t, k->from);
	if (k->pending != NULL) {
		tell_epoch(a, k->pending->epoch);
		peer_ask(a->p, MSG_OK);
	}
	act_tell(a, k->recover ? "recovery" : "quorum-change", k->epoch);
	act_use(a, "self-test", 1);
	tell_rotate(a, k);
}

static inline void
rotate_told(struct world *w, struct act *a, const struct ca_token *t,
    const struct keyed *k)
{
	rotate_ready(w, a, t, k);
	peer_ask(a->p, MSG_OK);
}

/* Approved, and every share there that is wanted. */
static inline void
rotate_approved(struct act *a, const struct keyed *k)
{
	act_propose(a);
	assert_int_equal(a->input_len, 0);
	assert_memory_equal(a->ap.input_sha256, k->to->sha256, 32);
	for (size_t x = 0; x < k->from->m; x++) {
		size_t who = k->from->who[x];
		act_approve(a, who);
		if (k->recover)
			continue;
		if (k->lost != LOST_OWN)
			act_share(a, who);
		if (k->pending == NULL || k->lost == LOST_PENDING)
			continue;
		tell_share_of(a, k->pending, who);
		peer_ask(a->p, MSG_OK);
	}
	act_derive_certs(a, k->to);
}

static inline void
tell_so_pins(struct act *a, uint32_t n)
{
	peer_start(a->p, MSG_SO_TAKE)->fd = world_so_pin(a->w, a->t->label, n);
}

static inline uint64_t
rotate_begun(struct act *a)
{
	uint64_t epoch;

	tell_begin(a, a->ap.act);
	peer_ask(a->p, MSG_BEGUN);
	epoch = message_get_number(&a->p->in);
	assert_true(message_done(&a->p->in));
	return epoch;
}

/* What the token would be: its shares are new, the rest is the old one's. */
static inline void
rotate_executed(struct act *a, const struct keyed *k, struct ca_token *next)
{
	*next = *a->t;
	next->epoch = k->epoch;
	next->q = k->to;
	peer_start(a->p, MSG_EXECUTE);
	peer_tell(a->p);
	memset(next->shares, 0, sizeof(next->shares));
	hear_shares(a, next);
	assert_string_equal(next->serial, a->t->serial);
}

/* A line of a type, with the commitments of the first so many shares. */
static inline void
tell_commit(struct act *a, const char *type, uint64_t act,
    const struct ca_token *next, size_t shares)
{
	char body[4096] = "", hex[TEXT_HEX_SIZE(32)];
	size_t at = 0;

	for (size_t x = 0; x < shares; x++) {
		text_hex(next->shares[x].commitment, 32, hex);
		at += (size_t)snprintf(body + at, sizeof(body) - at,
		    "%s{\"x\":%zu,\"commitment\":\"%s\"}", x == 0 ? "" : ",", x,
		    hex);
	}
	world_line(a->w, type,
	    "\"act\":%" PRIu64 ",\"epoch\":%u,\"shares\":[%s]", act,
	    next->epoch, body);
	peer_start(a->p, MSG_COMMIT);
	message_put_octets(&a->p->out, a->w->lines[a->w->count - 1],
	    strlen(a->w->lines[a->w->count - 1]));
}

static inline void
tell_good_commit(struct act *a, const struct ca_token *next)
{
	tell_commit(a, "rotate.prepare", a->ap.act, next, next->q->n);
}

/* MSG_ROTATED: a test text, signed with the CA's key. */
static inline void
hear_rotated(struct act *a)
{
	char text[1025];
	const uint8_t *sig, *der = a->t->key.der;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &der, (long)a->t->key.len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len, text_len;

	peer_hear(a->p, MSG_ROTATED);
	sig = message_get_octets(&a->p->in, 1024, &text_len);
	assert_true(text_len > 0 && text_len < sizeof(text));
	memcpy(text, sig, text_len);
	text[text_len] = '\0';
	sig = message_get_octets(&a->p->in, 144, &len);
	assert_true(message_done(&a->p->in));
	assert_memory_equal(text, "anchorite-test/v1\n", 18);
	assert_non_null(strstr(text, a->t->serial));
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL,
			     key),
	    1);
	assert_int_equal(EVP_DigestVerify(ctx, sig, len, (uint8_t *)text,
			     text_len),
	    1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

/* ---- whether a token opens -------------------------------------------------- */

/* A CRL act up to its begin, which is not answered yet. */
static inline void
begin_crl(struct world *w, struct act *a, const struct ca_token *t)
{
	crl_told(a, w, t);
	act_approved(a);
	tell_begin(a, a->ap.act);
}

static inline void
assert_opens(struct world *w, const struct ca_token *t)
{
	struct act a;

	begin_crl(w, &a, t);
	peer_ask(a.p, MSG_BEGUN);
	assert_int_equal(message_get_number(&a.p->in), t->epoch);
	act_close(&a);
}

static inline void
assert_shut(struct world *w, const struct ca_token *t)
{
	struct act a;
	char text[513];

	begin_crl(w, &a, t);
	peer_try(a.p);
	assert_int_equal(peer_fault(a.p, text), CARD_ERR_PIN);
	act_close(&a);
}

/* The token is keyed anew: the new shares open it, those before do not. */
static inline void
assert_keyed(struct world *w, struct ca_token *t, const struct ca_token *next)
{
	assert_true(before_count < sizeof(before) / sizeof(before[0]));
	before[before_count] = *t;
	*t = *next;
	assert_opens(w, t);
	assert_shut(w, &before[before_count++]);
}

/* ---- all of it -------------------------------------------------------------- */

static inline void
quorums_make(const struct world *w)
{
	quorum_make(w, 2, 3, ALL, &all);
	quorum_make(w, 3, 2, 1u << BOB | 1u << MALLORY, &couple);
	quorum_make(w, 9, 2, TRIO, &newest);
}

static inline void
rotate(struct world *w, struct ca_token *t, const struct keyed *k,
    uint64_t opened)
{
	struct ca_token next;
	struct act a;

	rotate_told(w, &a, t, k);
	rotate_approved(&a, k);
	assert_int_equal(rotate_begun(&a), opened);
	act_show(&a);
	rotate_executed(&a, k, &next);
	tell_good_commit(&a, &next);
	peer_tell(a.p);
	hear_rotated(&a);
	act_head(&a);
	peer_start(a.p, MSG_END_GROUP);
	peer_ask(a.p, MSG_OK);
	act_close(&a);
	assert_keyed(w, t, &next);
}

/* Up to the commit, which the caller sends. */
static inline void
recover_executed(struct world *w, struct act *a, const struct ca_token *t,
    const struct keyed *k, uint32_t n, struct ca_token *next)
{
	rotate_told(w, a, t, k);
	rotate_approved(a, k);
	tell_so_pins(a, n);
	peer_ask(a->p, MSG_OK);
	assert_int_equal(rotate_begun(a), 0);
	rotate_executed(a, k, next);
	tell_good_commit(a, next);
}

/* A line that says which policy the log has from then on. */
static inline void
log_policy(struct world *w, const struct quorum *q)
{
	char hex[TEXT_HEX_SIZE(32)];

	text_hex(q->sha256, 32, hex);
	world_line(w, "act.result",
	    "\"act\":%" PRIu64 ",\"uses\":[],\"policy\":\"%s\"", ++w->act, hex);
}

/* What the fake module is to do, see module_fake.c. */
static inline void
fake(const struct world *w, const char *settings)
{
	char path[1200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/softhsm2.conf.fake", w->hsm.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(settings, f);
	assert_int_equal(fclose(f), 0);
}

static inline const char *
fake_path(void)
{
	static char path[1100];
	const char *build = getenv("BUILD");

	snprintf(path, sizeof(path), "%s/tests/smartcard/module_fake.so",
	    build == NULL ? "build" : build);
	return path;
}

#endif
