/* SPDX-License-Identifier: ISC */
#include <openssl/ec.h>

#include "ca/cvc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The octets as a card's certificates, then as a key's attestation by whatever
 * card that is. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cvc_device d = { .holder = "ANC0000000100001",
		.key = EVP_EC_gen("P-256"),
		.md = EVP_sha256() };

	(void)cvc_attestation_check(data, size, &d, data, 0);
	(void)cvc_proof_check(data, size, &d, "UTABCDEFGHIJKLMN");
	cvc_device_clear(&d);
	(void)cvc_root_check(data, size);
	(void)cvc_issuer_check(data, size, data, size);
	(void)cvc_device_read(data, size, &d);
	cvc_device_clear(&d);
	return 0;
}
