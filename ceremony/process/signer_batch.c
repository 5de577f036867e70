/* SPDX-License-Identifier: ISC */
/* A batch: intents, certificates, CRL, sealed response; only what the
 * worklist that was approved says. */
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/rule.h"
#include "ca/subject.h"
#include "ceremony/process/signer.h"
#include "transfer/response.h"
#include "transfer/sealed.h"

void
signer_batch_clear(struct act_batch *b)
{
	for (size_t i = 0; b->work != NULL && i < b->list.count; i++) {
		X509_free(b->work[i].cert);
		OPENSSL_free(b->work[i].der);
	}
	free(b->work);
	for (size_t i = 0; b->proofs != NULL && i < b->list.count; i++)
		free(b->proofs[i].data);
	free(b->proofs);
	for (size_t i = 0; i < SIGNER_CRLS_MAX; i++)
		free(b->crls[i].data);
	X509_free(b->issuer);
	X509_CRL_free(b->crl.draft);
	free(b->crl.entries);
	tree_free(&b->tree);
	worklist_clear(&b->list);
	free(b->text);
}

/* Every cert line has its key, and no other has one. */
static bool
keys_match(const struct act_batch *b)
{
	uint8_t digest[32];

	for (size_t i = 0; i < b->list.count; i++) {
		const struct worklist_entry *e = &b->list.entries[i];
		const struct work *w = &b->work[i];
		if (e->what != WORKLIST_CERT) {
			if (w->spki_len != 0)
				return false;
			continue;
		}
		SHA256(w->spki, w->spki_len, digest);
		if (memcmp(digest, e->spki_sha256, sizeof(digest)) != 0)
			return false;
	}
	return true;
}

/* The root's certificate certifies this CA; the CRLs are theirs. */
static bool
issuers_match(const struct signer *s, const struct act_batch *b)
{
	X509 *const cas[SIGNER_CRLS_MAX] = { s->group->ca, b->issuer };

	if (b->issuer == NULL || s->group->ca == NULL ||
	    s->group->sealer == NULL ||
	    X509_verify(s->group->ca, X509_get0_pubkey(b->issuer)) != 1)
		return false;
	for (size_t i = 0; i < SIGNER_CRLS_MAX; i++) {
		X509_CRL *crl = NULL;
		bool ok;
		if (i == 0 && b->list.has_crl)
			continue; /* replaced by this act's own */
		ok =
		    crl_parse(b->crls[i].data, b->crls[i].len, &crl) == CA_OK &&
		    crl_verify(crl, cas[i], NULL, NULL, NULL) == CA_OK;
		X509_CRL_free(crl);
		if (!ok)
			return false;
	}
	return true;
}

static bool
prepare_crl(struct signer *s, struct act *a)
{
	struct act_batch *b = &a->u.batch;
	struct crl_entry *entries =
	    calloc(b->list.revoke_count + 1, sizeof(*entries));

	b->crl.entries = entries;
	if (entries == NULL)
		return false;
	for (size_t i = 0; i < b->list.revoke_count; i++) {
		const struct worklist_revoke *r = &b->list.revoke[i];
		memcpy(entries[i].serial, r->serial, sizeof(r->serial));
		entries[i].serial_len = r->serial_len;
		entries[i].reason = r->reason;
		entries[i].date = r->date;
	}
	b->crl.spec.number = b->list.crl_number;
	b->crl.spec.this_update = b->list.crl_this;
	b->crl.spec.next_update = b->list.crl_next;
	b->crl.spec.entries = entries;
	b->crl.spec.count = b->list.revoke_count;
	return signer_crl_prepare(s, a, &b->crl);
}

/* One use line per profile, in order of first appearance. */
static bool
count_uses(struct act *a)
{
	struct approval *ap = &a->approval;

	for (size_t i = 0; i < a->u.batch.list.count; i++) {
		const struct worklist_entry *e = &a->u.batch.list.entries[i];
		size_t j = 0;
		if (e->what != WORKLIST_CERT)
			continue;
		while (j < ap->use_count &&
		    strcmp(ap->uses[j].name, e->profile) != 0)
			j++;
		if (j == APPROVAL_USES_MAX - 2)
			return false;
		if (j == ap->use_count)
			signer_act_use(a, e->profile, 0);
		ap->uses[j].count++;
	}
	if (a->u.batch.list.has_crl)
		signer_act_use(a, "crl", 1);
	signer_act_use(a, "seal-response", 1);
	return true;
}

