/* SPDX-License-Identifier: ISC */
/* Certificates as they come from the tokens, and into the issuance log in the
 * order of the worklist. */
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ceremony/custodian/batch.h"

bool
batch_io_ok(struct ceremony *c, enum record_error err)
{
	return err == RECORD_OK ||
	    ceremony_stop(c, EXIT_STATE,
		"%s/issuance.jsonl: %s: make room and run the same plan again",
		c->state_path, record_strerror(err));
}

bool
batch_out_of_turn(struct ceremony *c, const char *what)
{
	return ceremony_stop(c, EXIT_PROCESS,
	    "signer: %s is not the one that is due: nothing more is signed",
	    what);
}

/* What the log takes in as a result is the TBS that was intended, signed by
 * the CA: nothing can take a line out of it again. */
static bool
is_intended(const uint8_t *der, size_t len, const struct batch *b, size_t i)
{
	uint8_t tbs[32];
	X509 *cert = NULL;
	bool ok = cert_parse(der, len, &cert) == CA_OK &&
	    cert_tbs_digest(cert, tbs) == CA_OK &&
	    memcmp(tbs, b->intents[i].tbs_sha256, sizeof(tbs)) == 0 &&
	    X509_verify(cert, X509_get0_pubkey(b->issuer)) == 1;

	X509_free(cert);
	return ok;
}

bool
batch_take(struct ceremony *c, struct batch *b, struct batch_card *card,
    size_t i, const uint8_t *der, size_t len)
{
	struct batch_cert *r = &b->results[i];

	if (r->der != NULL || !is_intended(der, len, b, i))
		return batch_out_of_turn(c, "a certificate");
	if ((r->der = malloc(len)) == NULL)
		return ceremony_stop(c, EXIT_STATE, "out of memory");
	memcpy(r->der, der, len);
	r->len = len;
	r->by = card;
	return true;
}

static bool
write_one(struct ceremony *c, struct group *g, struct batch *b, size_t i)
{
	const struct batch_cert *r = &b->results[i];
	struct record_fault fault = { .text = "" };

	if (!batch_io_ok(c,
		issuance_result(c->issuance, g->acts[r->by->act].number, r->der,
		    r->len)))
		return false;
	return ledger_add(c->ledger, b->list.entries[i].id,
		   ledger_leaves(c->ledger), r->der, r->len,
		   &fault) == RECORD_OK ||
	    ceremony_stop(c, EXIT_STATE, "%s", fault.text);
}

bool
batch_write(struct ceremony *c, struct group *g, struct batch *b, bool all)
{
	for (; b->written < b->list.count; b->written++) {
		const struct batch_cert *r = &b->results[b->written];

		if (b->list.entries[b->written].what != WORKLIST_CERT)
			continue;
		if (r->der == NULL && !all)
			break;
		if (r->der != NULL && !write_one(c, g, b, b->written))
			return false;
	}
	return true;
}
