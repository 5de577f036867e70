/* SPDX-License-Identifier: ISC */
/* What a batch is made of, told to the signer of each token. */
#include <stdlib.h>

#include "ceremony/custodian/batch.h"

#define PART_SIZE 49152u

static bool
tell_parts(struct ceremony *c, struct session *s, enum message_kind kind,
    const uint64_t *which, const void *data, size_t len)
{
	for (size_t at = 0; at < len; at += PART_SIZE) {
		message_start(&c->out, kind);
		if (which != NULL)
			message_put_number(&c->out, *which);
		message_put_octets(&c->out, (const uint8_t *)data + at,
		    len - at < PART_SIZE ? len - at : PART_SIZE);
		if (!child_ask(c, &s->child, MSG_OK))
			return false;
	}
	return true;
}

static bool
tell_crl(struct ceremony *c, struct session *s, const struct history_token *t,
    uint64_t which)
{
	uint8_t *der = NULL;
	size_t len = 0;
	bool ok = ceremony_load(c, t->crl, &der, &len) &&
	    tell_parts(c, s, MSG_CRL, &which, der, len);

	free(der);
	return ok;
}

static bool
tell_keys(struct ceremony *c, struct session *s, const struct batch *b)
{
	for (size_t i = 0; i < b->list.count; i++) {
		if (b->list.entries[i].what != WORKLIST_CERT)
			continue;
		const struct csr *csr = &b->request.entries[i].csr;
		message_start(&c->out, MSG_KEY);
		message_put_number(&c->out, i + 1);
		message_put_octets(&c->out, csr->spki, csr->spki_len);
		if (!child_tell(c, &s->child))
			return false;
	}
	return true;
}

bool
batch_tell(struct ceremony *c, struct session *s, struct batch *b)
{
	const struct tree *tree = issuance_tree(c->issuance);
	uint8_t frontier[TREE_DEPTH_MAX][32], *der = NULL;
	size_t count = tree_frontier(tree, frontier), len = 0;

	b->first_leaf = tree_size(tree);
	message_start(&c->out, MSG_ACT_BATCH);
	message_put_number(&c->out, (uint64_t)c->plan->date);
	if (!child_ask(c, &s->child, MSG_OK))
		return false;
	message_start(&c->out, MSG_TREE);
	message_put_number(&c->out, b->first_leaf);
	message_put_octets(&c->out, frontier, count * 32);
	if (!child_ask(c, &s->child, MSG_OK) ||
	    !ceremony_load(c, b->root->keys[0].cert, &der, &len))
		return false;
	message_start(&c->out, MSG_ISSUER);
	message_put_octets(&c->out, der, len);
	free(der);
	return child_ask(c, &s->child, MSG_OK) &&
	    tell_parts(c, s, MSG_WORK, NULL, b->text, b->text_len) &&
	    tell_crl(c, s, b->token, 0) && tell_crl(c, s, b->root, 1) &&
	    tell_keys(c, s, b);
}
