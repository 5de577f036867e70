/* SPDX-License-Identifier: ISC */
#include "transfer/tlv.h"

#include "tests/transfer/mutate.h"

#define OCTETS(s) (s), sizeof(s) - 1

static const struct {
	const char *name, *octets;
	size_t len;
	bool next, strict;
} cases[] = {
	{ "nothing", OCTETS(""), false, true },
	{ "a tag alone", OCTETS("\x02"), false, false },
	{ "an empty element", OCTETS("\x04\x00"), true, true },
	{ "contents cut", OCTETS("\x04\x02\x01"), false, false },
	{ "length not shortest", OCTETS("\x04\x81\x01\x01"), false, false },
	{ "length with zeros", OCTETS("\x04\x82\x00\x01\x01"), false, false },
	{ "length cut", OCTETS("\x04\x82\x01"), false, false },
	{ "length of five octets", OCTETS("\x04\x85\x01\x00\x00\x00\x00"),
	    false, false },
	{ "length beyond the end", OCTETS("\x04\x84\xff\xff\xff\xff\x01"),
	    false, false },
	{ "indefinite length", OCTETS("\x30\x80\x00\x00"), false, false },
	{ "high tag number", OCTETS("\x1f\x01\x00"), false, false },
	{ "two elements", OCTETS("\x04\x00\x04\x00"), true, true },
	{ "octets behind", OCTETS("\x04\x00\x04"), true, false },
	{ "constructed octet string", OCTETS("\x24\x02\x04\x00"), true, false },
	{ "primitive sequence", OCTETS("\x10\x00"), true, false },
	{ "empty sequence", OCTETS("\x30\x00"), true, true },
	{ "nested", OCTETS("\x30\x04\x31\x02\x04\x00"), true, true },
	{ "rest of a sequence", OCTETS("\x30\x03\x04\x00\x04"), true, false },
	{ "inner beyond outer", OCTETS("\x30\x02\x04\x01\x00"), true, false },
	{ "context tags", OCTETS("\xa0\x02\x80\x00"), true, true },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const uint8_t *octets = (const uint8_t *)cases[i].octets;
		struct tlv d = { octets, cases[i].len }, contents;
		uint8_t tag = 0;

		if (tlv_strict(d) != cases[i].strict)
			fail_msg("%s: strict", cases[i].name);
		if (tlv_next(&d, &tag, &contents) != cases[i].next)
			fail_msg("%s: next", cases[i].name);
		if (!cases[i].next)
			assert_true(d.at == octets && d.len == cases[i].len);
		else
			assert_int_equal(tag, octets[0]);
	}
}

static void
test_long_lengths(void **state)
{
	static uint8_t octets[4 + 300] = { 0x04, 0x82, 0x01, 0x2c };
	struct tlv d = { octets, sizeof(octets) }, contents;

	(void)state;
	assert_true(tlv_take(&d, TLV_OCTETS, &contents));
	assert_int_equal(contents.len, 300);
	assert_int_equal(d.len, 0);
	octets[1] = 0x81;
	octets[2] = 0x80;
	d = (struct tlv){ octets, 3 + 128 };
	assert_true(tlv_take(&d, TLV_OCTETS, &contents));
	assert_int_equal(contents.len, 128);
	octets[2] = 0x7f;
	d = (struct tlv){ octets, 3 + 127 };
	assert_false(tlv_take(&d, TLV_OCTETS, &contents));
}

static void
test_take(void **state)
{
	static const uint8_t octets[] = { 0x02, 0x01, 0x07, 0x04, 0x00 };
	struct tlv d = { octets, sizeof(octets) }, contents;

	(void)state;
	assert_false(tlv_take(&d, TLV_OCTETS, &contents));
	assert_true(tlv_take(&d, TLV_INTEGER, &contents));
	assert_true(tlv_is(&contents, "\x07", 1));
	assert_false(tlv_is(&contents, "\x08", 1));
	assert_false(tlv_is(&contents, "\x07\x07", 2));
	assert_true(tlv_at(&d, TLV_OCTETS));
	assert_true(tlv_take(&d, TLV_OCTETS, &contents));
	assert_false(tlv_at(&d, TLV_OCTETS));
}

static void
test_depth(void **state)
{
	uint8_t octets[66];

	(void)state;
	for (size_t i = 0; i < 33; i++) {
		octets[2 * i] = TLV_SEQUENCE;
		octets[2 * i + 1] = (uint8_t)(64 - 2 * i);
	}
	assert_false(tlv_strict((struct tlv){ octets, 66 }));
	assert_true(tlv_strict((struct tlv){ octets + 2, 64 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long_lengths),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