bool
signer_batch_prepare(struct signer *s, struct act *a)
{
	struct act_batch *b = &a->u.batch;
	struct record_fault fault;

	if (b->work == NULL)
		b->work = calloc(WORKLIST_ENTRIES_MAX, sizeof(*b->work));
	if (b->work == NULL || b->text == NULL) {
		signer_fault(s, FAULT_REFUSED, "batch: no worklist");
		return false;
	}
	if (worklist_read(b->text, b->text_len, &b->list, &fault) !=
	    RECORD_OK) {
		signer_fault(s, FAULT_REFUSED, "%s", fault.text);
		return false;
	}
	b->proofs = calloc(b->list.count + 1, sizeof(*b->proofs));
	if (b->proofs == NULL || !count_uses(a)) {
		signer_fault(s, FAULT_REFUSED, "batch: too much");
		return false;
	}
	if (!keys_match(b)) {
		signer_fault(s, FAULT_REFUSED,
		    "batch: a key is not the worklist's: nothing is signed");
		return false;
	}
	if (!issuers_match(s, b)) {
		signer_fault(s, FAULT_REFUSED,
		    "batch: root, CA and CRLs do not belong together");
		return false;
	}
	return !b->list.has_crl || prepare_crl(s, a);
}

static bool
spec_of(const struct signer *s, const struct act_batch *b, size_t i,
    char *subject, struct cert_spec *spec)
{
	const struct worklist_entry *e = &b->list.entries[i];
	const struct work *w = &b->work[i];

	memset(spec, 0, sizeof(*spec));
	spec->profile = profile_find(e->profile);
	if (spec->profile == NULL || !spec->profile->device ||
	    subject_expand(b->list.subject, e->id, subject) != CA_OK)
		return false;
	spec->subject = subject;
	spec->hwserial = e->hwserial[0] == '\0' ? NULL : e->hwserial;
	spec->spki = w->spki;
	spec->spki_len = w->spki_len;
	spec->issuer = s->group->ca;
	memcpy(spec->serial, w->serial, sizeof(spec->serial));
	spec->not_before = e->not_before;
	spec->not_after = e->not_after;
	return true;
}

/* Build the TBS of a cert line and tell the intent. */
static bool
intend(struct signer *s, struct act *a, size_t i)
{
	struct act_batch *b = &a->u.batch;
	const struct worklist_entry *e = &b->list.entries[i];
	struct work *w = &b->work[i];
	char subject[SUBJECT_TEXT_MAX + 1];
	struct cert_spec spec;
	uint8_t tbs[32];
	enum ca_error err = CA_ERR_PROFILE;

	if (e->resumed)
		memcpy(w->serial, e->serial, sizeof(w->serial));
	else if (serial_make(a->seed, sizeof(a->seed), (uint32_t)i + 1,
		     w->serial) != CA_OK)
		return false;
	if (spec_of(s, b, i, subject, &spec))
		err = cert_build(&spec, &w->cert);
	if (err == CA_OK)
		err = cert_tbs_digest(w->cert, tbs);
	if (err == CA_OK && e->resumed &&
	    memcmp(tbs, e->tbs_sha256, sizeof(tbs)) != 0)
		err = CA_ERR_SELFCHECK;
	if (err != CA_OK) {
		signer_fault(s, FAULT_REFUSED,
		    "entry %zu (%s): %s: nothing was signed", i + 1, e->id,
		    ca_strerror(err));
		return false;
	}
	message_start(&s->out, MSG_INTENT);
	message_put_number(&s->out, i + 1);
	message_put_octets(&s->out, w->serial, sizeof(w->serial));
	message_put_octets(&s->out, tbs, sizeof(tbs));
	return signer_send(s);
}

void
signer_batch_execute(struct signer *s, struct act *a)
{
	struct act_batch *b = &a->u.batch;

	for (size_t i = 0; i < b->list.count; i++) {
		if (b->list.entries[i].what == WORKLIST_CERT &&
		    !intend(s, a, i))
			return;
	}
	s->state = STATE_SIGNING;
	message_start(&s->out, MSG_DONE);
	signer_send(s);
}

