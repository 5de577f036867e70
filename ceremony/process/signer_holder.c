/* SPDX-License-Identifier: ISC */
/* A card in its holder's hands, outside a ceremony: made ready, its PIN
 * changed, its keys tried. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "ca/cert.h"
#include "ceremony/process/signer.h"
#include "ceremony/quorum/share.h"

static struct secret *
read_pin(struct signer *s)
{
	size_t len;
	const uint8_t *p = message_get_octets(&s->in, CARD_PIN_MAX, &len);

	return p == NULL ? NULL : secret_from(p, len);
}

/* An empty token; what was on it, if it had this label, is gone. */
static void
init(struct signer *s, const char *label, struct token_so *so,
    const struct secret *pin)
{
	enum card_error err = token_init(s->module, label, so, pin, &s->token);

	if (err == CARD_OK)
		err = token_login(s->token, pin);
	if (err != CARD_OK) {
		signer_card_fault(s, err, label);
		token_close(s->token);
		s->token = NULL;
		return;
	}
	s->state = STATE_LOGIN;
	message_start(&s->out, MSG_MADE);
	message_put_text(&s->out, token_info(s->token)->serial);
	signer_send(s);
}

/* The one card of its label is the one that people were told of; "": there was
 * none. */
static bool
is_told(struct signer *s, const char *label, const char *serial)
{
	struct token_info list[TOKEN_LIST_MAX];
	size_t count = 0, others = 0;
	bool found = serial[0] == '\0';
	enum card_error err = token_list(s->module, list, &count);

	for (size_t i = 0; err == CARD_OK && i < count; i++) {
		if (!list[i].initialised || strcmp(list[i].label, label) != 0)
			continue;
		if (strcmp(list[i].serial, serial) == 0)
			found = true;
		else
			others++;
	}
	if (err == CARD_OK && (!found || (others > 0 && serial[0] != '\0')))
		err = CARD_ERR_REMOVED;
	if (err != CARD_OK)
		signer_card_fault(s, err, label);
	return err == CARD_OK;
}

void
signer_card_init(struct signer *s)
{
	char module[256], label[TOKEN_LABEL_MAX + 1];
	char serial[TOKEN_SERIAL_MAX + 1];
	struct token_so so = { .at = TOKEN_SO_PIN };
	struct secret *pin;

	message_get_text(&s->in, module, sizeof(module) - 1);
	message_get_text(&s->in, label, TOKEN_LABEL_MAX);
	message_get_text(&s->in, serial, TOKEN_SERIAL_MAX);
	pin = read_pin(s);
	if (message_get_number(&s->in) != 0)
		so.at = TOKEN_SO_NEXT;
	if (signer_bad_form(s) || !signer_so_read(s, label, &so)) {
		secret_free(pin);
		return;
	}
	if (pin == NULL)
		signer_fault(s, FAULT_INTERNAL, "%s: no memory", label);
	else if (signer_use_module(s, module) && is_told(s, label, serial))
		init(s, label, &so, pin);
	secret_free(pin);
	token_so_clear(&so);
}

void
signer_card_blank(struct signer *s)
{
	char module[256], label[TOKEN_LABEL_MAX + 1];
	char serial[TOKEN_SERIAL_MAX + 1];
	struct token_so so = { .at = TOKEN_SO_PIN };
	enum card_error err;

	message_get_text(&s->in, module, sizeof(module) - 1);
	message_get_text(&s->in, label, TOKEN_LABEL_MAX);
	message_get_text(&s->in, serial, TOKEN_SERIAL_MAX);
	if (message_get_number(&s->in) != 0)
		so.at = TOKEN_SO_EITHER;
	if (signer_bad_form(s) || !signer_so_read(s, label, &so))
		return;
	if (signer_use_module(s, module)) {
		err = token_make_blank(s->module, label,
		    serial[0] == '\0' ? NULL : serial, &so);
		if (err == CARD_OK)
			signer_ok(s);
		else
			signer_card_fault(s, err, label);
	}
	token_so_clear(&so);
}

void
signer_pin_change(struct signer *s)
{
	struct secret *old = read_pin(s), *new = read_pin(s);
	const char *label = token_info(s->token)->label;
	enum card_error err = CARD_ERR_MEMORY;

	if (signer_bad_form(s))
		goto out;
	if (old != NULL && new != NULL)
		err = token_login(s->token, old);
	if (err == CARD_OK)
		err = token_set_pin(s->token, old, new);
	if (err == CARD_OK)
		err = token_login(s->token, new);
	if (err == CARD_OK)
		signer_ok(s);
	else
		signer_login_fault(s, err, label);
out:
	secret_free(old);
	secret_free(new);
}

static enum card_error
try_sign(struct signer *s)
{
	uint8_t nonce[16], *spki = NULL;
	char text[SIGNER_TEST_MAX];
	size_t len = 0;
	enum card_error err = CARD_ERR_MODULE;

	if (signer_random(s, nonce, sizeof(nonce)))
		err = token_public_key(s->token, SIGN_LABEL, &spki, &len);
	if (err == CARD_OK) {
		signer_test_text(text, sizeof(text), "-", SIGN_LABEL,
		    token_info(s->token)->serial, nonce);
		err = token_sign_text(s->token, SIGN_LABEL, spki, len, text,
		    strlen(text), NULL, NULL);
	}
	OPENSSL_free(spki);
	return err;
}

/* A test blob for its certificate, opened as a share is. */
static enum card_error
try_open(struct signer *s, X509 *cert, EVP_PKEY *derive)
{
	struct share_label label = { .epoch = 1, .m = 2, .n = 2 };
	struct secret *share = secret_random(32), *back = NULL;
	uint8_t *blob = NULL;
	size_t len = 0;
	bool ok;

	snprintf(label.serial, sizeof(label.serial), "%s",
	    token_info(s->token)->serial);
	ok = share != NULL &&
	    share_wrap(&label, share, cert, &blob, &len) == QUORUM_OK &&
	    share_unwrap(blob, len, derive, cert, &label, &back) == QUORUM_OK &&
	    secret_equal(share, back);
	OPENSSL_free(blob);
	secret_free(share);
	secret_free(back);
	return ok ? CARD_OK : CARD_ERR_SELFTEST;
}

static enum card_error
try_derive(struct signer *s)
{
	uint8_t *der = NULL, *spki = NULL;
	size_t der_len = 0, spki_len = 0;
	X509 *cert = NULL;
	EVP_PKEY *key = NULL;
	enum card_error err =
	    token_read_cert(s->token, DERIVE_LABEL, &der, &der_len);

	if (err == CARD_OK)
		err =
		    token_public_key(s->token, DERIVE_LABEL, &spki, &spki_len);
	if (err == CARD_OK)
		err = token_key(s->token, DERIVE_LABEL, spki, spki_len, &key);
	if (err == CARD_OK && cert_parse(der, der_len, &cert) != CA_OK)
		err = CARD_ERR_SELFTEST;
	if (err == CARD_OK)
		err = try_open(s, cert, key);
	X509_free(cert);
	OPENSSL_free(der);
	OPENSSL_free(spki);
	return err;
}

void
signer_try(struct signer *s)
{
	char doing[64];
	const char *key = SIGN_LABEL;
	enum card_error err;

	if (signer_bad_form(s))
		return;
	err = try_sign(s);
	if (err == CARD_OK) {
		key = DERIVE_LABEL;
		err = try_derive(s);
	}
	if (err == CARD_OK) {
		signer_ok(s);
		return;
	}
	snprintf(doing, sizeof(doing), "%s: key %s",
	    token_info(s->token)->label, key);
	signer_card_fault(s, err, doing);
}
