/* SPDX-License-Identifier: ISC */
/* An operator's card: approves, opens its shares of K and signs checkpoints.
 * It is made by signer_enrol.c. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "ca/cert.h"
#include "ceremony/process/signer.h"
#include "ceremony/quorum/share.h"
#include "ceremony/record/checkpoint.h"

/* Ends any checkpoint's text as a note: of nobody, and passed over. */
#define NO_SIGNATURE "\n\xe2\x80\x94 none AAAAAAA=\n"

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

const char *
signer_sign_key(const struct signer *s)
{
	return s->keys.elsewhere ? s->keys.sign : SIGN_LABEL;
}

const char *
signer_derive_key(const struct signer *s)
{
	return s->keys.elsewhere ? s->keys.derive : DERIVE_LABEL;
}

void
signer_card_keys(struct signer *s)
{
	const uint8_t *der;
	size_t len;

	message_get_text(&s->in, s->keys.sign, CARD_KEY_MAX);
	message_get_text(&s->in, s->keys.derive, CARD_KEY_MAX);
	der = message_get_octets(&s->in, CERT_MAX, &len);
	if (signer_bad_form(s))
		return;
	X509_free(s->keys.derive_cert);
	s->keys.derive_cert = NULL;
	s->keys.elsewhere = true;
	if (len > 0 && cert_parse(der, len, &s->keys.derive_cert) != CA_OK) {
		signer_fault(s, FAULT_FORM,
		    "%s: derive certificate: not a strict certificate",
		    token_info(s->token)->label);
		return;
	}
	signer_ok(s);
}

/* A card that was personalised elsewhere may want its PIN with each use. */
static enum card_error
login(struct signer *s, const struct secret *pin)
{
	enum card_error err = token_login(s->token, pin);

	if (err == CARD_OK && s->keys.elsewhere)
		err = token_keep_pin(s->token, pin);
	return err;
}

void
signer_login_fault(struct signer *s, enum card_error err, const char *label)
{
	const bool pad = token_info(s->token)->pin_pad;
	const char *what = card_strerror(err);

	/* a reader may announce one that it does not have */
	if (pad && err == CARD_ERR_MODULE && !signer_removed(s)) {
		signer_fault(s, err,
		    "%s: the PIN pad of its reader failed (%s): with "
		    "--no-pinpad PINs are typed at the keyboard",
		    label, module_last_rv(s->module));
		return;
	}
	if (err != CARD_ERR_PIN && err != CARD_ERR_PIN_LOCKED) {
		signer_card_fault(s, err, label);
		return;
	}
	if (pad && err == CARD_ERR_PIN)
		what = "the PIN typed at the reader is wrong";
	token_refresh(s->token);
	signer_fault(s, err, "%s: %s; %s", label, what,
	    tries_left(token_info(s->token)));
}

