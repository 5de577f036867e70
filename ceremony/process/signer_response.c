/* SPDX-License-Identifier: ISC */
/* The answer to a batch's request: an entry for each of its own, chain, CRLs
 * and proofs, sealed. */
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

/* A duplicate as told; der and proof are borrowed from the message. */
struct duplicate {
	uint64_t entry, leaf;
	char id[SUBJECT_ID_MAX + 1];
	const uint8_t *der, *proof;
	size_t len, proof_len;
};

static bool
read_duplicate(struct signer *s, struct duplicate *d)
{
	d->entry = message_get_number(&s->in);
	d->leaf = message_get_number(&s->in);
	message_get_text(&s->in, d->id, SUBJECT_ID_MAX);
	d->der = message_get_octets(&s->in, CERT_MAX, &d->len);
	d->proof =
	    message_get_octets(&s->in, 32 * TREE_DEPTH_MAX, &d->proof_len);
	return !signer_bad_form(s);
}

/* It is the certificate that the worklist names, and in the tree. */
static bool
duplicate_fits(const struct act_batch *b, const struct duplicate *d)
{
	uint8_t digest[32], root[32], hash[32];

	if (d->entry == 0 || d->entry > b->list.count || d->proof_len % 32 != 0)
		return false;
	SHA256(d->der, d->len, digest);
	tree_leaf(d->der, d->len, hash);
	tree_root(&b->tree, root);
	const struct worklist_entry *e = &b->list.entries[d->entry - 1];
	return e->what == WORKLIST_DUPLICATE &&
	    b->work[d->entry - 1].der == NULL &&
	    memcmp(digest, e->cert_sha256, sizeof(digest)) == 0 &&
	    subject_id_valid(d->id) &&
	    tree_verify(hash, d->leaf, tree_size(&b->tree),
		(const uint8_t(*)[32])d->proof, d->proof_len / 32, root);
}

/* The certificate an earlier batch gave to a duplicate, with its proof in the
 * tree as it is now. */
void
signer_duplicate(struct signer *s)
{
	struct act_batch *b = &s->group->current->u.batch;
	struct duplicate d;
	struct octets *proof;
	struct work *w;

	if (!read_duplicate(s, &d))
		return;
	if (!signer_batch_grow(b) || !duplicate_fits(b, &d)) {
		signer_fault(s, FAULT_REFUSED, "duplicate: not the worklist's");
		return;
	}
	w = &b->work[d.entry - 1];
	proof = &b->proofs[d.entry - 1];
	w->der = OPENSSL_memdup(d.der, d.len);
	proof->data = malloc(d.proof_len + 1);
	if (w->der == NULL || proof->data == NULL) {
		signer_fault(s, FAULT_INTERNAL, "duplicate: no memory");
		s->stop = true;
		return;
	}
	w->der_len = d.len;
	w->leaf = d.leaf;
	memcpy(w->id, d.id, sizeof(w->id));
	memcpy(proof->data, d.proof, d.proof_len);
	proof->len = d.proof_len;
	signer_ok(s);
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

static void
send_sealed(struct signer *s, struct act *a, const char *payload, size_t len)
{
	EVP_PKEY *key = NULL;
	uint8_t *der = NULL;
	size_t der_len = 0;
	enum transfer_error err;

	if (!signer_sealer_key(s, &key))
		return;
	err = sealed_sign(payload, len, key, s->group->sealer, a->u.batch.date,
	    &der, &der_len);
	if (err != TRANSFER_OK) {
		signer_sign_fault(s, "response", err == TRANSFER_ERR_SIGN,
		    transfer_strerror(err));
		return;
	}
	signer_act_finish(s, a);
	signer_send_file(s, der, der_len);
	OPENSSL_free(der);
}

/* Whether every entry has its answer, before anything is signed for it. */
static bool
complete(struct act_batch *b)
{
	if (!signer_batch_grow(b))
		return false;
	for (size_t i = 0; i < b->list.count; i++) {
		if (b->list.entries[i].what != WORKLIST_REFUSE &&
		    b->work[i].der == NULL)
			return false;
	}
	return true;
}

/* CRL when the worklist has one, then the response. */
static void
seal(struct signer *s, struct act *a)
{
	struct act_batch *b = &a->u.batch;
	uint8_t *crl = NULL;
	char *payload = NULL;
	size_t crl_len = 0, len = 0;

	if (b->list.has_crl) {
		if (!signer_crl_sign(s, &b->crl, &crl, &crl_len))
			return;
		signer_send_file(s, crl, crl_len);
	}
	if (compose(s, a, crl, crl_len, &payload, &len))
		send_sealed(s, a, payload, len);
	else
		signer_fault(s, FAULT_INTERNAL,
		    "response: out of form, or no memory");
	free(payload);
	OPENSSL_free(crl);
}

/* Results are on disk.  Sealed once: what fails on the way is another act. */
void
signer_seal(struct signer *s)
{
	struct act *a = s->group->current;

	if (signer_bad_form(s))
		return;
	if (!complete(&a->u.batch)) {
		signer_fault(s, FAULT_REFUSED,
		    "response: an entry has no answer yet");
		return;
	}
	if (a->u.batch.sealed) {
		signer_fault(s, FAULT_REFUSED, "response: sealed before");
		return;
	}
	a->u.batch.sealed = true;
	seal(s, a);
}
