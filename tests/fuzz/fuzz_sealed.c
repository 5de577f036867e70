/* SPDX-License-Identifier: ISC */
#include "transfer/sealed.h"

#include <openssl/crypto.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whoever sealed it: its form is judged the same way every time, and the key
 * of the certificate inside is good enough for the rest of the path. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	X509 *cert = sealed_peek_cert(data, size);
	uint8_t digest[32], *payload;
	size_t len;

	if (sealed_peek(data, size, &payload, &len, digest) !=
	    sealed_check(data, size, NULL))
		abort();
	OPENSSL_free(payload);
	if (cert != NULL) {
		(void)sealed_open(data, size, X509_get0_pubkey(cert), &payload,
		    &len, digest);
		OPENSSL_free(payload);
	}
	X509_free(cert);
	return 0;
}
