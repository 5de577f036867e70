/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_FOUNTAIN_H
#define TRANSFER_FOUNTAIN_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"
#include "transfer/xoshiro.h"

/*
 * Which fragments of a message the part seq is made of (BCR-2024-001).  The
 * table behind it depends on n only and is built once.
 */
struct fountain;
/* n: fragments, 1 to SAMPLER_MAX; checksum: CRC-32 of the message.
 * Errors: ARGUMENT (n), MEMORY; *out is NULL then. */
enum transfer_error
fountain_new(size_t n, uint32_t checksum, struct fountain **out);
/* The indices of part seq (1 and up) stand in the first places of list, which
 * has room for n; how many: 1 to n. */
size_t fountain_choose(const struct fountain *f, uint32_t seq, uint16_t *list);
void fountain_free(struct fountain *f);

/* The steps behind it, for the published vectors.  A degree, 1 to n; and d of
 * the n indices, taken one by one out of those that remain in order. */
size_t fountain_degree(const struct fountain *f, struct xoshiro *x);
void fountain_pick(struct xoshiro *x, size_t n, size_t d, uint16_t *list);

#endif
