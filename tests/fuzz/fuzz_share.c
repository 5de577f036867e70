/* SPDX-License-Identifier: ISC */
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "ceremony/quorum/share.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
open_with(EVP_PKEY *key, const uint8_t *data, size_t len)
{
	static const struct share_label label = { "x", 1, 0, 2, 3 };
	X509 *cert = X509_new();
	struct secret *share = NULL;

	if (key == NULL || cert == NULL || X509_set_pubkey(cert, key) != 1 ||
	    share_unwrap(data, len, key, cert, &label, &share) == QUORUM_OK)
		__builtin_trap();
	X509_free(cert);
}

/* Whatever it is, it was not made for these keys, which are new each time, the
 * RSA key with each process. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static EVP_PKEY *rsa;
	EVP_PKEY *key = EVP_EC_gen("P-256");

	if (rsa == NULL)
		rsa = EVP_RSA_gen(2048);
	open_with(key, data, len);
	open_with(rsa, data, len);
	EVP_PKEY_free(key);
	return 0;
}