void
signer_login(struct signer *s)
{
	size_t len;
	const uint8_t *p = message_get_octets(&s->in, CARD_PIN_MAX, &len);
	struct secret *pin;
	enum card_error err;

	if (signer_bad_form(s))
		return;
	pin = secret_from(p, len);
	err = pin == NULL ? CARD_ERR_MEMORY : login(s, pin);
	secret_free(pin);
	if (err != CARD_OK) {
		signer_login_fault(s, err, token_info(s->token)->label);
		return;
	}
	s->state = STATE_LOGIN;
	signer_head_forget(s);
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
	    token_public_key(s->token, signer_sign_key(s), &spki, &spki_len);

	if (err == CARD_OK)
		err = token_sign_text(s->token, signer_sign_key(s), spki,
		    spki_len, text, len, &sig, &sig_len);
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

/* Whether a text is a checkpoint of this log and nothing else, octet for
 * octet, so that it can never be taken for an approval or a test text. */
static bool
is_checkpoint(const uint8_t *text, size_t len, const char *log)
{
	struct checkpoint_sig sigs[CHECKPOINT_SIGS_MAX];
	struct checkpoint c = { .origin = "" };
	char note[CHECKPOINT_TEXT_MAX + sizeof(NO_SIGNATURE)];
	struct record_fault fault;
	size_t count = 0;

	memcpy(note, text, len);
	memcpy(note + len, NO_SIGNATURE, sizeof(NO_SIGNATURE));
	return checkpoint_read(note, len + sizeof(NO_SIGNATURE) - 1, &c, sigs,
		   &count, &fault) == RECORD_OK &&
	    count == 0 && strcmp(c.origin, log) == 0;
}

void
signer_note(struct signer *s)
{
	char log[POLICY_LOG_MAX + 1];
	const uint8_t *text;
	size_t len;

	message_get_text(&s->in, log, POLICY_LOG_MAX);
	text = message_get_octets(&s->in, CHECKPOINT_TEXT_MAX, &len);
	if (signer_bad_form(s))
		return;
	if (!is_checkpoint(text, len, log)) {
		signer_fault(s, FAULT_REFUSED,
		    "%s: not a checkpoint of this log",
		    token_info(s->token)->label);
		return;
	}
	sign_text(s, text, len);
}

/* On a card that we made it is beside its key. */
static enum card_error
derive_cert(struct signer *s, X509 **out)
{
	uint8_t *der = NULL;
	size_t len = 0;
	enum card_error err = CARD_OK;

	if (s->keys.elsewhere) {
		*out = s->keys.derive_cert;
		if (*out == NULL)
			return CARD_ERR_OBJECT_MISSING;
		X509_up_ref(*out);
		return CARD_OK;
	}
	err = token_read_cert(s->token, DERIVE_LABEL, &der, &len);
	if (err == CARD_OK && cert_parse(der, len, out) != CA_OK)
		*out = NULL; /* no share opens with it */
	OPENSSL_free(der);
	return err;
}

static bool
open_share(struct signer *s, const uint8_t *blob, size_t len,
    const struct share_label *label, const uint8_t commitment[32],
    struct secret **out)
{
	const char *name = signer_derive_key(s);
	uint8_t *spki = NULL, got[32];
	size_t spki_len = 0;
	X509 *cert = NULL;
	EVP_PKEY *key = NULL;
	enum quorum_error qerr = QUORUM_ERR_UNWRAP;
	enum card_error err = derive_cert(s, &cert);

	if (err == CARD_OK)
		err = token_public_key(s->token, name, &spki, &spki_len);
	if (err == CARD_OK)
		err = token_key(s->token, name, spki, spki_len, &key);
	if (err == CARD_OK && cert != NULL)
		qerr = share_unwrap(blob, len, key, cert, label, out);
	if (qerr == QUORUM_OK) {
		share_commit(label, *out, got);
		if (CRYPTO_memcmp(got, commitment, sizeof(got)) != 0)
			qerr = QUORUM_ERR_COMMITMENT;
	}
	if (err != CARD_OK)
		signer_card_fault(s, err, token_info(s->token)->label);
	else if (qerr != QUORUM_OK && signer_removed(s))
		signer_card_fault(s, CARD_ERR_REMOVED,
		    token_info(s->token)->label);
	else if (qerr != QUORUM_OK)
		signer_fault(s, FAULT_SHARE, "%s: share for token %s: %s",
		    token_info(s->token)->label, label->serial,
		    quorum_strerror(qerr));
	OPENSSL_free(spki);
	X509_free(cert);
	return err == CARD_OK && qerr == QUORUM_OK;
}

/* False when a number is none that a share can have. */
static bool
read_share_label(struct signer *s, struct share_label *label)
{
	uint64_t epoch, x, m, n;

	message_get_text(&s->in, label->serial, sizeof(label->serial) - 1);
	epoch = message_get_number(&s->in);
	x = message_get_number(&s->in);
	m = message_get_number(&s->in);
	n = message_get_number(&s->in);
	label->epoch = (uint32_t)epoch;
	label->x = (unsigned)x;
	label->m = (unsigned)m;
	label->n = (unsigned)n;
	return epoch > 0 && epoch <= UINT32_MAX && n <= POLICY_OPERATORS_MAX &&
	    m <= n && x < n;
}

/* Open a share and keep it: it leaves this process only by signer_release(),
 * which the operator's process asks for once the act has begun. */
void
signer_unwrap(struct signer *s)
{
	struct share_label label = { .epoch = 0 };
	uint8_t commitment[32];
	struct secret *share = NULL;
	const uint8_t *blob;
	size_t len;
	bool in_range = read_share_label(s, &label);

	message_get_exact(&s->in, commitment, sizeof(commitment));
	blob = message_get_octets(&s->in, SHARE_BLOB_MAX, &len);
	if (signer_bad_form(s))
		return;
	if (!in_range || s->share_count == SIGNER_SHARES_MAX) {
		signer_fault(s, FAULT_REFUSED, "share: out of range");
		return;
	}
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
