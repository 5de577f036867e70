/* SPDX-License-Identifier: ISC */
#include "transfer/gauss.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WORD 64
#define BLOCK 8 /* rows that are solved at once */
#define COMBINATIONS (1u << BLOCK)
#define BLOCKS_FROM 1024 /* rows, with which the sums of blocks pay */

/* A row is a set of n bits, then data, both in whole words. */
struct gauss {
	size_t n, len, rank;
	size_t set_words, row_words;
	uint64_t **rows; /* by their lowest bit; NULL where none has come */
	uint64_t *next;  /* a row to reduce the next one in */
};

static size_t
words(size_t units, size_t per_word)
{
	return (units + per_word - 1) / per_word;
}

static uint64_t *
row_new(const struct gauss *g)
{
	return malloc(g->row_words * sizeof(uint64_t));
}

struct gauss *
gauss_new(size_t n, size_t len)
{
	struct gauss *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->n = n;
	g->len = len;
	g->set_words = words(n, WORD);
	g->row_words = g->set_words + words(len, sizeof(uint64_t));
	g->rows = calloc(n, sizeof(*g->rows));
	g->next = row_new(g);
	if (g->rows == NULL || g->next == NULL) {
		gauss_free(g);
		return NULL;
	}
	return g;
}

static void
row_xor(const struct gauss *g, uint64_t *to, const uint64_t *from, size_t word)
{
	for (size_t i = word; i < g->row_words; i++)
		to[i] ^= from[i];
}

/* Take out of row all that is known; its lowest bit is then one for which
 * there is no row yet.  n when no bit is left. */
static size_t
reduce(const struct gauss *g, uint64_t *row)
{
	for (size_t w = 0; w < g->set_words; w++) {
		while (row[w] != 0) {
			size_t bit = w * WORD + (size_t)__builtin_ctzll(row[w]);

			if (g->rows[bit] == NULL)
				return bit;
			row_xor(g, row, g->rows[bit], w);
		}
	}
	return g->n;
}

static bool
is_zero(const uint64_t *words_of, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (words_of[i] != 0)
			return false;
	}
	return true;
}

enum gauss_taken
gauss_take(struct gauss *g, const uint16_t *indices, size_t count,
    const uint8_t *data)
{
	uint64_t *row = g->next, *spare;
	size_t bit;

	memset(row, 0, g->row_words * sizeof(*row));
	for (size_t i = 0; i < count; i++)
		row[indices[i] / WORD] |= UINT64_C(1) << indices[i] % WORD;
	memcpy(row + g->set_words, data, g->len);
	bit = reduce(g, row);
	if (bit == g->n)
		return is_zero(row + g->set_words, g->row_words - g->set_words)
		    ? GAUSS_KNOWN
		    : GAUSS_CONTRARY;
	if ((spare = row_new(g)) == NULL)
		return GAUSS_MEMORY;
	g->next = spare;
	g->rows[bit] = row;
	g->rank++;
	return GAUSS_NEW;
}

size_t
gauss_rank(const struct gauss *g)
{
	return g->rank;
}

/* Rows behind row bit hold one fragment each already. */
static void
substitute(struct gauss *g, size_t bit)
{
	uint64_t *row = g->rows[bit];

	for (size_t w = bit / WORD; w < g->set_words; w++) {
		uint64_t set = row[w];

		if (w == bit / WORD)
			set &= ~(UINT64_C(1) << bit % WORD);
		for (; set != 0; set &= set - 1)
			row_xor(g, row,
			    g->rows[w * WORD + (size_t)__builtin_ctzll(set)],
			    g->set_words);
	}
}

/* Of a row's set, the BLOCK bits from first on, which is a multiple of it. */
static unsigned
block_bits(const uint64_t *row, size_t first)
{
	return (unsigned)(row[first / WORD] >> first % WORD) &
	    (COMBINATIONS - 1);
}

static void
words_xor(uint64_t *to, const uint64_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] ^= from[i];
}

/* Solve the rows of a block, and take them out of all rows before it.  All
 * sums that they can have are made once (the method of four Russians).  Rows
 * behind the block have been taken out already. */
static void
solve_block(struct gauss *g, size_t first, uint64_t *sums)
{
	size_t len = g->row_words - g->set_words;
	size_t count = g->n - first < BLOCK ? g->n - first : BLOCK;

	for (size_t i = count; i-- > 0;) {
		uint64_t *row = g->rows[first + i];
		unsigned set = block_bits(row, first) & ~(1u << i);

		for (; set != 0; set &= set - 1)
			row_xor(g, row,
			    g->rows[first + (size_t)__builtin_ctz(set)],
			    g->set_words);
	}
	memset(sums, 0, len * sizeof(*sums));
	for (unsigned v = 1; v < 1u << count; v++) {
		const uint64_t *row = g->rows[first + (size_t)__builtin_ctz(v)];

		memcpy(sums + v * len, sums + (v & (v - 1)) * len,
		    len * sizeof(*sums));
		words_xor(sums + v * len, row + g->set_words, len);
	}
	for (size_t i = 0; i < first; i++) {
		unsigned v = block_bits(g->rows[i], first);

		if (v != 0)
			words_xor(g->rows[i] + g->set_words, sums + v * len,
			    len);
	}
}

/* With few fragments, or without memory for the sums, row by row. */
static void
solve(struct gauss *g)
{
	size_t len = g->row_words - g->set_words;
	uint64_t *sums = NULL;

	if (g->n >= BLOCKS_FROM)
		sums = calloc(COMBINATIONS, len * sizeof(*sums));
	if (sums != NULL) {
		for (size_t block = words(g->n, BLOCK); block-- > 0;)
			solve_block(g, block * BLOCK, sums);
	} else {
		for (size_t bit = g->n; bit-- > 0;)
			substitute(g, bit);
	}
	free(sums);
}

void
gauss_solve(struct gauss *g, uint8_t *out)
{
	solve(g);
	for (size_t bit = 0; bit < g->n; bit++)
		memcpy(out + bit * g->len, g->rows[bit] + g->set_words, g->len);
}

void
gauss_free(struct gauss *g)
{
	if (g == NULL)
		return;
	for (size_t i = 0; g->rows != NULL && i < g->n; i++)
		free(g->rows[i]);
	free(g->rows);
	free(g->next);
	free(g);
}
