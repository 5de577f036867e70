/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_SEALED_H
#define TRANSFER_SEALED_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"

#define SEALED_MAX (64u << 20) /* octets of a sealed file */
#define SEALED_CERT_MAX 8192u  /* of the certificate it carries */
#define SEALED_LINE_MAX (16u << 10)
#define SEALED_ENTRIES_MAX 20000u
/* Data of one chunk line: base64 characters, and octets behind them. */
#define SEALED_CHUNK_MAX (12u << 10)
#define SEALED_CHUNK_RAW (SEALED_CHUNK_MAX / 4 * 3)

/*
 * A sealed file: CMS SignedData (RFC 5652) in DER over JSON Lines;
 * eContentType id-data, SHA-256, one SignerInfo (issuerAndSerialNumber),
 * signed attributes exactly content-type, message-digest, signing-time; no
 * unsigned attributes, no CRLs, exactly the signer's certificate (at most
 * SEALED_CERT_MAX octets) or none; strict DER (re-encodes to itself), nothing behind it.
 *
 * sealed_sign: payload borrowed; key and cert the signer's, P-256 (key may live
 * on a token); when UTC seconds for signing-time, 1970 to 9999.  *out new,
 * OPENSSL_free(); it has been opened again with the certificate's key.
 * Errors: ARGUMENT (when), SIZE, SIGN (also: key and cert do not match),
 * MEMORY; *out is NULL then.
 */
enum transfer_error sealed_sign(const void *payload, size_t len, EVP_PKEY *key,
    X509 *cert, int64_t when, uint8_t **out, size_t *out_len);

/*
 * sealed_open: der borrowed, hostile.  The seal must verify with the key whose
 * SPKI is given; a certificate inside the file proves nothing and serves only
 * to tell SIGNER from SIGNATURE.
 * *payload new (OPENSSL_free()), NUL-terminated beyond *len for convenience;
 * digest is SHA-256 of the payload: what identity, replay and chaining use.
 * Errors: SIZE, DER, CMS, SIGNER, SIGNATURE, MEMORY; *payload is NULL then.
 */
enum transfer_error
sealed_open(const uint8_t *der, size_t len, EVP_PKEY *signer, uint8_t **payload,
    size_t *payload_len, uint8_t digest[32]);
/* As sealed_open(), but the payload is trusted for nothing more than to find
 * out who might have sealed it: the seal is not verified. */
enum transfer_error sealed_peek(const uint8_t *der, size_t len,
    uint8_t **payload, size_t *payload_len, uint8_t digest[32]);
/* Check the form alone, as all of these do first.  On refusal fault names the
 * clause: "RFC 5652 5.1: more than one SignerInfo". */
enum transfer_error
sealed_check(const uint8_t *der, size_t len, struct transfer_fault *fault);
/* The certificate carried inside, unverified, or NULL.  New, X509_free(). */
X509 *sealed_peek_cert(const uint8_t *der, size_t len);

#endif
