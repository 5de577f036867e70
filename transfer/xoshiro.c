/* SPDX-License-Identifier: ISC */
#include "transfer/xoshiro.h"

#include <openssl/sha.h>

static uint64_t
rotate_left(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

void
xoshiro_seed(struct xoshiro *x, const void *seed, size_t len)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX ctx;

	/* SHA256() looks its provider up, for which it may lack memory */
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, seed, len);
	SHA256_Final(digest, &ctx);
	for (size_t i = 0; i < 4; i++) {
		x->s[i] = 0;
		for (size_t k = 0; k < 8; k++)
			x->s[i] = x->s[i] << 8 | digest[8 * i + k];
	}
}

uint64_t
xoshiro_next(struct xoshiro *x)
{
	uint64_t *s = x->s;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

double
xoshiro_double(struct xoshiro *x)
{
	return (double)xoshiro_next(x) / 0x1p64;
}

uint64_t
xoshiro_between(struct xoshiro *x, uint64_t low, uint64_t high)
{
	double span = (double)(high - low + 1);
	uint64_t v = (uint64_t)(xoshiro_double(x) * span) + low;

	return v > high ? high : v;
}
