/* SPDX-License-Identifier: ISC */
#include "transfer/fountain.h"

#include <stdlib.h>
#include <string.h>

#include "transfer/sampler.h"

struct fountain {
	size_t n;
	uint32_t checksum;
	struct sampler *degrees;
};

enum transfer_error
fountain_new(size_t n, uint32_t checksum, struct fountain **out)
{
	enum transfer_error ret = TRANSFER_ERR_MEMORY;
	struct fountain *f = NULL;
	double *weights = NULL;

	*out = NULL;
	if (n < 1 || n > SAMPLER_MAX)
		return TRANSFER_ERR_ARGUMENT;
	f = calloc(1, sizeof(*f));
	weights = calloc(n, sizeof(*weights));
	if (f == NULL || weights == NULL)
		goto out;
	f->n = n;
	f->checksum = checksum;
	for (size_t i = 0; i < n; i++)
		weights[i] = 1 / (double)(i + 1);
	if ((ret = sampler_new(weights, n, &f->degrees)) != TRANSFER_OK)
		goto out;
	*out = f;
	f = NULL;
out:
	free(weights);
	fountain_free(f);
	return ret;
}

size_t
fountain_degree(const struct fountain *f, struct xoshiro *x)
{
	return sampler_draw(f->degrees, x) + 1;
}

/* list[k..n) are those that remain after k picks, in order. */
void
fountain_pick(struct xoshiro *x, size_t n, size_t d, uint16_t *list)
{
	for (size_t i = 0; i < n; i++)
		list[i] = (uint16_t)i;
	for (size_t k = 0; k < d; k++) {
		size_t j = (size_t)xoshiro_between(x, 0, n - k - 1);
		uint16_t picked = list[k + j];

		memmove(list + k + 1, list + k, j * sizeof(*list));
		list[k] = picked;
	}
}

static void
put_be32(uint8_t *out, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (24 - 8 * i));
}

size_t
fountain_choose(const struct fountain *f, uint32_t seq, uint16_t *list)
{
	struct xoshiro x;
	uint8_t seed[8];
	size_t d;

	if (seq <= f->n) {
		list[0] = (uint16_t)(seq - 1);
		return 1;
	}
	put_be32(seed, seq);
	put_be32(seed + 4, f->checksum);
	xoshiro_seed(&x, seed, sizeof(seed));
	d = fountain_degree(f, &x);
	fountain_pick(&x, f->n, d, list);
	return d;
}

void
fountain_free(struct fountain *f)
{
	if (f == NULL)
		return;
	sampler_free(f->degrees);
	free(f);
}
