/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_POSSESSION_H
#define FACTORY_POSSESSION_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POSSESSION_TEXT_MAX 256
#define POSSESSION_NONCE 32

/*
 * What a device signs to show that it holds its key:
 *   anchorite-possession/v1
 *   device <id>
 *   nonce <64 hex>
 * each line ending in LF.  The device signs these octets, never a raw nonce,
 * so that its signature can serve for nothing else.
 */
void possession_text(const char *id, const uint8_t nonce[POSSESSION_NONCE],
    char out[POSSESSION_TEXT_MAX]);
/* Whether answer is ECDSA with SHA-256 over text by key: DER (RFC 5480
 * Appendix A), or its base64 with line ends. */
bool possession_verify(EVP_PKEY *key, const char *text, const uint8_t *answer,
    size_t len);

#endif
