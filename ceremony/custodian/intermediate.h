/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_INTERMEDIATE_H
#define CUSTODIAN_INTERMEDIATE_H

#include <openssl/x509.h>

#include "ca/stated.h"
#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/inputs.h"

/* A CA that others run, certified by one of this log. */

/* Read the CSR of a step: of a key as the plan says, that nobody has, and that
 * was not certified but in this step. */
bool intermediate_read_csr(struct ceremony *c, const struct plan_step *s,
    struct csr_view *out);
/* Is the plan's certificate within what its issuer may certify? */
bool intermediate_within(struct ceremony *c, const struct plan_step *s,
    const struct history_token *issuer);
/* What operators are about to approve, field by field in the plan's words,
 * beside what the CSR asks for. */
void intermediate_say(struct ceremony *c, const struct plan_intermediate *p,
    const struct csr_view *csr);
/* A TBSCertificate that the signer prepared, an object, is the plan's. */
bool intermediate_same(struct ceremony *c, const struct plan_intermediate *p,
    const struct history_token *issuer, const struct csr_view *csr,
    const uint8_t tbs[32]);

/* The certificates of a CA that others run, its own first, a root's last. */
struct chain_view {
	size_t count;
	struct {
		uint8_t *der;
		size_t len;
	} certs[3];
};
bool intermediate_chain(struct ceremony *c, const uint8_t cert[32],
    struct chain_view *out);
void chain_view_clear(struct chain_view *v);

#endif