static bool
sign_one(struct signer *s, struct act_batch *b, size_t i, EVP_PKEY *key)
{
	struct work *w = &b->work[i];
	char subject[SUBJECT_TEXT_MAX + 1];
	struct cert_spec spec;
	uint8_t leaf[32];
	enum ca_error err = CA_ERR_PROFILE;

	if (spec_of(s, b, i, subject, &spec))
		err = cert_sign(w->cert, key);
	if (err == CA_OK)
		err = cert_der(w->cert, &w->der, &w->der_len);
	if (err == CA_OK)
		err = cert_selfcheck(w->der, w->der_len, &spec);
	if (err != CA_OK) {
		signer_fault(s, FAULT_INTERNAL, "entry %zu (%s): %s", i + 1,
		    b->list.entries[i].id, ca_strerror(err));
		return false;
	}
	w->leaf = tree_size(&b->tree);
	tree_leaf(w->der, w->der_len, leaf);
	if (!tree_add(&b->tree, leaf)) {
		signer_fault(s, FAULT_INTERNAL, "tree: no memory");
		return false;
	}
	message_start(&s->out, MSG_CERT);
	message_put_octets(&s->out, w->der, w->der_len);
	return signer_send(s);
}

/* The intents are on disk. */
void
signer_go(struct signer *s)
{
	struct act_batch *b = &s->group->current->u.batch;
	EVP_PKEY *key = NULL;

	if (signer_bad_form(s) || !signer_ca_key(s, &key))
		return;
	for (size_t i = 0; i < b->list.count; i++) {
		if (b->list.entries[i].what == WORKLIST_CERT &&
		    !sign_one(s, b, i, key))
			return;
	}
	s->state = STATE_SEALING;
	message_start(&s->out, MSG_DONE);
	signer_send(s);
}

/* The certificate an earlier batch gave to a duplicate, with its proof in the
 * tree as it is now. */
void
signer_duplicate(struct signer *s)
{
	struct act_batch *b = &s->group->current->u.batch;
	uint64_t entry = message_get_number(&s->in);
	uint64_t leaf = message_get_number(&s->in);
	uint8_t digest[32], root[32], hash[32];
	char id[SUBJECT_ID_MAX + 1] = "";
	size_t len, proof_len;
	const uint8_t *der = message_get_octets(&s->in, CERT_MAX, &len);
	const uint8_t *proof =
	    message_get_octets(&s->in, 32 * TREE_DEPTH_MAX, &proof_len);
	struct work *w;
	size_t i = (size_t)entry - 1;

	if (signer_bad_form(s))
		return;
	if (entry == 0 || entry > b->list.count ||
	    b->list.entries[i].what != WORKLIST_DUPLICATE ||
	    b->work[i].der != NULL || proof_len % 32 != 0)
		goto refused;
	SHA256(der, len, digest);
	tree_leaf(der, len, hash);
	tree_root(&b->tree, root);
	if (memcmp(digest, b->list.entries[i].cert_sha256, 32) != 0 ||
	    !tree_verify(hash, leaf, tree_size(&b->tree),
		(const uint8_t(*)[32])proof, proof_len / 32, root))
		goto refused;
	w = &b->work[i];
	w->der = OPENSSL_memdup(der, len);
	b->proofs[i].data = malloc(proof_len + 1);
	if (w->der == NULL || b->proofs[i].data == NULL) {
		signer_fault(s, FAULT_INTERNAL, "duplicate: no memory");
		return;
	}
	w->der_len = len;
	w->leaf = leaf;
	memcpy(w->id, id, sizeof(w->id));
	memcpy(b->proofs[i].data, proof, proof_len);
	b->proofs[i].len = proof_len;
	signer_ok(s);
	return;
refused:
	signer_fault(s, FAULT_REFUSED, "duplicate: not the worklist's");
}

static bool
answer_certificate(struct act_batch *b, size_t i, struct response_entry *e)
{
	struct work *w = &b->work[i];
	uint8_t proof[TREE_DEPTH_MAX][32];
	int n;

	if (w->der == NULL)
		return false;
	e->certificate = w->der; /* lent */
	e->certificate_len = w->der_len;
	e->leaf = w->leaf;
	if (b->list.entries[i].what == WORKLIST_DUPLICATE) {
		e->proof = (uint8_t(*)[32])b->proofs[i].data; /* lent */
		e->proof_len = b->proofs[i].len / 32;
		return true;
	}
	n = tree_proof(&b->tree, w->leaf, proof);
	if (n < 0)
		return false;
	b->proofs[i].data = malloc((size_t)n * 32 + 1);
	if (b->proofs[i].data == NULL)
		return false;
	memcpy(b->proofs[i].data, proof, (size_t)n * 32);
	e->proof = (uint8_t(*)[32])b->proofs[i].data;
	e->proof_len = (size_t)n;
	return true;
}

