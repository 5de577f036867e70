/* SPDX-License-Identifier: ISC */
/* The signer under an operator's process that means harm: keying a CA token
 * anew.  After each refusal the token opens as before. */
#include "ceremony/quorum/shamir.h"
#include "ceremony/quorum/share.h"
#include "tests/ceremony/process/rotate.h"

static void
product_opens(struct world *w)
{
	assert_opens(w, &w->product);
}

/* The product CA's token, in epoch 6 of bob and mallory. */
static void
keyed_for_two(void **state)
{
	struct world *w = *(struct world **)*state;

	quorums_make(w);
	rotate(w, &w->product,
	    &(struct keyed){ .from = &w->quorum, .to = &couple, .epoch = 6 },
	    1);
	w->after = product_opens;
}

static const struct keyed next_epoch = { .from = &couple,
	.to = &couple,
	.epoch = 7 };
static const struct keyed recovery = { .from = &couple,
	.to = &couple,
	.epoch = 7,
	.recover = true };

/* What is told, and no more; how, is arg. */
static struct peer *
told(struct world *w, struct act *a, const void *arg)
{
	rotate_ready(w, a, &w->product, arg);
	peer_try(a->p);
	return a->p;
}

static struct peer *
told_older(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	return told(w, a,
	    &(struct keyed){ .from = &couple, .to = &w->quorum, .epoch = 7 });
}

static struct peer *
told_pending(struct world *w, struct act *a, const void *arg)
{
	struct ca_token pending = w->product;

	(void)arg;
	pending.epoch = 7;
	return told(w, a,
	    &(struct keyed){ .from = &couple,
		.to = &couple,
		.epoch = 7,
		.pending = &pending });
}

static struct peer *
told_text(struct world *w, struct act *a, const void *arg)
{
	struct quorum q = { .text = (char *)(uintptr_t)arg,
		.len = strlen(arg) };

	return told(w, a,
	    &(struct keyed){ .from = &couple, .to = &q, .epoch = 7 });
}

static struct peer *
told_other_log(struct world *w, struct act *a, const void *arg)
{
	struct quorum q = couple;
	char *at;

	(void)arg;
	q.text = strdup(couple.text);
	assert_non_null(q.text);
	at = strstr(q.text, LOG);
	assert_non_null(at);
	*at = 'x';
	told(w, a, &(struct keyed){ .from = &couple, .to = &q, .epoch = 7 });
	free(q.text);
	return a->p;
}

static struct peer *
told_no_token(struct world *w, struct act *a, const void *arg)
{
	act_ready(a, w, NULL);
	act_tell(a, "recovery", 7);
	tell_rotate(a, arg);
	peer_try(a->p);
	return a->p;
}

/* Another act behind it; that it is a rotate act too would come later. */
static struct peer *
told_behind(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	rotate_told(w, a, &w->product, &next_epoch);
	act_propose(a);
	peer_start(a->p, MSG_ACT);
	message_put_number(&a->p->out, a->ap.act + 1);
	message_put_number(&a->p->out, 0);
	message_put_number(&a->p->out, 1);
	message_put_number(&a->p->out, 8);
	message_put_text(&a->p->out, "crl");
	peer_try(a->p);
	return a->p;
}

static struct peer *
told_recovery_behind(struct world *w, struct act *a, const void *arg)
{
	crl_told(a, w, &w->product);
	act_propose(a);
	act_tell(a, "recovery", 7);
	tell_rotate(a, arg);
	peer_try(a->p);
	return a->p;
}

/* ---- two epochs ---- */

static struct peer *
epoch_number(struct world *w, struct act *a, const void *arg)
{
	const uint64_t *epoch = arg;

	act_ready_under(a, w, &w->product, &couple);
	tell_epoch(a, *epoch);
	peer_try(a->p);
	return a->p;
}

static struct peer *
epoch_twice(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_ready_under(a, w, &w->product, &couple);
	tell_epoch(a, 7);
	peer_ask(a->p, MSG_OK);
	tell_epoch(a, 8);
	peer_try(a->p);
	return a->p;
}

