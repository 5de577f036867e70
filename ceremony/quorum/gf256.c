/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/gf256.h"

#define REDUCE 0x1bu /* the polynomial without x^8 */

/* All ones when the low bit of v is set, else zero.  The empty statement hides
 * from the compiler that there are only two outcomes, lest it branch. */
static unsigned
mask_of(unsigned v)
{
	unsigned bit = v & 1u;

	__asm__("" : "+r"(bit));
	return 0u - bit;
}

uint8_t
gf256_mul(uint8_t a, uint8_t b)
{
	unsigned x = a, y = b, product = 0;

	for (int i = 0; i < 8; i++) {
		product ^= x & mask_of(y);
		x = (x << 1) ^ (REDUCE & mask_of(x >> 7));
		x &= 0xffu;
		y >>= 1;
	}
	return (uint8_t)product;
}

/* a^254: the multiplicative group has 255 elements. */
uint8_t
gf256_inverse(uint8_t a)
{
	uint8_t power = a, result = 1;

	for (int i = 0; i < 7; i++) {
		power = gf256_mul(power, power);
		result = gf256_mul(result, power);
	}
	return result;
}
