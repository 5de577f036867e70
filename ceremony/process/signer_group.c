/* SPDX-License-Identifier: ISC */
/* A group of acts as the operator's process tells it: context, CA, acts and
 * what they are made of.  Nothing here touches a key. */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "ceremony/quorum/error.h"

#define PAYLOAD_MAX 16384u
#define WORKLIST_MAX (32u << 20) /* octets */

void
signer_act_clear(struct act *a)
{
	switch (a->what) {
	case ACT_KEYS:
		secret_free(a->u.keys.so_pin);
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
	for (size_t i = 0; i < POLICY_OPERATORS_MAX; i++) {
		secret_free(g->shares[i]);
		X509_free(g->derive[i]);
	}
	secret_free(g->k);
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
	if (s->token != NULL)
		token_logout(s->token);
	s->state = s->token == NULL ? STATE_IDLE : STATE_OPEN;
	signer_ok(s);
}

void
signer_context(struct signer *s)
{
	struct group *g;
	const uint8_t *text;
	size_t len;
	enum quorum_error err;

	if (s->group != NULL) {
		signer_fault(s, FAULT_REFUSED, "context: told before");
		return;
	}
	g = s->group = calloc(1, sizeof(*g));
	if (g == NULL) {
		signer_fault(s, FAULT_INTERNAL, "context: no memory");
		return;
	}
	message_get_text(&s->in, g->log, POLICY_LOG_MAX);
	message_get_text(&s->in, g->ceremony, APPROVAL_NAME_MAX);
	message_get_exact(&s->in, g->plan_sha256, sizeof(g->plan_sha256));
	text = message_get_octets(&s->in, POLICY_TEXT_MAX, &len);
	if (signer_bad_form(s))
		return;
	err = policy_read((const char *)text, len, &g->policy);
	if (err != QUORUM_OK || strcmp(g->policy.log, g->log) != 0) {
		signer_fault(s, FAULT_REFUSED, "policy: %s",
		    err != QUORUM_OK ? quorum_strerror(err) : "of another log");
		return;
	}
	SHA256(text, len, g->policy_sha256);
	g->has_context = true;
	signer_ok(s);
}

static bool
read_cert(struct signer *s, X509 **out)
{
	size_t len;
	const uint8_t *der = message_get_octets(&s->in, CERT_MAX, &len);

	if (der == NULL || len == 0)
		return true;
	return cert_parse(der, len, out) == CA_OK;
}

void
signer_ca(struct signer *s)
{
	struct group *g = s->group;
	const uint8_t *spki;
	uint64_t epoch;
	bool parsed;

	if (g == NULL || !g->has_context || g->has_ca) {
		signer_fault(s, FAULT_REFUSED, "CA: not expected now");
		return;
	}
	message_get_text(&s->in, g->role, sizeof(g->role) - 1);
	spki = message_get_octets(&s->in, KEY_SPKI_MAX, &g->spki_len);
	if (spki != NULL)
		memcpy(g->spki, spki, g->spki_len);
	parsed = read_cert(s, &g->ca) && read_cert(s, &g->sealer);
	epoch = message_get_number(&s->in);
	message_get_exact(&s->in, g->epoch_policy_sha256, 32);
	if (signer_bad_form(s))
		return;
	SHA256(g->spki, g->spki_len, g->spki_sha256);
	g->epoch = (uint32_t)epoch;
	if (!parsed || epoch == 0 || epoch > UINT32_MAX) {
		signer_fault(s, FAULT_REFUSED, "CA: %s",
		    parsed ? "epoch out of range" : "certificate unreadable");
		return;
	}
	if (memcmp(g->epoch_policy_sha256, g->policy_sha256, 32) != 0) {
		signer_fault(s, FAULT_REFUSED,
		    "%s: keyed for another policy: it does nothing but rotate",
		    token_info(s->token)->label);
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

void
signer_act(struct signer *s)
{
	struct group *g = s->group;
	struct approval *a;
	uint64_t step, epoch;

	if (g == NULL || !g->has_context || g->act_count == SIGNER_ACTS_MAX) {
		signer_fault(s, FAULT_REFUSED, "act: not expected now");
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

void
signer_act_use(struct act *a, const char *name, size_t count)
{
	struct approval_use *use = &a->approval.uses[a->approval.use_count++];

	snprintf(use->name, sizeof(use->name), "%s", name);
	use->count = (uint32_t)count;
}

/* What an act is made of may be told once. */
static struct act *
telling(struct signer *s, enum act_what what)
{
	struct act *a = s->group->current;

	if (a->told || (what == ACT_KEYS) != (s->token == NULL) ||
	    (what != ACT_KEYS && !s->group->has_ca)) {
		signer_fault(s, FAULT_REFUSED, "act: not expected now");
		return NULL;
	}
	a->what = what;
	return a;
}

static void
told(struct signer *s, struct act *a)
{
	a->told = true;
	s->group->act_count++;
	signer_ok(s);
}

void
signer_act_keys(struct signer *s)
{
	struct act *a = telling(s, ACT_KEYS);
	struct act_keys *k;

	if (a == NULL)
		return;
	k = &a->u.keys;
	message_get_text(&s->in, k->module, sizeof(k->module) - 1);
	message_get_text(&s->in, k->label, sizeof(k->label) - 1);
	message_get_text(&s->in, k->role, sizeof(k->role) - 1);
	k->p384 = message_get_number(&s->in) != 0;
	k->again = message_get_number(&s->in) != 0;
	if (signer_bad_form(s))
		return;
	if (strcmp(k->role, "root") != 0 &&
	    strcmp(k->role, "product-ca") != 0) {
		signer_fault(s, FAULT_REFUSED, "act: no role %s", k->role);
		return;
	}
	if (a->approval.epoch == 0) {
		signer_fault(s, FAULT_REFUSED, "act: keys need an epoch");
		return;
	}
	told(s, a);
}

void
signer_act_cert(struct signer *s)
{
	struct act *a = telling(s, ACT_CERT);
	struct act_cert *c;
	char profile[65];
	const uint8_t *spki;

	if (a == NULL)
		return;
	c = &a->u.cert;
	message_get_text(&s->in, profile, sizeof(profile) - 1);
	message_get_text(&s->in, c->subject, SIGNER_SUBJECT_MAX);
	spki = message_get_octets(&s->in, KEY_SPKI_MAX, &c->spec.spki_len);
	if (spki != NULL)
		memcpy(c->spki, spki, c->spec.spki_len);
	c->spec.not_before = (int64_t)message_get_number(&s->in);
	c->spec.not_after = (int64_t)message_get_number(&s->in);
	if (signer_bad_form(s))
		return;
	c->spec.profile = profile_find(profile);
	c->spec.subject = c->subject;
	c->spec.spki = c->spki;
	if (c->spec.profile == NULL || c->spec.profile->device) {
		signer_fault(s, FAULT_REFUSED,
		    "act: profile %s cannot be asked for alone", profile);
		return;
	}
	told(s, a);
}

void
signer_act_crl(struct signer *s)
{
	struct act *a = telling(s, ACT_CRL);
	struct crl_spec *spec;

	if (a == NULL)
		return;
	spec = &a->u.crl.spec;
	spec->number = message_get_number(&s->in);
	spec->this_update = (int64_t)message_get_number(&s->in);
	spec->next_update = (int64_t)message_get_number(&s->in);
	if (!signer_bad_form(s))
		told(s, a);
}

void
signer_revoked(struct signer *s)
{
	struct act *a = s->group->current;
	struct crl_entry e = { .reason = 0 }, *more;
	const uint8_t *serial =
	    message_get_octets(&s->in, sizeof(e.serial), &e.serial_len);

	if (serial != NULL)
		memcpy(e.serial, serial, e.serial_len);
	e.reason = (int)message_get_number(&s->in);
	e.date = (int64_t)message_get_number(&s->in);
	if (signer_bad_form(s))
		return;
	if (!a->told || a->what != ACT_CRL ||
	    a->u.crl.spec.count == WORKLIST_REVOKE_MAX) {
		signer_fault(s, FAULT_REFUSED, "revocation: not expected");
		return;
	}
	more = reallocarray(a->u.crl.entries, a->u.crl.spec.count + 1,
	    sizeof(*more));
	if (more == NULL) {
		signer_fault(s, FAULT_INTERNAL, "revocation: no memory");
		return;
	}
	more[a->u.crl.spec.count++] = e;
	a->u.crl.entries = more;
	a->u.crl.spec.entries = more;
	signer_ok(s);
}

void
signer_act_seal(struct signer *s)
{
	static const char order[] = "{\"kind\":\"order\",";
	struct act *a = telling(s, ACT_SEAL);
	const uint8_t *payload;
	size_t len;

	if (a == NULL)
		return;
	a->u.seal.date = (int64_t)message_get_number(&s->in);
	payload = message_get_octets(&s->in, PAYLOAD_MAX, &len);
	if (signer_bad_form(s))
		return;
	/* a response is never sealed as if it were an order */
	if (len < sizeof(order) - 1 ||
	    memcmp(payload, order, sizeof(order) - 1) != 0) {
		signer_fault(s, FAULT_REFUSED, "act: not a work order");
		return;
	}
	a->u.seal.payload = malloc(len);
	if (a->u.seal.payload == NULL) {
		signer_fault(s, FAULT_INTERNAL, "act: no memory");
		return;
	}
	memcpy(a->u.seal.payload, payload, len);
	a->u.seal.len = len;
	told(s, a);
}

void
signer_act_batch(struct signer *s)
{
	struct act *a = telling(s, ACT_BATCH);

	if (a == NULL)
		return;
	a->u.batch.date = (int64_t)message_get_number(&s->in);
	if (!signer_bad_form(s))
		told(s, a);
}

static bool
append(struct octets *to, const uint8_t *data, size_t len, size_t max)
{
	uint8_t *more;

	if (len > max - to->len)
		return false;
	more = realloc(to->data, to->len + len + 1);
	if (more == NULL)
		return false;
	memcpy(more + to->len, data, len);
	to->data = more;
	to->len += len;
	return true;
}

static struct act_batch *
batch_told(struct signer *s)
{
	struct act *a = s->group->current;

	if (a->told && a->what == ACT_BATCH)
		return &a->u.batch;
	signer_fault(s, FAULT_REFUSED, "batch: not expected now");
	return NULL;
}

void
signer_work(struct signer *s)
{
	struct act_batch *b = batch_told(s);
	struct octets text;
	size_t len;
	const uint8_t *part = message_get_octets(&s->in, MESSAGE_MAX, &len);

	if (b == NULL || signer_bad_form(s))
		return;
	text.data = (uint8_t *)b->text;
	text.len = b->text_len;
	if (!append(&text, part, len, WORKLIST_MAX)) {
		signer_fault(s, FAULT_REFUSED, "worklist: too long");
		return;
	}
	b->text = (char *)text.data;
	b->text_len = text.len;
	signer_ok(s);
}

/* The key of a cert line; held against its digest when preparing.  Not
 * answered one by one. */
void
signer_key(struct signer *s)
{
	struct act_batch *b = batch_told(s);
	uint64_t entry = message_get_number(&s->in);
	size_t len;
	const uint8_t *spki = message_get_octets(&s->in, KEY_SPKI_MAX, &len);
	struct work *w;

	if (b == NULL || signer_bad_form(s))
		return;
	if (b->work == NULL)
		b->work = calloc(WORKLIST_ENTRIES_MAX, sizeof(*b->work));
	if (b->work == NULL || entry == 0 || entry > WORKLIST_ENTRIES_MAX) {
		signer_fault(s, FAULT_REFUSED, "key: out of range");
		s->stop = true;
		return;
	}
	w = &b->work[entry - 1];
	memcpy(w->spki, spki, len);
	w->spki_len = len;
}

void
signer_tree(struct signer *s)
{
	struct act_batch *b = batch_told(s);
	uint64_t size = message_get_number(&s->in);
	size_t len;
	const uint8_t *hashes =
	    message_get_octets(&s->in, sizeof(b->tree.frontier), &len);

	if (b == NULL || signer_bad_form(s))
		return;
	if (len != 32 * (size_t)__builtin_popcountll(size)) {
		signer_fault(s, FAULT_REFUSED, "tree: wrong frontier");
		return;
	}
	b->tree.first = size;
	b->tree.frontier_count = len / 32;
	memcpy(b->tree.frontier, hashes, len);
	signer_ok(s);
}

void
signer_issuer(struct signer *s)
{
	struct act_batch *b = batch_told(s);
	bool parsed;

	if (b == NULL)
		return;
	X509_free(b->issuer);
	b->issuer = NULL;
	parsed = read_cert(s, &b->issuer) && b->issuer != NULL;
	if (signer_bad_form(s))
		return;
	if (parsed)
		signer_ok(s);
	else
		signer_fault(s, FAULT_REFUSED, "root: unreadable");
}

void
signer_crl(struct signer *s)
{
	struct act_batch *b = batch_told(s);
	uint64_t which = message_get_number(&s->in);
	size_t len;
	const uint8_t *part = message_get_octets(&s->in, MESSAGE_MAX, &len);

	if (b == NULL || signer_bad_form(s))
		return;
	if (which >= SIGNER_CRLS_MAX ||
	    !append(&b->crls[which], part, len, CRL_MAX)) {
		signer_fault(s, FAULT_REFUSED, "CRL: too long");
		return;
	}
	signer_ok(s);
}
