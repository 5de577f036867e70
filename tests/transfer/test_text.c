/* SPDX-License-Identifier: ISC */
#include "transfer/text.h"

#include "tests/transfer/mutate.h"

/* RFC 4648 10 */
static const struct {
	const char *octets, *text;
} base64_vectors[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xff\xfe\xfd", "//79" },
	{ "\xfb\xef\xbe", "++++" },
};

static void
test_base64(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(base64_vectors); i++) {
		const char *octets = base64_vectors[i].octets;
		char text[16];
		uint8_t *out;
		size_t len;

		text_base64((const uint8_t *)octets, strlen(octets), text);
		assert_string_equal(text, base64_vectors[i].text);
		assert_int_equal(text_unbase64(text, strlen(octets), &out,
				     &len),
		    0);
		assert_int_equal(len, strlen(octets));
		assert_memory_equal(out, octets, len + 1);
		free(out);
	}
}

static const struct {
	const char *name, *text;
	size_t max;
	enum transfer_error err;
} base64_refusals[] = {
	{ "three characters", "Zm9", 9, TRANSFER_ERR_FIELD },
	{ "no padding", "Zg", 9, TRANSFER_ERR_FIELD },
	{ "one padding for two", "Zg=", 9, TRANSFER_ERR_FIELD },
	{ "padding alone", "====", 9, TRANSFER_ERR_FIELD },
	{ "three paddings", "Z===", 9, TRANSFER_ERR_FIELD },
	{ "padding inside", "Zg==Zg==", 9, TRANSFER_ERR_FIELD },
	{ "padding before the end", "Zg=v", 9, TRANSFER_ERR_FIELD },
	{ "bits behind one octet", "Zh==", 9, TRANSFER_ERR_FIELD },
	{ "bits behind two octets", "Zm9=", 9, TRANSFER_ERR_FIELD },
	{ "line break", "Zm9v\nZm9v", 9, TRANSFER_ERR_FIELD },
	{ "line break of four", "Zm9\n", 9, TRANSFER_ERR_FIELD },
	{ "blank", "Zm 9", 9, TRANSFER_ERR_FIELD },
	{ "URL alphabet", "-_-_", 9, TRANSFER_ERR_FIELD },
	{ "beyond ASCII", "Zm\xc3\xa9", 9, TRANSFER_ERR_FIELD },
	{ "one octet too long", "Zm9v", 2, TRANSFER_ERR_SIZE },
};

static void
test_base64_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(base64_refusals); i++) {
		uint8_t octet, *out = &octet;
		size_t len = 1;
		enum transfer_error err;

		err = text_unbase64(base64_refusals[i].text,
		    base64_refusals[i].max, &out, &len);
		if (err != base64_refusals[i].err || out != NULL || len != 0)
			fail_msg("%s: %d", base64_refusals[i].name, (int)err);
	}
}

static void
test_hex(void **state)
{
	static const uint8_t octets[] = { 0x00, 0x1f, 0xa9, 0xff };
	static const char *const refused[] = { "", "001fa9f", "001fa9ff0",
		"001FA9FF", "001fa9fg", "0x1fa9ff", " 01fa9ff",
		"001fa9\xff\xff" };
	char text[TEXT_HEX_SIZE(sizeof(octets))];
	uint8_t out[sizeof(octets)];

	(void)state;
	text_hex(octets, sizeof(octets), text);
	assert_string_equal(text, "001fa9ff");
	assert_true(text_unhex(text, out, sizeof(out)));
	assert_memory_equal(out, octets, sizeof(out));
	for (size_t i = 0; i < COUNT(refused); i++) {
		memset(out, 1, sizeof(out));
		if (text_unhex(refused[i], out, sizeof(out)) ||
		    !all_zero(out, sizeof(out)))
			fail_msg("\"%s\"", refused[i]);
	}
}

static void
test_printable(void **state)
{
	(void)state;
	assert_true(text_is_printable(" ~", 2));
	assert_false(text_is_printable("", 2));
	assert_false(text_is_printable("abc", 2));
	assert_false(text_is_printable("a\n", 2));
	assert_false(text_is_printable("\x7f", 2));
	assert_false(text_is_printable("\xc3\xa9", 2));
}

static void
test_date(void **state)
{
	static const char *const good[] = { "20260131235959Z",
		"99991231235959Z", "00000101000000Z" };
	static const char *const bad[] = { "", "20260131235959",
		"20260131235959z", "20260131235959ZZ", "20261331235959Z",
		"20260031235959Z", "20260132235959Z", "20260100235959Z",
		"20260131245959Z", "20260131236059Z", "20260131235960Z",
		"2026-01-31T235Z", "202601312359 9Z", "x0260131235959Z" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(text_is_date(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (text_is_date(bad[i]))
			fail_msg("\"%s\"", bad[i]);
	}
}

static void
test_buf(void **state)
{
	static const uint8_t octets[] = { 1, 2, 254 };
	struct text_buf b = { 0 };
	size_t len;
	char *text;

	(void)state;
	text_buf_add(&b, "%s=%d;", "n", 7);
	text_buf_raw(&b, "raw", 3);
	text_buf_raw(&b, NULL, 0);
	text_buf_json(&b, "a\"b\\c/");
	text_buf_base64(&b, octets, sizeof(octets));
	text_buf_hex(&b, octets, sizeof(octets));
	text = text_buf_take(&b, &len);
	assert_string_equal(text, "n=7;raw\"a\\\"b\\\\c/\"AQL+0102fe");
	assert_int_equal(len, strlen(text));
	free(text);
	text = text_buf_take(&b, &len);
	assert_string_equal(text, "");
	assert_int_equal(len, 0);
	free(text);
}

static void
test_buf_grows(void **state)
{
	struct text_buf b = { 0 };
	size_t len;
	char *text;

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		text_buf_add(&b, "%c", 'a' + i % 26);
	text = text_buf_take(&b, &len);
	assert_int_equal(len, 100000);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(text[i], 'a' + i % 26);
	free(text);
}

/* After a failure everything does nothing, and there is no text to take. */
static void
test_buf_failure_sticks(void **state)
{
	static const char *const texts[] = { "caf\xc3\xa9", "a\n", "\x7f" };
	size_t len = 1;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct text_buf b = { 0 };

		text_buf_json(&b, texts[i]);
		assert_true(b.failed);
		text_buf_add(&b, "more");
		text_buf_hex(&b, (const uint8_t *)"more", 4);
		text_buf_base64(&b, (const uint8_t *)"more", 4);
		assert_null(text_buf_take(&b, &len));
		assert_int_equal(len, 0);
	}
}

static void
test_buf_too_large(void **state)
{
	struct text_buf b = { 0 };
	size_t len;

	(void)state;
	text_buf_raw(&b, "x", SIZE_MAX / 2);
	assert_true(b.failed);
	assert_null(text_buf_take(&b, &len));
	text_buf_base64(&b, (const uint8_t *)"x", SIZE_MAX / 2);
	assert_true(b.failed);
	text_buf_free(&b);
	text_buf_hex(&b, (const uint8_t *)"x", SIZE_MAX / 2);
	assert_true(b.failed);
	text_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64_refused),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_buf_grows),
		cmocka_unit_test(test_buf_failure_sticks),
		cmocka_unit_test(test_buf_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
