/* SPDX-License-Identifier: ISC */
#include "ca/der.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <string.h>

#define ALL SIZE_MAX /* the element takes every octet */

static void
test_check(void **state)
{
	static const struct {
		const char *name, *hex;
		size_t want; /* size of the element, 0: refused */
	} cases[] = {
		{ "empty", "", 0 },
		{ "tag alone", "30", 0 },
		{ "empty SEQUENCE", "3000", ALL },
		{ "trailing octets", "30000000", 2 },
		{ "SEQUENCE of INTEGER", "3003020100", ALL },
		{ "contents missing", "30030201", 0 },
		{ "indefinite", "30800000", 0 },
		{ "long form of a short length", "30810130", 0 },
		{ "leading zero in a length", "0482008000", 0 },
		{ "length octets missing", "3082", 0 },
		{ "five length octets", "3085000000000100", 0 },
		{ "reserved length", "30ff", 0 },
		{ "end of contents", "0000", 0 },
		{ "BOOLEAN TRUE", "0101ff", ALL },
		{ "BOOLEAN FALSE", "010100", ALL },
		{ "BOOLEAN 01", "010101", 0 },
		{ "BOOLEAN of two", "0102ffff", 0 },
		{ "INTEGER 0", "020100", ALL },
		{ "INTEGER 128", "02020080", ALL },
		{ "INTEGER -129", "0202ff7f", ALL },
		{ "INTEGER empty", "0200", 0 },
		{ "INTEGER padded 127", "0202007f", 0 },
		{ "INTEGER padded -1", "0202ffff", 0 },
		{ "ENUMERATED", "0a0101", ALL },
		{ "ENUMERATED padded", "0a020001", 0 },
		{ "BIT STRING empty", "030100", ALL },
		{ "BIT STRING without its first octet", "0300", 0 },
		{ "BIT STRING empty but unused", "030101", 0 },
		{ "BIT STRING", "03020780", ALL },
		{ "BIT STRING unused bit set", "03020781", 0 },
		{ "BIT STRING 8 unused", "03020800", 0 },
		{ "BIT STRING constructed", "230403020780", 0 },
		{ "OCTET STRING", "0401ff", ALL },
		{ "OCTET STRING constructed", "24030401ff", 0 },
		{ "UTF8String constructed", "2c030c0141", 0 },
		{ "PrintableString", "130141", ALL },
		{ "NULL", "0500", ALL },
		{ "NULL with contents", "050100", 0 },
		{ "OID", "0603550403", ALL },
		{ "OID empty", "0600", 0 },
		{ "OID unfinished", "060355ff", 0 },
		{ "OID padded", "060455800301", 0 },
		{ "UTCTime", "170d3236303130313030303030305a", ALL },
		{ "UTCTime without seconds", "170b323630313031303030305a", 0 },
		{ "UTCTime with offset",
		    "17113236303130313030303030302b30313030", 0 },
		{ "GeneralizedTime", "180f32303530303130313030303030305a",
		    ALL },
		{ "GeneralizedTime fraction",
		    "181132303530303130313030303030302e305a", 0 },
		{ "SEQUENCE primitive", "1000", 0 },
		{ "SET primitive", "1100", 0 },
		{ "SET sorted", "3106020101020102", ALL },
		{ "SET unsorted", "3106020102020101", 0 },
		{ "SET equal", "3106020101020101", ALL },
		{ "SET of two lengths", "31070201ff02020080", ALL },
		{ "context primitive", "800101", ALL },
		{ "context constructed", "a003020101", ALL },
		{ "context constructed, bad inside", "a00402020001", 0 },
		{ "nested bad", "30053003010101", 0 },
		{ "overlong child", "3003020200", 0 },
		{ "high tag number", "1f810100", 0 },
		{ "EXTERNAL", "2800", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		long len = 0;
		uint8_t *data = OPENSSL_hexstr2buf(cases[i].hex, &len);
		struct der in = { data, (size_t)len };
		size_t size = 0, want = cases[i].want;
		bool ok = der_check(in, &size);

		if (want == ALL)
			want = (size_t)len;
		if (ok != (want != 0) || (ok && size != want))
			fail_msg("%s", cases[i].name);
		if (der_check_all(in) != (want != 0 && want == (size_t)len))
			fail_msg("%s: der_check_all", cases[i].name);
		OPENSSL_free(data);
	}
}

/* Nesting: DER_DEPTH_MAX is taken, one more is not. */
static void
test_depth(void **state)
{
	uint8_t data[2 * (DER_DEPTH_MAX + 2)];
	struct der in = { data, sizeof(data) };

	(void)state;
	for (size_t i = 0; i < sizeof(data); i += 2) {
		data[i] = DER_SEQUENCE;
		data[i + 1] = (uint8_t)(sizeof(data) - i - 2);
	}
	assert_false(der_check_all(in));
	in.data += 2;
	in.len -= 2;
	assert_true(der_check_all(in));
}

static void
test_take(void **state)
{
	static const uint8_t data[] = { 0x30, 0x06, 0x02, 0x01, 0x05, 0x04,
		0x01, 0x07, 0x05, 0x00 };
	struct der in = { data, sizeof(data) }, seq, part, before;

	(void)state;
	before = in;
	assert_false(der_take(&in, DER_SET, &seq));
	assert_true(der_equal(in, before));
	assert_true(der_take(&in, DER_SEQUENCE, &seq));
	assert_int_equal(in.len, 2);
	assert_true(der_take(&seq, DER_INTEGER, &part));
	assert_int_equal(part.len, 1);
	assert_int_equal(part.data[0], 5);
	assert_true(der_take_element(&seq, &part));
	assert_int_equal(part.len, 3);
	assert_int_equal(part.data[0], DER_OCTET_STRING);
	assert_false(der_take_element(&seq, &part));
	/* down into itself */
	in = before;
	assert_true(der_take(&in, DER_SEQUENCE, &in));
	assert_int_equal(in.len, 6);
}

static void
test_sorted(void **state)
{
	static const uint8_t broken[] = { 0x02, 0x05, 0x00 };

	(void)state;
	assert_true(der_sorted((struct der){ NULL, 0 }));
	assert_false(der_sorted((struct der){ broken, sizeof(broken) }));
	assert_true(
	    der_equal((struct der){ NULL, 0 }, (struct der){ broken, 0 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_sorted),
	};

	return cmocka_run_group_tests_name("ca/der", tests, NULL, NULL);
}
