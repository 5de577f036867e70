/* SPDX-License-Identifier: ISC */
/* The epochs a CA token may be in: the shares of each, and the K they give. */
#include <openssl/crypto.h>
#include <stdio.h>

#include "ceremony/process/signer.h"
#include "ceremony/quorum/shamir.h"
#include "ceremony/quorum/share.h"

static void
shares_free(struct epoch *e)
{
	for (size_t i = 0; i < e->share_count; i++) {
		secret_free(e->shares[i]);
		e->shares[i] = NULL;
	}
	e->share_count = 0;
}

void
signer_epoch_forget(struct epoch *e)
{
	shares_free(e);
	secret_free(e->k);
	e->k = NULL;
}

/* A rotation was begun and its end is not known. */
void
signer_epoch(struct signer *s)
{
	struct group *g = s->group;
	uint64_t epoch = message_get_number(&s->in);

	if (signer_bad_form(s))
		return;
	if (g == NULL || !g->has_ca || g->epochs[1].number != 0) {
		signer_fault(s, FAULT_REFUSED, "epoch: not expected now");
		return;
	}
	if (epoch == 0 || epoch > UINT32_MAX || epoch == g->epochs[0].number) {
		signer_fault(s, FAULT_REFUSED,
		    "%s: second epoch out of range, or the first again",
		    token_info(s->token)->label);
		return;
	}
	g->epochs[1].number = (uint32_t)epoch;
	signer_ok(s);
}

/* The epoch that takes this share now, or NULL. */
static struct epoch *
epoch_taking(struct signer *s, uint64_t number, uint64_t x)
{
	struct group *g = s->group;
	struct epoch *e = NULL;

	if (s->token == NULL || !g->has_ca || number == 0 || x >= g->policy.n ||
	    signer_group_recovers(g))
		return NULL;
	for (size_t i = 0; i < SIGNER_EPOCHS_MAX; i++) {
		if (g->epochs[i].number == number)
			e = &g->epochs[i];
	}
	return e == NULL || e->k != NULL || e->share_count == g->policy.m ? NULL
									  : e;
}

static bool
has_share(const struct epoch *e, uint64_t x)
{
	for (size_t i = 0; i < e->share_count; i++) {
		if (e->share_x[i] == x)
			return true;
	}
	return false;
}

/* A share straight from an operator's signer, held against what was committed
 * to when the epoch was keyed. */
void
signer_share(struct signer *s)
{
	struct group *g = s->group;
	struct share_label label = { .m = g->policy.m,
		.n = (unsigned)g->policy.n };
	uint8_t commitment[32], got[32];
	uint64_t number = message_get_number(&s->in);
	uint64_t x = message_get_number(&s->in);
	struct secret *share;
	struct epoch *e;

	message_get_exact(&s->in, commitment, sizeof(commitment));
	if (signer_bad_form(s))
		return;
	e = epoch_taking(s, number, x);
	if (e == NULL || has_share(e, x)) {
		signer_fault(s, FAULT_SHARE, "share: %s",
		    e == NULL ? "not expected now" : "twice");
		return;
	}
	share = signer_read_secret(s->in.fd);
	if (share == NULL) {
		signer_fault(s, FAULT_SHARE, "share: it did not come");
		return;
	}
	snprintf(label.serial, sizeof(label.serial), "%s",
	    token_info(s->token)->serial);
	label.epoch = e->number;
	label.x = (unsigned)x;
	share_commit(&label, share, got);
	if (CRYPTO_memcmp(got, commitment, sizeof(got)) != 0) {
		secret_free(share);
		signer_fault(s, FAULT_SHARE,
		    "share %u: not the one committed to in the transcript",
		    label.x);
		return;
	}
	e->share_x[e->share_count] = (uint8_t)x;
	e->shares[e->share_count++] = share;
	signer_ok(s);
}

enum quorum_error
signer_epoch_combine(struct signer *s, struct epoch *e)
{
	unsigned m = s->group->policy.m;
	enum quorum_error err;

	if (e->k != NULL)
		return QUORUM_OK;
	err = e->share_count < m
	    ? QUORUM_ERR_THRESHOLD
	    : shamir_combine(e->share_x, e->shares, m, &e->k);
	shares_free(e);
	return err;
}
