/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/slip39_cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define ROUNDS 4
#define ROUND_ITERATIONS 2500 /* 10000 over the four rounds */
#define HALF_MAX 16
#define SALT_PREFIX "shamir"
#define SALT_MAX (sizeof(SALT_PREFIX) - 1 + 2 + HALF_MAX)

static bool
passphrase_valid(const char *passphrase)
{
	size_t len = strnlen(passphrase, SECRET_MAX);

	for (size_t i = 0; i < len; i++)
		if (passphrase[i] < ' ' || passphrase[i] > '~')
			return false;
	return len < SECRET_MAX;
}

/* The salt of a round: for sets that are not extendable it names the set. */
static size_t
salt_write(const struct slip39_set *set, const uint8_t *right, size_t half,
    uint8_t salt[SALT_MAX])
{
	size_t len = 0;

	if (!set->extendable) {
		memcpy(salt, SALT_PREFIX, sizeof(SALT_PREFIX) - 1);
		len = sizeof(SALT_PREFIX) - 1;
		salt[len++] = (uint8_t)(set->id >> 8);
		salt[len++] = (uint8_t)set->id;
	}
	memcpy(salt + len, right, half);
	return len + half;
}

/* left ^= F(round, right); password is the round and the passphrase. */
static bool
feistel_round(const struct slip39_set *set, const struct secret *password,
    uint8_t *left, const uint8_t *right, size_t half)
{
	uint8_t salt[SALT_MAX] = { 0 }, stream[HALF_MAX] = { 0 };
	size_t salt_len = salt_write(set, right, half, salt);
	bool ok =
	    PKCS5_PBKDF2_HMAC((const char *)password->data, (int)password->len,
		salt, (int)salt_len, ROUND_ITERATIONS << set->exponent,
		EVP_sha256(), (int)half, stream) == 1;

	for (size_t i = 0; ok && i < half; i++)
		left[i] ^= stream[i];
	OPENSSL_cleanse(salt, sizeof(salt));
	OPENSSL_cleanse(stream, sizeof(stream));
	return ok;
}

/* first: the number of the first round, 0 or 3; step: to the next one. */
static enum quorum_error
feistel(const struct slip39_set *set, const char *passphrase,
    const struct secret *in, int first, int step, struct secret **out)
{
	enum quorum_error ret = QUORUM_ERR_ARGUMENT;
	struct secret *block = NULL, *password = NULL;
	size_t half = in->len / 2;
	uint8_t *left = NULL, *right = NULL;

	*out = NULL;
	if (!passphrase_valid(passphrase) || in->len % 2 != 0 ||
	    half > HALF_MAX || set->exponent > 15)
		goto out;
	ret = QUORUM_ERR_MEMORY;
	block = secret_new();
	password = secret_new();
	if (block == NULL || password == NULL)
		goto out;
	memcpy(password->data + 1, passphrase, strlen(passphrase));
	password->len = 1 + strlen(passphrase);

	/* each round works on the halves in turn, so they end up swapped */
	memcpy(block->data, in->data + half, half);
	memcpy(block->data + half, in->data, half);
	block->len = in->len;
	right = block->data;
	left = block->data + half;
	for (int i = 0; i < ROUNDS; i++) {
		uint8_t *done = right;

		password->data[0] = (uint8_t)(first + i * step);
		if (!feistel_round(set, password, left, right, half))
			goto out;
		right = left;
		left = done;
	}
	*out = block;
	block = NULL;
	ret = QUORUM_OK;
out:
	secret_free(block);
	secret_free(password);
	return ret;
}

enum quorum_error
slip39_encrypt(const struct slip39_set *set, const char *passphrase,
    const struct secret *in, struct secret **out)
{
	return feistel(set, passphrase, in, 0, 1, out);
}

enum quorum_error
slip39_decrypt(const struct slip39_set *set, const char *passphrase,
    const struct secret *in, struct secret **out)
{
	return feistel(set, passphrase, in, ROUNDS - 1, -1, out);
}
