/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/shamir.h"

#include "tests/ceremony/quorum/fixture.h"

/* Combine the shares whose bits are set in chosen. */
static enum quorum_error
combine_chosen(struct secret *const shares[], unsigned chosen,
    struct secret **out)
{
	uint8_t x[SHAMIR_SHARES_MAX] = { 0 };
	struct secret *some[SHAMIR_SHARES_MAX] = { NULL };
	unsigned count = 0;

	for (unsigned i = 0; i < SHAMIR_SHARES_MAX; i++) {
		if ((chosen >> i & 1u) == 0)
			continue;
		x[count] = (uint8_t)i;
		some[count++] = shares[i];
	}
	return shamir_combine(x, some, count, out);
}

/* Every subset of n shares: m give the secret, fewer give an error. */
static void
check_subsets(unsigned m, unsigned n, size_t len)
{
	struct secret *secret = secret_random(len);
	struct secret *shares[SHAMIR_SHARES_MAX] = { NULL };

	assert_error("split", shamir_split(secret, m, n, shares), QUORUM_OK);
	for (unsigned chosen = 1; chosen < 1u << n; chosen++) {
		unsigned count = (unsigned)__builtin_popcount(chosen);
		struct secret *again = NULL;
		enum quorum_error err = QUORUM_ERR_MEMORY;

		if (count > m)
			continue;
		err = combine_chosen(shares, chosen, &again);
		if (count == m) {
			assert_error("m shares", err, QUORUM_OK);
			assert_true(secret_equal(secret, again));
		} else if (count > 1) {
			assert_error("fewer", err, QUORUM_ERR_DIGEST);
			assert_null(again);
		} else {
			/* one share looks as with m = 1, but is no secret */
			assert_false(secret_equal(secret, again));
		}
		secret_free(again);
	}
	secrets_free(shares, n);
	secret_free(secret);
}

static void
test_subsets_3_of_5(void **state)
{
	(void)state;
	check_subsets(3, 5, 32);
}

static void
test_subsets_2_of_16(void **state)
{
	(void)state;
	check_subsets(2, 16, 16);
}

static void
test_lengths_and_thresholds(void **state)
{
	(void)state;
	for (size_t len = 16; len <= 32; len += 2)
		check_subsets(2, 3, len);
	for (unsigned m = 2; m <= 6; m++)
		check_subsets(m, 6, 32);
}

static void
test_16_of_16(void **state)
{
	struct secret *secret = secret_random(32), *again = NULL;
	struct secret *shares[SHAMIR_SHARES_MAX] = { NULL };

	(void)state;
	assert_error("split", shamir_split(secret, 16, 16, shares), QUORUM_OK);
	assert_error("all", combine_chosen(shares, 0xffff, &again), QUORUM_OK);
	assert_true(secret_equal(secret, again));
	secret_free(again);
	secrets_free(shares, 16);
	secret_free(secret);
}

static void
test_copies(void **state)
{
	struct secret *secret = secret_random(16), *again = NULL;
	struct secret *shares[3] = { NULL };

	(void)state;
	assert_error("split", shamir_split(secret, 1, 3, shares), QUORUM_OK);
	for (uint8_t i = 0; i < 3; i++) {
		assert_true(secret_equal(secret, shares[i]));
		assert_error("combine",
		    shamir_combine(&i, &shares[i], 1, &again), QUORUM_OK);
		assert_true(secret_equal(secret, again));
		secret_free(again);
	}
	secrets_free(shares, 3);
	secret_free(secret);
}

/* A second split of the same secret shares nothing with the first. */
static void
test_fresh(void **state)
{
	struct secret *secret = secret_random(32);
	struct secret *a[3] = { NULL }, *b[3] = { NULL };

	(void)state;
	assert_error("split", shamir_split(secret, 2, 3, a), QUORUM_OK);
	assert_error("again", shamir_split(secret, 2, 3, b), QUORUM_OK);
	for (size_t i = 0; i < 3; i++)
		assert_false(secret_equal(a[i], b[i]));
	secrets_free(a, 3);
	secrets_free(b, 3);
	secret_free(secret);
}

static void
test_split_refuses(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		unsigned m, n;
		enum quorum_error want;
	} rows[] = {
		{ "m is 0", 32, 0, 3, QUORUM_ERR_THRESHOLD },
		{ "n is 0", 32, 0, 0, QUORUM_ERR_THRESHOLD },
		{ "m over n", 32, 4, 3, QUORUM_ERR_THRESHOLD },
		{ "n is 17", 32, 2, 17, QUORUM_ERR_THRESHOLD },
		{ "empty secret", 0, 2, 3, QUORUM_ERR_ARGUMENT },
		{ "14 octets", 14, 2, 3, QUORUM_ERR_ARGUMENT },
		{ "17 octets", 17, 2, 3, QUORUM_ERR_ARGUMENT },
		{ "34 octets", 34, 2, 3, QUORUM_ERR_ARGUMENT },
		{ "copies of 15 octets", 15, 1, 3, QUORUM_ERR_ARGUMENT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *secret = secret_counting(1, rows[i].len);
		struct secret *shares[17] = { NULL };

		assert_error(rows[i].name,
		    shamir_split(secret, rows[i].m, rows[i].n, shares),
		    rows[i].want);
		for (size_t k = 0; k < COUNT(shares); k++)
			assert_null(shares[k]);
		secret_free(secret);
	}
}

