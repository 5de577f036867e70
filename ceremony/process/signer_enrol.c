/* SPDX-License-Identifier: ISC */
/* Making an operator's card: its PIN, its two keys, their certificates, and
 * proof that both keys work. */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "ca/cert.h"
#include "ceremony/process/card_cert.h"
#include "ceremony/process/signer_enrol.h"
#include "ceremony/quorum/share.h"

#define SIGN_ID 1
#define DERIVE_ID 2

/* How the card is to be initialised. */
struct card_order {
	char module[256], label[TOKEN_LABEL_MAX + 1];
	struct secret *pin;
	struct token_so so;
};

void
enrolment_clear(struct enrolment *e)
{
	for (int i = 0; i < 2; i++) {
		OPENSSL_free(e->spki[i]);
		OPENSSL_free(e->der[i]);
		X509_free(e->cert[i]);
	}
	OPENSSL_free(e->sig);
}

static enum card_error
make_keys(struct signer *s, struct enrolment *e)
{
	enum card_error err =
	    token_make_key(s->token, KEY_P256, KEY_SIGN, SIGN_ID, SIGN_LABEL,
		&e->attributes[0], &e->spki[0], &e->spki_len[0]);

	if (err != CARD_OK)
		return err;
	return token_make_key(s->token, KEY_P256, KEY_DERIVE, DERIVE_ID,
	    DERIVE_LABEL, &e->attributes[1], &e->spki[1], &e->spki_len[1]);
}

/* What the card itself says is read before a certificate stands in its place. */
static enum card_error
settle_keys(struct signer *s, const struct secret *pin, struct enrolment *e)
{
	static const enum key_use uses[] = { KEY_SIGN, KEY_DERIVE };
	static const char *const labels[] = { SIGN_LABEL, DERIVE_LABEL };
	enum card_error err = CARD_OK;

	for (int i = 0; err == CARD_OK && i < 2; i++)
		err = token_settle_key(s->token, pin, labels[i], uses[i],
		    e->spki[i], e->spki_len[i], &e->attributes[i],
		    &e->evidence[i]);
	return err;
}

static enum card_error
make_certs(struct signer *s, struct enrolment *e)
{
	static const char *const labels[] = { SIGN_LABEL, DERIVE_LABEL };
	EVP_PKEY *sign = NULL;
	enum card_error err =
	    token_key(s->token, SIGN_LABEL, e->spki[0], e->spki_len[0], &sign);

	for (int i = 0; err == CARD_OK && i < 2; i++) {
		e->cert[i] = card_cert_make(e->spki[i], e->spki_len[i], i == 1,
		    e->operator_id, e->log, e->date, sign);
		if (e->cert[i] == NULL ||
		    cert_der(e->cert[i], &e->der[i], &e->der_len[i]) != CA_OK)
			return CARD_ERR_SELFTEST;
		err = token_write_cert(s->token, labels[i],
		    i == 0 ? SIGN_ID : DERIVE_ID, e->der[i], e->der_len[i]);
	}
	return err;
}

enum card_error
enrolment_derive(struct signer *s, struct enrolment *e)
{
	struct share_label label = { .epoch = 1, .m = 2, .n = 2 };
	struct secret *share = secret_random(32), *back = NULL;
	enum card_error err = CARD_ERR_SELFTEST;
	EVP_PKEY *derive = NULL;
	uint8_t *blob = NULL;
	size_t len = 0;

	snprintf(label.serial, sizeof(label.serial), "%s",
	    token_info(s->token)->serial);
	if (share == NULL ||
	    share_wrap(&label, share, e->cert[1], &blob, &len) != QUORUM_OK)
		goto out;
	err =
	    token_key(s->token, e->key[1], e->spki[1], e->spki_len[1], &derive);
	if (err != CARD_OK)
		goto out;
	if (share_unwrap(blob, len, derive, e->cert[1], &label, &back) !=
		QUORUM_OK ||
	    !secret_equal(share, back))
		err = CARD_ERR_SELFTEST;
out:
	OPENSSL_free(blob);
	secret_free(share);
	secret_free(back);
	return err;
}

