/* SPDX-License-Identifier: ISC */
#include "smartcard/dkek_blob.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#define DKEK_SIZE 32
#define COUNTER 4 /* octets behind the DKEK: which key follows from it */

_Static_assert(DKEK_BLOB_KCV <= SHA256_DIGEST_LENGTH, "a part of a digest");

/* SHA-256 of the DKEK and what stands behind it. */
static bool
derive(const struct secret *dkek, const uint8_t *behind, size_t len,
    uint8_t out[SHA256_DIGEST_LENGTH])
{
	uint8_t in[DKEK_SIZE + COUNTER];
	bool ok;

	memcpy(in, dkek->data, DKEK_SIZE);
	memcpy(in + DKEK_SIZE, behind, len);
	ok = SHA256(in, DKEK_SIZE + len, out) != NULL;
	OPENSSL_cleanse(in, sizeof(in));
	return ok;
}

static bool
same_mac(const uint8_t key[SHA256_DIGEST_LENGTH], const uint8_t *blob,
    size_t len)
{
	uint8_t mac[DKEK_BLOB_MAC];
	size_t n = 0;

	return EVP_Q_mac(NULL, "CMAC", NULL, "AES-256-CBC", NULL, key,
		   SHA256_DIGEST_LENGTH, blob, len, mac, sizeof(mac),
		   &n) != NULL &&
	    n == sizeof(mac) && CRYPTO_memcmp(mac, blob + len, n) == 0;
}

bool
dkek_blob_whole(const struct secret *dkek, const uint8_t *blob, size_t len)
{
	static const uint8_t mac_key[COUNTER] = { 0, 0, 0, 2 };
	uint8_t key[SHA256_DIGEST_LENGTH];
	bool ok;

	if (dkek->len != DKEK_SIZE || len <= DKEK_BLOB_KCV + DKEK_BLOB_MAC)
		return false;
	ok = derive(dkek, mac_key, 0, key) &&
	    CRYPTO_memcmp(key, blob, DKEK_BLOB_KCV) == 0 &&
	    derive(dkek, mac_key, sizeof(mac_key), key) &&
	    same_mac(key, blob, len - DKEK_BLOB_MAC);
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}
