/* SPDX-License-Identifier: ISC */
#include "ceremony/record/tree.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define LEAVES_MAX ((UINT64_C(1) << TREE_DEPTH_MAX) - 1)

/* SHA-256 of a prefix octet and two parts.  OpenSSL's own context, not EVP: it
 * allocates nothing and cannot fail, and these functions have no way to say
 * that it did. */
static void
hash(uint8_t prefix, const void *a, size_t a_len, const void *b, size_t b_len,
    uint8_t out[32])
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, &prefix, 1);
	SHA256_Update(&c, a, a_len);
	SHA256_Update(&c, b, b_len);
	SHA256_Final(out, &c);
}

void
tree_leaf(const void *data, size_t len, uint8_t out[32])
{
	hash(0x00, data, len, "", 0, out);
}

static void
node(const uint8_t left[32], const uint8_t right[32], uint8_t out[32])
{
	hash(0x01, left, 32, right, 32, out);
}

static unsigned
ones(uint64_t n)
{
	return (unsigned)__builtin_popcountll(n);
}

uint64_t
tree_size(const struct tree *t)
{
	return t->first + t->count;
}

/* What a caller filled in is a frontier at all. */
static bool
well_formed(const struct tree *t)
{
	return t->first <= LEAVES_MAX && t->frontier_count == ones(t->first);
}

/* Index among the nodes of the complete subtree of 2^level leaves, level >= 1,
 * that ends before leaf `end`.  Of n leaves, n - ones(n) such subtrees are
 * complete; the last leaf of this one completed the lower levels before it. */
static size_t
node_index(const struct tree *t, uint64_t end, unsigned level)
{
	uint64_t before = end - 1 - ones(end - 1) + level - 1;

	return (size_t)(before - (t->first - ones(t->first)));
}

/* Root of the complete subtree of 2^level leaves that ends before leaf `end`.
 * One that ends at or before `first` is asked for only as a left sibling of
 * what stands behind `first`; then `first` has that bit set and the subtree is
 * in the frontier, behind those of the higher bits. */
static const uint8_t *
subtree(const struct tree *t, uint64_t end, unsigned level)
{
	if (end <= t->first)
		return t->frontier[ones(t->first >> level >> 1)];
	if (level == 0)
		return t->leaves[end - 1 - t->first];
	return t->nodes[node_index(t, end, level)];
}

/* Make room for one more row of 32 octets. */
static bool
grow(uint8_t (**rows)[32], size_t count, size_t *size)
{
	size_t want = *size == 0 ? 64 : *size * 2;
	uint8_t(*p)[32];

	if (count < *size)
		return true;
	if ((p = reallocarray(*rows, want, sizeof(*p))) == NULL)
		return false;
	*rows = p;
	*size = want;
	return true;
}

/* Room for the nodes that one more leaf completes: at most TREE_DEPTH_MAX. */
static bool
grow_nodes(struct tree *t)
{
	return grow(&t->nodes, t->node_count + TREE_DEPTH_MAX, &t->node_size);
}

bool
tree_add(struct tree *t, const uint8_t leaf[32])
{
	uint64_t end = tree_size(t) + 1;

	if (!well_formed(t) || end > LEAVES_MAX ||
	    !grow(&t->leaves, t->count, &t->size) || !grow_nodes(t))
		return false;
	memcpy(t->leaves[t->count++], leaf, 32);
	for (unsigned level = 1; (end & ((UINT64_C(1) << level) - 1)) == 0;
	     level++) {
		uint64_t half = UINT64_C(1) << (level - 1);

		node(subtree(t, end - half, level - 1),
		    subtree(t, end, level - 1), t->nodes[t->node_count++]);
	}
	return true;
}

/* Root of the leaves from begin to before end, where begin is a multiple of
 * the power of two that is not less than end - begin: its complete subtrees,
 * smallest first, folded from the right (RFC 9162 2.1.1). */
static void
range_root(const struct tree *t, uint64_t begin, uint64_t end, uint8_t out[32])
{
	uint64_t n = end - begin;
	bool some = false;

	for (unsigned level = 0; n >> level != 0; level++) {
		const uint8_t *left;

		if ((n >> level & 1) == 0)
			continue;
		left = subtree(t, end, level);
		if (some)
			node(left, out, out);
		else
			memcpy(out, left, 32);
		some = true;
		end -= UINT64_C(1) << level;
	}
}

bool
tree_root_at(const struct tree *t, uint64_t size, uint8_t out[32])
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Final(out, &c);
	if (!well_formed(t) || size < t->first || size > tree_size(t))
		return false;
	range_root(t, 0, size, out);
	return true;
}

void
tree_root(const struct tree *t, uint8_t out[32])
{
	tree_root_at(t, tree_size(t), out);
}

size_t
tree_frontier(const struct tree *t, uint8_t out[TREE_DEPTH_MAX][32])
{
	uint64_t size = tree_size(t), end = 0;
	size_t count = 0;

	if (!well_formed(t))
		return 0;
	for (unsigned level = TREE_DEPTH_MAX; level-- > 0;) {
		if ((size >> level & 1) == 0)
			continue;
		end += UINT64_C(1) << level;
		memcpy(out[count++], subtree(t, end, level), 32);
	}
	return count;
}

int
tree_proof(const struct tree *t, uint64_t index,
    uint8_t out[TREE_DEPTH_MAX][32])
{
	uint64_t size = tree_size(t);
	int count = 0;

	if (!well_formed(t) || index < t->first || index >= size)
		return -1;
	for (unsigned level = 0; (size - 1) >> level != 0; level++) {
		uint64_t width = UINT64_C(1) << level;
		uint64_t begin = (index >> level ^ 1) << level;

		if (begin >= size)
			continue; /* the last subtree has no sibling here */
		range_root(t, begin,
		    size - begin < width ? size : begin + width, out[count++]);
	}
	return count;
}

/* RFC 9162 2.1.3.2, step by step. */
bool
tree_verify(const uint8_t leaf[32], uint64_t index, uint64_t size,
    const uint8_t (*proof)[32], size_t proof_len, const uint8_t root[32])
{
	uint64_t fn = index, sn = size - 1;
	uint8_t r[32];

	if (index >= size)
		return false;
	memcpy(r, leaf, 32);
	for (size_t i = 0; i < proof_len; i++) {
		if (sn == 0)
			return false;
		if ((fn & 1) == 1 || fn == sn) {
			node(proof[i], r, r);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			node(r, proof[i], r);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && memcmp(r, root, 32) == 0;
}

void
tree_free(struct tree *t)
{
	if (t == NULL)
		return;
	free(t->leaves);
	free(t->nodes);
	memset(t, 0, sizeof(*t));
}
