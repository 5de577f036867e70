/* SPDX-License-Identifier: ISC */
#ifndef QUORUM_SLIP39_CIPHER_H
#define QUORUM_SLIP39_CIPHER_H

#include "ceremony/quorum/error.h"
#include "ceremony/quorum/slip39_share.h"
#include "smartcard/secret.h"

/*
 * The encryption of the master secret under a passphrase (SLIP-0039,
 * "Encryption of the master secret"): a Feistel network of four rounds over
 * PBKDF2-HMAC-SHA256.  in has an even length of at most 32 octets; the
 * passphrase is printable ASCII, at most SECRET_MAX - 1 characters.
 * *out new, secret_free().  Errors: ARGUMENT, MEMORY.
 */
enum quorum_error slip39_encrypt(const struct slip39_set *set,
    const char *passphrase, const struct secret *in, struct secret **out);
enum quorum_error slip39_decrypt(const struct slip39_set *set,
    const char *passphrase, const struct secret *in, struct secret **out);

#endif
