/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_CHAIN_H
#define CUSTODIAN_CHAIN_H

#include <openssl/x509.h>

#include "ceremony/custodian/ceremony.h"

/* The CAs of this log and who certified them; and what a plan's earlier steps
 * are about to make. */

/* The certificate of a token's key k (0 the CA's, 1 the sealer's); *out new,
 * X509_free(). */
bool chain_cert(struct ceremony *c, const struct history_token *token, int k,
    X509 **out);
/* The token of the root that certified a product CA; NULL after stopping. */
const struct history_token *
chain_root(struct ceremony *c, const struct history_token *product);
/* What begins at the plan's date and ends then does not outlive the CA, nor
 * begin after its end; what names it in messages. */
bool chain_outlives(struct ceremony *c, const struct history_token *token,
    int64_t end, const char *what);
/* Does a step of the plan before this one do that with the token? */
bool chain_planned(const struct ceremony *c, const struct plan_step *before,
    enum plan_kind kind, unsigned token);
/* Is there, or will there be when this step comes, a CA of that role (that of
 * the kind of step) on the token? */
bool chain_expected(const struct ceremony *c, const struct plan_step *step,
    enum plan_kind maker, unsigned token);

#endif
