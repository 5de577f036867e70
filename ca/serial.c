/* SPDX-License-Identifier: ISC */
#include "ca/serial.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>

static enum ca_error
hkdf_sha256(const uint8_t *seed, size_t len, const char *info, uint8_t *out,
    size_t out_len)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest,
		    0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
		    (void *)seed, len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
		    (void *)info, strlen(info)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	enum ca_error ret = CA_ERR_MEMORY;

	if (ctx != NULL && EVP_KDF_derive(ctx, out, out_len, params) == 1)
		ret = CA_OK;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ret;
}

enum ca_error
serial_make(const uint8_t *seed, size_t len, uint32_t n,
    uint8_t out[SERIAL_SIZE])
{
	char info[32];

	memset(out, 0, SERIAL_SIZE);
	if (seed == NULL || len < SERIAL_SEED_MIN)
		return CA_ERR_ARGUMENT;
	(void)snprintf(info, sizeof(info), "serial/v1|%lu", (unsigned long)n);
	/* the leading 0x01 keeps it positive and of one length */
	out[0] = 0x01;
	return hkdf_sha256(seed, len, info, out + 1, SERIAL_SIZE - 1);
}
