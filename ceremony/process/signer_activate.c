/* SPDX-License-Identifier: ISC */
/* From K to a logged-in CA token: only for an act that m distinct operators
 * approved. */
#include <inttypes.h>
#include <string.h>

#include "ceremony/process/signer.h"

/* Why the key did not answer. */
static bool
unanswered(struct signer *s, enum card_error err)
{
	if (err == CARD_ERR_REMOVED || signer_removed(s)) {
		signer_card_fault(s, CARD_ERR_REMOVED,
		    token_info(s->token)->label);
		return false;
	}
	signer_fault(s, FAULT_EXPOSED,
	    "%s: PIN accepted, but the key %s does not answer (%s): treat its "
	    "PIN as exposed: stop, and rotate this token next",
	    token_info(s->token)->label, s->group->role, card_strerror(err));
	return false;
}

bool
signer_challenge(struct signer *s, char *text, uint8_t **sig, size_t *sig_len)
{
	struct group *g = s->group;
	enum card_error err = signer_key_prove(s, g->role, g->spki, g->spki_len,
	    text, sig, sig_len);

	return err == CARD_OK || unanswered(s, err);
}

/* The key must answer before anything else is signed with it. */
static bool
challenge(struct signer *s)
{
	struct group *g = s->group;
	char text[SIGNER_TEST_MAX];
	enum card_error err;

	if (g->challenged)
		return true;
	err = signer_key_prove(s, g->role, g->spki, g->spki_len, text, NULL,
	    NULL);
	g->challenged =
	    err == CARD_OK || signer_destroy_gone(s, err) || unanswered(s, err);
	return g->challenged;
}

/* What opened the wrong way is not tried again: K is wiped, shares must come
 * anew. */
static void
forget_k(struct signer *s)
{
	token_logout(s->token);
	for (size_t i = 0; i < SIGNER_EPOCHS_MAX; i++)
		signer_epoch_forget(&s->group->epochs[i]);
	s->group->opened = NULL;
}

/* A wrong PIN is part of trying two: never with the last try. */
static bool
may_try(struct signer *s)
{
	struct group *g = s->group;
	const struct token_info *info = token_info(s->token);
	enum card_error err;

	if (g->pin_failed) {
		signer_fault(s, CARD_ERR_PIN,
		    "%s: its PIN was wrong in this group: no further try: end the group",
		    info->label);
		return false;
	}
	if (g->epochs[1].number == 0)
		return true;
	err = token_refresh(s->token);
	if (err != CARD_OK) {
		signer_card_fault(s, err, info->label);
		return false;
	}
	if (!info->pin_final_try && !info->pin_locked)
		return true;
	signer_fault(s, CARD_ERR_PIN_LOCKED,
	    "%s: %s left and either of two PINs may be the right one: no try was made: use a recovery step",
	    info->label, info->pin_locked ? "no try is" : "one try is");
	return false;
}

/* Log in with the PIN of one epoch; *err is what the token says. */
static bool
try_epoch(struct signer *s, struct epoch *e, enum card_error *err)
{
	struct group *g = s->group;
	struct secret *pin = NULL;

	if (!signer_pin(s, e->k, e->number, g->epoch_policy_sha256, &pin))
		return false;
	*err = token_login(s->token, pin);
	secret_free(pin);
	if (*err == CARD_OK)
		g->opened = e;
	return true;
}

/* Every K is there before the first PIN is tried.  Where a rotation was cut off
 * the shares of one of the two epochs may be no good: it is passed over. */
static bool
combine(struct signer *s, bool whole[SIGNER_EPOCHS_MAX])
{
	struct group *g = s->group;
	enum quorum_error err = QUORUM_OK;
	uint32_t bad = 0;
	bool any = false;

	for (size_t i = 0; i < SIGNER_EPOCHS_MAX; i++) {
		struct epoch *e = &g->epochs[i];
		enum quorum_error got;

		whole[i] = false;
		if (e->number == 0)
			continue;
		got = signer_epoch_combine(s, e);
		whole[i] = got == QUORUM_OK;
		any = any || whole[i];
		if (!whole[i]) {
			err = got;
			bad = e->number;
		}
	}
	if (!any)
		signer_fault(s, FAULT_SHARE, "%s: shares of epoch %u: %s",
		    token_info(s->token)->label, bad, quorum_strerror(err));
	return any;
}

