/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CARD_CARD_CVC_H
#define TESTS_CARD_CARD_CVC_H

/* Card verifiable certificates (BSI TR-03110-3, appendix C): the device
 * certificate, and the answer to a key generation, which is the card's word
 * for where the key was made. */

#include "tests/card/card_state.h"
#include "tests/card/card_tlv.h"

#define CARD_HOLDER_MAX 16

/* The curves of the card. */
struct card_curve {
	const char *name; /* OpenSSL's */
	int nid;
	size_t field; /* octets of a coordinate, and of r and s */
};
/* NULL: none of them. */
const struct card_curve *card_curve_by_prime(const uint8_t *p, size_t len);
const struct card_curve *card_curve_of(const EVP_PKEY *key);
/* One number or point of a curve's domain, as tag 81 to 85 of a public key
 * have it; out has room for 97 octets.  Its length, 0 on failure. */
size_t
card_curve_domain(const struct card_curve *curve, unsigned tag, uint8_t *out);

/* EF 2F02 of a card with serial and device key: the device's certificate and
 * its issuer's, which all virtual cards of a vendor have in common; "" is that
 * of most. */
bool card_cvc_device(const struct card_state *s, const char *vendor,
    struct card_bytes *out);
/* The certificate of the root above the issuer, alone. */
bool card_cvc_root(const char *vendor, struct card_bytes *out);
/* The answer to a key generation; car and chr as the request has them. */
bool
card_cvc_request(const struct card_state *s, EVP_PKEY *key, const uint8_t *car,
    size_t car_len, const uint8_t *chr, size_t chr_len, struct card_bytes *out);

#endif
