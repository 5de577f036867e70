/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_XOSHIRO_H
#define TRANSFER_XOSHIRO_H

#include <stddef.h>
#include <stdint.h>

/*
 * xoshiro256**, seeded as BCR-2024-001 has it: what both ends must do alike,
 * to the bit.  It keeps no secrets.
 */
struct xoshiro {
	uint64_t s[4];
};
/* Seed with the SHA-256 of len octets: four big-endian words. */
void xoshiro_seed(struct xoshiro *x, const void *seed, size_t len);
uint64_t xoshiro_next(struct xoshiro *x);
/* 0 to 1.  The largest 1024 of 2^64 values round to 1 itself. */
double xoshiro_double(struct xoshiro *x);
/* low to high, both possible; low <= high < 2^53. */
uint64_t xoshiro_between(struct xoshiro *x, uint64_t low, uint64_t high);

#endif