/* A K whose PIN did not open is wiped. */
static bool
open_token(struct signer *s)
{
	struct group *g = s->group;
	enum card_error err = CARD_ERR_PIN;
	bool whole[SIGNER_EPOCHS_MAX];

	if (!combine(s, whole))
		return false;
	for (size_t i = 0; i < SIGNER_EPOCHS_MAX && err == CARD_ERR_PIN; i++) {
		if (whole[i] && !try_epoch(s, &g->epochs[i], &err))
			return false;
	}
	for (size_t i = 0; i < SIGNER_EPOCHS_MAX; i++) {
		if (&g->epochs[i] != g->opened)
			signer_epoch_forget(&g->epochs[i]);
	}
	g->pin_failed = err == CARD_ERR_PIN;
	if (err == CARD_OK)
		return true;
	signer_card_fault(s, err, token_info(s->token)->label);
	return false;
}

static bool
login(struct signer *s)
{
	if (!may_try(s))
		return false;
	if (open_token(s) && challenge(s) && signer_mend(s))
		return true;
	forget_k(s);
	return false;
}

static bool
enough(const struct group *g, const struct act *a)
{
	unsigned count = 0;

	for (size_t i = 0; i < g->policy.n; i++)
		count += a->approved[i];
	return count >= g->policy.m;
}

/* Acts begin in the order they were proposed, each after the one before. */
static bool
in_turn(const struct group *g, const struct act *a)
{
	for (const struct act *b = g->acts; b != a; b++) {
		if (!b->done)
			return false;
	}
	return a->proposed && !a->begun;
}

static bool
begins(const struct act *a, const uint8_t *line, size_t len)
{
	return signer_line_says(line, len,
		   "\"type\":\"act.begin\",\"actor\"") &&
	    signer_line_says(line, len, "\"body\":{\"act\":%" PRIu64 ",",
		a->approval.act);
}

/* *epoch is the one the token was opened in, 0 when it was not. */
static bool
unlock(struct signer *s, struct act *a, const uint8_t begin[32],
    uint32_t *epoch)
{
	*epoch = 0;
	if (a->what == ACT_KEYS)
		return signer_keys_login(s, a, begin);
	if (signer_group_recovers(s->group)) /* its PIN is not known yet */
		return true;
	if (!login(s))
		return false;
	*epoch = s->group->opened->number;
	return true;
}

/* The act whose act.begin line has come; NULL when it may not begin, and the
 * fault is answered. */
static struct act *
act_of_line(struct signer *s, struct link *link)
{
	struct group *g = s->group;
	struct act *a = signer_act_find(s, message_get_number(&s->in));
	size_t len;
	const uint8_t *line = message_get_octets(&s->in, LINK_LINE_MAX, &len);

	if (signer_bad_form(s))
		return NULL;
	if (a == NULL || !in_turn(g, a) ||
	    !link_read((const char *)line, len, link) ||
	    !begins(a, line, len)) {
		signer_fault(s, FAULT_REFUSED, "act.begin: not its turn");
		return NULL;
	}
	if (enough(g, a))
		return a;
	signer_fault(s, FAULT_REFUSED,
	    "act %llu: fewer than %u approvals: nothing is done",
	    (unsigned long long)a->approval.act, g->policy.m);
	return NULL;
}

void
signer_prove(struct signer *s)
{
	struct link link;
	struct act *a = act_of_line(s, &link);

	if (a == NULL)
		return;
	if (a->what != ACT_KEYS || !signer_keys_leave(&a->u.keys)) {
		signer_fault(s, FAULT_REFUSED,
		    "act %llu: its token gets no DKEK",
		    (unsigned long long)a->approval.act);
		return;
	}
	signer_keys_show(s, a, link.hash);
}

void
signer_begin(struct signer *s)
{
	struct link link;
	struct act *a = act_of_line(s, &link);
	uint32_t epoch;

	if (a == NULL || !unlock(s, a, link.hash, &epoch))
		return;
	memcpy(a->begin, link.hash, sizeof(a->begin));
	a->begun = true;
	s->group->current = a;
	signer_head_forget(s); /* read afresh for each act */
	s->state = STATE_BEGUN;
	message_start(&s->out, MSG_BEGUN);
	message_put_number(&s->out, epoch);
	signer_send(s);
}
