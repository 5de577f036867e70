/* SPDX-License-Identifier: ISC */
#include "ceremony/record/card_proof.h"

#include <string.h>

#include "ca/cvc.h"

#define LETTER_BITS 5

void
card_proof_holder(const uint8_t begin[32], char out[CARD_PROOF_HOLDER_SIZE])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	size_t at = 2, bit = 0;

	memcpy(out, "UT", at);
	for (; at < CARD_PROOF_HOLDER_SIZE - 1; bit += LETTER_BITS) {
		unsigned two =
		    (unsigned)begin[bit / 8] << 8 | begin[bit / 8 + 1];

		out[at++] = letters[two >> (16 - LETTER_BITS - bit % 8) & 31];
	}
	out[at] = '\0';
}

static enum ca_error
check(const uint8_t *attestation, size_t len, const struct cvc_device *card,
    const uint8_t begin[32], char serial[CARD_PROOF_SERIAL_SIZE])
{
	char holder[CARD_PROOF_HOLDER_SIZE];
	size_t n = strlen(card->holder) - CVC_SEQUENCE_LEN;

	memcpy(serial, card->holder, n);
	serial[n] = '\0';
	card_proof_holder(begin, holder);
	return cvc_proof_check(attestation, len, card, holder);
}

const char *
card_proof_fault(const uint8_t *attestation, size_t attestation_len,
    const uint8_t *device, size_t device_len, const uint8_t begin[32],
    char serial[CARD_PROOF_SERIAL_SIZE])
{
	struct cvc_device card;
	enum ca_error ret;

	serial[0] = '\0';
	if (cvc_device_read(device, device_len, &card) != CA_OK)
		return "the card's certificate is no good";
	ret = check(attestation, attestation_len, &card, begin, serial);
	cvc_device_clear(&card);
	if (ret == CA_ERR_SELFCHECK)
		return "the card's proof is of another act";
	return ret == CA_OK
	    ? NULL
	    : "the card does not have the key of its certificate";
}
