/* SPDX-License-Identifier: ISC */
/* Making a CA token: its PIN that nobody knows, its keys. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "ceremony/record/card_proof.h"
#include "transfer/text.h"

static void
copy_input(const struct act *a, const char *plan, char *out, size_t size)
{
	const struct act_keys *k = &a->u.keys;
	char line[16 + TEXT_HEX_SIZE(32)] = "", backup[TEXT_HEX_SIZE(32)];

	text_hex(k->backup, 32, backup);
	if (k->from_backup)
		snprintf(line, sizeof(line), "backup %s\n", backup);
	snprintf(out, size,
	    "anchorite-keycopy/v1\nplan %s\nstep %u\nrole %s\n%slabel %s\n"
	    "copy-of %s\n%s",
	    plan, a->approval.step, k->role,
	    strcmp(k->role, "root") != 0 ? "role " SEALER_ROLE "\n" : "",
	    k->label, k->copy_of, line);
}

void
signer_keys_input(const struct group *g, const struct act *a, char *out,
    size_t size)
{
	const struct act_keys *k = &a->u.keys;
	bool sealer = strcmp(k->role, "root") != 0;
	char plan[TEXT_HEX_SIZE(32)];
	size_t len;

	text_hex(g->plan_sha256, 32, plan);
	if (k->copy_of[0] != '\0') {
		copy_input(a, plan, out, size);
		return;
	}
	snprintf(out, size,
	    "anchorite-keygen/v1\nplan %s\nstep %u\nrole %s\nalgorithm %s\n"
	    "%slabel %s\n",
	    plan, a->approval.step, k->role, k->p384 ? "p384" : "p256",
	    sealer ? "role " SEALER_ROLE "\nalgorithm p256\n" : "", k->label);
	for (const char *at = k->copies; *at != '\0';
	     at = strchr(at, '\n') + 1) {
		len = strlen(out);
		snprintf(out + len, size - len, "copy %.*s\n",
		    (int)strcspn(at, "\n"), at);
	}
}

/* A PIN that follows from a fresh K, on a token that is open. */
static bool
set_pin(struct signer *s, struct act *a)
{
	struct keying *k = &a->u.keys.keying;
	struct secret *pin = NULL;
	enum card_error err;

	if (!signer_pin(s, k->k, a->approval.epoch, k->policy_sha256, &pin))
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

static bool
ready(struct signer *s, const struct act *a)
{
	const struct keying *k = &a->u.keys.keying;

	if (s->token != NULL) {
		signer_fault(s, FAULT_REFUSED,
		    "%s: this signer has a token already", k->label);
		return false;
	}
	return signer_keying_ready(s, k) && signer_copy_ready(s, &a->u.keys) &&
	    signer_use_module(s, a->u.keys.module);
}

/* A card must have the key of its certificate, and answer for this act; whose
 * card it is, the operator's process judges. */
static bool
answers(struct signer *s, const struct act_keys *k,
    const struct token_evidence *e, const uint8_t begin[32])
{
	char serial[CARD_PROOF_SERIAL_SIZE];
	const char *fault = e->device.len == 0
	    ? NULL
	    : card_proof_fault(e->attestation.data, e->attestation.len,
		  e->device.data, e->device.len, begin, serial);

	if (fault == NULL)
		return true;
	signer_fault(s, CARD_ERR_ANSWER,
	    "%s: %s: it gets nothing: take another card", k->label, fault);
	return false;
}

/* What will get a DKEK shows what it is, before anything secret is on it. */
void
signer_keys_show(struct signer *s, struct act *a, const uint8_t begin[32])
{
	struct act_keys *k = &a->u.keys;
	struct token_evidence shown;
	char holder[CARD_PROOF_HOLDER_SIZE];
	enum card_error err;

	if (k->shown) {
		signer_fault(s, FAULT_REFUSED, "%s: it was shown already",
		    k->label);
		return;
	}
	if (!ready(s, a))
		return;
	card_proof_holder(begin, holder);
	err = token_prove_blank(s->module, k->label, &k->keying.so, holder,
	    &shown);
	if (err != CARD_OK) {
		signer_card_fault(s, err, k->label);
		return;
	}
	if (!answers(s, k, &shown, begin))
		return;
	k->shown = true;
	memcpy(k->shown_by, begin, 32);
	message_start(&s->out, MSG_SHOWN);
	message_put_octets(&s->out, shown.attestation.data,
	    shown.attestation.len);
	message_put_octets(&s->out, shown.device.data, shown.device.len);
	signer_send(s);
}

/* BEGIN after PROVE says that the operator's process has nothing against it. */
static bool
was_shown(struct signer *s, const struct act_keys *k, const uint8_t begin[32])
{
	if (!signer_keys_leave(k) ||
	    (k->shown && memcmp(k->shown_by, begin, 32) == 0))
		return true;
	signer_fault(s, FAULT_REFUSED,
	    "%s: a DKEK for a token that was not shown for this act", k->label);
	return false;
}

/*
 * Initialise the token and log in with a PIN derived from a fresh K.  An act
 * that stops after this leaves a token nobody can use; it is repeated as a new
 * act under the next epoch.
 */
bool
signer_keys_login(struct signer *s, struct act *a, const uint8_t begin[32])
{
	struct keying *k = &a->u.keys.keying;
	enum card_error err;
	bool ok;

	if (!ready(s, a) || !was_shown(s, &a->u.keys, begin) ||
	    !signer_keying_start(s, k))
		return false;
	err = token_init_blank(s->module, k->label, &k->so, a->u.keys.dkek,
	    &s->token);
	if (err != CARD_OK) {
		signer_card_fault(s, err, k->label);
		return false;
	}
	ok = set_pin(s, a);
	token_so_clear(&k->so);
	return ok;
}

struct made_key {
	struct key_attributes attributes;
	uint8_t *spki;
	size_t len;
	struct token_evidence evidence;
};

/* A key that is there signs a text, and is told of. */
static bool
tell_key(struct signer *s, const char *role, const uint8_t *spki, size_t len,
    const struct key_attributes *attributes,
    const struct token_evidence *evidence)
{
	char text[SIGNER_TEST_MAX];
	uint8_t *sig = NULL;
	size_t sig_len = 0;
	enum card_error err =
	    signer_key_prove(s, role, spki, len, text, &sig, &sig_len);
	bool ok = false;

	if (err != CARD_OK) {
		signer_key_fault(s, err, role);
	} else {
		message_start(&s->out, MSG_MADE_KEY);
		message_put_text(&s->out, role);
		message_put_octets(&s->out, spki, len);
		message_put_number(&s->out, signer_attribute_bits(attributes));
		message_put_octets(&s->out, text, strlen(text));
		message_put_octets(&s->out, sig, sig_len);
		message_put_octets(&s->out, evidence->attestation.data,
		    evidence->attestation.len);
		message_put_octets(&s->out, evidence->device.data,
		    evidence->device.len);
		ok = signer_send(s);
	}
	OPENSSL_free(sig);
	return ok;
}

/* Made, and met again with the PIN, which follows from K. */
static enum card_error
make_and_settle(struct signer *s, const struct act *a, const char *role,
    enum key_curve_id curve, uint8_t id, const struct secret *pin,
    struct made_key *out)
{
	enum key_use use =
	    a->u.keys.copies[0] != '\0' ? KEY_SIGN_ORIGINAL : KEY_SIGN;
	enum card_error err = token_make_key(s->token, curve, use, id, role,
	    &out->attributes, &out->spki, &out->len);

	return err != CARD_OK
	    ? err
	    : token_settle_key(s->token, pin, role, use, out->spki, out->len,
		  &out->attributes, &out->evidence);
}

static bool
make_key(struct signer *s, const struct act *a, const char *role, bool p384,
    uint8_t id)
{
	const struct keying *k = &a->u.keys.keying;
	struct made_key key = { .spki = NULL };
	struct secret *pin = NULL;
	enum card_error err;
	bool ok = false;

	if (!signer_pin(s, k->k, a->approval.epoch, k->policy_sha256, &pin))
		return false;
	err = make_and_settle(s, a, role, p384 ? KEY_P384 : KEY_P256, id, pin,
	    &key);
	secret_free(pin);
	if (err != CARD_OK)
		signer_key_fault(s, err, role);
	else
		ok = tell_key(s, role, key.spki, key.len, &key.attributes,
		    &key.evidence);
	OPENSSL_free(key.spki);
	return ok;
}

static bool
copy_key(struct signer *s, const struct act_keys *k, const char *role,
    int which)
{
	const struct wrapped *w = &k->wrapped[which];
	const struct token_evidence none = { .attestation = { .len = 0 } };
	struct key_attributes attributes;

	return signer_import_key(s, k, which, &attributes) &&
	    tell_key(s, role, w->spki, w->spki_len, &attributes, &none);
}

static bool
keys_of(struct signer *s, const struct act *a)
{
	const struct act_keys *k = &a->u.keys;
	bool sealer = strcmp(k->role, "root") != 0;

	if (k->copy_of[0] != '\0')
		return copy_key(s, k, k->role, 0) &&
		    (!sealer || copy_key(s, k, SEALER_ROLE, 1));
	return make_key(s, a, k->role, k->p384, CA_KEY_ID) &&
	    (!sealer || make_key(s, a, SEALER_ROLE, false, SEALER_KEY_ID)) &&
	    (k->copies[0] == '\0' || signer_export_keys(s, k->role, k->dkek));
}

void
signer_keys_execute(struct signer *s, struct act *a)
{
	struct act_keys *k = &a->u.keys;

	if (!keys_of(s, a))
		return;
	secret_free(k->dkek);
	k->dkek = NULL;
	if (!signer_keying_share(s, &k->keying, a->approval.epoch))
		return;
	signer_keying_clear(&k->keying);
	signer_act_finish(s, a);
	message_start(&s->out, MSG_MADE);
	message_put_text(&s->out, token_info(s->token)->serial);
	signer_send(s);
}
