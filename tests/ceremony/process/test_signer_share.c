/* SPDX-License-Identifier: ISC */
/* The signer under an operator's process that means harm: too few approvals or
 * shares, and shares that are not what they are said to be. */
#include "ceremony/quorum/share.h"
#include "tests/ceremony/process/refusal.h"

static struct peer *
approved_with(struct world *w, struct act *a, size_t approvals, size_t shares)
{
	crl_proposed(w, a);
	for (size_t i = 0; i < approvals; i++)
		act_approve(a, i);
	for (size_t i = 0; i < shares; i++)
		act_share(a, i);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

static struct peer *
few_approvals(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	return approved_with(w, a, THRESHOLD - 1, THRESHOLD);
}

static struct peer *
no_approval(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	return approved_with(w, a, 0, THRESHOLD);
}

static struct peer *
few_shares(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	return approved_with(w, a, THRESHOLD, THRESHOLD - 1);
}

/* At the card: what the blob is, or is said to be, is not so. */
static struct peer *
unwrap(struct world *w, struct act *a, const struct share *share)
{
	act_open(a, w, &w->product);
	tell_unwrap(a, &w->product, ALICE, share);
	peer_try(a->cards[ALICE]);
	return a->cards[ALICE];
}

static struct peer *
share_tampered(struct world *w, struct act *a, const void *arg)
{
	struct share share = w->product.shares[ALICE];
	struct peer *p;

	(void)arg;
	share.blob = malloc(share.blob_len);
	assert_non_null(share.blob);
	memcpy(share.blob, w->product.shares[ALICE].blob, share.blob_len);
	share.blob[share.blob_len - 20] ^= 1;
	p = unwrap(w, a, &share);
	free(share.blob);
	return p;
}

static struct peer *
share_of_another(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	return unwrap(w, a, &w->product.shares[BOB]);
}

static struct peer *
share_of_other_token(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	return unwrap(w, a, &w->root.shares[ALICE]);
}

static struct peer *
share_uncommitted(struct world *w, struct act *a, const void *arg)
{
	struct share share = w->product.shares[ALICE];

	(void)arg;
	share.commitment[0] ^= 1;
	return unwrap(w, a, &share);
}

/* Numbers that a careless cast would bring back into range. */
static struct peer *
share_out_of_range(struct world *w, struct act *a, const void *arg)
{
	const struct share *share = &w->product.shares[ALICE];
	struct peer *card;

	(void)arg;
	act_open(a, w, &w->product);
	card = act_card(a, ALICE);
	peer_start(card, MSG_UNWRAP);
	message_put_text(&card->out, w->product.serial);
	message_put_number(&card->out, 1);
	message_put_number(&card->out, 1ull << 32);
	message_put_number(&card->out, THRESHOLD);
	message_put_number(&card->out, OPERATORS);
	message_put_octets(&card->out, share->commitment, 32);
	message_put_octets(&card->out, share->blob, share->blob_len);
	peer_try(card);
	return card;
}

static struct peer *
release_nothing(struct world *w, struct act *a, const void *arg)
{
	struct peer *card;
	int pair[2];

	(void)arg;
	act_open(a, w, &w->product);
	card = act_card(a, ALICE);
	peer_pair(pair);
	peer_start(card, MSG_RELEASE)->fd = pair[0];
	message_put_number(&card->out, 0);
	peer_try(card);
	close(pair[1]);
	return card;
}

/* At the CA token: a share of our own making, x and commitment as given. */
static void
tell_made_up(struct act *a, uint64_t x, bool committed)
{
	struct share_label label = { .epoch = 1,
		.x = (unsigned)x,
		.m = THRESHOLD,
		.n = OPERATORS };
	struct secret *share = secret_random(32);
	uint8_t commitment[32] = { 0 };
	int pair[2];

	assert_non_null(share);
	snprintf(label.serial, sizeof(label.serial), "%s", a->t->serial);
	if (committed)
		share_commit(&label, share, commitment);
	peer_pair(pair);
	assert_int_equal(write(pair[0], share->data, 32), 32);
	close(pair[0]);
	peer_start(a->p, MSG_SHARE)->fd = pair[1];
	message_put_number(&a->p->out, a->t->epoch);
	message_put_number(&a->p->out, x);
	message_put_octets(&a->p->out, commitment, 32);
	secret_free(share);
}

static struct peer *
share_made_up(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_proposed(w, a);
	tell_made_up(a, BOB, false);
	peer_try(a->p);
	return a->p;
}

static struct peer *
share_bad_x(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_proposed(w, a);
	tell_made_up(a, OPERATORS, true);
	peer_try(a->p);
	return a->p;
}

static struct peer *
share_forged(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_proposed(w, a);
	act_approve(a, ALICE);
	act_approve(a, BOB);
	act_share(a, ALICE);
	tell_made_up(a, BOB, true);
	peer_ask(a->p, MSG_OK);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

static struct peer *
share_twice(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_proposed(w, a);
	tell_made_up(a, BOB, true);
	peer_ask(a->p, MSG_OK);
	tell_made_up(a, BOB, true);
	peer_try(a->p);
	return a->p;
}

static const struct refusal refusals[] = {
	{ "begin with one approval of two", few_approvals, NULL, FAULT_REFUSED,
	    "fewer than 2 approvals: nothing is done" },
	{ "begin without approval", no_approval, NULL, FAULT_REFUSED,
	    "fewer than 2 approvals: nothing is done" },
	{ "begin with one share of two", few_shares, NULL, FAULT_SHARE,
	    "product-1: shares of epoch 1: threshold out of range, or too few" },
	{ "share blob tampered with", share_tampered, NULL, FAULT_SHARE,
	    "blob does not open with this key" },
	{ "share blob of another operator", share_of_another, NULL, FAULT_SHARE,
	    "blob does not open with this key" },
	{ "share blob of another token", share_of_other_token, NULL,
	    FAULT_SHARE, "blob is for another token, epoch or share" },
	{ "share committed otherwise", share_uncommitted, NULL, FAULT_SHARE,
	    "share is not the one committed to" },
	{ "share numbered out of range", share_out_of_range, NULL,
	    FAULT_REFUSED, "share: out of range" },
	{ "share that was not opened", release_nothing, NULL, FAULT_REFUSED,
	    "share: not there" },
	{ "share not committed to", share_made_up, NULL, FAULT_SHARE,
	    "not the one committed to in the transcript" },
	{ "share of nobody", share_bad_x, NULL, FAULT_SHARE,
	    "share: not expected now" },
	{ "share forged, commitment too", share_forged, NULL, FAULT_SHARE,
	    "digest of the combined secret is wrong" },
	{ "share twice", share_twice, NULL, FAULT_SHARE, "share: twice" },
};

int
main(void)
{
	return refusal_main("shares", NULL, 0, refusals,
	    sizeof(refusals) / sizeof(refusals[0]));
}