/* Shares 0..4 of a 3-of-5, 5 and 6 of another split of the same secret, 7 a
 * tampered copy of share 0, 8 and 9 of wrong lengths. */
static void
test_combine_refuses(void **state)
{
	static const struct {
		const char *name;
		unsigned m;
		uint8_t x[3], share[3];
		enum quorum_error want;
	} rows[] = {
		{ "right", 3, { 0, 1, 2 }, { 0, 1, 2 }, QUORUM_OK },
		{ "other order", 3, { 4, 0, 3 }, { 4, 0, 3 }, QUORUM_OK },
		{ "m is 0", 0, { 0 }, { 0 }, QUORUM_ERR_THRESHOLD },
		{ "m is 17", 17, { 0 }, { 0 }, QUORUM_ERR_THRESHOLD },
		{ "m - 1 shares", 2, { 0, 1 }, { 0, 1 }, QUORUM_ERR_DIGEST },
		{ "x twice", 3, { 0, 1, 1 }, { 0, 1, 2 }, QUORUM_ERR_SHARE },
		{ "share twice", 3, { 0, 1, 1 }, { 0, 1, 1 },
		    QUORUM_ERR_SHARE },
		{ "x is 16", 3, { 0, 1, 16 }, { 0, 1, 2 }, QUORUM_ERR_SHARE },
		{ "x is 254", 3, { 0, 1, 254 }, { 0, 1, 2 }, QUORUM_ERR_SHARE },
		{ "x is 255", 3, { 0, 255, 1 }, { 0, 1, 2 }, QUORUM_ERR_SHARE },
		{ "x exchanged", 3, { 1, 0, 2 }, { 0, 1, 2 },
		    QUORUM_ERR_DIGEST },
		{ "of two splits", 3, { 0, 1, 2 }, { 0, 1, 6 },
		    QUORUM_ERR_DIGEST },
		{ "tampered", 3, { 0, 1, 2 }, { 7, 1, 2 }, QUORUM_ERR_DIGEST },
		{ "shorter", 3, { 0, 1, 2 }, { 0, 1, 8 }, QUORUM_ERR_SHARE },
		{ "odd length", 1, { 0 }, { 9 }, QUORUM_ERR_SHARE },
	};
	struct secret *secret = secret_random(32), *shares[10] = { NULL };
	struct secret *other[5] = { NULL };

	(void)state;
	assert_error("split", shamir_split(secret, 3, 5, shares), QUORUM_OK);
	assert_error("other", shamir_split(secret, 3, 5, other), QUORUM_OK);
	shares[5] = secret_from(other[1]->data, other[1]->len);
	shares[6] = secret_from(other[2]->data, other[2]->len);
	shares[7] = secret_from(shares[0]->data, shares[0]->len);
	shares[7]->data[31] ^= 0x80;
	shares[8] = secret_from(shares[2]->data, 30);
	shares[9] = secret_from(shares[0]->data, 31);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *some[3] = { NULL }, *again = secret;

		for (size_t k = 0; k < 3; k++)
			some[k] = shares[rows[i].share[k]];
		assert_error(rows[i].name,
		    shamir_combine(rows[i].x, some, rows[i].m, &again),
		    rows[i].want);
		if (rows[i].want == QUORUM_OK)
			assert_true(secret_equal(secret, again));
		else
			assert_null(again);
		secret_free(again);
	}
	secrets_free(other, 5);
	secrets_free(shares, COUNT(shares));
	secret_free(secret);
}

/* One changed bit anywhere in any share is found. */
static void
test_tampered_bits(void **state)
{
	static const uint8_t x[] = { 0, 1, 2 };
	struct secret *secret = secret_random(16), *shares[3] = { NULL };

	(void)state;
	assert_error("split", shamir_split(secret, 3, 3, shares), QUORUM_OK);
	for (unsigned bit = 0; bit < 3 * 128; bit++) {
		uint8_t *octet = &shares[bit / 128]->data[bit % 128 / 8];
		struct secret *again = NULL;

		*octet ^= (uint8_t)(1u << bit % 8);
		assert_error("one bit", shamir_combine(x, shares, 3, &again),
		    QUORUM_ERR_DIGEST);
		assert_null(again);
		*octet ^= (uint8_t)(1u << bit % 8);
	}
	secrets_free(shares, 3);
	secret_free(secret);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subsets_3_of_5),
		cmocka_unit_test(test_subsets_2_of_16),
		cmocka_unit_test(test_lengths_and_thresholds),
		cmocka_unit_test(test_16_of_16),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_split_refuses),
		cmocka_unit_test(test_combine_refuses),
		cmocka_unit_test(test_tampered_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
