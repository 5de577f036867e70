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
 * digitalSignature (sign, self-signed) or keyAgreement (derive).  It proves
 * nothing but which keys sit on one card: the policy says whom they belong to.
 *
 * spki       DER of the key to certify.
 * sign_key   the card's sign key, signs both.
 * Returns a new certificate, X509_free(), or NULL.
 */
X509 *card_cert_make(const uint8_t *spki, size_t spki_len, bool derive,
    const char *operator_id, const char *log, int64_t date, EVP_PKEY *sign_key);

#endif
