/* SPDX-License-Identifier: ISC */
#ifndef RECORD_TREE_H
#define RECORD_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_DEPTH_MAX 40

/* RFC 9162 2.1 Merkle tree, SHA-256.  Leaf i is SHA-256(0x00 || certificate
 * DER) of the i-th result; nodes SHA-256(0x01 || left || right). */
void tree_leaf(const void *data, size_t len, uint8_t out[32]);

/*
 * A growing tree kept as its leaves' hashes, from `first` on, after a
 * frontier: the roots of the complete subtrees of the first `first` leaves,
 * largest first (as many as `first` has one bits).  With first = 0 it is the
 * whole tree.  The signer gets only the frontier of what was issued before.
 * A caller fills in first, frontier and frontier_count of a zeroed tree, all
 * else is tree_add()'s: nodes are the roots of the complete subtrees that end
 * behind `first`, in the order in which leaves completed them, so that roots
 * and proofs cost O(log n).
 */
struct tree {
	uint64_t first;
	uint8_t frontier[TREE_DEPTH_MAX][32];
	size_t frontier_count;
	uint8_t (*leaves)[32];
	uint8_t (*nodes)[32];
	size_t count, size, node_count, node_size;
};
/* False, and nothing changed: no memory, 2^TREE_DEPTH_MAX - 1 leaves, or
 * frontier_count is not the number of one bits of first. */
bool tree_add(struct tree *t, const uint8_t leaf[32]);
uint64_t tree_size(const struct tree *t);
/* Root of the whole; of the empty tree SHA-256 of nothing. */
void tree_root(const struct tree *t, uint8_t out[32]);
/* Root of its first `size` leaves; false when size is less than first or more
 * than there are. */
bool tree_root_at(const struct tree *t, uint64_t size, uint8_t out[32]);
/* Frontier of the whole tree as it is now; returns its count. */
size_t tree_frontier(const struct tree *t, uint8_t out[TREE_DEPTH_MAX][32]);
/* Inclusion path of leaf `index` (>= first) in the whole; returns its length,
 * or -1. */
int tree_proof(const struct tree *t, uint64_t index,
    uint8_t out[TREE_DEPTH_MAX][32]);
/* RFC 9162 2.1.3.2. */
bool tree_verify(const uint8_t leaf[32], uint64_t index, uint64_t size,
    const uint8_t (*proof)[32], size_t proof_len, const uint8_t root[32]);
/* Frees what tree_add() made and zeroes *t; t itself is the caller's. */
void tree_free(struct tree *t);

#endif
