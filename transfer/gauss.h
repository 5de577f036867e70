/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_GAUSS_H
#define TRANSFER_GAUSS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Equations over GF(2): each says which of n unknown fragments of len octets
 * give, XORed, the data that came.  Any n independent ones give all.
 */
struct gauss;
enum gauss_taken {
	GAUSS_NEW,      /* one more is known: the rank grew */
	GAUSS_KNOWN,    /* follows from those before */
	GAUSS_CONTRARY, /* contradicts those before; nothing was taken */
	GAUSS_MEMORY,   /* nothing was taken */
};
/* NULL: no memory.  n and len at least 1. */
struct gauss *gauss_new(size_t n, size_t len);
/* indices: count of them, each below n, none twice; data: len octets. */
enum gauss_taken gauss_take(struct gauss *g, const uint16_t *indices,
    size_t count, const uint8_t *data);
size_t gauss_rank(const struct gauss *g);
/* Once the rank is n: write all fragments in order, n * len octets.  Called
 * once at most. */
void gauss_solve(struct gauss *g, uint8_t *out);
void gauss_free(struct gauss *g);

#endif
