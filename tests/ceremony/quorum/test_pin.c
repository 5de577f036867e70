/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/pin.h"

#include "transfer/text.h"

#include "tests/ceremony/quorum/fixture.h"

/*
 * The expected PINs come from OpenSSL's command line, not from our code:
 *   openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:$K \
 *       -kdfopt salt:$SERIAL -kdfopt "info:pin/v1|$EPOCH|$POLICY" \
 *       -binary HKDF | basenc --base64url | head -c 15
 *   openssl kdf ... -kdfopt hexkey:$S -kdfopt salt:$LABEL \
 *       -kdfopt "info:so-pin/v1|$N" -binary HKDF | od -An -tx1 -N8
 * with K = 00 01 .. 1f, POLICY = a0 a1 .. bf, S = f0 f1 .. ff.
 */
#define K_FIRST 0x00
#define S_FIRST 0xf0

static void
policy_digest(uint8_t first, uint8_t out[32])
{
	for (uint8_t i = 0; i < 32; i++)
		out[i] = (uint8_t)(0xa0 + i);
	out[0] = first;
}

static void
assert_pin(const char *name, const struct secret *pin, const char *want)
{
	if (pin->len != strlen(want) ||
	    memcmp(pin->data, want, pin->len + 1) != 0)
		fail_msg("%s: %s where %s was expected", name,
		    (const char *)pin->data, want);
}

static void
test_user_vectors(void **state)
{
	static const struct {
		const char *name, *serial;
		uint32_t epoch;
		uint8_t policy;
		const char *want;
	} rows[] = {
		{ "plain", "DENK0100001", 7, 0xa0, "WpRashlOCz-08ma" },
		{ "trailing blanks", "DENK0100001     ", 7, 0xa0,
		    "WpRashlOCz-08ma" },
		{ "next epoch", "DENK0100001", 8, 0xa0, "q0CCsiwe9JITeU8" },
		{ "wrong policy, wrong PIN", "DENK0100001", 7, 0xa1,
		    "afLzfUAtmbTczou" },
		{ "last epoch", "0bf1", UINT32_MAX, 0xa0, "vzNzCw4HDIRnIqh" },
		{ "minus, underscore", "DENK0100001", 31, 0xa0,
		    "7dN-Dd_nAj8VnWT" },
		{ "once more", "DENK0100001", 100, 0xa0, "q2IsH07-bk1_E5W" },
	};
	struct secret *k = secret_counting(K_FIRST, PIN_K_SIZE);
	uint8_t policy[32] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *pin = NULL;

		policy_digest(rows[i].policy, policy);
		assert_error(rows[i].name,
		    pin_user(k, rows[i].serial, rows[i].epoch, policy, &pin),
		    QUORUM_OK);
		assert_pin(rows[i].name, pin, rows[i].want);
		secret_free(pin);
	}
	secret_free(k);
}

static void
test_so_vectors(void **state)
{
	static const struct {
		const char *name, *label;
		uint32_t n;
		const char *want;
	} rows[] = {
		{ "first", "root-1", 1, "dc3107ee9f3fd5cd" },
		{ "second", "root-1", 2, "c315f558e0bbe8bb" },
		{ "label with a blank", "op ann", 0, "93cb2c63278b61dc" },
	};
	struct secret *s = secret_counting(S_FIRST, PIN_S_SIZE);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *pin = NULL;

		assert_error(rows[i].name,
		    pin_so(s, rows[i].label, rows[i].n, &pin), QUORUM_OK);
		assert_pin(rows[i].name, pin, rows[i].want);
		secret_free(pin);
	}
	secret_free(s);
}

/* Another K, another PIN: one bit is enough. */
static void
test_user_wrong_k(void **state)
{
	struct secret *k = secret_counting(K_FIRST, PIN_K_SIZE);
	struct secret *right = NULL, *wrong = NULL;
	uint8_t policy[32] = { 0 };

	(void)state;
	assert_error("right", pin_user(k, "s", 1, policy, &right), QUORUM_OK);
	k->data[31] ^= 1;
	assert_error("wrong", pin_user(k, "s", 1, policy, &wrong), QUORUM_OK);
	assert_false(secret_equal(right, wrong));
	secret_free(right);
	secret_free(wrong);
	secret_free(k);
}

