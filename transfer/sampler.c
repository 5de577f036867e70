/* SPDX-License-Identifier: ISC */
#include "transfer/sampler.h"

#include <stdlib.h>

struct sampler {
	size_t n;
	double *prob;
	uint16_t *alias;
};

/* Two stacks in one array: those under 1 grow from the left, the others from
 * the right. */
struct stacks {
	uint16_t *room;
	size_t small, large; /* how many in each */
	size_t n;
};

static void
push(struct stacks *s, const double *p, size_t i)
{
	if (p[i] < 1)
		s->room[s->small++] = (uint16_t)i;
	else
		s->room[s->n - ++s->large] = (uint16_t)i;
}

static void
pair_up(struct sampler *s, double *p, struct stacks *st)
{
	for (size_t i = s->n; i-- > 0;)
		push(st, p, i);
	while (st->small > 0 && st->large > 0) {
		size_t a = st->room[--st->small];
		size_t g = st->room[st->n - st->large--];

		s->prob[a] = p[a];
		s->alias[a] = (uint16_t)g;
		/* in this order: (p[g] + p[a]) - 1 rounds differently */
		p[g] += p[a] - 1;
		push(st, p, g);
	}
}

enum transfer_error
sampler_new(const double *weights, size_t n, struct sampler **out)
{
	enum transfer_error ret = TRANSFER_ERR_MEMORY;
	struct sampler *s = NULL;
	struct stacks st = { .n = n };
	double *p = NULL;
	double sum = 0;

	*out = NULL;
	if (n < 1 || n > SAMPLER_MAX)
		return TRANSFER_ERR_ARGUMENT;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return TRANSFER_ERR_MEMORY;
	s->n = n;
	s->prob = calloc(n, sizeof(*s->prob));
	s->alias = calloc(n, sizeof(*s->alias));
	st.room = calloc(n, sizeof(*st.room));
	p = calloc(n, sizeof(*p));
	if (s->prob == NULL || s->alias == NULL || st.room == NULL || p == NULL)
		goto out;
	for (size_t i = 0; i < n; i++)
		sum += weights[i];
	for (size_t i = 0; i < n; i++) {
		p[i] = weights[i] * (double)n / sum;
		s->prob[i] = 1; /* of what is left over in the end */
	}
	pair_up(s, p, &st);
	*out = s;
	s = NULL;
	ret = TRANSFER_OK;
out:
	free(p);
	free(st.room);
	sampler_free(s);
	return ret;
}

size_t
sampler_draw(const struct sampler *s, struct xoshiro *x)
{
	double r1 = xoshiro_double(x);
	double r2 = xoshiro_double(x);
	size_t i = (size_t)((double)s->n * r1);

	if (i >= s->n)
		i = s->n - 1;
	return r2 < s->prob[i] ? i : s->alias[i];
}

void
sampler_free(struct sampler *s)
{
	if (s == NULL)
		return;
	free(s->prob);
	free(s->alias);
	free(s);
}
