/* SPDX-License-Identifier: ISC */
/* An operator's card: made once, then approves, opens its shares of K and
 * signs checkpoints. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "ca/cert.h"
#include "ceremony/process/card_cert.h"
#include "ceremony/process/signer.h"
#include "ceremony/quorum/share.h"

#define SIGN_LABEL "sign"
#define DERIVE_LABEL "derive"
#define SIGN_ID 1
#define DERIVE_ID 2
#define TEST_TEXT_MAX 512

/* What enrolment makes; freed together. */
struct enrolment {
	char operator_id[POLICY_ID_MAX + 1], log[POLICY_LOG_MAX + 1];
	int64_t date;
	struct key_attributes attributes[2];
	uint8_t *spki[2], *der[2], *sig;
	size_t spki_len[2], der_len[2], sig_len;
	X509 *cert[2];
	char text[TEST_TEXT_MAX];
};

static void
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

/* Open a test blob with the derive key, as every later ceremony will. */
static enum card_error
test_derive(struct signer *s, struct enrolment *e)
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
	err = token_key(s->token, DERIVE_LABEL, e->spki[1], e->spki_len[1],
	    &derive);
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

static enum card_error
test_sign(struct signer *s, struct enrolment *e)
{
	uint8_t nonce[16];

	if (!signer_random(s, nonce, sizeof(nonce)))
		return CARD_ERR_MODULE;
	signer_test_text(e->text, sizeof(e->text), e->log, e->operator_id,
	    token_info(s->token)->serial, nonce);
	return token_sign_text(s->token, SIGN_LABEL, e->spki[0], e->spki_len[0],
	    e->text, strlen(e->text), &e->sig, &e->sig_len);
}

static void
send_enrolled(struct signer *s, const struct enrolment *e)
{
	message_start(&s->out, MSG_ENROLLED);
	message_put_text(&s->out, token_info(s->token)->serial);
	message_put_octets(&s->out, e->der[0], e->der_len[0]);
	message_put_octets(&s->out, e->der[1], e->der_len[1]);
	message_put_octets(&s->out, e->text, strlen(e->text));
	message_put_octets(&s->out, e->sig, e->sig_len);
	message_put_number(&s->out, signer_attribute_bits(&e->attributes[0]));
	message_put_number(&s->out, signer_attribute_bits(&e->attributes[1]));
	signer_send(s);
}

void
signer_card_make(struct signer *s)
{
	struct enrolment e = { .date = 0 };
	char module[256], label[TOKEN_LABEL_MAX + 1];
	struct secret *pin = NULL, *so_pin = NULL;
	const uint8_t *p;
	size_t len;
	bool again;
	enum card_error err;

	message_get_text(&s->in, module, sizeof(module) - 1);
	message_get_text(&s->in, label, TOKEN_LABEL_MAX);
	message_get_text(&s->in, e.operator_id, POLICY_ID_MAX);
	message_get_text(&s->in, e.log, POLICY_LOG_MAX);
	p = message_get_octets(&s->in, 64, &len);
	e.date = (int64_t)message_get_number(&s->in);
	again = message_get_number(&s->in) != 0;
	if (signer_bad_form(s) || !signer_use_module(s, module))
		return;
	pin = secret_from(p, len);
	so_pin = signer_read_secret(s->in.fd);
	if (pin == NULL || so_pin == NULL) {
		signer_fault(s, FAULT_INTERNAL, "%s: no SO PIN came", label);
		goto out;
	}
	err = token_init(s->module, label, again, so_pin, pin, &s->token);
	if (err == CARD_OK)
		err = token_login(s->token, pin);
	if (err == CARD_OK)
		err = make_keys(s, &e);
	if (err == CARD_OK)
		err = make_certs(s, &e);
	if (err == CARD_OK)
		err = test_sign(s, &e);
	if (err == CARD_OK)
		err = test_derive(s, &e);
	if (err != CARD_OK) {
		signer_card_fault(s, err, label);
		goto out;
	}
	s->state = STATE_LOGIN;
	send_enrolled(s, &e);
out:
	enrolment_clear(&e);
	secret_free(pin);
	secret_free(so_pin);
}

static const char *
tries_left(const struct token_info *info)
{
	if (info->pin_locked)
		return "no try is left";
	if (info->pin_final_try)
		return "one try is left";
	if (info->pin_count_low)
		return "few tries are left";
	return "tries are left";
}

void
signer_login(struct signer *s)
{
	size_t len;
	const uint8_t *p = message_get_octets(&s->in, 64, &len);
	struct secret *pin;
	enum card_error err;

	if (signer_bad_form(s))
		return;
	pin = secret_from(p, len);
	err = pin == NULL ? CARD_ERR_MEMORY : token_login(s->token, pin);
	secret_free(pin);
	if (err == CARD_ERR_PIN || err == CARD_ERR_PIN_LOCKED) {
		token_refresh(s->token);
		signer_fault(s, err, "%s: %s; %s", token_info(s->token)->label,
		    card_strerror(err), tries_left(token_info(s->token)));
		return;
	}
	if (err != CARD_OK) {
		signer_card_fault(s, err, token_info(s->token)->label);
		return;
	}
	s->state = STATE_LOGIN;
	signer_ok(s);
}

