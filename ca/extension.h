/* SPDX-License-Identifier: ISC */
#ifndef CA_EXTENSION_H
#define CA_EXTENSION_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "ca/error.h"
#include "ca/profile.h"
#include "ca/stated.h"

/* Add to a draft, whose key is set, every extension of its profile, and what
 * is stated of it (NULL: nothing): see cert_build().  issuer NULL: itself.
 * Errors: CA_ERR_MEMORY, CA_ERR_PROFILE (the issuer has no ski). */
enum ca_error extension_add_all(X509 *cert, const struct profile *profile,
    const struct stated *stated, const X509 *issuer);
/* authorityKeyIdentifier with the issuer's ski as keyIdentifier and nothing
 * else (RFC 5280, 4.2.1.1).  *out new, AUTHORITY_KEYID_free().
 * Errors: CA_ERR_MEMORY, CA_ERR_PROFILE. */
enum ca_error extension_aki(const X509 *issuer, AUTHORITY_KEYID **out);
/* Whether a certificate is a CA's and says by its keyUsage that the key is for
 * this (KU_KEY_CERT_SIGN, KU_CRL_SIGN).  One without keyUsage says nothing
 * (RFC 5280, 4.2.1.3: a CA's must have it). */
bool extension_may_sign(const X509 *issuer, uint32_t usage);

#endif
