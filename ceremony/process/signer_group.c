/* SPDX-License-Identifier: ISC */
/* A group of acts as the operator's process tells it: its ceremony and policy,
 * the CA on the token, then act by act.  Nothing here touches a key. */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "ceremony/quorum/error.h"

void
signer_act_clear(struct act *a)
{
	switch (a->what) {
	case ACT_KEYS:
		secret_free(a->u.keys.dkek);
		signer_keying_clear(signer_act_keying(a));
		break;
	case ACT_EXPORT:
		secret_free(a->u.export.dkek);
		break;
	case ACT_ROTATE:
		signer_keying_clear(signer_act_keying(a));
		break;
	case ACT_CERT:
		X509_free(a->u.cert.draft);
		break;
	case ACT_CRL:
		X509_CRL_free(a->u.crl.draft);
		free(a->u.crl.entries);
		break;
	case ACT_SEAL:
		free(a->u.seal.payload);
		break;
	case ACT_BATCH:
		signer_batch_clear(&a->u.batch);
		break;
	case ACT_DESTROY:
		break;
	}
	OPENSSL_cleanse(a, sizeof(*a));
}

void
signer_group_free(struct group *g)
{
	if (g == NULL)
		return;
	for (size_t i = 0; i < SIGNER_ACTS_MAX; i++) {
		if (g->acts[i].told)
			signer_act_clear(&g->acts[i]);
	}
	for (size_t i = 0; i < SIGNER_EPOCHS_MAX; i++)
		signer_epoch_forget(&g->epochs[i]);
	X509_free(g->ca);
	X509_free(g->sealer);
	OPENSSL_cleanse(g, sizeof(*g));
	free(g);
}

/* The group ends: K is wiped, the token logged out. */
void
signer_end_group(struct signer *s)
{
	if (signer_bad_form(s))
		return;
	signer_group_free(s->group);
	s->group = NULL;
	signer_head_forget(s);
	if (s->token != NULL)
		token_logout(s->token);
	s->state = s->token == NULL ? STATE_IDLE : STATE_OPEN;
	signer_ok(s);
}

/* The policy under which this group's acts are approved. */
static bool
read_policy(struct signer *s, struct group *g, const uint8_t *text, size_t len)
{
	enum quorum_error err =
	    policy_read((const char *)text, len, &g->policy);

	if (err == QUORUM_OK && strcmp(g->policy.log, g->log) == 0) {
		SHA256(text, len, g->policy_sha256);
		return true;
	}
	signer_fault(s, FAULT_REFUSED, "policy: %s",
	    err != QUORUM_OK ? quorum_strerror(err) : "of another log");
	return false;
}

void
signer_context(struct signer *s)
{
	struct group *g;
	const uint8_t *text;
	size_t len;

	if (s->group != NULL) {
		signer_fault(s, FAULT_REFUSED, "context: told before");
		return;
	}
	g = calloc(1, sizeof(*g));
	if (g == NULL) {
		signer_fault(s, FAULT_INTERNAL, "context: no memory");
		return;
	}
	message_get_text(&s->in, g->log, POLICY_LOG_MAX);
	message_get_text(&s->in, g->ceremony, APPROVAL_NAME_MAX);
	message_get_exact(&s->in, g->plan_sha256, sizeof(g->plan_sha256));
	text = message_get_octets(&s->in, POLICY_TEXT_MAX, &len);
	if (signer_bad_form(s) || !read_policy(s, g, text, len)) {
		signer_group_free(g);
		return;
	}
	s->group = g;
	signer_ok(s);
}

/* A certificate, or none when no octets came. */
static bool
read_cert(struct signer *s, X509 **out)
{
	size_t len;
	const uint8_t *der = message_get_octets(&s->in, CERT_MAX, &len);

	X509_free(*out);
	*out = NULL;
	return der == NULL || len == 0 || cert_parse(der, len, out) == CA_OK;
}

/* What is wrong with the CA as told, or NULL.  Whether the token holds its key
 * shows at login. */
