/* SPDX-License-Identifier: ISC */
#ifndef QUORUM_SHAMIR_H
#define QUORUM_SHAMIR_H

#include <stdint.h>

#include "ceremony/quorum/error.h"
#include "smartcard/secret.h"

#define SHAMIR_SHARES_MAX 16

/*
 * Shamir's scheme over GF(256) as SLIP-0039 lays it out: polynomial
 * x^8+x^4+x^3+x+1, the secret at x = 255, its digest (4 octets of
 * HMAC-SHA256(R, secret) and R) at x = 254, shares at x = 0..n-1; with m = 1
 * every share is the secret.  Constant time in the secret's octets.
 *
 * shamir_split: secret of 16 to 32 octets, an even number; 1 <= m <= n <= 16;
 * shares[0..n-1] new, secret_free().  Errors: THRESHOLD, ARGUMENT, MEMORY.
 */
enum quorum_error shamir_split(const struct secret *secret, unsigned m,
    unsigned n, struct secret *shares[]);
/* shamir_combine: exactly m shares with their distinct x.
 * Errors: THRESHOLD, SHARE (lengths, x twice or over 15), DIGEST. */
enum quorum_error shamir_combine(const uint8_t *x, struct secret *const *shares,
    unsigned m, struct secret **out);

#endif
