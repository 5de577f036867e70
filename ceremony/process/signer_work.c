/* SPDX-License-Identifier: ISC */
/* What a batch is made of: its worklist, the keys, the log's tree, the root
 * and the CRLs that go along. */
#include <stdlib.h>
#include <string.h>

#include "ceremony/process/signer.h"

#define WORKLIST_MAX (32u << 20) /* octets */

void
signer_act_batch(struct signer *s)
{
	struct act *a = signer_act_telling(s, ACT_BATCH);

	if (a == NULL)
		return;
	a->u.batch.date = (int64_t)message_get_number(&s->in);
	if (!signer_bad_form(s))
		signer_act_told(s, a);
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
	size_t len;
	const uint8_t *der = message_get_octets(&s->in, CERT_MAX, &len);

	if (b == NULL || signer_bad_form(s))
		return;
	X509_free(b->issuer);
	b->issuer = NULL;
	if (cert_parse(der, len, &b->issuer) == CA_OK)
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
