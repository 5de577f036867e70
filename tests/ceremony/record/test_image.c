/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ceremony/record/image.h"

#define C20 "0123456789abcdef0123"
#define C64 C20 C20 C20 "4567"
#define HEX "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff"

static void
test_read(void **state)
{
	static const struct {
		const char *text;
		enum record_error want;
		bool medium;
	} rows[] = {
		{ "{\"version\":\"1\",\"commit\":\"c\",\"medium\":\"" HEX
		  "\"}\n",
		    RECORD_OK, true },
		{ "{\"medium\":null, \"commit\":\"c\", \"version\":\"1\"}",
		    RECORD_OK, false },
		{ "{\"version\":\"" C64 "\",\"commit\":\"" C64
		  "\",\"medium\":null}",
		    RECORD_OK, false },
		{ "{\"version\":\"" C64 "0\",\"commit\":\"c\",\"medium\":null}",
		    RECORD_ERR_FORM, false },
		{ "{\"version\":\"\",\"commit\":\"c\",\"medium\":null}",
		    RECORD_ERR_FORM, false },
		{ "{\"version\":\"1\",\"commit\":\"\\u001b[2J\","
		  "\"medium\":null}",
		    RECORD_ERR_FORM, false },
		{ "{\"version\":\"1\",\"commit\":\"c\\u0000\","
		  "\"medium\":null}",
		    RECORD_ERR_FORM, false },
		{ "{\"version\":1,\"commit\":\"c\",\"medium\":null}",
		    RECORD_ERR_FORM, false },
		{ "{\"version\":\"1\",\"commit\":\"c\"}", RECORD_ERR_FORM,
		    false },
		{ "{\"version\":\"1\",\"medium\":null}", RECORD_ERR_FORM,
		    false },
		{ "{\"version\":\"1\",\"commit\":\"c\",\"medium\":\"-\"}",
		    RECORD_ERR_FORM, false },
		{ "{\"version\":\"1\",\"commit\":\"c\",\"medium\":\"" HEX
		  "0\"}",
		    RECORD_ERR_FORM, false },
		{ "{\"version\":\"1\",\"commit\":\"c\",\"medium\":false}",
		    RECORD_ERR_FORM, false },
		{ "{\"version\":\"1\",\"commit\":\"c\",\"medium\":null,"
		  "\"x\":1}",
		    RECORD_ERR_FORM, false },
		{ "{\"version\":\"1\",\"commit\":\"c\",\"medium\":null,"
		  "\"medium\":null}",
		    RECORD_ERR_FORM, false },
		{ "{\"version\":\"1\",\"commit\":\"c\",\"medium\":null}}",
		    RECORD_ERR_FORM, false },
		{ "[\"1\",\"c\",null]", RECORD_ERR_FORM, false },
		{ "", RECORD_ERR_FORM, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct image image;

		if (image_read(rows[i].text, strlen(rows[i].text), &image) !=
			rows[i].want ||
		    image.has_medium != rows[i].medium ||
		    (image.version[0] == '\0') != (rows[i].want != RECORD_OK))
			fail_msg("%s", rows[i].text);
	}
}

/* A kilobyte is read, one octet more is not. */
static void
test_bound(void **state)
{
	static const char good[] =
	    "{\"version\":\"1\",\"commit\":\"c\",\"medium\":null}";
	char text[IMAGE_FILE_MAX + 1];
	struct image image;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, good, strlen(good));
	assert_int_equal(image_read(text, IMAGE_FILE_MAX, &image), RECORD_OK);
	assert_int_equal(image_read(text, IMAGE_FILE_MAX + 1, &image),
	    RECORD_ERR_FORM);
	assert_string_equal(image.version, "");
}

/* What a record says is what was read. */
static void
test_body(void **state)
{
	struct image image = { .version = "0.1.0", .commit = "c" }, again;
	json_t *body;

	(void)state;
	for (int medium = 0; medium < 2; medium++) {
		image.has_medium = medium;
		memset(image.medium, medium * 0xa5, sizeof(image.medium));
		body = image_body(&image);
		assert_non_null(body);
		assert_true(image_of_body(body, &again));
		assert_true(image_equal(&image, &again));
		again.medium[31]++;
		assert_false(image_equal(&image, &again));
		json_object_set_new(body, "medium", json_null());
		assert_false(image_of_body(body, &again));
		json_decref(body);
	}
	assert_false(image_of_body(NULL, &again));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
