/* SPDX-License-Identifier: ISC */
#ifndef QUORUM_GF256_H
#define QUORUM_GF256_H

#include <stdint.h>

/*
 * GF(256) with the polynomial x^8 + x^4 + x^3 + x + 1, as SLIP-0039 and AES
 * have it; addition is exclusive or.  Constant time: no branch and no address
 * depends on an operand.
 */
uint8_t gf256_mul(uint8_t a, uint8_t b);
/* The inverse of a; 0 has none and gives 0. */
uint8_t gf256_inverse(uint8_t a);

#endif