/* Sign a text with the card's sign key; what kind of text, callers check. */
static void
sign_text(struct signer *s, const void *text, size_t len)
{
	const char *label = token_info(s->token)->label;
	uint8_t *spki = NULL, *sig = NULL;
	size_t spki_len, sig_len;
	enum card_error err =
	    token_public_key(s->token, SIGN_LABEL, &spki, &spki_len);

	if (err == CARD_OK)
		err = token_sign_text(s->token, SIGN_LABEL, spki, spki_len,
		    text, len, &sig, &sig_len);
	if (err != CARD_OK) {
		signer_card_fault(s, err, label);
	} else {
		message_start(&s->out, MSG_SIGNATURE);
		message_put_octets(&s->out, sig, sig_len);
		signer_send(s);
	}
	OPENSSL_free(spki);
	OPENSSL_free(sig);
}

void
signer_approve(struct signer *s)
{
	char id[POLICY_ID_MAX + 1];
	const uint8_t *text;
	size_t len;

	message_get_text(&s->in, id, POLICY_ID_MAX);
	text = message_get_octets(&s->in, APPROVAL_TEXT_MAX, &len);
	if (signer_bad_form(s))
		return;
	if (!approval_text_valid((const char *)text, len, id)) {
		signer_fault(s, FAULT_REFUSED,
		    "%s: not an approval text: the card signs nothing else",
		    token_info(s->token)->label);
		return;
	}
	sign_text(s, text, len);
}

/* A checkpoint begins with the log's own line, so that it can never be taken
 * for an approval or a test text. */
void
signer_note(struct signer *s)
{
	char log[POLICY_LOG_MAX + 1];
	const uint8_t *text;
	size_t len, n;

	message_get_text(&s->in, log, POLICY_LOG_MAX);
	text = message_get_octets(&s->in, 1024, &len);
	if (signer_bad_form(s))
		return;
	n = strlen(log);
	if (n == 0 || len <= n || memcmp(text, log, n) != 0 ||
	    text[n] != '\n' || strncmp(log, "anchorite-", 10) == 0 ||
	    text[len - 1] != '\n') {
		signer_fault(s, FAULT_REFUSED,
		    "%s: not a checkpoint of this log",
		    token_info(s->token)->label);
		return;
	}
	sign_text(s, text, len);
}

static bool
open_share(struct signer *s, const uint8_t *blob, size_t len,
    const struct share_label *label, const uint8_t commitment[32],
    struct secret **out)
{
	uint8_t *der = NULL, *spki = NULL, got[32];
	size_t der_len = 0, spki_len = 0;
	X509 *cert = NULL;
	EVP_PKEY *key = NULL;
	enum quorum_error qerr = QUORUM_ERR_UNWRAP;
	enum card_error err =
	    token_read_cert(s->token, DERIVE_LABEL, &der, &der_len);

	if (err == CARD_OK)
		err =
		    token_public_key(s->token, DERIVE_LABEL, &spki, &spki_len);
	if (err == CARD_OK)
		err = token_key(s->token, DERIVE_LABEL, spki, spki_len, &key);
	if (err == CARD_OK && cert_parse(der, der_len, &cert) == CA_OK)
		qerr = share_unwrap(blob, len, key, cert, label, out);
	if (qerr == QUORUM_OK) {
		share_commit(label, *out, got);
		if (CRYPTO_memcmp(got, commitment, sizeof(got)) != 0)
			qerr = QUORUM_ERR_COMMITMENT;
	}
	if (err != CARD_OK)
		signer_card_fault(s, err, token_info(s->token)->label);
	else if (qerr != QUORUM_OK)
		signer_fault(s, FAULT_SHARE, "%s: share for token %s: %s",
		    token_info(s->token)->label, label->serial,
		    quorum_strerror(qerr));
	OPENSSL_free(der);
	OPENSSL_free(spki);
	X509_free(cert);
	return err == CARD_OK && qerr == QUORUM_OK;
}

/* Open a share and keep it: it leaves this process only by signer_release(),
 * straight into the CA token's signer, once the act has begun. */
void
signer_unwrap(struct signer *s)
{
	struct share_label label = { .epoch = 0 };
	uint8_t commitment[32];
	struct secret *share = NULL;
	const uint8_t *blob;
	uint64_t epoch;
	size_t len;

	message_get_text(&s->in, label.serial, sizeof(label.serial) - 1);
	epoch = message_get_number(&s->in);
	label.x = (unsigned)message_get_number(&s->in);
	label.m = (unsigned)message_get_number(&s->in);
	label.n = (unsigned)message_get_number(&s->in);
	message_get_exact(&s->in, commitment, sizeof(commitment));
	blob = message_get_octets(&s->in, SHARE_BLOB_MAX, &len);
	if (signer_bad_form(s))
		return;
	if (epoch == 0 || epoch > UINT32_MAX ||
	    s->share_count == SIGNER_SHARES_MAX) {
		signer_fault(s, FAULT_REFUSED, "share: out of range");
		return;
	}
	label.epoch = (uint32_t)epoch;
	if (!open_share(s, blob, len, &label, commitment, &share)) {
		secret_free(share);
		return;
	}
	s->shares[s->share_count++] = share;
	signer_ok(s);
}

void
signer_release(struct signer *s)
{
	uint64_t i = message_get_number(&s->in);

	if (signer_bad_form(s))
		return;
	if (i >= s->share_count || s->shares[i] == NULL ||
	    !signer_write_secret(s->in.fd, s->shares[i])) {
		signer_fault(s, FAULT_REFUSED, "share: not there");
		return;
	}
	secret_free(s->shares[i]);
	s->shares[i] = NULL;
	signer_ok(s);
}
