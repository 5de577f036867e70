/* SPDX-License-Identifier: ISC */
/* Keying a CA token anew: for the next epoch, for another policy, or with the
 * SO PIN.  Each time the new shares open it and the old ones do not. */
#include "tests/ceremony/process/rotate.h"

static void
same_policy(void **state)
{
	struct world *w = *(struct world **)*state;

	quorums_make(w);
	rotate(w, &w->root,
	    &(struct keyed){ .from = &w->quorum, .to = &w->quorum, .epoch = 2 },
	    1);
}

/* A CRL first; K serves both acts. */
static void
last_of_a_group(void **state)
{
	struct world *w = *(struct world **)*state;
	const struct keyed k = { .from = &w->quorum,
		.to = &w->quorum,
		.epoch = 4 }; /* numbers may be left out */
	struct ca_token next;
	struct act a;
	char text[513];
	uint64_t first;
	uint8_t *crl;
	size_t len;

	crl_told(&a, w, &w->root);
	act_propose(&a);
	act_approve(&a, ALICE);
	act_approve(&a, BOB);
	first = a.ap.act;
	act_tell(&a, "crl", k.epoch);
	act_use(&a, "self-test", 1);
	tell_rotate(&a, &k);
	peer_ask(a.p, MSG_OK);
	rotate_approved(&a, &k);
	tell_begin(&a, first);
	peer_ask(a.p, MSG_BEGUN);
	act_head(&a);
	peer_start(a.p, MSG_EXECUTE);
	peer_ask(a.p, MSG_FILE);
	crl = act_file(&a, &len);
	free(crl);
	assert_int_equal(rotate_begun(&a), 2);
	act_head(&a);
	rotate_executed(&a, &k, &next);
	tell_good_commit(&a, &next);
	peer_tell(a.p);
	hear_rotated(&a);
	tell_good_commit(&a, &next); /* twice */
	peer_try(a.p);
	assert_int_equal(peer_fault(a.p, text), FAULT_FORM);
	assert_non_null(strstr(text, "out of turn"));
	act_close(&a);
	assert_keyed(w, &w->root, &next);
}

/* Shares of the root's next epoch are made, and then nothing comes of it. */
static struct ca_token *
cut_off(struct world *w, const struct keyed *k)
{
	struct ca_token *pending = &before[before_count++];
	struct act a;

	rotate_told(w, &a, &w->root, k);
	rotate_approved(&a, k);
	rotate_begun(&a);
	act_head(&a);
	rotate_executed(&a, k, pending);
	peer_start(a.p, MSG_END_GROUP);
	peer_ask(a.p, MSG_OK);
	act_close(&a);
	assert_opens(w, &w->root);
	return pending;
}

/* Whichever of the two epochs is tried first, the token is found in its own. */
static void
either_of_two(void **state)
{
	struct world *w = *(struct world **)*state;
	struct keyed k = { .from = &w->quorum, .to = &w->quorum, .epoch = 5 };
	struct ca_token *pending = cut_off(w, &k);
	struct ca_token token;

	k.pending = pending;
	k.epoch = 6;
	rotate(w, &w->root, &k, 4); /* found in the first */
	token = w->root;
	k.epoch = 7;
	k.pending = &token;
	w->root = *pending;
	rotate(w, &w->root, &k, 6); /* in the second */
	/* what was never the token's is let go */
	assert_shut(w, pending);
	assert_shut(w, &token);
	before[before_count++] = token;
}

/* The shares of the other epoch do not open: the token's own do, whichever is
 * named first. */
static void
one_of_two(void **state)
{
	struct world *w = *(struct world **)*state;
	struct keyed k = { .from = &w->quorum, .to = &w->quorum, .epoch = 8 };
	struct ca_token *pending = cut_off(w, &k);
	struct ca_token token;

	k.pending = pending;
	k.lost = LOST_PENDING;
	k.epoch = 9;
	rotate(w, &w->root, &k, 7);
	token = w->root;
	k.pending = &token;
	k.lost = LOST_OWN;
	k.epoch = 10;
	w->root = *pending;
	rotate(w, &w->root, &k, 9);
	before[before_count++] = token;
}

/* The policy changes; the token follows.  Shares for the policy before give
 * nothing. */
static void
other_policy(void **state)
{
	struct world *w = *(struct world **)*state;

	log_policy(w, &all);
	rotate(w, &w->root,
	    &(struct keyed){ .from = &w->quorum, .to = &all, .epoch = 11 }, 10);
}

