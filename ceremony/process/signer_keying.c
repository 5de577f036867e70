/* SPDX-License-Identifier: ISC */
/* Keying a token for an epoch: a fresh K, the PIN that follows from it, and a
 * share of it for each operator of a policy. */
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "ceremony/quorum/pin.h"
#include "ceremony/quorum/shamir.h"
#include "ceremony/quorum/share.h"

void
signer_keying_clear(struct keying *k)
{
	token_so_clear(&k->so);
	secret_free(k->k);
	k->k = NULL;
	for (size_t i = 0; i < POLICY_OPERATORS_MAX; i++) {
		X509_free(k->derive[i]);
		k->derive[i] = NULL;
	}
}

struct keying *
signer_act_keying(struct act *a)
{
	switch (a->what) {
	case ACT_KEYS:
		return &a->u.keys.keying;
	case ACT_ROTATE:
		return &a->u.rotate.keying;
	case ACT_EXPORT:
	case ACT_CERT:
	case ACT_CRL:
	case ACT_SEAL:
	case ACT_BATCH:
	case ACT_DESTROY:
		break;
	}
	return NULL;
}

/* Of the group's act that keys a token; NULL when there is none. */
static struct keying *
keying_of(struct group *g)
{
	struct keying *k = NULL;

	for (size_t i = 0; k == NULL && g != NULL && i < g->act_count; i++)
		k = signer_act_keying(&g->acts[i]);
	return k;
}

/* What is wrong with a derive certificate, or NULL. */
static const char *
derive_fault(const struct keying *k, int who, X509 *cert)
{
	uint8_t digest[32], want[32];

	if (who < 0)
		return ": not an operator";
	if (k->derive[who] != NULL || cert == NULL ||
	    cert_spki_sha256(cert, digest) != CA_OK)
		return ": unreadable or twice";
	const struct policy_spki *spki = &k->policy->operators[who].derive;
	SHA256(spki->der, spki->len, want);
	return memcmp(digest, want, sizeof(want)) == 0
	    ? NULL
	    : " is not of the policy's key";
}

void
signer_derive_cert(struct signer *s)
{
	struct keying *k = keying_of(s->group);
	char id[POLICY_ID_MAX + 1];
	const char *fault;
	const uint8_t *der;
	X509 *cert = NULL;
	size_t len;
	int who;

	message_get_text(&s->in, id, POLICY_ID_MAX);
	der = message_get_octets(&s->in, CERT_MAX, &len);
	if (signer_bad_form(s))
		return;
	if (k == NULL) {
		signer_fault(s, FAULT_REFUSED,
		    "%s: derive certificate: no act keys a token", id);
		return;
	}
	if (cert_parse(der, len, &cert) != CA_OK)
		cert = NULL;
	who = policy_operator(k->policy, id);
	fault = derive_fault(k, who, cert);
	if (fault != NULL) {
		X509_free(cert);
		signer_fault(s, FAULT_REFUSED, "%s: derive certificate%s", id,
		    fault);
		return;
	}
	k->derive[who] = cert;
	signer_ok(s);
}

void
signer_so_take(struct signer *s)
{
	struct keying *k = keying_of(s->group);

	if (signer_bad_form(s))
		return;
	if (k == NULL || !k->by_so || k->so.pin != NULL) {
		signer_fault(s, FAULT_REFUSED, "SO PIN: not expected now");
		return;
	}
	if (signer_so_read(s, k->label, &k->so))
		signer_ok(s);
}

bool
signer_keying_ready(struct signer *s, const struct keying *k)
{
	if (k->by_so && k->so.pin == NULL) {
		signer_fault(s, FAULT_REFUSED, "%s: no SO PIN", k->label);
		return false;
	}
	for (size_t i = 0; i < k->policy->n; i++) {
		if (k->derive[i] == NULL) {
			signer_fault(s, FAULT_REFUSED,
			    "%s: no derive certificate of %s", k->label,
			    k->policy->operators[i].id);
			return false;
		}
	}
	return true;
}

bool
signer_keying_start(struct signer *s, struct keying *k)
{
	secret_free(k->k);
	k->k = secret_random(PIN_K_SIZE);
	if (k->k != NULL)
		return true;
	signer_fault(s, FAULT_INTERNAL, "%s: K: no memory or randomness",
	    k->label);
	return false;
}

bool
signer_pin(struct signer *s, const struct secret *k, uint32_t epoch,
    const uint8_t policy_sha256[32], struct secret **out)
{
	enum quorum_error err = pin_user(k, token_info(s->token)->serial, epoch,
	    policy_sha256, out);

	if (err == QUORUM_OK)
		return true;
	signer_fault(s, FAULT_INTERNAL, "PIN: %s", quorum_strerror(err));
	return false;
}

static bool
send_share(struct signer *s, struct keying *k, uint32_t epoch, unsigned x,
    const struct secret *share)
{
	const char *id = k->policy->operators[x].id;
	struct share_label label = { .epoch = epoch,
		.x = x,
		.m = k->policy->m,
		.n = (unsigned)k->policy->n };
	uint8_t *blob = NULL;
	size_t len = 0;
	enum quorum_error err;

	snprintf(label.serial, sizeof(label.serial), "%s",
	    token_info(s->token)->serial);
	err = share_wrap(&label, share, k->derive[x], &blob, &len);
	if (err != QUORUM_OK) {
		signer_fault(s, FAULT_INTERNAL, "share for %s: %s", id,
		    quorum_strerror(err));
		return false;
	}
	share_commit(&label, share, k->commitments[x]);
	message_start(&s->out, MSG_MADE_SHARE);
	message_put_text(&s->out, id);
	message_put_number(&s->out, x);
	message_put_octets(&s->out, blob, len);
	message_put_octets(&s->out, k->commitments[x], 32);
	OPENSSL_free(blob);
	return signer_send(s);
}

bool
signer_keying_share(struct signer *s, struct keying *k, uint32_t epoch)
{
	struct secret *shares[POLICY_OPERATORS_MAX] = { NULL };
	enum quorum_error err =
	    shamir_split(k->k, k->policy->m, (unsigned)k->policy->n, shares);
	bool ok = err == QUORUM_OK;

	if (!ok)
		signer_fault(s, FAULT_INTERNAL, "shares: %s",
		    quorum_strerror(err));
	for (unsigned x = 0; ok && x < k->policy->n; x++)
		ok = send_share(s, k, epoch, x, shares[x]);
	for (size_t i = 0; i < POLICY_OPERATORS_MAX; i++)
		secret_free(shares[i]);
	return ok;
}
