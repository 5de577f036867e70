/* SPDX-License-Identifier: ISC */
/* Certificates, CRLs and seals, one act each. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "transfer/sealed.h"

bool
signer_ca_key(struct signer *s, EVP_PKEY **out)
{
	struct group *g = s->group;
	enum card_error err =
	    token_key(s->token, g->role, g->spki, g->spki_len, out);

	if (err == CARD_OK)
		return true;
	signer_card_fault(s, err, g->role);
	return false;
}

bool
signer_sealer_key(struct signer *s, EVP_PKEY **out)
{
	enum card_error err = CARD_ERR_KEY_MISSING;
	uint8_t *spki = NULL;
	int len = 0;

	if (s->group->sealer != NULL)
		len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(s->group->sealer),
		    &spki);
	if (len > 0)
		err = token_key(s->token, SEALER_ROLE, spki, (size_t)len, out);
	OPENSSL_free(spki);
	if (err == CARD_OK)
		return true;
	signer_card_fault(s, err, SEALER_ROLE);
	return false;
}

void
signer_sign_fault(struct signer *s, const char *what, bool key, const char *why)
{
	const char *label = token_info(s->token)->label;
	char doing[SIGNER_SUBJECT_MAX + 64];

	snprintf(doing, sizeof(doing), "%s: %s", label, what);
	if (signer_removed(s))
		signer_card_fault(s, CARD_ERR_REMOVED, doing);
	else if (key)
		signer_fault(s, CARD_ERR_MODULE,
		    "%s: %s: run the same plan again; if it happens again this token is defective",
		    doing, why);
	else
		signer_fault(s, FAULT_INTERNAL, "%s: %s", doing, why);
}

/* Only a root's key certifies CAs and sealers; itself it certifies once, and
 * no other key as a root.  A CA that others run any CA may certify whose own
 * certificate lets it: cert_build() knows. */
static bool
may_certify(const struct group *g, const struct act_cert *c)
{
	if (c->spec.profile->stated == STATED_ALWAYS)
		return g->ca != NULL;
	if (strcmp(g->role, "root") != 0)
		return false;
	if (strcmp(c->spec.profile->name, "root") != 0)
		return g->ca != NULL;
	return g->ca == NULL && c->spec.spki_len == g->spki_len &&
	    memcmp(c->spki, g->spki, g->spki_len) == 0;
}

/* Of an act that goes on: what it goes on with may have been signed. */
static enum ca_error
same_tbs(const struct act_cert *c)
{
	uint8_t digest[32];

	if (cert_tbs_digest(c->draft, digest) != CA_OK)
		return CA_ERR_MEMORY;
	return memcmp(digest, c->tbs_sha256, sizeof(digest)) == 0
	    ? CA_OK
	    : CA_ERR_SELFCHECK;
}

bool
signer_cert_prepare(struct signer *s, struct act *a)
{
	struct group *g = s->group;
	struct act_cert *c = &a->u.cert;
	enum ca_error err = CA_ERR_PROFILE;

	c->spec.issuer = g->ca;
	if (!may_certify(g, c))
		goto out;
	err = CA_OK;
	if (!c->goes_on)
		err = serial_make(a->seed, sizeof(a->seed), 0, c->spec.serial);
	if (err == CA_OK)
		err = cert_lint(&c->spec);
	if (err == CA_OK)
		err = cert_build(&c->spec, &c->draft);
	if (err == CA_OK && c->goes_on)
		err = same_tbs(c);
out:
	if (err != CA_OK)
		signer_fault(s, FAULT_REFUSED, "%s: %s: nothing was signed",
		    c->subject, ca_strerror(err));
	return err == CA_OK;
}

bool
signer_crl_prepare(struct signer *s, struct act *a, struct act_crl *crl)
{
	enum ca_error err = CA_ERR_ARGUMENT;

	/* a root's first CRL is proposed along with its own certificate */
	crl->spec.issuer = s->group->ca;
	if (crl->spec.issuer == NULL && s->group->acts[0].what == ACT_CERT &&
	    a != &s->group->acts[0])
		crl->spec.issuer = s->group->acts[0].u.cert.draft;
	if (crl->spec.issuer != NULL)
		err = crl_build(&crl->spec, &crl->draft);
	if (err == CA_OK)
		return true;
	signer_fault(s, FAULT_REFUSED, "CRL %llu: %s: nothing was signed",
	    (unsigned long long)crl->spec.number, ca_strerror(err));
	return false;
}

bool
signer_crl_sign(struct signer *s, const struct act_crl *crl, uint8_t **der,
    size_t *len)
{
	EVP_PKEY *key = NULL;
	enum ca_error err;

	if (!signer_ca_key(s, &key))
		return false;
	err = crl_sign(crl->draft, key);
	if (err == CA_OK)
		err = crl_der(crl->draft, der, len);
	if (err == CA_OK)
		err = crl_selfcheck(*der, *len, &crl->spec);
	if (err == CA_OK)
		return true;
	OPENSSL_free(*der);
	*der = NULL;
	signer_sign_fault(s, "CRL", err == CA_ERR_SIGN, ca_strerror(err));
	return false;
}

void
signer_act_finish(struct signer *s, struct act *a)
{
	token_logout(s->token);
	a->done = true;
	s->state = STATE_PREPARED;
}

static void
certify(struct signer *s, struct act *a)
{
	struct act_cert *c = &a->u.cert;
	EVP_PKEY *key = NULL;
	uint8_t *der = NULL;
	size_t len = 0;
	enum ca_error err;

	if (!signer_ca_key(s, &key))
		return;
	err = cert_sign(c->draft, key);
	if (err == CA_OK)
		err = cert_der(c->draft, &der, &len);
	if (err == CA_OK)
		err = cert_selfcheck(der, len, &c->spec);
	if (err != CA_OK) {
		signer_sign_fault(s, c->subject, err == CA_ERR_SIGN,
		    ca_strerror(err));
	} else {
		signer_act_finish(s, a);
		message_start(&s->out, MSG_CERT);
		message_put_octets(&s->out, der, len);
		signer_send(s);
	}
	OPENSSL_free(der);
}