static const char *
ca_fault(const struct group *g, uint64_t epoch, bool parsed)
{
	uint8_t digest[32];

	if (strcmp(g->role, "root") != 0 && strcmp(g->role, "product-ca") != 0)
		return "not the role of a CA";
	if (!parsed)
		return "certificate unreadable";
	if (g->ca != NULL &&
	    (cert_spki_sha256(g->ca, digest) != CA_OK ||
		memcmp(digest, g->spki_sha256, sizeof(digest)) != 0))
		return "certificate is of another key";
	if (epoch == 0 || epoch > UINT32_MAX)
		return "epoch out of range";
	return NULL;
}

bool
signer_group_stale(const struct group *g)
{
	return memcmp(g->epoch_policy_sha256, g->policy_sha256,
		   sizeof(g->policy_sha256)) != 0;
}

void
signer_ca(struct signer *s)
{
	struct group *g = s->group;
	const uint8_t *spki;
	const char *fault;
	uint64_t epoch;
	bool parsed;

	if (g == NULL || g->has_ca) {
		signer_fault(s, FAULT_REFUSED, "CA: not expected now");
		return;
	}
	message_get_text(&s->in, g->role, sizeof(g->role) - 1);
	spki = message_get_octets(&s->in, KEY_SPKI_MAX, &g->spki_len);
	if (spki != NULL)
		memcpy(g->spki, spki, g->spki_len);
	parsed = read_cert(s, &g->ca);
	parsed = read_cert(s, &g->sealer) && parsed;
	epoch = message_get_number(&s->in);
	message_get_exact(&s->in, g->epoch_policy_sha256, 32);
	if (signer_bad_form(s))
		return;
	SHA256(g->spki, g->spki_len, g->spki_sha256);
	g->epochs[0].number = (uint32_t)epoch;
	fault = ca_fault(g, epoch, parsed);
	if (fault != NULL) {
		signer_fault(s, FAULT_REFUSED, "%s: %s",
		    token_info(s->token)->label, fault);
		return;
	}
	g->has_ca = true;
	signer_ok(s);
}

struct act *
signer_act_find(struct signer *s, uint64_t number)
{
	struct group *g = s->group;

	for (size_t i = 0; g != NULL && i < g->act_count; i++) {
		if (g->acts[i].approval.act == number)
			return &g->acts[i];
	}
	return NULL;
}

static bool
is_last(const struct act *a)
{
	return a->what == ACT_ROTATE || a->what == ACT_DESTROY;
}

void
signer_act(struct signer *s)
{
	struct group *g = s->group;
	struct approval *a;
	uint64_t step, epoch;

	if (g == NULL || g->act_count == SIGNER_ACTS_MAX) {
		signer_fault(s, FAULT_REFUSED, "act: not expected now");
		return;
	}
	if (g->act_count > 0 && is_last(&g->acts[g->act_count - 1])) {
		signer_fault(s, FAULT_REFUSED,
		    "act: none follows one that keys the token anew or destroys it: end the group first");
		return;
	}
	g->current = &g->acts[g->act_count];
	memset(g->current, 0, sizeof(*g->current));
	a = &g->current->approval;
	a->act = message_get_number(&s->in);
	a->resumes = message_get_number(&s->in);
	step = message_get_number(&s->in);
	epoch = message_get_number(&s->in);
	message_get_text(&s->in, a->kind, APPROVAL_NAME_MAX);
	if (signer_bad_form(s))
		return;
	if (step > 1000 || epoch > UINT32_MAX ||
	    signer_act_find(s, a->act) != NULL) {
		signer_fault(s, FAULT_REFUSED, "act: out of range or twice");
		return;
	}
	a->step = (unsigned)step;
	a->epoch = (uint32_t)epoch;
	memcpy(a->log, g->log, sizeof(a->log));
	memcpy(a->ceremony, g->ceremony, sizeof(a->ceremony));
	memcpy(a->policy_sha256, g->policy_sha256, 32);
	memcpy(a->plan_sha256, g->plan_sha256, 32);
	s->state = STATE_ACT;
	signer_ok(s);
}
