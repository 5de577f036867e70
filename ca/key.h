/* SPDX-License-Identifier: ISC */
#ifndef CA_KEY_H
#define CA_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ca/error.h"

#define KEY_DIGEST_SIZE 32
#define KEY_SPKI_MAX 600 /* octets of the largest SPKI we keep (RSA-4096) */

/*
 * Who a public key is.  spki_sha256 is SHA-256 of the DER
 * SubjectPublicKeyInfo.  unique is SHA-256 over the part that a key and its
 * twin share: the group's name and the x-coordinate of an EC point (Q and -Q
 * have the same x), or the RSA modulus.
 */
struct key_ident {
	uint8_t spki_sha256[KEY_DIGEST_SIZE];
	uint8_t unique[KEY_DIGEST_SIZE];
};

/* Read a strict DER SubjectPublicKeyInfo: EC on the named curves P-256 or
 * P-384 with an uncompressed point on the curve, or RSA of 2048 to 4096 bits.
 * Errors: CA_ERR_ENCODING (not DER, trailing octets), CA_ERR_KEY.
 * out: new, EVP_PKEY_free(); NULL on error. */
enum ca_error key_from_spki(const uint8_t *der, size_t len, EVP_PKEY **out);
/* The SPKI of a key; *out is new, OPENSSL_free(). */
enum ca_error key_to_spki(const EVP_PKEY *key, uint8_t **out, size_t *len);
/* Identify a key by its SPKI.  Errors as key_from_spki(). */
enum ca_error
key_identify(const uint8_t *spki, size_t len, struct key_ident *out);
/* Whether an SPKI is a key that we do not take although its form is right:
 * weak_key(), weak_rsa().  True also when it is no such SPKI. */
bool key_is_weak(const uint8_t *spki, size_t len);
/* NID of the named curve of an EC key, or NID_undef. */
int key_curve(const EVP_PKEY *key);

#endif
