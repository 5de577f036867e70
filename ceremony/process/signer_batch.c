/* SPDX-License-Identifier: ISC */
/* A batch as it is approved: its worklist, and all that must fit it.  Its
 * certificates are signer_certs.c's, its response signer_response.c's. */
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/process/signer.h"

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

/* The root's certificate certifies this CA and its sealer; the CRLs are
 * theirs. */
static bool
issuers_match(const struct signer *s, const struct act_batch *b)
{
	X509 *const cas[SIGNER_CRLS_MAX] = { s->group->ca, b->issuer };

	if (b->issuer == NULL || s->group->ca == NULL ||
	    s->group->sealer == NULL ||
	    X509_verify(s->group->ca, X509_get0_pubkey(b->issuer)) != 1 ||
	    X509_verify(s->group->sealer, X509_get0_pubkey(b->issuer)) != 1)
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

/* What is wrong with a worklist that could be read, or NULL. */
static const char *
batch_fault(const struct signer *s, struct act *a)
{
	const struct act_batch *b = &a->u.batch;

	if (!keys_match(b))
		return "a key is not the worklist's";
	if (!issuers_match(s, b))
		return "root, CA and CRLs do not belong together";
	if (!count_uses(a))
		return "too many profiles";
	return NULL;
}

bool
signer_batch_prepare(struct signer *s, struct act *a)
{
	struct act_batch *b = &a->u.batch;
	struct record_fault fault;
	const char *text;

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
	text = b->proofs == NULL ? "no memory" : batch_fault(s, a);
	if (text != NULL) {
		signer_fault(s, FAULT_REFUSED, "batch: %s: nothing is signed",
		    text);
		return false;
	}
	return !b->list.has_crl || prepare_crl(s, a);
}
