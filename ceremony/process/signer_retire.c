/* SPDX-License-Identifier: ISC */
/* An operator's card that nothing needs any more: its owner has given the PIN,
 * its key answers for the last time, everything on it is destroyed.  That it
 * is gone another process sees, which has loaded the module afresh. */
#include <openssl/crypto.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "smartcard/wipe.h"

static void
send_proved(struct signer *s, const char *text, const uint8_t *sig,
    size_t sig_len)
{
	message_start(&s->out, MSG_PROVED);
	message_put_octets(&s->out, text, strlen(text));
	message_put_octets(&s->out, sig, sig_len);
	signer_send(s);
}

void
signer_retire(struct signer *s)
{
	char log[POLICY_LOG_MAX + 1], id[POLICY_ID_MAX + 1];
	const struct token_info *info = token_info(s->token);
	uint8_t nonce[16], *spki = NULL, *sig = NULL;
	char text[SIGNER_TEST_MAX] = "";
	size_t spki_len = 0, sig_len = 0;
	enum card_error err = CARD_ERR_MODULE;

	message_get_text(&s->in, log, POLICY_LOG_MAX);
	message_get_text(&s->in, id, POLICY_ID_MAX);
	if (signer_bad_form(s))
		return;
	if (signer_random(s, nonce, sizeof(nonce)))
		err = token_public_key(s->token, SIGN_LABEL, &spki, &spki_len);
	if (err == CARD_OK) {
		signer_test_text(text, sizeof(text), log, id, info->serial,
		    nonce);
		err = token_sign_text(s->token, SIGN_LABEL, spki, spki_len,
		    text, strlen(text), &sig, &sig_len);
	}
	if (err == CARD_OK)
		send_proved(s, text, sig, sig_len);
	else if (err == CARD_ERR_KEY_MISSING)
		send_proved(s, "", NULL, 0);
	else
		signer_card_fault(s, err, info->label);
	OPENSSL_free(spki);
	OPENSSL_free(sig);
}

static void
send_destroyed(struct signer *s, size_t count, size_t left)
{
	message_start(&s->out, MSG_DESTROYED);
	message_put_number(&s->out, count);
	message_put_number(&s->out, left);
	signer_send(s);
}

void
signer_wipe(struct signer *s)
{
	char label[TOKEN_LABEL_MAX + 1];
	size_t count = 0;
	enum card_error err;

	message_get_text(&s->in, label, TOKEN_LABEL_MAX);
	if (signer_bad_form(s))
		return;
	if (strcmp(label, token_info(s->token)->label) != 0) {
		signer_fault(s, FAULT_REFUSED,
		    "%s: its label is not %s: nothing was destroyed",
		    token_info(s->token)->label, label);
		return;
	}
	err = token_wipe(s->token, NULL, &count);
	if (err == CARD_OK)
		send_destroyed(s, count, 0);
	else
		signer_card_fault(s, err, token_info(s->token)->label);
}

void
signer_empty(struct signer *s)
{
	size_t left = 0;
	enum card_error err;

	if (signer_bad_form(s))
		return;
	err = token_prove_empty(s->token, NULL, SIGN_LABEL, &left);
	if (err == CARD_OK)
		send_destroyed(s, 0, left);
	else
		signer_card_fault(s, err, token_info(s->token)->label);
}
