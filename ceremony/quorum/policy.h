/* SPDX-License-Identifier: ISC */
#ifndef QUORUM_POLICY_H
#define QUORUM_POLICY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/quorum/error.h"

#define POLICY_OPERATORS_MAX 16
#define POLICY_WITNESSES_MAX 16
#define POLICY_ID_MAX 32      /* characters: a-z 0-9 - */
#define POLICY_LOG_MAX 128    /* characters of a log's origin */
#define POLICY_SPKI_MAX 600   /* octets: P-256, P-384, RSA up to 4096 bits */
#define POLICY_TEXT_MAX 32768 /* octets of the text */

struct policy_spki {
	uint8_t der[POLICY_SPKI_MAX];
	size_t len;
};
struct policy_operator {
	char id[POLICY_ID_MAX + 1];
	struct policy_spki sign, derive;
};
struct policy_witness {
	char id[POLICY_ID_MAX + 1];
	struct policy_spki spki;
};

/*
 * Who may approve.  Its text is what counts, one line each, LF:
 *   anchorite-policy/v1
 *   log <origin>
 *   version <decimal>
 *   m <decimal>
 *   operator <id> <sign spki, base64 DER> <derive spki, base64 DER>  sorted
 *   witness <id> <spki, base64 DER>                                  sorted
 * A key is on P-256 or P-384, or an RSA key of 2048 to 4096 bits with exponent
 * 65537, and none that weak_rsa() knows.
 * An id or SPKI twice (also between sign, derive and witness) is refused;
 * 2 <= m <= n <= 16.
 */
struct policy {
	char log[POLICY_LOG_MAX + 1];
	unsigned version;
	unsigned m;
	size_t n;
	struct policy_operator operators[POLICY_OPERATORS_MAX];
	size_t witness_count;
	struct policy_witness witnesses[POLICY_WITNESSES_MAX];
};

/* Sorts the members of p by id, checks, writes.  *out new, free().
 * Errors: THRESHOLD, DUPLICATE, TEXT, MEMORY. */
enum quorum_error policy_write(struct policy *p, char **out, size_t *len);
/* Reads exactly what policy_write() writes, octet for octet. */
enum quorum_error policy_read(const char *text, size_t len, struct policy *out);
/* Index of an operator by id, or -1. */
int policy_operator(const struct policy *p, const char *id);
/* The same octets? */
bool
policy_spki_equal(const struct policy_spki *a, const struct policy_spki *b);
/* A key of the policy as EVP_PKEY: new, or NULL. */
EVP_PKEY *policy_key(const struct policy_spki *spki);

#endif
