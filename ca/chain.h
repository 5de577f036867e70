/* SPDX-License-Identifier: ISC */
#ifndef CA_CHAIN_H
#define CA_CHAIN_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "ca/error.h"

/*
 * Verify leaf up to anchor, which is trusted, over the untrusted chain of
 * count certificates (any order, anchor may be among them), at time `at`, by
 * X509_verify_cert with X509_V_FLAG_X509_STRICT, plus our own rules (serials
 * positive, at most 20 octets; keys and digests of 112 bits of security or
 * more).  A non-self-signed anchor is allowed (partial chain).  Purpose is not
 * checked.  OpenSSL counts the very second of notAfter as outside the validity.
 * Errors: CA_ERR_CHAIN, CA_ERR_MEMORY; why (may be NULL, size why_len) gets
 * OpenSSL's text.
 */
enum ca_error chain_verify(X509 *leaf, X509 *const *chain, size_t count,
    X509 *anchor, int64_t at, char *why, size_t why_len);

#endif
