/* SPDX-License-Identifier: ISC */
/* Keying a CA token anew: for the next epoch, for another policy, or, with its
 * SO PIN, when its own PIN is lost. */
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "transfer/text.h"

bool
signer_group_recovers(const struct group *g)
{
	return g->act_count > 0 && g->acts[0].what == ACT_ROTATE &&
	    g->acts[0].u.rotate.recover;
}

static bool
is_new_epoch(const struct group *g, uint32_t epoch)
{
	for (size_t i = 0; i < SIGNER_EPOCHS_MAX; i++) {
		if (epoch <= g->epochs[i].number)
			return false;
	}
	return true;
}

/* What is wrong with the act as told, or NULL. */
static const char *
rotate_fault(const struct group *g, const struct act *a)
{
	const struct act_rotate *r = &a->u.rotate;

	if (strcmp(r->target.log, g->log) != 0)
		return "the new policy is of another log";
	if (r->target.version < g->policy.version)
		return "the new policy is older than the one it is approved under";
	if (!is_new_epoch(g, a->approval.epoch))
		return "epochs are used once: take one above those the token may be in";
	if (!r->recover && signer_group_stale(g))
		return "keyed for another policy: approve it under that one";
	if (r->recover && memcmp(r->target_sha256, g->policy_sha256, 32) != 0)
		return "a recovery is approved under the policy that the token is keyed for";
	if (r->recover && g->act_count > 0)
		return "a recovery stands alone in its group: end the group first";
	return NULL;
}

void
signer_act_rotate(struct signer *s)
{
	struct act *a = signer_act_telling(s, ACT_ROTATE);
	const uint8_t *text;
	const char *fault;
	struct act_rotate *r;
	uint64_t again;
	size_t len;

	if (a == NULL)
		return;
	r = &a->u.rotate;
	r->recover = message_get_number(&s->in) != 0;
	again = message_get_number(&s->in);
	text = message_get_octets(&s->in, POLICY_TEXT_MAX, &len);
	if (signer_bad_form(s))
		return;
	SHA256(text, len, r->target_sha256);
	r->keying = (struct keying){ .label = token_info(s->token)->label,
		.policy = &r->target,
		.policy_sha256 = r->target_sha256,
		.by_so = r->recover,
		.so.at = again != 0 ? TOKEN_SO_EITHER : TOKEN_SO_PIN };
	fault = policy_read((const char *)text, len, &r->target) == QUORUM_OK
	    ? rotate_fault(s->group, a)
	    : "the new policy is out of form";
	if (fault != NULL) {
		signer_fault(s, FAULT_REFUSED, "%s: epoch %u: %s",
		    r->keying.label, a->approval.epoch, fault);
		return;
	}
	signer_act_told(s, a);
}

/* K' and its shares; the token is as it was until the commit. */
void
signer_rotate_execute(struct signer *s, struct act *a)
{
	struct keying *k = &a->u.rotate.keying;

	if (!signer_keying_start(s, k) ||
	    !signer_keying_share(s, k, a->approval.epoch))
		return;
	s->state = STATE_ROTATING;
	message_start(&s->out, MSG_MADE);
	message_put_text(&s->out, token_info(s->token)->serial);
	signer_send(s);
}

/* Whether the line makes known every share of this act. */
static bool
prepares(const struct act *a, const uint8_t *line, size_t len)
{
	const struct keying *k = &a->u.rotate.keying;
	char hex[TEXT_HEX_SIZE(32)];

	if (!signer_line_says(line, len,
		"\"type\":\"rotate.prepare\",\"actor\"") ||
	    !signer_line_says(line, len, "\"body\":{\"act\":%" PRIu64 ",",
		a->approval.act))
		return false;
	for (size_t x = 0; x < k->policy->n; x++) {
		text_hex(k->commitments[x], 32, hex);
		if (!signer_line_says(line, len, "\"commitment\":\"%s\"", hex))
			return false;
	}
	return true;
}

/* By the SO, or from the PIN the token was opened with. */
static bool
set_pin(struct signer *s, struct act *a, const struct secret *pin,
    enum card_error *err)
{
	struct group *g = s->group;
	struct secret *old = NULL;

	if (a->u.rotate.recover) {
		*err = token_init_pin(s->token, &a->u.rotate.keying.so, pin);
		return true;
	}
	if (!signer_pin(s, g->opened->k, g->opened->number,
		g->epoch_policy_sha256, &old))
		return false;
	*err = token_set_pin(s->token, old, pin);
	secret_free(old);
	return true;
}

static void
key_fault(struct signer *s, const struct act *a, enum card_error err)
{
	char doing[160];

	snprintf(doing, sizeof(doing),
	    a->u.rotate.recover
		? "%s: as it was or keyed for epoch %u: begin another recovery"
		: "%s: as it was or keyed for epoch %u: its next act tries both",
	    a->u.rotate.keying.label, a->approval.epoch);
	signer_card_fault(s, err, doing);
}

/* The new PIN, proved by a login. */
static bool
key_anew(struct signer *s, struct act *a)
{
	struct keying *k = &a->u.rotate.keying;
	struct secret *pin = NULL;
	enum card_error err = CARD_OK;
	bool ok;

	if (!signer_pin(s, k->k, a->approval.epoch, k->policy_sha256, &pin))
		return false;
	ok = set_pin(s, a, pin, &err);
	if (ok && err == CARD_OK)
		err = token_login(s->token, pin);
	secret_free(pin);
	if (ok && err != CARD_OK)
		key_fault(s, a, err);
	return ok && err == CARD_OK;
}

/* K, K' and SO PINs have served, whatever came of it. */
static void
forget(struct signer *s, struct act *a)
{
	for (size_t i = 0; i < SIGNER_EPOCHS_MAX; i++)
		signer_epoch_forget(&s->group->epochs[i]);
	s->group->opened = NULL;
	signer_keying_clear(&a->u.rotate.keying);
}

/* The new shares are on disk: now the token. */
void
signer_commit(struct signer *s)
{
	struct act *a = s->group->current;
	char text[SIGNER_TEST_MAX];
	struct link link;
	uint8_t *sig = NULL;
	size_t len, sig_len = 0;
	const uint8_t *line = message_get_octets(&s->in, LINK_LINE_MAX, &len);

	if (signer_bad_form(s))
		return;
	if (a->u.rotate.keying.k == NULL) {
		signer_fault(s, FAULT_REFUSED,
		    "act %llu: committed before: what failed is another act",
		    (unsigned long long)a->approval.act);
		return;
	}
	if (!link_read((const char *)line, len, &link) ||
	    !prepares(a, line, len)) {
		signer_fault(s, FAULT_REFUSED,
		    "rotate.prepare: not of this act with all its shares: the token is as it was");
		return;
	}
	if (key_anew(s, a) && signer_challenge(s, text, &sig, &sig_len)) {
		/* still logged in: its head is to be moved now */
		a->done = true;
		s->state = STATE_BEGUN;
		message_start(&s->out, MSG_ROTATED);
		message_put_text(&s->out, text);
		message_put_octets(&s->out, sig, sig_len);
		signer_send(s);
	} else {
		token_logout(s->token);
	}
	forget(s, a);
	OPENSSL_free(sig);
}
