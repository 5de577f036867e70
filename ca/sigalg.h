/* SPDX-License-Identifier: ISC */
#ifndef CA_SIGALG_H
#define CA_SIGALG_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "ca/error.h"

/* How an issuer on a curve signs (RFC 5758, 3.2). */
struct sigalg {
	int curve; /* NID of the issuer's curve */
	int nid;   /* of the signature algorithm */
	const EVP_MD *(*digest)(void);
};

/* The row for a key, or NULL when it is on no curve of ours. */
const struct sigalg *sigalg_for_key(const EVP_PKEY *key);
/*
 * Write the algorithm into a draft that has no signature yet.  OpenSSL 3.0
 * gives read access only and fills it in when it signs; we need the digest of
 * the TBS before that, so const is cast away here.  crl.c has another way.
 * Errors: CA_ERR_MEMORY.
 */
enum ca_error sigalg_set(const X509_ALGOR *alg, const struct sigalg *row);
/* Whether an AlgorithmIdentifier is this row's, parameters absent. */
bool sigalg_is(const X509_ALGOR *alg, const struct sigalg *row);

#endif
