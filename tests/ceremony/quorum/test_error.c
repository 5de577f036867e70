/* SPDX-License-Identifier: ISC */
#include "tests/ceremony/quorum/fixture.h"

/* Every error has a text of its own. */
static void
test_texts(void **state)
{
	(void)state;
	for (int a = QUORUM_OK; a <= QUORUM_ERR_COMMITMENT; a++) {
		const char *text = quorum_strerror((enum quorum_error)a);

		assert_true(strlen(text) > 0);
		for (int b = a + 1; b <= QUORUM_ERR_COMMITMENT + 1; b++)
			assert_string_not_equal(text,
			    quorum_strerror((enum quorum_error)b));
	}
}

static void
test_unknown(void **state)
{
	(void)state;
	assert_string_equal(quorum_strerror((enum quorum_error)9999),
	    "unknown error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
