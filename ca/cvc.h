/* SPDX-License-Identifier: ISC */
#ifndef CA_CVC_H
#define CA_CVC_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "ca/error.h"

/*
 * Card verifiable certificates (BSI TR-03110-3, appendix C), as a SmartCard-HSM
 * has them: the card's word for where a key was made.  Elliptic curves and
 * SHA-256, SHA-384 or SHA-512; strict: DER lengths in their shortest form, tags
 * in their order, nothing unknown, nothing behind.
 */
#define CVC_MAX 2048       /* octets of an attestation, and of a device file */
#define CVC_NAME_MAX 16    /* characters of a holder */
#define CVC_SEQUENCE_LEN 5 /* of them at the end are no part of the serial */

/* Who a card is. */
struct cvc_device {
	char holder[CVC_NAME_MAX + 1];
	/* of the issuer's certificate, whole, as the card has it */
	uint8_t issuer_sha256[32];
	EVP_PKEY *key;
	const EVP_MD *md; /* that it signs with */
};
void cvc_device_clear(struct cvc_device *d);
/*
 * Read EF 2F02: the certificate of the device, then that of its issuer, whose
 * signature on the first is verified.  Who the issuer is, the caller compares.
 * Errors: ENCODING, KEY (a curve or algorithm that we do not know), CHAIN (of
 * another issuer), SIGNATURE, MEMORY.  out is clear then.
 */
enum ca_error
cvc_device_read(const uint8_t *file, size_t len, struct cvc_device *out);

/*
 * Whether the issuer in such a file, which was read before, is a root's: its
 * certificate names the root as its authority and is signed by the key of the
 * root's certificate, a CVC alone (DER) whose curve is in it.  Why the root is
 * believed is the caller's affair; its own signature is not looked at, nor are
 * roles and dates.
 * Errors: as above; CHAIN (of another root).
 */
enum ca_error cvc_issuer_check(const uint8_t *file, size_t len,
    const uint8_t *root, size_t root_len);
/* Whether octets are such a certificate.  Errors: ENCODING, KEY, MEMORY. */
enum ca_error cvc_root_check(const uint8_t *root, size_t len);

/*
 * Check the answer to a key's making: a request signed by the new key, within
 * what the device signed, and the key is that of spki (DER).
 * Errors: ENCODING, KEY, CHAIN (another device named), SIGNATURE, SELFCHECK
 * (another key), MEMORY.
 */
enum ca_error cvc_attestation_check(const uint8_t *data, size_t len,
    const struct cvc_device *device, const uint8_t *spki, size_t spki_len);

/*
 * The same of a key that is made to show that the card has the device's key
 * now: whatever key it is, but it is a request of this holder, which nobody
 * knew before.
 * Errors: as above; SELFCHECK (of another holder).
 */
enum ca_error cvc_proof_check(const uint8_t *data, size_t len,
    const struct cvc_device *device, const char *holder);

#endif