/* Rejections carry the rule's own text. */
static bool
answer(struct act_batch *b, size_t i, struct response_entry *e)
{
	const struct worklist_entry *we = &b->list.entries[i];
	const struct rule_row *rule;

	switch (we->what) {
	case WORKLIST_CERT:
		e->status = RESPONSE_ISSUED;
		snprintf(e->id, sizeof(e->id), "%s", we->id);
		return answer_certificate(b, i, e);
	case WORKLIST_DUPLICATE:
		e->status = RESPONSE_DUPLICATE;
		snprintf(e->id, sizeof(e->id), "%s", b->work[i].id);
		return answer_certificate(b, i, e);
	case WORKLIST_REFUSE:
		rule = rule_row(rule_find(we->rule));
		if (rule == NULL)
			return false;
		e->status = RESPONSE_REJECTED;
		snprintf(e->rule, sizeof(e->rule), "%s", we->rule);
		snprintf(e->reason, sizeof(e->reason), "%s", rule->text);
		return true;
	}
	return false;
}

/* Chain and CRLs; the response only borrows, so that it is freed by hand. */
static bool
attach(struct signer *s, struct act_batch *b, struct response *r,
    const uint8_t *crl, size_t crl_len)
{
	X509 *const chain[] = { s->group->ca, b->issuer };

	for (int i = 0; i < 2; i++) {
		if (cert_der(chain[i], &r->chain[i].data, &r->chain[i].len) !=
		    CA_OK)
			return false;
		r->chain_count++;
	}
	for (int i = 0; i < SIGNER_CRLS_MAX; i++) {
		bool own = i == 0 && crl != NULL;
		r->crls[i].data =
		    own ? (uint8_t *)(uintptr_t)crl : b->crls[i].data;
		r->crls[i].len = own ? crl_len : b->crls[i].len;
		r->crl_count++;
	}
	return true;
}

static bool
compose(struct signer *s, struct act *a, const uint8_t *crl, size_t crl_len,
    char **payload, size_t *len)
{
	struct act_batch *b = &a->u.batch;
	struct response *r = calloc(1, sizeof(*r));
	bool ok = false;

	if (r == NULL)
		return false;
	snprintf(r->log, sizeof(r->log), "%s", s->group->log);
	memcpy(r->request, b->list.request, 32);
	memcpy(r->order, b->list.order, 32);
	memcpy(r->transcript, a->begin, 32);
	r->tree_size = tree_size(&b->tree);
	tree_root(&b->tree, r->tree_root);
	r->count = b->list.count;
	r->entries = calloc(r->count + 1, sizeof(*r->entries));
	ok = r->entries != NULL && attach(s, b, r, crl, crl_len);
	for (size_t i = 0; ok && i < r->count; i++)
		ok = answer(b, i, &r->entries[i]);
	if (ok)
		ok = response_write(r, payload, len) == TRANSFER_OK;
	for (size_t i = 0; i < r->chain_count; i++)
		OPENSSL_free(r->chain[i].data);
	free(r->entries);
	free(r);
	return ok;
}

static bool
send_sealed(struct signer *s, struct act *a, const char *payload, size_t len)
{
	EVP_PKEY *key = NULL;
	uint8_t *der = NULL;
	size_t der_len = 0;
	enum transfer_error err;

	if (!signer_sealer_key(s, &key))
		return false;
	err = sealed_sign(payload, len, key, s->group->sealer, a->u.batch.date,
	    &der, &der_len);
	if (err != TRANSFER_OK) {
		signer_fault(s, FAULT_INTERNAL, "response: %s",
		    transfer_strerror(err));
		return false;
	}
	token_logout(s->token);
	a->done = true;
	s->state = STATE_PREPARED;
	message_start(&s->out, MSG_FILE);
	message_put_number(&s->out, der_len);
	if (signer_send(s))
		signer_send_parts(s, der, der_len);
	OPENSSL_free(der);
	return true;
}

/* Results are on disk: CRL when the worklist has one, then the response. */
void
signer_seal(struct signer *s)
{
	struct act *a = s->group->current;
	struct act_batch *b = &a->u.batch;
	uint8_t *crl = NULL;
	char *payload = NULL;
	size_t crl_len = 0, len = 0;

	if (signer_bad_form(s))
		return;
	if (b->list.has_crl) {
		if (!signer_crl_sign(s, &b->crl, &crl, &crl_len))
			return;
		message_start(&s->out, MSG_FILE);
		message_put_number(&s->out, crl_len);
		if (signer_send(s))
			signer_send_parts(s, crl, crl_len);
	}
	if (compose(s, a, crl, crl_len, &payload, &len))
		send_sealed(s, a, payload, len);
	else
		signer_fault(s, FAULT_INTERNAL,
		    "response: an entry has no answer, or no memory");
	free(payload);
	OPENSSL_free(crl);
}
