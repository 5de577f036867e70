/* SPDX-License-Identifier: ISC */
/* The signer under an operator's process that means harm: approvals that are
 * not of this act, of nobody, or said twice. */
#include "tests/ceremony/process/refusal.h"

#define NOT_COUNTED                                                            \
	"signature of the approval does not verify: it is not counted"

typedef void change_fn(struct approval *);

static void
change_log(struct approval *ap)
{
	ap->log[0] = 'x';
}
static void
change_ceremony(struct approval *ap)
{
	ap->ceremony[0] = 'x';
}
static void
change_act(struct approval *ap)
{
	ap->act++;
}
static void
change_resumes(struct approval *ap)
{
	ap->resumes = 1;
}
static void
change_step(struct approval *ap)
{
	ap->step++;
}
static void
change_kind(struct approval *ap)
{
	snprintf(ap->kind, sizeof(ap->kind), "batch");
}
static void
change_token(struct approval *ap)
{
	ap->token[0] ^= 1;
}
static void
change_epoch(struct approval *ap)
{
	ap->epoch++;
}
static void
change_policy(struct approval *ap)
{
	ap->policy_sha256[31] ^= 1;
}
static void
change_plan(struct approval *ap)
{
	ap->plan_sha256[0] ^= 1;
}
static void
change_input(struct approval *ap)
{
	ap->input_sha256[0] ^= 1;
}
static void
change_use(struct approval *ap)
{
	snprintf(ap->uses[0].name, sizeof(ap->uses[0].name), "root");
}
static void
change_count(struct approval *ap)
{
	ap->uses[0].count++;
}
static void
change_uses(struct approval *ap)
{
	ap->uses[1] = (struct approval_use){ "root", 1 };
	ap->use_count = 2;
}
static void
change_issuer(struct approval *ap)
{
	ap->issuer_spki_sha256[0] ^= 1;
}
static void
change_head(struct approval *ap)
{
	ap->head[0] ^= 1;
}
static void
change_nonce(struct approval *ap)
{
	ap->nonce[0] ^= 1;
}
static void
change_no_nonce(struct approval *ap)
{
	ap->has_nonce = false;
}

struct change {
	change_fn *apply;
};

static struct peer *
changed(struct world *w, struct act *a, const void *arg)
{
	const struct change *c = arg;
	struct approval other;

	crl_proposed(w, a);
	other = a->ap;
	c->apply(&other);
	tell_approval(a, ALICE, &other);
	peer_try(a->p);
	return a->p;
}

static struct peer *
approval_twice(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_proposed(w, a);
	act_approve(a, ALICE);
	tell_approval(a, ALICE, &a->ap);
	peer_try(a->p);
	return a->p;
}

static struct peer *
approval_stranger(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_proposed(w, a);
	tell_approval(a, MALLORY, &a->ap);
	peer_try(a->p);
	return a->p;
}

/* Alice's signature, said to be Bob's. */
static struct peer *
approval_borrowed(struct world *w, struct act *a, const void *arg)
{
	struct message *from, *m;
	const uint8_t *sig;
	size_t len;

	(void)arg;
	crl_proposed(w, a);
	tell_approval(a, ALICE, &a->ap);
	from = &a->cards[ALICE]->in;
	from->at = 0;
	sig = message_get_octets(from, APPROVAL_SIG_MAX, &len);
	m = peer_start(a->p, MSG_APPROVAL);
	message_put_number(m, a->ap.act);
	message_put_text(m, "bob");
	message_put_octets(m, sig, len);
	peer_try(a->p);
	return a->p;
}

/* What was approved for the same act in an earlier run of the signer. */
static struct peer *
approval_replayed(struct world *w, struct act *a, const void *arg)
{
	struct act before;

	(void)arg;
	crl_proposed(w, &before);
	w->act--;
	crl_proposed(w, a);
	assert_int_equal(before.ap.act, a->ap.act);
	tell_approval(a, ALICE, &before.ap);
	peer_try(a->p);
	act_close(&before);
	return a->p;
}

static struct peer *
approval_unproposed(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_told(a, w, &w->product);
	act_prepare(a);
	tell_approval(a, ALICE, &a->ap);
	peer_try(a->p);
	return a->p;
}

static struct peer *
propose_other(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_told(a, w, &w->product);
	act_prepare(a);
	tell_proposed(a, 0);
	peer_try(a->p);
	return a->p;
}

static struct peer *
propose_twice(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_proposed(w, a);
	tell_proposed(a, w->count - 1);
	peer_try(a->p);
	return a->p;
}

#define CHANGED(field)                                                         \
	{                                                                      \
		"approval for another " #field, changed,                       \
		    &(const struct change){ change_##field }, FAULT_REFUSED,   \
		    NOT_COUNTED                                                \
	}

static const struct refusal refusals[] = {
	CHANGED(log),
	CHANGED(ceremony),
	CHANGED(act),
	CHANGED(resumes),
	CHANGED(step),
	CHANGED(kind),
	CHANGED(token),
	CHANGED(epoch),
	CHANGED(policy),
	CHANGED(plan),
	CHANGED(input),
	CHANGED(use),
	CHANGED(count),
	CHANGED(uses),
	CHANGED(issuer),
	CHANGED(head),
	CHANGED(nonce),
	CHANGED(no_nonce),
	{ "one operator approves twice", approval_twice, NULL, FAULT_REFUSED,
	    "operator or key is named twice: it is not counted" },
	{ "approval by a stranger", approval_stranger, NULL, FAULT_REFUSED,
	    "not an operator of this policy: it is not counted" },
	{ "approval under another's name", approval_borrowed, NULL,
	    FAULT_REFUSED, NOT_COUNTED },
	{ "approval of an earlier ceremony", approval_replayed, NULL,
	    FAULT_REFUSED, NOT_COUNTED },
	{ "approval before the proposal", approval_unproposed, NULL,
	    FAULT_REFUSED, "approval: no such act" },
	{ "proposal that is another line", propose_other, NULL, FAULT_REFUSED,
	    "act.propose: not of an act prepared here" },
	{ "proposal twice", propose_twice, NULL, FAULT_REFUSED,
	    "act.propose: not of an act prepared here" },
};

int
main(void)
{
	return refusal_main("approvals", NULL, 0, refusals,
	    sizeof(refusals) / sizeof(refusals[0]));
}
