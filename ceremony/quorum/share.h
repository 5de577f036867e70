/* SPDX-License-Identifier: ISC */
#ifndef QUORUM_SHARE_H
#define QUORUM_SHARE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/quorum/error.h"
#include "smartcard/secret.h"

#define SHARE_BLOB_MAX 4096

/* What a share of K belongs to. */
struct share_label {
	char serial[33]; /* of the CA token */
	uint32_t epoch;
	unsigned x, m, n;
};

/* SHA-256("share/v1" || length-prefixed serial, epoch, m, n, x, share): each
 * value preceded by its length as 4 octets big endian; numbers in decimal
 * ASCII, serial as ASCII, share as octets. */
void share_commit(const struct share_label *label, const struct secret *share,
    uint8_t out[32]);
/* Whether a share is the one that was committed to.  Errors: COMMITMENT. */
enum quorum_error share_verify(const struct share_label *label,
    const struct secret *share, const uint8_t commitment[32]);
/*
 * Wrap a share to an operator's derive certificate: CMS AuthEnvelopedData
 * (RFC 5083), aes-256-gcm; for an EC key KeyAgreeRecipientInfo,
 * dhSinglePass-stdDH-sha256kdf-scheme, id-aes256-wrap; for an RSA key
 * KeyTransRecipientInfo, RSAES-OAEP with SHA-256, also in MGF1.  The plaintext is the octets that
 * share_commit() hashes, so it carries the label, and
 * `openssl cms -decrypt | sha256sum` gives the commitment.
 * *blob new, OPENSSL_free(), at most SHARE_BLOB_MAX.
 * Errors: WRAP (also: a label out of range, a share over 64 octets, a
 * certificate that is not for key agreement, or, with an RSA key, for key
 * encipherment), MEMORY.
 */
enum quorum_error share_wrap(const struct share_label *label,
    const struct secret *share, X509 *derive, uint8_t **blob, size_t *len);
/* Open a blob with the operator's derive key (may live on a token) and check
 * the label inside.  A blob in any other form than share_wrap() makes is not
 * opened.  *share new, secret_free().  Errors: UNWRAP, BLOB, MEMORY. */
enum quorum_error
share_unwrap(const uint8_t *blob, size_t len, EVP_PKEY *derive_key,
    X509 *derive, const struct share_label *label, struct secret **share);

#endif