static struct peer *
epoch_before_ca(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_open(a, w, &w->product);
	tell_context(a, couple.text, couple.len);
	peer_ask(a->p, MSG_OK);
	tell_epoch(a, 7);
	peer_try(a->p);
	return a->p;
}

static struct peer *
epoch_after_act(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	rotate_told(w, a, &w->product, &next_epoch);
	tell_epoch(a, 5);
	peer_try(a->p);
	return a->p;
}

static struct peer *
epoch_and_crl(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_ready_under(a, w, &w->product, &couple);
	tell_epoch(a, 7);
	peer_ask(a->p, MSG_OK);
	act_tell(a, "crl", 6);
	tell_crl(a);
	peer_try(a->p);
	return a->p;
}

/* A rotate act of a token that may be in one of two, approved. */
static void
two_told(struct world *w, struct act *a, const struct ca_token *first,
    uint32_t second)
{
	struct ca_token pending = *first;

	pending.epoch = second;
	rotate_told(w, a, first,
	    &(struct keyed){ .from = &couple,
		.to = &couple,
		.epoch = 20,
		.pending = &pending });
	act_propose(a);
	act_approve(a, BOB);
	act_approve(a, MALLORY);
}

/* The fake module says of the token what arg says. */
static struct peer *
two_tries(struct world *w, struct act *a, const void *arg)
{
	struct ca_token t = w->product;

	fake(w, arg);
	t.module = fake_path();
	two_told(w, a, &t, 7);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

static struct peer *
two_few_shares(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	two_told(w, a, &w->product, 7);
	act_share(a, BOB);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

/* A share of epoch 6 said to be of 7, or of one that was not told. */
static struct peer *
two_share(struct world *w, struct act *a, const void *arg)
{
	const uint64_t *epoch = arg;

	two_told(w, a, &w->product, 7);
	tell_share(a, BOB);
	a->p->out.data[7] = (uint8_t)*epoch;
	peer_try(a->p);
	return a->p;
}

static struct peer *
two_share_twice(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	two_told(w, a, &w->product, 7);
	act_share(a, BOB);
	tell_share(a, BOB);
	peer_try(a->p);
	return a->p;
}

/* Shares of a K of our own, committed to: they combine, and open nothing. */
static void
give_made_up(struct act *a, uint32_t epoch)
{
	struct share_label label = { .epoch = epoch, .m = 2, .n = 2 };
	struct secret *k = secret_random(32), *shares[2];
	uint8_t commitment[32];
	int pair[2];

	snprintf(label.serial, sizeof(label.serial), "%s", a->t->serial);
	assert_int_equal(shamir_split(k, 2, 2, shares), QUORUM_OK);
	for (label.x = 0; label.x < 2; label.x++) {
		struct secret *share = shares[label.x];
		share_commit(&label, share, commitment);
		peer_pair(pair);
		assert_int_equal(write(pair[0], share->data, share->len),
		    share->len);
		close(pair[0]);
		peer_start(a->p, MSG_SHARE)->fd = pair[1];
		message_put_number(&a->p->out, epoch);
		message_put_number(&a->p->out, label.x);
		message_put_octets(&a->p->out, commitment, 32);
		peer_ask(a->p, MSG_OK);
		secret_free(share);
	}
	secret_free(k);
}

static struct peer *
two_wrong(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	two_told(w, a, &w->product, 7);
	give_made_up(a, 6);
	give_made_up(a, 7);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

/* Two tries were made: no third, whatever comes. */
static struct peer *
two_wrong_again(struct world *w, struct act *a, const void *arg)
{
	two_wrong(w, a, arg);
	give_made_up(a, 6);
	give_made_up(a, 7);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

/* ---- approvals ---- */

static struct peer *
approvals_few(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	rotate_told(w, a, &w->product, &next_epoch);
	act_propose(a);
	act_approve(a, BOB);
	act_share(a, BOB);
	act_share(a, MALLORY);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

static struct peer *
approvals_few_recovery(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	rotate_told(w, a, &w->product, &recovery);
	act_propose(a);
	act_approve(a, BOB);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

static struct peer *
approval_other_policy(struct world *w, struct act *a, const void *arg)
{
	struct approval other;

	(void)arg;
	rotate_told(w, a, &w->product, &next_epoch);
	act_propose(a);
	other = a->ap;
	memcpy(other.policy_sha256, all.sha256, 32);
	tell_approval(a, BOB, &other);
	peer_try(a->p);
	return a->p;
}

/* Of an operator who was in the policy before. */
static struct peer *
approval_removed(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	rotate_told(w, a, &w->product, &next_epoch);
	act_propose(a);
	tell_approval(a, ALICE, &a->ap);
	peer_try(a->p);
	return a->p;
}

/* ---- what is needed before the shares are made ---- */

static struct peer *
share_for_recovery(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	rotate_told(w, a, &w->product, &recovery);
	act_propose(a);
	tell_share(a, BOB);
	peer_try(a->p);
	return a->p;
}

static struct peer *
so_pin_for_rotation(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	rotate_told(w, a, &w->product, &next_epoch);
	act_propose(a);
	tell_so_pins(a, 1);
	peer_try(a->p);
	return a->p;
}

static struct peer *
so_pin_missing(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	rotate_told(w, a, &w->product, &recovery);
	rotate_approved(a, &recovery);
	rotate_begun(a);
	peer_start(a->p, MSG_EXECUTE);
	peer_try(a->p);
	return a->p;
}

static struct peer *
cert_missing(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	rotate_told(w, a, &w->product, &next_epoch);
	act_approved(a);
	tell_derive_cert(a, BOB, BOB);
	peer_ask(a->p, MSG_OK);
	rotate_begun(a);
	act_head(a);
	peer_start(a->p, MSG_EXECUTE);
	peer_try(a->p);
	return a->p;
}

/* Certificates are of the policy the token is keyed for. */
static struct peer *
cert_removed(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	rotate_told(w, a, &w->product, &next_epoch);
	act_propose(a);
	tell_derive_cert(a, ALICE, ALICE);
	peer_try(a->p);
	return a->p;
}

static struct peer *
cert_unwanted(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_told(a, w, &w->product);
	act_propose(a);
	tell_derive_cert(a, ALICE, ALICE);
	peer_try(a->p);
	return a->p;
}

static void
rotate_to_begin(struct world *w, struct act *a, const struct keyed *k)
{
	rotate_told(w, a, &w->product, k);
	rotate_approved(a, k);
	rotate_begun(a);
}

static struct peer *
head_left_out(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	rotate_to_begin(w, a, &next_epoch);
	peer_start(a->p, MSG_EXECUTE);
	peer_try(a->p);
	return a->p;
}

/* A recovered token cannot be logged in before it is. */
static struct peer *
head_of_locked(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	rotate_to_begin(w, a, &recovery);
	peer_start(a->p, MSG_HEAD_READ);
	peer_try(a->p);
	return a->p;
}

/* ---- commits ---- */

static void
to_commit(struct world *w, struct act *a, const struct ca_token *t,
    struct ca_token *next)
{
	rotate_told(w, a, t, &next_epoch);
	rotate_approved(a, &next_epoch);
	rotate_begun(a);
	act_head(a);
	rotate_executed(a, &next_epoch, next);
}

static void
shares_free(struct ca_token *t)
{
	for (size_t x = 0; x < t->q->n; x++)
		free(t->shares[x].blob);
}

struct commit {
	const char *type;
	unsigned act_off, shares;
};

static struct peer *
commit_line(struct world *w, struct act *a, const void *arg)
{
	const struct commit *c = arg;
	struct ca_token next;

	to_commit(w, a, &w->product, &next);
	tell_commit(a, c->type, a->ap.act + c->act_off, &next, c->shares);
	peer_try(a->p);
	shares_free(&next);
	return a->p;
}

/* A commitment with a digit wrong. */
static struct peer *
commit_wrong_share(struct world *w, struct act *a, const void *arg)
{
	struct ca_token next;

	(void)arg;
	to_commit(w, a, &w->product, &next);
	next.shares[1].commitment[31] ^= 1;
	tell_good_commit(a, &next);
	peer_try(a->p);
	shares_free(&next);
	return a->p;
}

static struct peer *
commit_no_line(struct world *w, struct act *a, const void *arg)
{
	struct ca_token next;

	to_commit(w, a, &w->product, &next);
	peer_start(a->p, MSG_COMMIT);
	message_put_octets(&a->p->out, arg, strlen(arg));
	peer_try(a->p);
	shares_free(&next);
	return a->p;
}

static struct peer *
commit_early(struct world *w, struct act *a, const void *arg)
{
	struct ca_token next = w->product;

	(void)arg;
	rotate_to_begin(w, a, &next_epoch);
	act_head(a);
	tell_good_commit(a, &next);
	peer_try(a->p);
	return a->p;
}

/* The module fails the one call that changes the PIN. */
static struct peer *
commit_fails(struct world *w, struct act *a, const void *arg)
{
	struct ca_token t = w->product, next;

	fake(w, arg);
	t.module = fake_path();
	to_commit(w, a, &t, &next);
	tell_good_commit(a, &next);
	peer_try(a->p);
	shares_free(&next);
	return a->p;
}

/* SO PINs of a use that never was; settings of the fake module are arg. */
static struct peer *
recovery_fails(struct world *w, struct act *a, const void *arg)
{
	struct ca_token t = w->product, next;

	if (arg != NULL) {
		fake(w, arg);
		t.module = fake_path();
	}
	recover_executed(w, a, &t, &recovery, arg == NULL ? 99 : 1, &next);
	peer_try(a->p);
	shares_free(&next);
	return a->p;
}

/* ---- tokens left behind by the log ---- */

static struct peer *
stale_crl(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	log_policy(w, &newest);
	begin_crl(w, a, &w->product);
	peer_ask(a->p, MSG_BEGUN);
	act_show(a);
	peer_start(a->p, MSG_EXECUTE);
	peer_try(a->p);
	return a->p;
}

/* Past the line that names the policy, which would not be shown again. */
static struct peer *
stale_head(struct world *w, struct act *a, const void *arg)
{
	log_policy(w, &newest);
	if (arg == NULL) {
		begin_crl(w, a, &w->product);
		peer_ask(a->p, MSG_BEGUN);
	} else {
		rotate_to_begin(w, a, arg);
	}
	act_show(a);
	peer_start(a->p, MSG_HEAD_WRITE);
	peer_try(a->p);
	return a->p;
}

static struct peer *
stale_rotation(struct world *w, struct act *a, const void *arg)
{
	log_policy(w, &newest);
	log_policy(w, &all); /* the newest line counts */
	log_policy(w, &newest);
	rotate_to_begin(w, a, arg);
	act_show(a);
	peer_start(a->p, MSG_EXECUTE);
	peer_try(a->p);
	return a->p;
}

static const struct refusal refusals[] = {
	{ "epoch used before", told,
	    &(const struct keyed){ .from = &couple, .to = &couple, .epoch = 6 },
	    FAULT_REFUSED,
	    "product-1: epoch 6: epochs are used once: take one above" },
	{ "epoch that is pending", told_pending, NULL, FAULT_REFUSED,
	    "product-1: epoch 7: epochs are used once: take one above" },
	{ "older policy", told_older, NULL, FAULT_REFUSED,
	    "the new policy is older than the one it is approved under" },
	{ "policy of another log", told_other_log, NULL, FAULT_REFUSED,
	    "the new policy is of another log" },
	{ "policy out of form", told_text, "anchorite-policy/v1\n",
	    FAULT_REFUSED, "the new policy is out of form" },
	{ "no policy", told_text, "", FAULT_REFUSED,
	    "the new policy is out of form" },
	{ "rotation without a token", told_no_token, &recovery, FAULT_REFUSED,
	    "act: not expected now" },
	{ "rotation approved under a policy it is not keyed for", told,
	    &(const struct keyed){ .from = &newest, .to = &newest, .epoch = 7 },
	    FAULT_REFUSED,
	    "keyed for another policy: approve it under that one" },
	{ "recovery approved under another policy", told,
	    &(const struct keyed){ .from = &couple,
		.to = &newest,
		.epoch = 7,
		.recover = true },
	    FAULT_REFUSED,
	    "approved under the policy that the token is keyed for" },
	{ "recovery behind another act", told_recovery_behind, &recovery,
	    FAULT_REFUSED, "a recovery stands alone in its group" },
	{ "act behind a rotation", told_behind, NULL, FAULT_REFUSED,
	    "none follows one that keys the token anew" },

	{ "second epoch 0", epoch_number, &(const uint64_t){ 0 }, FAULT_REFUSED,
	    "second epoch out of range" },
	{ "second epoch the first", epoch_number, &(const uint64_t){ 6 },
	    FAULT_REFUSED, "second epoch out of range, or the first" },
	{ "second epoch beyond 32 bits", epoch_number,
	    &(const uint64_t){ (1ull << 32) + 7 }, FAULT_REFUSED,
	    "second epoch out of range" },
	{ "third epoch", epoch_twice, NULL, FAULT_REFUSED,
	    "epoch: not expected now" },
	{ "epoch before the CA", epoch_before_ca, NULL, FAULT_REFUSED,
	    "epoch: not expected now" },
	{ "epoch after an act", epoch_after_act, NULL, FAULT_FORM,
	    "out of turn" },
	{ "CRL in one of two epochs", epoch_and_crl, NULL, FAULT_REFUSED,
	    "product-1: it may be in either of two epochs" },
	{ "two epochs, one try left", two_tries, "FAKE_FLAGS=0x20000\n",
	    CARD_ERR_PIN_LOCKED,
	    "one try is left and either of two PINs may be the right one: no try was made: use a recovery step" },
	{ "two epochs, PIN locked", two_tries, "FAKE_FLAGS=0x40000\n",
	    CARD_ERR_PIN_LOCKED,
	    "no try is left and either of two PINs may be the right one" },
	{ "two epochs, enough shares of neither", two_few_shares, NULL,
	    FAULT_SHARE,
	    "shares of epoch 7: threshold out of range, or too few" },
	{ "share of the other epoch", two_share, &(const uint64_t){ 7 },
	    FAULT_SHARE,
	    "share 0: not the one committed to in the transcript" },
	{ "share of no epoch", two_share, &(const uint64_t){ 8 }, FAULT_SHARE,
	    "share: not expected now" },
	{ "share of epoch 0", two_share, &(const uint64_t){ 0 }, FAULT_SHARE,
	    "share: not expected now" },
	{ "share twice", two_share_twice, NULL, FAULT_SHARE, "share: twice" },
	{ "two epochs, in neither", two_wrong, NULL, CARD_ERR_PIN,
	    "product-1: the PIN is wrong" },
	{ "two epochs, and a third try", two_wrong_again, NULL, CARD_ERR_PIN,
	    "its PIN was wrong in this group: no further try" },

	{ "rotation with an approval too few", approvals_few, NULL,
	    FAULT_REFUSED, "fewer than 2 approvals: nothing is done" },
	{ "recovery with an approval too few", approvals_few_recovery, NULL,
	    FAULT_REFUSED, "fewer than 2 approvals: nothing is done" },
	{ "approval under another policy", approval_other_policy, NULL,
	    FAULT_REFUSED, "signature of the approval does not verify" },
	{ "approval of a removed operator", approval_removed, NULL,
	    FAULT_REFUSED,
	    "approval by alice: not an operator of this policy" },

	{ "share for a recovery", share_for_recovery, NULL, FAULT_SHARE,
	    "share: not expected now" },
	{ "SO PIN for a rotation", so_pin_for_rotation, NULL, FAULT_REFUSED,
	    "SO PIN: not expected now" },
	{ "recovery without SO PIN", so_pin_missing, NULL, FAULT_REFUSED,
	    "product-1: no SO PIN" },
	{ "rotation with an operator left out", cert_missing, NULL,
	    FAULT_REFUSED, "product-1: no derive certificate of mallory" },
	{ "derive certificate of a removed operator", cert_removed, NULL,
	    FAULT_REFUSED, "alice: derive certificate: not an operator" },
	{ "derive certificate for a CRL", cert_unwanted, NULL, FAULT_REFUSED,
	    "alice: derive certificate: no act keys a token" },
	{ "rotation with the head left out", head_left_out, NULL, FAULT_HEAD,
	    "does not remember this act's begin" },
	{ "head before the recovery", head_of_locked, NULL, CARD_ERR_MODULE,
	    "CKR_USER_NOT_LOGGED_IN" },

	{ "commit of another act", commit_line,
	    &(const struct commit){ "rotate.prepare", 1, 2 }, FAULT_REFUSED,
	    "rotate.prepare: not of this act with all its shares" },
	{ "commit of another type", commit_line,
	    &(const struct commit){ "rotate.prepared", 0, 2 }, FAULT_REFUSED,
	    "rotate.prepare: not of this act with all its shares" },
	{ "commit without a commitment", commit_line,
	    &(const struct commit){ "rotate.prepare", 0, 1 }, FAULT_REFUSED,
	    "rotate.prepare: not of this act with all its shares" },
	{ "commit to another share", commit_wrong_share, NULL, FAULT_REFUSED,
	    "rotate.prepare: not of this act with all its shares" },
	{ "commit without a line", commit_no_line, "", FAULT_REFUSED,
	    "rotate.prepare: not of this act with all its shares" },
	{ "commit before the shares", commit_early, NULL, FAULT_FORM,
	    "out of turn" },
	{ "commit that the token fails", commit_fails,
	    "FAKE_CALL=C_SetPIN\nFAKE_RV=0x30\n", CARD_ERR_MODULE,
	    "product-1: as it was or keyed for epoch 7: its next act tries both: the PKCS#11 module reports an error (CKR_DEVICE_ERROR)" },
	{ "recovery with a wrong SO PIN", recovery_fails, NULL, CARD_ERR_PIN,
	    "product-1: as it was or keyed for epoch 7: begin another recovery: the PIN is wrong" },
	{ "recovery that the token fails", recovery_fails,
	    "FAKE_CALL=C_InitPIN\nFAKE_RV=0x30\n", CARD_ERR_MODULE,
	    "begin another recovery" },

	{ "CRL after the log's policy changed", stale_crl, NULL, FAULT_REFUSED,
	    "product-1: the log has another policy now: this token does nothing but rotate" },
	{ "head moved past the log's policy", stale_head, NULL, FAULT_REFUSED,
	    "product-1: the log has another policy now: this token does nothing but rotate" },
	{ "head moved there before the PIN is changed", stale_head,
	    &(const struct keyed){ .from = &couple, .to = &newest, .epoch = 7 },
	    FAULT_REFUSED,
	    "product-1: the log has another policy now: this token does nothing but rotate" },
	{ "rotation to a policy that is not the log's", stale_rotation,
	    &(const struct keyed){ .from = &couple, .to = &couple, .epoch = 7 },
	    FAULT_REFUSED,
	    "product-1: the log has another policy now: rotate this token to that one" },
};

int
main(void)
{
	const struct CMUnitTest works[] = {
		cmocka_unit_test(keyed_for_two),
	};

	return refusal_main("rotation refused", works,
	    sizeof(works) / sizeof(works[0]), refusals,
	    sizeof(refusals) / sizeof(refusals[0]));
}
