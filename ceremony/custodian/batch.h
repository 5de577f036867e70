/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_BATCH_H
#define CUSTODIAN_BATCH_H

#include <openssl/x509.h>

#include "ceremony/custodian/act.h"
#include "ceremony/custodian/inputs.h"
#include "ceremony/record/worklist.h"

/* A batch on its way. */
struct batch {
	const struct plan_batch *plan;
	const struct history_token *token, *root;
	struct request_view request;
	struct worklist list;
	char *text;
	size_t text_len;
	uint64_t first_leaf;
	size_t certs, duplicates;
	/* by entry, once the signer has said them */
	struct intent *intents;
	X509 *issuer; /* the CA's certificate, once decided */
};

/* Read the request and hold it against its order: what batch_decide() needs.
 * batch_clear() in any case. */
bool batch_read(struct ceremony *c, const struct plan_step *s, struct batch *b);
/* Was this very request answered before? */
bool batch_answered(const struct ceremony *c, const struct batch *b);
/* While steps are checked: this request will be answered; and how many
 * certificates those before it will take from the same order. */
void batch_await(struct ceremony *c, const struct batch *b);
uint64_t batch_awaited_certs(const struct ceremony *c, const struct batch *b);
/* Decide every entry and write the worklist. */
bool batch_decide(struct ceremony *c, struct batch *b);
void batch_clear(struct batch *b);
/* batch_tbs.c: is that what cert line i becomes under this serial? */
bool batch_intends(const struct batch *b, size_t i, const uint8_t serial[17],
    const uint8_t tbs_sha256[32]);
/* Can every resumed intent be said again word for word?  Loads the issuer. */
bool batch_can_resume(struct ceremony *c, struct batch *b);

/* batch_sign.c: tell a prepared act what the batch is made of; then, once it
 * has begun: intents, certificates, CRL, response, act.result. */
bool batch_tell(struct ceremony *c, struct session *s, struct batch *b);
bool batch_sign(struct ceremony *c, struct group *g, struct batch *b,
    const struct use *uses, size_t use_count);

#endif