enum card_error
enrolment_sign(struct signer *s, struct enrolment *e)
{
	uint8_t nonce[16];

	/* a token that was personalised elsewhere may have no generator */
	if (!(s->keys.elsewhere ? RAND_bytes(nonce, sizeof(nonce)) == 1
				: signer_random(s, nonce, sizeof(nonce))))
		return CARD_ERR_MODULE;
	signer_test_text(e->text, sizeof(e->text), e->log, e->operator_id,
	    token_info(s->token)->serial, nonce);
	return token_sign_text(s->token, e->key[0], e->spki[0], e->spki_len[0],
	    e->text, strlen(e->text), &e->sig, &e->sig_len);
}

void
enrolment_send(struct signer *s, const struct enrolment *e)
{
	message_start(&s->out, MSG_ENROLLED);
	message_put_text(&s->out, token_info(s->token)->serial);
	message_put_octets(&s->out, e->der[0], e->der_len[0]);
	message_put_octets(&s->out, e->der[1], e->der_len[1]);
	message_put_octets(&s->out, e->text, strlen(e->text));
	message_put_octets(&s->out, e->sig, e->sig_len);
	message_put_number(&s->out, signer_attribute_bits(&e->attributes[0]));
	message_put_number(&s->out, signer_attribute_bits(&e->attributes[1]));
	message_put_number(&s->out, e->heads);
	for (int i = 0; i < 2; i++)
		message_put_octets(&s->out, e->evidence[i].attestation.data,
		    e->evidence[i].attestation.len);
	message_put_octets(&s->out, e->evidence[0].device.data,
	    e->evidence[0].device.len);
	signer_send(s);
}

static enum card_error
make_card(struct signer *s, struct card_order *o, struct enrolment *e)
{
	enum card_error err =
	    token_init(s->module, o->label, &o->so, o->pin, &s->token);

	if (err == CARD_OK)
		err = token_login(s->token, o->pin);
	if (err == CARD_OK)
		err = make_keys(s, e);
	if (err == CARD_OK)
		err = settle_keys(s, o->pin, e);
	if (err == CARD_OK)
		err = make_certs(s, e);
	if (err == CARD_OK)
		err = enrolment_sign(s, e);
	if (err == CARD_OK)
		err = enrolment_derive(s, e);
	if (err == CARD_OK)
		return err;
	/* half a card is of no use: it is made again from the beginning */
	signer_card_fault(s, err, o->label);
	token_close(s->token);
	s->token = NULL;
	return err;
}

static bool
read_order(struct signer *s, struct card_order *o, struct enrolment *e)
{
	const uint8_t *pin;
	size_t len;

	message_get_text(&s->in, o->module, sizeof(o->module) - 1);
	message_get_text(&s->in, o->label, TOKEN_LABEL_MAX);
	message_get_text(&s->in, e->operator_id, POLICY_ID_MAX);
	message_get_text(&s->in, e->log, POLICY_LOG_MAX);
	pin = message_get_octets(&s->in, CARD_PIN_MAX, &len);
	e->date = (int64_t)message_get_number(&s->in);
	o->so.at =
	    message_get_number(&s->in) != 0 ? TOKEN_SO_EITHER : TOKEN_SO_PIN;
	if (signer_bad_form(s))
		return false;
	o->pin = secret_from(pin, len);
	if (o->pin != NULL)
		return signer_so_read(s, o->label, &o->so);
	signer_fault(s, FAULT_INTERNAL, "%s: no memory", o->label);
	return false;
}

void
signer_card_make(struct signer *s)
{
	struct enrolment e = { .key = { SIGN_LABEL, DERIVE_LABEL },
		.heads = true };
	struct card_order o = { .pin = NULL };

	if (read_order(s, &o, &e) && signer_use_module(s, o.module) &&
	    make_card(s, &o, &e) == CARD_OK) {
		s->state = STATE_LOGIN;
		signer_head_forget(s);
		enrolment_send(s, &e);
	}
	enrolment_clear(&e);
	secret_free(o.pin);
	token_so_clear(&o.so);
}
