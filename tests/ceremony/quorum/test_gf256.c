/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/gf256.h"

#include "tests/ceremony/quorum/fixture.h"

/* The product by the book: multiply the polynomials over GF(2), then divide by
 * x^8 + x^4 + x^3 + x + 1 and keep the remainder. */
static uint8_t
slow_mul(uint8_t a, uint8_t b)
{
	unsigned product = 0;

	for (int bit = 0; bit < 8; bit++)
		if ((b >> bit & 1) != 0)
			product ^= (unsigned)a << bit;
	for (int bit = 14; bit >= 8; bit--)
		if ((product >> bit & 1) != 0)
			product ^= 0x11bu << (bit - 8);
	return (uint8_t)product;
}

static void
test_reference(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++)
			assert_int_equal(gf256_mul((uint8_t)a, (uint8_t)b),
			    slow_mul((uint8_t)a, (uint8_t)b));
}

/* FIPS 197, 4.2: {57} * {83} = {c1}, {57} * {13} = {fe}; 4.3 by way of the
 * S-box: the inverse of {53} is {ca}. */
static void
test_published(void **state)
{
	(void)state;
	assert_int_equal(gf256_mul(0x57, 0x83), 0xc1);
	assert_int_equal(gf256_mul(0x57, 0x13), 0xfe);
	assert_int_equal(gf256_inverse(0x53), 0xca);
}

static void
test_one_and_zero(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		assert_int_equal(gf256_mul((uint8_t)a, 1), a);
		assert_int_equal(gf256_mul(1, (uint8_t)a), a);
		assert_int_equal(gf256_mul((uint8_t)a, 0), 0);
		assert_int_equal(gf256_mul(0, (uint8_t)a), 0);
	}
}

static void
test_commutes(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < a; b++)
			assert_int_equal(gf256_mul((uint8_t)a, (uint8_t)b),
			    gf256_mul((uint8_t)b, (uint8_t)a));
}

/* All pairs, each with a third element that runs through the field. */
static void
test_associates_distributes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 65536; i++) {
		uint8_t a = (uint8_t)(i >> 8), b = (uint8_t)i;
		uint8_t c = (uint8_t)(i * 40503u >> 5);

		assert_int_equal(gf256_mul(gf256_mul(a, b), c),
		    gf256_mul(a, gf256_mul(b, c)));
		assert_int_equal(gf256_mul(a ^ b, c),
		    gf256_mul(a, c) ^ gf256_mul(b, c));
	}
}

/* Only zero times something is zero, and every quotient is right. */
static void
test_divides(void **state)
{
	(void)state;
	assert_int_equal(gf256_inverse(0), 0);
	for (unsigned a = 1; a < 256; a++) {
		uint8_t inverse = gf256_inverse((uint8_t)a);

		assert_int_equal(gf256_mul((uint8_t)a, inverse), 1);
		for (unsigned b = 1; b < 256; b++) {
			uint8_t c = gf256_mul((uint8_t)a, (uint8_t)b);

			assert_int_not_equal(c, 0);
			assert_int_equal(gf256_mul(c, inverse), b);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_one_and_zero),
		cmocka_unit_test(test_commutes),
		cmocka_unit_test(test_associates_distributes),
		cmocka_unit_test(test_divides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
