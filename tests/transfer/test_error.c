/* SPDX-License-Identifier: ISC */
#include "transfer/error.h"

#include "tests/transfer/mutate.h"

static void
test_every_error_has_a_text(void **state)
{
	(void)state;
	for (int i = TRANSFER_OK; i <= TRANSFER_ERR_UR; i++) {
		const char *text = transfer_strerror((enum transfer_error)i);

		assert_non_null(text);
		assert_string_not_equal(text, "unknown error");
		for (int j = TRANSFER_OK; j < i; j++)
			assert_string_not_equal(text,
			    transfer_strerror((enum transfer_error)j));
	}
	assert_string_equal(transfer_strerror((enum transfer_error)999),
	    "unknown error");
}

static void
test_refuse(void **state)
{
	struct transfer_fault fault = { 0 };

	(void)state;
	assert_int_equal(transfer_refuse(NULL, TRANSFER_ERR_IO, "x"),
	    TRANSFER_ERR_IO);
	assert_int_equal(transfer_refuse(&fault, TRANSFER_ERR_LINE, "line %d",
			     7),
	    TRANSFER_ERR_LINE);
	assert_fault("refuse", &fault, TRANSFER_ERR_LINE, "line 7");
	transfer_refuse(&fault, TRANSFER_ERR_LINE, "%0400d", 0);
	assert_int_equal(strlen(fault.text), sizeof(fault.text) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_error_has_a_text),
		cmocka_unit_test(test_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
