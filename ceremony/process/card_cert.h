/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_CARD_CERT_H
#define PROCESS_CARD_CERT_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The certificate of a key on an operator's card: subject and issuer
 * "CN=<operator>,O=<log>", no expiration (RFC 5280, 4.1.2.5), keyUsage
 * digitalSignature (sign, self-signed), keyAgreement (derive) or, of an RSA key,
 * keyEncipherment.  It proves
 * nothing but which keys sit on one card: the policy says whom they belong to.
 *
 * spki       DER of the key to certify.
 * sign_key   the card's sign key, signs both.
 * Returns a new certificate, X509_free(), or NULL.
 */
X509 *card_cert_make(const uint8_t *spki, size_t spki_len, bool derive,
    const char *operator_id, const char *log, int64_t date, EVP_PKEY *sign_key);

/* Signs octets with SHA-256; *sig new, OPENSSL_free(). */
typedef bool card_cert_signer(void *arg, const uint8_t *tbs, size_t len,
    uint8_t **sig, size_t *sig_len);
/* The same for a key that no EVP_PKEY can sign with: one that wants its PIN with
 * each use.  sign_key is its public half, P-256 or RSA. */
X509 *card_cert_make_by(const uint8_t *spki, size_t spki_len, bool derive,
    const char *operator_id, const char *log, int64_t date, EVP_PKEY *sign_key,
    card_cert_signer *sign, void *arg);

#endif
