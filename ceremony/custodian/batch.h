/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_BATCH_H
#define CUSTODIAN_BATCH_H

#include <openssl/x509.h>

#include "ceremony/custodian/act.h"
#include "ceremony/custodian/inputs.h"
#include "ceremony/record/worklist.h"

/* What a token may have in hand: one entry that it signs, one that waits, so
 * that it never waits for us. */
#define BATCH_QUEUE_MAX 2
/* A signer that says nothing for so long about an entry is lost. */
#define BATCH_SILENCE_MS 20000

/* A token that signs a batch: its act, and what was handed out to it. */
struct batch_card {
	struct session *session;
	size_t act; /* in the group */
	bool lost;
	size_t queued, queue[BATCH_QUEUE_MAX]; /* entries, oldest first */
	int64_t
	    since; /* ms, monotonic: the oldest is in hand, as far as seen */
};
/* A certificate that came, by entry. */
struct batch_cert {
	uint8_t *der;
	size_t len;
	const struct batch_card *by;
};
/* A batch on its way. */
struct batch {
	const struct plan_batch *plan;
	const struct history_token *token, *root;
	struct request_view request;
	struct worklist list;
	char *text;
	size_t text_len;
	uint64_t first_leaf;
	size_t certs, duplicates;
	/* by entry, once a signer has said them */
	struct intent *intents;
	struct batch_cert *results;
	bool intended;  /* the intents are on disk */
	size_t written; /* entries whose results the log has taken */
	X509 *issuer;   /* the CA's certificate, once decided */
	size_t card_count;
	struct batch_card cards[GROUP_SESSIONS_MAX];
};

/* Read the request and hold it against its order: what batch_decide() needs.
 * batch_clear() in any case. */
bool batch_read(struct ceremony *c, const struct plan_step *s, struct batch *b);
/* Was this very request answered before? */
bool batch_answered(const struct ceremony *c, const struct batch *b);
/* While steps are checked: this request will be answered; and how many
 * certificates those before it will take from the same order. */
void batch_await(struct ceremony *c, const struct batch *b);
uint64_t batch_awaited_certs(const struct ceremony *c, const struct batch *b);
/* Decide every entry and write the worklist. */
bool batch_decide(struct ceremony *c, struct batch *b);
void batch_clear(struct batch *b);
/* batch_tbs.c: is that what cert line i becomes under this serial? */
bool batch_intends(const struct batch *b, size_t i, const uint8_t serial[17],
    const uint8_t tbs_sha256[32]);
/* Can every resumed intent be said again word for word?  Loads the issuer. */
bool batch_can_resume(struct ceremony *c, struct batch *b);

/* batch_tell.c: tell a prepared act what the batch is made of. */
bool batch_tell(struct ceremony *c, struct session *s, struct batch *b);

/* batch_cards.c: open the tokens that are there; propose an act on each. */
bool batch_open(struct ceremony *c, struct group *g, struct batch *b);
bool batch_propose(struct ceremony *c, struct group *g, struct batch *b,
    const struct use *uses, size_t use_count);
/* Something failed with a token, as c->status says.  True: it is lost, its act
 * void, and others go on; false: the ceremony stops. */
bool batch_card_lost(struct ceremony *c, struct group *g, struct batch *b,
    struct batch_card *card);
/* The first token from k on that is not lost; NULL: none. */
struct batch_card *batch_card_next(struct batch *b, size_t k);
size_t batch_cards_left(const struct batch *b);
/* A use of its key, of those approved. */
void batch_card_used(struct group *g, const struct batch_card *card,
    const char *use);

/* batch_sign.c: from act.begin to the results on disk. */
bool batch_sign(struct ceremony *c, struct group *g, struct batch *b);
/* batch_work.c: every cert line is handed out, signed, looked at, and taken
 * into the log. */
bool batch_work(struct ceremony *c, struct group *g, struct batch *b);
/* batch_results.c: a certificate that came; what of them can be written in the
 * order of the worklist, or all there is. */
bool batch_take(struct ceremony *c, struct batch *b, struct batch_card *card,
    size_t entry, const uint8_t *der, size_t len);
bool
batch_write(struct ceremony *c, struct group *g, struct batch *b, bool all);
bool batch_io_ok(struct ceremony *c, enum record_error err);
bool batch_out_of_turn(struct ceremony *c, const char *what);
/* batch_seal.c: CRL and response by one of them, then the results of all. */
bool batch_seal(struct ceremony *c, struct group *g, struct batch *b);

#endif
