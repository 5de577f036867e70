/* SPDX-License-Identifier: ISC */
/* Taking an operator's card that was personalised elsewhere: what its keys are,
 * that they stay on it, and proof that both work.  Nothing is written to it. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "ca/key.h"
#include "ceremony/process/card_cert.h"
#include "ceremony/process/signer_enrol.h"
#include "smartcard/head.h"

#define PROBE_LABEL "head-try"

static const char *const roles[] = { "sign", "derive" };

static bool
key_fault(struct signer *s, const struct enrolment *e, int i, const char *why)
{
	signer_fault(s, FAULT_REFUSED, "%s: %s key %s: %s",
	    token_info(s->token)->label, roles[i], e->key[i], why);
	return false;
}

static bool
key_error(struct signer *s, const struct enrolment *e, int i,
    enum card_error err)
{
	char doing[200];

	snprintf(doing, sizeof(doing), "%s: %s key %s",
	    token_info(s->token)->label, roles[i], e->key[i]);
	signer_card_fault(s, err, doing);
	return false;
}

/* Approvals and checkpoints are signed with SHA-256. */
static const char *
kind_fault(const uint8_t *spki, size_t len, bool sign)
{
	EVP_PKEY *key = NULL;
	const char *why = NULL;

	if (key_from_spki(spki, len, &key) != CA_OK)
		why = "neither on P-256 or P-384 nor RSA of 2048 to 4096 bits";
	else if (key_is_weak(spki, len))
		why =
		    "a weak key: an RSA exponent other than 65537, or a private key that can be found; have another made";
	else if (sign && key_curve(key) == NID_secp384r1)
		why =
		    "on P-384, and texts are signed with SHA-256: take one on P-256 or RSA";
	EVP_PKEY_free(key);
	return why;
}

/* What the module says of a key that others made. */
static const char *
attribute_fault(const struct key_attributes *a)
{
	if (!a->token)
		return "CKA_TOKEN is false: it is not kept on the token";
	if (!a->private_)
		return "CKA_PRIVATE is false: it can be used without login";
	if (!a->sensitive)
		return "CKA_SENSITIVE is false: it can be read in clear";
	return "CKA_EXTRACTABLE is true: it can be taken off the token";
}

static bool
read_key(struct signer *s, struct enrolment *e, int i)
{
	bool each_use = false;
	const char *why;
	enum card_error err =
	    token_public_key(s->token, e->key[i], &e->spki[i], &e->spki_len[i]);

	if (err != CARD_OK)
		return key_error(s, e, i, err);
	why = kind_fault(e->spki[i], e->spki_len[i], i == 0);
	if (why != NULL)
		return key_fault(s, e, i, why);
	err = token_check_key(s->token, e->key[i], KEY_FOREIGN,
	    &e->attributes[i]);
	if (err == CARD_ERR_ATTRIBUTES)
		return key_fault(s, e, i, attribute_fault(&e->attributes[i]));
	if (err == CARD_OK)
		err = token_key_each_use(s->token, e->key[i], &each_use);
	if (err != CARD_OK)
		return key_error(s, e, i, err);
	if (i == 1 && each_use)
		return key_fault(s, e, i,
		    "wants its PIN with each use (CKA_ALWAYS_AUTHENTICATE), "
		    "which opening shares cannot give it: name another key");
	return true;
}

static bool
read_keys(struct signer *s, struct enrolment *e)
{
	if (!read_key(s, e, 0) || !read_key(s, e, 1))
		return false;
	if (e->spki_len[0] == e->spki_len[1] &&
	    memcmp(e->spki[0], e->spki[1], e->spki_len[0]) == 0)
		return key_fault(s, e, 1,
		    "is the sign key under another name: two keys are needed");
	return true;
}

struct by_token {
	struct signer *s;
	const struct enrolment *e;
	enum card_error err;
};

static bool
sign_tbs(void *arg, const uint8_t *tbs, size_t len, uint8_t **sig,
    size_t *sig_len)
{
	struct by_token *t = arg;

	t->err = token_sign_text(t->s->token, t->e->key[0], t->e->spki[0],
	    t->e->spki_len[0], tbs, len, sig, sig_len);
	return t->err == CARD_OK;
}

/* For the record alone: they say which keys sit on one card. */
static bool
make_certs(struct signer *s, struct enrolment *e)
{
	struct by_token by = { s, e, CARD_ERR_SELFTEST };
	EVP_PKEY *sign = NULL;
	bool ok = key_from_spki(e->spki[0], e->spki_len[0], &sign) == CA_OK;

	for (int i = 0; ok && i < 2; i++) {
		e->cert[i] =
		    card_cert_make_by(e->spki[i], e->spki_len[i], i == 1,
			e->operator_id, e->log, e->date, sign, sign_tbs, &by);
		ok = e->cert[i] != NULL &&
		    cert_der(e->cert[i], &e->der[i], &e->der_len[i]) == CA_OK;
	}
	EVP_PKEY_free(sign);
	return ok ||
	    key_error(s, e, 0, by.err != CARD_OK ? by.err : CARD_ERR_SELFTEST);
}

static bool
try_keys(struct signer *s, struct enrolment *e)
{
	enum card_error err = enrolment_sign(s, e);

	if (err != CARD_OK)
		return key_error(s, e, 0, err);
	err = enrolment_derive(s, e);
	if (err == CARD_ERR_SELFTEST)
		return key_fault(s, e, 1,
		    "does not open what is encrypted to it: it may not decrypt or derive");
	if (err != CARD_OK)
		return key_error(s, e, 1, err);
	return true;
}

/* Can it remember heads, and has it none of another transcript? */
static bool
try_heads(struct signer *s, struct enrolment *e)
{
	struct head head;
	enum card_error err =
	    token_try_object(s->token, PROBE_LABEL, &e->heads);

	if (err == CARD_OK && e->heads) {
		err = head_read(s->token, &head);
		if (err == CARD_OK) {
			signer_fault(s, FAULT_REFUSED,
			    "%s: remembers the head of another transcript: a token serves one log",
			    token_info(s->token)->label);
			return false;
		}
		if (err == CARD_ERR_OBJECT_MISSING)
			return true;
	}
	if (err == CARD_OK)
		return true;
	signer_card_fault(s, err, token_info(s->token)->label);
	return false;
}

static bool
may_adopt(struct signer *s)
{
	if (s->keys.elsewhere)
		return true;
	signer_fault(s, FAULT_REFUSED, "%s: its keys were not named",
	    token_info(s->token)->label);
	return false;
}

void
signer_adopt(struct signer *s)
{
	struct enrolment e = { .key = { signer_sign_key(s),
				   signer_derive_key(s) } };

	message_get_text(&s->in, e.operator_id, POLICY_ID_MAX);
	message_get_text(&s->in, e.log, POLICY_LOG_MAX);
	e.date = (int64_t)message_get_number(&s->in);
	if (!signer_bad_form(s) && may_adopt(s) && read_keys(s, &e) &&
	    make_certs(s, &e) && try_keys(s, &e) && try_heads(s, &e))
		enrolment_send(s, &e);
	enrolment_clear(&e);
}
