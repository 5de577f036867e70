/* SPDX-License-Identifier: ISC */
/* Making a CA token: its K, its PIN that nobody knows, its keys. */
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "ceremony/quorum/pin.h"
#include "ceremony/quorum/shamir.h"
#include "ceremony/quorum/share.h"
#include "transfer/text.h"

void
signer_keys_input(const struct group *g, const struct act *a, char *out,
    size_t size)
{
	const struct act_keys *k = &a->u.keys;
	bool sealer = strcmp(k->role, "root") != 0;
	char plan[TEXT_HEX_SIZE(32)];

	text_hex(g->plan_sha256, 32, plan);
	snprintf(out, size,
	    "anchorite-keygen/v1\nplan %s\nstep %u\nrole %s\nalgorithm %s\n"
	    "%slabel %s\n",
	    plan, a->approval.step, k->role, k->p384 ? "p384" : "p256",
	    sealer ? "role " SEALER_ROLE "\nalgorithm p256\n" : "", k->label);
}

/* All that is needed before the token is touched: a PIN for it, and somebody
 * to give each share to. */
static bool
keys_ready(struct signer *s, const struct act_keys *k)
{
	const struct group *g = s->group;

	if (s->token != NULL) {
		signer_fault(s, FAULT_REFUSED,
		    "%s: this signer has a token already", k->label);
		return false;
	}
	if (k->so.pin == NULL) {
		signer_fault(s, FAULT_REFUSED, "%s: no SO PIN", k->label);
		return false;
	}
	for (size_t i = 0; i < g->policy.n; i++) {
		if (g->derive[i] == NULL) {
			signer_fault(s, FAULT_REFUSED,
			    "%s: no derive certificate of %s", k->label,
			    g->policy.operators[i].id);
			return false;
		}
	}
	return true;
}

/* A fresh K and the PIN derived from it, on a token that is open. */
static bool
set_pin(struct signer *s, struct act *a)
{
	struct act_keys *k = &a->u.keys;
	struct secret *pin = NULL;
	enum card_error err;

	if (!signer_pin(s, a->approval.epoch, s->group->policy_sha256, &pin))
		return false;
	err = token_init_pin(s->token, &k->so, pin);
	if (err == CARD_OK)
		err = token_login(s->token, pin);
	secret_free(pin);
	if (err == CARD_OK)
		return true;
	signer_card_fault(s, err, k->label);
	return false;
}

/*
 * Initialise the token and log in with a PIN derived from a fresh K.  An act
 * that stops after this leaves a token nobody can use; it is repeated as a new
 * act under the next epoch.
 */
bool
signer_keys_login(struct signer *s, struct act *a)
{
	struct group *g = s->group;
	struct act_keys *k = &a->u.keys;
	enum card_error err;
	bool ok;

	if (!keys_ready(s, k) || !signer_use_module(s, k->module))
		return false;
	secret_free(g->k);
	g->k = secret_random(PIN_K_SIZE);
	if (g->k == NULL) {
		signer_fault(s, FAULT_INTERNAL, "K: no memory or randomness");
		return false;
	}
	err = token_init_blank(s->module, k->label, &k->so, &s->token);
	if (err != CARD_OK) {
		signer_card_fault(s, err, k->label);
		return false;
	}
	ok = set_pin(s, a);
	token_so_clear(&k->so);
	return ok;
}

static bool
make_key(struct signer *s, const char *role, bool p384, uint8_t id)
{
	struct key_attributes attributes;
	char text[512];
	uint8_t *spki = NULL, *sig = NULL, nonce[16];
	size_t spki_len = 0, sig_len = 0;
	enum card_error err =
	    token_make_key(s->token, p384 ? KEY_P384 : KEY_P256, KEY_SIGN, id,
		role, &attributes, &spki, &spki_len);
	bool ok = false;

	if (err == CARD_OK && !signer_random(s, nonce, sizeof(nonce)))
		err = CARD_ERR_MODULE;
	if (err == CARD_OK) {
		signer_test_text(text, sizeof(text), s->group->log, role,
		    token_info(s->token)->serial, nonce);
		err = token_sign_text(s->token, role, spki, spki_len, text,
		    strlen(text), &sig, &sig_len);
	}
	if (err != CARD_OK) {
		signer_card_fault(s, err, role);
	} else {
		message_start(&s->out, MSG_MADE_KEY);
		message_put_text(&s->out, role);
		message_put_octets(&s->out, spki, spki_len);
		message_put_number(&s->out, signer_attribute_bits(&attributes));
		message_put_octets(&s->out, text, strlen(text));
		message_put_octets(&s->out, sig, sig_len);
		ok = signer_send(s);
	}
	OPENSSL_free(spki);
	OPENSSL_free(sig);
	return ok;
}

static bool
send_share(struct signer *s, const struct act *a, unsigned x,
    const struct secret *share)
{
	struct group *g = s->group;
	struct share_label label = { .epoch = a->approval.epoch,
		.x = x,
		.m = g->policy.m,
		.n = (unsigned)g->policy.n };
	uint8_t *blob = NULL, commitment[32];
	size_t len = 0;
	enum quorum_error err;

	snprintf(label.serial, sizeof(label.serial), "%s",
	    token_info(s->token)->serial);
	err = share_wrap(&label, share, g->derive[x], &blob, &len);
	if (err != QUORUM_OK) {
		signer_fault(s, FAULT_INTERNAL, "share for %s: %s",
		    g->policy.operators[x].id, quorum_strerror(err));
		return false;
	}
	share_commit(&label, share, commitment);
	message_start(&s->out, MSG_MADE_SHARE);
	message_put_text(&s->out, g->policy.operators[x].id);
	message_put_number(&s->out, x);
	message_put_octets(&s->out, blob, len);
	message_put_octets(&s->out, commitment, sizeof(commitment));
	OPENSSL_free(blob);
	return signer_send(s);
}

/* K in n shares, x in the policy's order; K itself is wiped. */
static bool
share_k(struct signer *s, const struct act *a)
{
	struct group *g = s->group;
	struct secret *shares[POLICY_OPERATORS_MAX] = { NULL };
	enum quorum_error err =
	    shamir_split(g->k, g->policy.m, (unsigned)g->policy.n, shares);
	bool ok = err == QUORUM_OK;

	if (!ok)
		signer_fault(s, FAULT_INTERNAL, "shares: %s",
		    quorum_strerror(err));
	for (unsigned x = 0; ok && x < g->policy.n; x++)
		ok = send_share(s, a, x, shares[x]);
	for (size_t i = 0; i < POLICY_OPERATORS_MAX; i++)
		secret_free(shares[i]);
	secret_free(g->k);
	g->k = NULL;
	return ok;
}

void
signer_keys_execute(struct signer *s, struct act *a)
{
	const struct act_keys *k = &a->u.keys;

	if (!make_key(s, k->role, k->p384, CA_KEY_ID))
		return;
	if (strcmp(k->role, "root") != 0 &&
	    !make_key(s, SEALER_ROLE, false, SEALER_KEY_ID))
		return;
	if (!share_k(s, a))
		return;
	signer_act_finish(s, a);
	message_start(&s->out, MSG_MADE);
	message_put_text(&s->out, token_info(s->token)->serial);
	signer_send(s);
}
