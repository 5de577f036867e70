/* SPDX-License-Identifier: ISC */
#ifndef CA_CSR_H
#define CA_CSR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ca/csr_asks.h"
#include "ca/key.h"
#include "ca/profile.h"
#include "ca/rule.h"
#include "ca/subject.h"

#define CSR_MAX 8192 /* octets of one PKCS#10 request */

/* What is kept of a CSR: its key, and what shows repeats.  Nothing else of it
 * ever reaches a certificate. */
struct csr {
	uint8_t spki[KEY_SPKI_MAX];
	size_t spki_len;
	struct key_ident key;
	uint8_t r_sha256[32]; /* SHA-256 of the ECDSA signature's r */
};

/*
 * Check a PKCS#10 request (RFC 2986) against every rule that needs nothing
 * but itself (RULE_SIZE to RULE_WEAK_KEY), in the order of enum rule.
 *
 * der      borrowed, hostile.
 * id       the id its subject must carry: exactly one CN equal to it.
 * profile  the profile it would be issued under.
 * out      filled when RULE_OK is returned, else zeroed.
 */
enum rule csr_check(const uint8_t *der, size_t len, const char *id,
    const struct profile *profile, struct csr *out);

/*
 * The same of the CSR of a CA that others run: RULE_SIZE to RULE_POP, RULE_ASKS
 * and RULE_WEAK_KEY.  Its subject and what it requests are for people to see.
 * RSA keys sign with PKCS#1 v1.5 and SHA-2 (RFC 4055, 5); r_sha256 is zeros.
 *
 * asks  filled when RULE_OK is returned, else zeroed.
 */
enum rule csr_check_ca(const uint8_t *der, size_t len,
    const struct profile *profile, struct csr *out, struct csr_asks *asks);

/* The id a CSR claims: its single CN, if that is a valid id; used by the
 * factory to name entries.  Accepts anything OpenSSL can parse, so that a bad
 * CSR is still sent and refused by rule.  False when none can be had. */
bool csr_peek_id(const uint8_t *der, size_t len, char id[SUBJECT_ID_MAX + 1]);

#endif
