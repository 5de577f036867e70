/* SPDX-License-Identifier: ISC */
#include <openssl/ec.h>
#include <openssl/x509.h>

#include "ceremony/quorum/share.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Whatever it is, it was not made for this key, which is new each time. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct share_label label = { "x", 1, 0, 2, 3 };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	struct secret *share = NULL;

	if (key == NULL || cert == NULL || X509_set_pubkey(cert, key) != 1 ||
	    share_unwrap(data, len, key, cert, &label, &share) == QUORUM_OK)
		__builtin_trap();
	X509_free(cert);
	EVP_PKEY_free(key);
	return 0;
}
