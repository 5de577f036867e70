/* SPDX-License-Identifier: ISC */
#ifndef RECORD_CARD_PROOF_H
#define RECORD_CARD_PROOF_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a SmartCard-HSM shows before it gets a DKEK: it makes a key in a request
 * of a holder whom nobody knew before the act began, and signs that with the key
 * of its certificate (ca/cvc.h).  So an answer of a genuine card that was kept
 * from another day proves nothing.
 */
#define CARD_PROOF_HOLDER_SIZE 17 /* 16 characters and NUL */
#define CARD_PROOF_SERIAL_SIZE 17

/* "UT", as card software names holders, and the first 70 bits of the SHA-256 of
 * the act.begin line in base32 (RFC 4648). */
void
card_proof_holder(const uint8_t begin[32], char out[CARD_PROOF_HOLDER_SIZE]);

/*
 * Check the answer and the card's file 2F02, both as the card gave them.
 *
 * begin   SHA-256 of the act.begin line.
 * serial  of the card, as its certificate has it.
 * Returns NULL, or what is wrong.  Who issued the certificate is not looked at.
 */
const char *card_proof_fault(const uint8_t *attestation, size_t attestation_len,
    const uint8_t *device, size_t device_len, const uint8_t begin[32],
    char serial[CARD_PROOF_SERIAL_SIZE]);

#endif
