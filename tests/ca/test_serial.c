/* SPDX-License-Identifier: ISC */
#include "ca/serial.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

/* HKDF-SHA256 by its definition (RFC 5869, 2), for one block of output. */
static void
hkdf_by_hand(const uint8_t *seed, size_t len, const char *info, uint8_t out[32])
{
	const uint8_t salt[32] = { 0 };
	uint8_t prk[32], text[64];
	size_t n = strlen(info);

	assert_non_null(HMAC(EVP_sha256(), salt, 32, seed, len, prk, NULL));
	memcpy(text, info, n);
	text[n] = 1;
	assert_non_null(HMAC(EVP_sha256(), prk, 32, text, n + 1, out, NULL));
}

static void
test_definition(void **state)
{
	static const uint32_t numbers[] = { 0, 1, 9, 10, 20000, UINT32_MAX };
	uint8_t seed[64], serial[SERIAL_SIZE], want[32];
	char info[32];

	(void)state;
	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		(void)snprintf(info, sizeof(info), "serial/v1|%u",
		    (unsigned)numbers[i]);
		hkdf_by_hand(seed, sizeof(seed), info, want);
		assert_int_equal(serial_make(seed, sizeof(seed), numbers[i],
				     serial),
		    CA_OK);
		assert_int_equal(serial[0], 0x01);
		assert_memory_equal(serial + 1, want, SERIAL_SIZE - 1);
	}
}

static void
test_distinct(void **state)
{
	uint8_t seed[SERIAL_SEED_MIN] = { 7 }, all[100][SERIAL_SIZE];

	(void)state;
	for (uint32_t n = 0; n < 100; n++) {
		assert_int_equal(serial_make(seed, sizeof(seed), n, all[n]),
		    CA_OK);
		for (uint32_t m = 0; m < n; m++)
			assert_memory_not_equal(all[n], all[m], SERIAL_SIZE);
	}
}

static void
test_short_seed(void **state)
{
	uint8_t seed[SERIAL_SEED_MIN] = { 7 }, serial[SERIAL_SIZE];
	const uint8_t zero[SERIAL_SIZE] = { 0 };

	(void)state;
	memset(serial, 0xff, sizeof(serial));
	assert_int_equal(serial_make(seed, SERIAL_SEED_MIN - 1, 0, serial),
	    CA_ERR_ARGUMENT);
	assert_memory_equal(serial, zero, SERIAL_SIZE);
	assert_int_equal(serial_make(NULL, SERIAL_SEED_MIN, 0, serial),
	    CA_ERR_ARGUMENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definition),
		cmocka_unit_test(test_distinct),
		cmocka_unit_test(test_short_seed),
	};

	return cmocka_run_group_tests_name("ca/serial", tests, NULL, NULL);
}