static void
sign_crl(struct signer *s, struct act *a)
{
	uint8_t *der = NULL;
	size_t len = 0;

	if (!signer_crl_sign(s, &a->u.crl, &der, &len))
		return;
	signer_act_finish(s, a);
	signer_send_file(s, der, len);
	OPENSSL_free(der);
}

static void
seal_order(struct signer *s, struct act *a)
{
	struct act_seal *seal = &a->u.seal;
	EVP_PKEY *key = NULL;
	uint8_t *der = NULL;
	size_t len = 0;
	enum transfer_error err;

	if (!signer_sealer_key(s, &key))
		return;
	err = sealed_sign(seal->payload, seal->len, key, s->group->sealer,
	    seal->date, &der, &len);
	if (err != TRANSFER_OK) {
		signer_sign_fault(s, seal->use, err == TRANSFER_ERR_SIGN,
		    transfer_strerror(err));
		return;
	}
	signer_act_finish(s, a);
	signer_send_file(s, der, len);
	OPENSSL_free(der);
}

/* What a token does for operators of a policy that is not the log's any more:
 * without moving its head, so that a later signer is shown that there is
 * another. */
static bool
is_belated(const struct act *a)
{
	return a->what == ACT_ROTATE ||
	    (a->what == ACT_DESTROY && a->u.destroy.again);
}

/* A token whose log has gone over to another policy is keyed for that one, and
 * does nothing else; but its destruction goes on. */
static bool
in_policy(struct signer *s, const struct act *a)
{
	const struct group *g = s->group;
	const uint8_t *policy = a->what == ACT_ROTATE
	    ? a->u.rotate.target_sha256
	    : g->policy_sha256;

	if (!g->log_policy_known ||
	    memcmp(policy, g->log_policy_sha256, 32) == 0 ||
	    (a->what == ACT_DESTROY && is_belated(a)))
		return true;
	signer_fault(s, FAULT_REFUSED,
	    a->what == ACT_ROTATE
		? "%s: the log has another policy now: rotate this token to that one"
		: "%s: the log has another policy now: this token does nothing but rotate",
	    token_info(s->token)->label);
	return false;
}

/* Whether the card is where this act begins: its memory stands there, or, when
 * its PIN changes first, every line up to there was shown.  One that is to be
 * recovered cannot be asked yet. */
static bool
at_begin(const struct signer *s, const struct act *a)
{
	if (signer_group_recovers(s->group) || signer_head_is(s, a->begin))
		return true;
	return is_belated(a) && s->has_line &&
	    memcmp(s->line.hash, a->begin, sizeof(a->begin)) == 0;
}

/* Once, and in its place in the log. */
void
signer_execute(struct signer *s)
{
	struct act *a = s->group->current;

	if (signer_bad_form(s))
		return;
	if (a->executed) {
		signer_fault(s, FAULT_REFUSED,
		    "act %llu: executed before: what failed is another act",
		    (unsigned long long)a->approval.act);
		return;
	}
	if (!in_policy(s, a))
		return;
	if (!at_begin(s, a)) {
		signer_fault(s, FAULT_HEAD,
		    "%s: does not remember this act's begin yet: nothing is "
		    "done",
		    token_info(s->token)->label);
		return;
	}
	if (a->what == ACT_ROTATE &&
	    !signer_keying_ready(s, signer_act_keying(a)))
		return;
	a->executed = true;
	switch (a->what) {
	case ACT_KEYS:
		signer_keys_execute(s, a);
		break;
	case ACT_EXPORT:
		signer_export_execute(s, a);
		break;
	case ACT_ROTATE:
		signer_rotate_execute(s, a);
		break;
	case ACT_CERT:
		certify(s, a);
		break;
	case ACT_CRL:
		sign_crl(s, a);
		break;
	case ACT_SEAL:
		seal_order(s, a);
		break;
	case ACT_BATCH:
		signer_batch_execute(s, a);
		break;
	case ACT_DESTROY:
		signer_destroy_execute(s, a);
		break;
	}
}

/* Write a certificate beside the key it is for: the CA's or the sealer's. */
void
signer_write_cert(struct signer *s)
{
	struct group *g = s->group;
	uint8_t digest[32], sealer[32] = { 0 };
	const uint8_t *der;
	X509 *cert = NULL;
	size_t len;
	bool is_ca, is_sealer;
	enum card_error err = CARD_ERR_KEY_MISSING;

	der = message_get_octets(&s->in, CERT_MAX, &len);
	if (signer_bad_form(s))
		return;
	if (cert_parse(der, len, &cert) != CA_OK ||
	    cert_spki_sha256(cert, digest) != CA_OK) {
		X509_free(cert);
		signer_fault(s, FAULT_REFUSED, "certificate: unreadable");
		return;
	}
	is_ca = memcmp(digest, g->spki_sha256, sizeof(digest)) == 0;
	is_sealer = g->sealer != NULL &&
	    cert_spki_sha256(g->sealer, sealer) == CA_OK &&
	    memcmp(digest, sealer, sizeof(digest)) == 0;
	if (is_ca || is_sealer)
		err = token_write_cert(s->token, is_ca ? g->role : SEALER_ROLE,
		    is_ca ? CA_KEY_ID : SEALER_KEY_ID, der, len);
	X509_free(cert);
	if (err == CARD_OK)
		signer_ok(s);
	else
		signer_card_fault(s, err, token_info(s->token)->label);
}
