/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_SAMPLER_H
#define TRANSFER_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"
#include "transfer/xoshiro.h"

#define SAMPLER_MAX 65535

/*
 * Draws an index by weight: Vose's alias table, filled in the one order that
 * all Uniform Resource codecs share (BCR-2024-001).
 */
struct sampler;
/* weights: n of them, 1 to SAMPLER_MAX, all above 0; borrowed.
 * Errors: ARGUMENT (n), MEMORY; *out is NULL then. */
enum transfer_error
sampler_new(const double *weights, size_t n, struct sampler **out);
/* 0 to n - 1; two numbers are taken from x. */
size_t sampler_draw(const struct sampler *s, struct xoshiro *x);
void sampler_free(struct sampler *s);

#endif