/* All 64 characters turn up, and no other. */
static void
test_user_alphabet(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789-_";
	struct secret *k = secret_counting(K_FIRST, PIN_K_SIZE);
	uint8_t policy[32] = { 0 };
	uint64_t seen = 0;

	(void)state;
	for (uint32_t epoch = 1; epoch <= 100; epoch++) {
		struct secret *pin = NULL;

		assert_error("epoch", pin_user(k, "s", epoch, policy, &pin),
		    QUORUM_OK);
		for (size_t i = 0; i < pin->len; i++) {
			const char *at = strchr(alphabet, pin->data[i]);

			assert_non_null(at);
			seen |= (uint64_t)1 << (at - alphabet);
		}
		secret_free(pin);
	}
	assert_true(seen == UINT64_MAX);
	secret_free(k);
}

static void
test_user_refuses(void **state)
{
	static const struct {
		const char *name;
		size_t k_len;
		const char *serial;
		uint32_t epoch;
	} rows[] = {
		{ "K too short", 31, "DENK0100001", 1 },
		{ "K too long", 33, "DENK0100001", 1 },
		{ "epoch 0", 32, "DENK0100001", 0 },
		{ "no serial", 32, "", 1 },
		{ "only blanks", 32, "    ", 1 },
		{ "33 characters", 32, "123456789012345678901234567890123", 1 },
		{ "control character", 32, "DENK\n", 1 },
		{ "not ASCII", 32, "DENK\xc3\xa4", 1 },
	};
	uint8_t policy[32] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *k = secret_counting(0, rows[i].k_len);
		struct secret *pin = k;

		assert_error(rows[i].name,
		    pin_user(k, rows[i].serial, rows[i].epoch, policy, &pin),
		    QUORUM_ERR_ARGUMENT);
		assert_null(pin);
		secret_free(k);
	}
}

static void
test_so_refuses(void **state)
{
	static const struct {
		const char *name;
		size_t s_len;
		const char *label;
	} rows[] = {
		{ "S too short", 15, "root-1" },
		{ "S too long", 32, "root-1" },
		{ "no label", 16, "" },
		{ "trailing blank", 16, "root-1 " },
		{ "33 characters", 16, "123456789012345678901234567890123" },
		{ "control character", 16, "root\t1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *s = secret_counting(0, rows[i].s_len);
		struct secret *pin = s;

		assert_error(rows[i].name, pin_so(s, rows[i].label, 1, &pin),
		    QUORUM_ERR_ARGUMENT);
		assert_null(pin);
		secret_free(s);
	}
}

/* Made with Python's hmac, by RFC 5869. */
static void
test_checks(void **state)
{
	static const char *const want[] = {
		"a0b4dca9299847a480060ed2bdf3db277fcdcb83394799af646b6a50c7a0f8a7",
		"9ee652b67e2488f25c37122f1a0d3bbfb42c9a705cf711f9babcc574acac7533",
	};
	static const uint8_t octets[] =
	    "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17";
	struct secret *s = secret_from(octets, PIN_S_SIZE);
	struct secret *cut = secret_from(octets, PIN_S_SIZE - 1);
	uint8_t check[PIN_CHECK_SIZE];
	char hex[2 * PIN_CHECK_SIZE + 1];

	(void)state;
	assert_int_equal(pin_so_check(s, check), QUORUM_OK);
	text_hex(check, sizeof(check), hex);
	assert_string_equal(hex, want[0]);
	assert_int_equal(pin_backup_check(s, check), QUORUM_OK);
	text_hex(check, sizeof(check), hex);
	assert_string_equal(hex, want[1]);
	assert_int_equal(pin_so_check(cut, check), QUORUM_ERR_ARGUMENT);
	assert_int_equal(pin_backup_check(cut, check), QUORUM_ERR_ARGUMENT);
	secret_free(s);
	secret_free(cut);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user_vectors),
		cmocka_unit_test(test_so_vectors),
		cmocka_unit_test(test_user_wrong_k),
		cmocka_unit_test(test_user_alphabet),
		cmocka_unit_test(test_user_refuses),
		cmocka_unit_test(test_so_refuses),
		cmocka_unit_test(test_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