/* The head is moved after the commit; nothing is executed twice. */
static void
recover(struct world *w, struct ca_token *t, const struct keyed *k, uint32_t n)
{
	struct ca_token next;
	struct act a;
	char text[513];

	recover_executed(w, &a, t, k, n, &next);
	peer_tell(a.p);
	hear_rotated(&a);
	act_head(&a);
	peer_start(a.p, MSG_EXECUTE);
	peer_try(a.p);
	assert_int_equal(peer_fault(a.p, text), FAULT_REFUSED);
	assert_non_null(strstr(text, "executed before"));
	tell_good_commit(&a, &next);
	peer_try(a.p);
	assert_int_equal(peer_fault(a.p, text), FAULT_FORM);
	assert_non_null(strstr(text, "out of turn"));
	act_close(&a);
	assert_keyed(w, t, &next);
}

/* Keyed for a policy that is not the log's any more. */
static void
recovered(void **state)
{
	struct world *w = *(struct world **)*state;

	recover(w, &w->product,
	    &(struct keyed){ .from = &all,
		.to = &all,
		.epoch = 2,
		.recover = true },
	    1);
}

/* The result of the use before was not heard of: it moved the SO PIN on. */
static void
recovered_again(void **state)
{
	struct world *w = *(struct world **)*state;

	recover(w, &w->product,
	    &(struct keyed){ .from = &all,
		.to = &all,
		.epoch = 3,
		.recover = true,
		.again = true },
	    1);
}

/* The SO PIN is not moved on: the use is begun again. */
static void
recovered_unmoved(void **state)
{
	struct world *w = *(struct world **)*state;
	struct keyed k = { .from = &all,
		.to = &all,
		.epoch = 4,
		.recover = true };
	struct ca_token next, t = w->product;
	struct act a;
	char text[513];

	fake(w, "FAKE_CALL=C_SetPIN\nFAKE_RV=0x30\n");
	t.module = fake_path();
	recover_executed(w, &a, &t, &k, 2, &next);
	peer_try(a.p);
	assert_int_equal(peer_fault(a.p, text), CARD_ERR_MODULE);
	assert_non_null(strstr(text,
	    "product-1: as it was or keyed for epoch 4: begin another "
	    "recovery: the PKCS#11 module reports an error "
	    "(CKR_DEVICE_ERROR)"));
	act_close(&a);
	next.module = NULL;
	assert_keyed(w, &w->product, &next);
	k.epoch = 5;
	k.again = true;
	recover(w, &w->product, &k, 2);
}

/* Fewer operators, and an answer that is wrong after the commit: the token is
 * keyed, and counts as exposed. */
static void
exposed(void **state)
{
	struct world *w = *(struct world **)*state;
	const struct keyed k = { .from = &all, .to = &couple, .epoch = 6 };
	struct ca_token next, t = w->product;
	struct act a;
	char text[513];

	fake(w, "FAKE_CALL=C_Sign\nFAKE_AT=2\nFAKE_RV=0x30\n");
	t.module = fake_path();
	rotate_told(w, &a, &t, &k);
	rotate_approved(&a, &k);
	rotate_begun(&a);
	act_head(&a);
	rotate_executed(&a, &k, &next);
	tell_good_commit(&a, &next);
	peer_try(a.p);
	assert_int_equal(peer_fault(a.p, text), FAULT_EXPOSED);
	tell_good_commit(&a, &next);
	peer_try(a.p);
	assert_int_equal(peer_fault(a.p, text), FAULT_REFUSED);
	assert_non_null(strstr(text, "committed before"));
	act_close(&a);
	next.module = NULL;
	assert_keyed(w, &w->product, &next);
}

int
main(void)
{
	const struct CMUnitTest works[] = {
		cmocka_unit_test(same_policy),
		cmocka_unit_test(last_of_a_group),
		cmocka_unit_test(either_of_two),
		cmocka_unit_test(one_of_two),
		cmocka_unit_test(other_policy),
		cmocka_unit_test(recovered),
		cmocka_unit_test(recovered_again),
		cmocka_unit_test(recovered_unmoved),
		cmocka_unit_test(exposed),
	};

	return refusal_main("rotation", works, sizeof(works) / sizeof(works[0]),
	    NULL, 0);
}
