/* SPDX-License-Identifier: ISC */
/* What needs no module: texts of errors and CK_RVs, rules of attributes, forms
 * of a point. */
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smartcard/attributes.h"
#include "smartcard/curve.h"
#include "smartcard/error.h"
#include "smartcard/rv.h"

static void
test_rv(void **state)
{
	static const struct {
		CK_RV rv;
		const char *name;
		enum card_error error;
	} cases[] = {
		{ CKR_OK, "CKR_OK", CARD_OK },
		{ CKR_HOST_MEMORY, "CKR_HOST_MEMORY", CARD_ERR_MEMORY },
		{ CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY", CARD_ERR_FULL },
		{ CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED", CARD_ERR_REMOVED },
		{ CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT",
		    CARD_ERR_REMOVED },
		{ CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT", CARD_ERR_PIN },
		{ CKR_PIN_LOCKED, "CKR_PIN_LOCKED", CARD_ERR_PIN_LOCKED },
		{ CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE", CARD_ERR_PIN_FORM },
		{ CKR_PIN_INVALID, "CKR_PIN_INVALID", CARD_ERR_PIN_FORM },
		{ CKR_PIN_TOO_WEAK, "CKR_PIN_TOO_WEAK", CARD_ERR_PIN_FORM },
		{ CKR_FUNCTION_CANCELED, "CKR_FUNCTION_CANCELED",
		    CARD_ERR_CANCELLED },
		/* no proof of a PIN */
		{ CKR_USER_ALREADY_LOGGED_IN, "CKR_USER_ALREADY_LOGGED_IN",
		    CARD_ERR_MODULE },
		{ CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR", CARD_ERR_MODULE },
		{ 0x7777, "CKR unknown", CARD_ERR_MODULE },
		{ CKR_VENDOR_DEFINED + 7, "CKR_VENDOR_DEFINED",
		    CARD_ERR_MODULE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(rv_name(cases[i].rv), cases[i].name);
		assert_int_equal(rv_error(cases[i].rv), cases[i].error);
	}
}

static void
test_strerror(void **state)
{
	(void)state;
	for (int i = CARD_OK; i <= CARD_ERR_STATUS; i++)
		for (int j = CARD_OK; j < i; j++)
			assert_string_not_equal(card_strerror(
						    (enum card_error)i),
			    card_strerror((enum card_error)j));
	assert_string_equal(card_strerror((enum card_error)999),
	    "unknown error");
}

/* Each single attribute that is wrong is refused. */
static void
test_attributes(void **state)
{
	static const struct key_attributes good = {
		.token = true,
		.private_ = true,
		.sensitive = true,
		.always_sensitive = true,
		.never_extractable = true,
		.local = true,
		.sign = true,
	};
	static const struct {
		size_t at;
		const char *fault;
		bool late;
	} cases[] = {
#define AT(member) offsetof(struct key_attributes, member)
		{ AT(token), "CKA_TOKEN", false },
		{ AT(private_), "CKA_PRIVATE", false },
		{ AT(extractable), "CKA_EXTRACTABLE", false },
		{ AT(sensitive), "CKA_SENSITIVE", true },
		{ AT(always_sensitive), "CKA_ALWAYS_SENSITIVE", true },
		{ AT(never_extractable), "CKA_NEVER_EXTRACTABLE", true },
		{ AT(local), "CKA_LOCAL", true },
		{ AT(sign), "CKA_SIGN", false },
		{ AT(derive), "CKA_DERIVE", false },
		{ AT(decrypt), "CKA_DECRYPT", false },
		{ AT(unwrap), "CKA_UNWRAP", false },
		{ AT(sign_recover), "CKA_SIGN_RECOVER", false },
#undef AT
	};

	(void)state;
	assert_null(attributes_fault(&good, KEY_SIGN, 0));
	assert_non_null(attributes_fault(&good, KEY_DERIVE, 0));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct key_attributes bad = good;
		bool *value = (bool *)((char *)&bad + cases[i].at);
		const char *fault;

		*value = !*value;
		fault = attributes_fault(&bad, KEY_SIGN, 0);
		assert_non_null(fault);
		assert_memory_equal(fault, cases[i].fault,
		    strlen(cases[i].fault));
		assert_int_equal(fault[strlen(cases[i].fault)], ':');
		fault = attributes_fault(&bad, KEY_SIGN, ATTRIBUTES_LATE);
		assert_int_equal(fault == NULL, cases[i].late);
		/* beside CKA_SIGN alone */
		fault = attributes_fault(&bad, KEY_SIGN, ATTRIBUTES_RECOVER);
		assert_int_equal(fault == NULL, value == &bad.sign_recover);
		/* what a key with copies is let pass by its use alone */
		fault = attributes_fault(&bad, KEY_SIGN,
		    ATTRIBUTES_LEAVES | ATTRIBUTES_CAME);
		assert_non_null(fault);
		fault = attributes_fault(&bad, KEY_SIGN_ORIGINAL, 0);
		assert_int_equal(fault == NULL,
		    value == &bad.extractable ||
			value == &bad.never_extractable);
		fault = attributes_fault(&bad, KEY_SIGN_COPY, 0);
		assert_int_equal(fault == NULL,
		    value == &bad.extractable ||
			value == &bad.never_extractable ||
			value == &bad.local || value == &bad.always_sensitive);
		bad.sign = false;
		bad.derive = true;
		fault = attributes_fault(&bad, KEY_DERIVE, ATTRIBUTES_RECOVER);
		assert_int_equal(fault == NULL,
		    value == &bad.sign || value == &bad.derive);
	}
}

static void
test_points(void **state)
{
	const struct curve *curve = curve_by_id(KEY_P256);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	uint8_t *want = NULL, *have = NULL, point[67] = { 0x04, 0x41 };
	size_t have_len = 0, want_len;
	/* an SPKI of P-256 ends in its raw point of 65 octets */
	int n = i2d_PUBKEY(key, &want);

	(void)state;
	assert_true(n > 65);
	want_len = (size_t)n;
	memcpy(point + 2, want + want_len - 65, 65);
	const struct {
		const uint8_t *params, *point;
		size_t params_len, point_len;
		enum card_error want;
	} cases[] = {
		{ curve->params, point, curve->params_len, 67, CARD_OK },
		{ curve->params, point + 2, curve->params_len, 65, CARD_OK },
		{ curve->params, point, curve->params_len, 66,
		    CARD_ERR_ATTRIBUTES },
		{ curve->params, point + 2, curve->params_len, 64,
		    CARD_ERR_ATTRIBUTES },
		{ curve->params, point + 3, curve->params_len, 64,
		    CARD_ERR_ATTRIBUTES },
		{ curve->params, point, curve->params_len, 0,
		    CARD_ERR_ATTRIBUTES },
		{ curve->params, point, curve->params_len - 1, 67,
		    CARD_ERR_ATTRIBUTES },
		{ curve_by_id(KEY_P384)->params, point,
		    curve_by_id(KEY_P384)->params_len, 67,
		    CARD_ERR_ATTRIBUTES },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(curve_spki(cases[i].params,
				     cases[i].params_len, cases[i].point,
				     cases[i].point_len, &have, &have_len),
		    cases[i].want);
		if (cases[i].want == CARD_OK) {
			assert_int_equal(have_len, want_len);
			assert_memory_equal(have, want, want_len);
		}
		OPENSSL_free(have);
	}
	point[66] ^= 1; /* off the curve */
	assert_int_equal(curve_spki(curve->params, curve->params_len, point, 67,
			     &have, &have_len),
	    CARD_ERR_ATTRIBUTES);
	assert_null(have);
	OPENSSL_free(want);
	EVP_PKEY_free(key);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rv),
		cmocka_unit_test(test_strerror),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
