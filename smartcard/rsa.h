/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_RSA_H
#define SMARTCARD_RSA_H

#include "smartcard/session.h"

#define RSA_MODULUS_MAX 512 /* octets, and of a signature */

/* We make no RSA keys: these are on tokens that were personalised elsewhere. */

/* SPKI of an RSA public key object; *spki new, OPENSSL_free().  How large it is
 * and with which exponent is the caller's question.
 * Errors: ATTRIBUTES (no such key), MODULE, MEMORY. */
enum card_error rsa_read_spki(struct token *t, CK_OBJECT_HANDLE key,
    uint8_t **spki, size_t *spki_len);
/*
 * RSASSA-PKCS1-v1_5 with SHA-256 over a digest, by CKM_RSA_PKCS: every module
 * has that one.  size: octets of the modulus; a signature of another length is
 * not this key's.  *sig new, OPENSSL_free().
 * Errors: SELFTEST, ARGUMENT (the modulus is too long), MODULE, MEMORY.
 */
enum card_error rsa_sign_digest(struct token *t, CK_OBJECT_HANDLE key,
    size_t size, const uint8_t digest[32], uint8_t **sig, size_t *sig_len);

#endif
