/* SPDX-License-Identifier: ISC */
#include "ceremony/record/tree.h"

#include <openssl/sha.h>

#include "tests/ceremony/record/fixture.h"
#include "transfer/text.h"

#define LEAVES 130

/* The inputs and roots with which implementations of RFC 6962 and RFC 9162
 * are commonly tested. */
static const struct {
	const char *leaf, *root;
} published[] = {
	{ "",
	    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
	{ "00",
	    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
	{ "10",
	    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
	{ "2021",
	    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
	{ "3031",
	    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
	{ "40414243",
	    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
	{ "5051525354555657",
	    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
	{ "606162636465666768696a6b6c6d6e6f",
	    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
};

static void
roots_are_the_published_ones(void **state)
{
	struct tree t = { 0 };
	uint8_t data[16], leaf[32], root[32];
	char hex[65];

	(void)state;
	tree_root(&t, root);
	text_hex(root, 32, hex);
	assert_string_equal(hex,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	for (size_t i = 0; i < 8; i++) {
		size_t len = strlen(published[i].leaf) / 2;

		assert_true(text_unhex(published[i].leaf, data, len));
		tree_leaf(data, len, leaf);
		assert_true(tree_add(&t, leaf));
		tree_root(&t, root);
		text_hex(root, 32, hex);
		assert_string_equal(hex, published[i].root);
	}
	tree_free(&t);
	tree_free(NULL);
}

static void
leaf(size_t i, uint8_t out[32])
{
	uint8_t data[2] = { (uint8_t)i, (uint8_t)(i >> 8) };

	tree_leaf(data, sizeof(data), out);
}

/* RFC 9162 2.1.1 and 2.1.3.1 word for word, slow: what ours is held against. */
static void
mth(size_t begin, size_t end, uint8_t out[32])
{
	uint8_t both[65] = { 0x01 };
	size_t k = 1;

	if (end - begin == 1) {
		leaf(begin, out);
		return;
	}
	while (k * 2 < end - begin)
		k *= 2;
	mth(begin, begin + k, both + 1);
	mth(begin + k, end, both + 33);
	SHA256(both, sizeof(both), out);
}

static int
path(size_t m, size_t begin, size_t end, uint8_t out[][32])
{
	size_t k = 1;
	int n;

	if (end - begin == 1)
		return 0;
	while (k * 2 < end - begin)
		k *= 2;
	if (m < begin + k) {
		n = path(m, begin, begin + k, out);
		mth(begin + k, end, out[n]);
	} else {
		n = path(m, begin + k, end, out);
		mth(begin, begin + k, out[n]);
	}
	return n + 1;
}

static void
grow(struct tree *t, size_t to)
{
	uint8_t hash[32];

	for (size_t i = tree_size(t); i < to; i++) {
		leaf(i, hash);
		assert_true(tree_add(t, hash));
	}
	assert_int_equal(tree_size(t), to);
}

static void
every_proof_is_the_defined_one_and_verifies(void **state)
{
	uint8_t root[32], want_root[32], hash[32];
	uint8_t proof[TREE_DEPTH_MAX][32], want[TREE_DEPTH_MAX][32];
	struct tree t = { 0 };

	(void)state;
	for (size_t size = 1; size <= LEAVES; size++) {
		grow(&t, size);
		tree_root(&t, root);
		mth(0, size, want_root);
		assert_memory_equal(root, want_root, 32);
		for (size_t i = 0; i < size; i++) {
			int n = tree_proof(&t, i, proof);

			assert_int_equal(n, path(i, 0, size, want));
			assert_memory_equal(proof, want, (size_t)n * 32);
			leaf(i, hash);
			assert_true(tree_verify(hash, i, size,
			    (const uint8_t(*)[32])proof, (size_t)n, root));
		}
		assert_int_equal(tree_proof(&t, size, proof), -1);
	}
	tree_free(&t);
}

static void
wrong_proofs_are_refused(void **state)
{
	uint8_t root[32], hash[32], proof[TREE_DEPTH_MAX + 1][32];
	const uint8_t(*p)[32] = (const uint8_t(*)[32])proof;
	struct tree t = { 0 };

	(void)state;
	for (size_t size = 1; size <= LEAVES; size++) {
		grow(&t, size);
		tree_root(&t, root);
		for (size_t i = 0; i < size; i++) {
			size_t n;

			memset(proof, 0, sizeof(proof));
			n = (size_t)tree_proof(&t, i, proof);
			leaf(i, hash);
			assert_false(
			    tree_verify(hash, i, size, p, n + 1, root));
			if (n > 0)
				assert_false(
				    tree_verify(hash, i, size, p, n - 1, root));
			assert_false(tree_verify(hash, size, size, p, n, root));
			assert_false(
			    tree_verify(hash, UINT64_MAX, size, p, n, root));
			assert_false(tree_verify(hash, i, 0, p, n, root));
			if (size > 1)
				assert_false(tree_verify(hash, (i + 1) % size,
				    size, p, n, root));
			for (size_t k = 0; k < n; k++) {
				proof[k][k] ^= 1;
				assert_false(
				    tree_verify(hash, i, size, p, n, root));
				proof[k][k] ^= 1;
			}
			hash[31] ^= 1;
			assert_false(tree_verify(hash, i, size, p, n, root));
			hash[31] ^= 1;
			root[0] ^= 1;
			assert_false(tree_verify(hash, i, size, p, n, root));
			root[0] ^= 1;
		}
	}
	tree_free(&t);
}

/* The same tree from a frontier on: same root, frontier and proofs. */
static void
compare_split(const struct tree *whole, size_t first)
{
	uint8_t a[TREE_DEPTH_MAX][32], b[TREE_DEPTH_MAX][32], ra[32], rb[32];
	struct tree start = { 0 }, part = { .first = first };

	grow(&start, first);
	part.frontier_count = tree_frontier(&start, part.frontier);
	tree_free(&start);
	grow(&part, tree_size(whole));
	for (size_t size = first; size <= tree_size(whole); size++) {
		assert_true(tree_root_at(whole, size, ra));
		assert_true(tree_root_at(&part, size, rb));
		assert_memory_equal(ra, rb, 32);
	}
	assert_int_equal(tree_frontier(whole, a), tree_frontier(&part, b));
	assert_memory_equal(a, b, tree_frontier(&part, b) * 32);
	for (size_t i = 0; i < tree_size(whole); i++) {
		int n = tree_proof(&part, i, b);

		assert_int_equal(n, i < first ? -1 : tree_proof(whole, i, a));
		if (n > 0)
			assert_memory_equal(a, b, (size_t)n * 32);
	}
	if (first > 0)
		assert_false(tree_root_at(&part, first - 1, rb));
	tree_free(&part);
}

static void
frontier_form_equals_whole_form(void **state)
{
	struct tree whole = { 0 };

	(void)state;
	for (size_t size = 0; size <= LEAVES; size++) {
		grow(&whole, size);
		for (size_t first = 0; first <= size; first++)
			compare_split(&whole, first);
	}
	tree_free(&whole);
}

static void
what_is_no_tree_is_refused(void **state)
{
	static const struct {
		const char *name;
		uint64_t first;
		size_t count;
	} rows[] = {
		{ "frontier too short", 3, 1 },
		{ "frontier too long", 4, 2 },
		{ "frontier of nothing", 0, 1 },
		{ "deeper than we go", UINT64_C(1) << TREE_DEPTH_MAX, 1 },
		{ "frontier missing", 1, 0 },
	};
	static const uint8_t zeros[32];
	uint8_t out[TREE_DEPTH_MAX][32], root[32];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tree t = { .first = rows[i].first,
			.frontier_count = rows[i].count };

		print_message("# %s\n", rows[i].name);
		assert_false(tree_add(&t, zeros));
		assert_int_equal(tree_frontier(&t, out), 0);
		assert_int_equal(tree_proof(&t, t.first, out), -1);
		assert_false(tree_root_at(&t, t.first, root));
		assert_null(t.leaves);
	}
}

static void
the_largest_tree_takes_no_more(void **state)
{
	static const uint8_t zeros[32];
	uint8_t root[32], proof[TREE_DEPTH_MAX][32];
	struct tree t = { .first = (UINT64_C(1) << TREE_DEPTH_MAX) - 2,
		.frontier_count = TREE_DEPTH_MAX - 1 };
	int n;

	(void)state;
	assert_true(tree_add(&t, zeros));
	assert_false(tree_add(&t, zeros));
	assert_int_equal(t.count, 1);
	assert_false(tree_root_at(&t, tree_size(&t) + 1, root));
	tree_root(&t, root);
	n = tree_proof(&t, t.first, proof);
	assert_in_range(n, 1, TREE_DEPTH_MAX);
	assert_true(tree_verify(zeros, t.first, tree_size(&t),
	    (const uint8_t(*)[32])proof, (size_t)n, root));
	tree_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_the_published_ones),
		cmocka_unit_test(every_proof_is_the_defined_one_and_verifies),
		cmocka_unit_test(wrong_proofs_are_refused),
		cmocka_unit_test(frontier_form_equals_whole_form),
		cmocka_unit_test(what_is_no_tree_is_refused),
		cmocka_unit_test(the_largest_tree_takes_no_more),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
