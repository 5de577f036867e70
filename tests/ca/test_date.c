/* SPDX-License-Identifier: ISC */
#include "ca/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define BAD INT64_C(-1)

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t want; /* BAD: refused */
	} compact[] = {
		{ "19700101000000Z", 0 },
		{ "19700101000001Z", 1 },
		{ "20000229000000Z", 951782400 },
		{ "20260101000000Z", 1767225600 },
		{ "20241231235959Z", 1735689599 },
		{ "99991231235959Z", DATE_FOREVER },
		{ "20230229000000Z", BAD },
		{ "21000229000000Z", BAD },
		{ "19691231235959Z", BAD },
		{ "00000101000000Z", BAD },
		{ "20240001000000Z", BAD },
		{ "20241301000000Z", BAD },
		{ "20240100000000Z", BAD },
		{ "20240431000000Z", BAD },
		{ "20240101240000Z", BAD },
		{ "20240101006000Z", BAD },
		{ "20240101000060Z", BAD },
		{ "20240101000000", BAD },
		{ "20240101000000z", BAD },
		{ "20240101000000ZZ", BAD },
		{ "2024010100000 Z", BAD },
		{ "+0240101000000Z", BAD },
		{ "2024-01-01T00:00:00Z", BAD },
		{ "", BAD },
	}, rfc3339[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-01-01T12:34:56Z", 1767270896 },
		{ "9999-12-31T23:59:59Z", DATE_FOREVER },
		{ "2026-01-01 12:34:56Z", BAD },
		{ "2026-01-01t12:34:56Z", BAD },
		{ "2026-01-01T12:34:56", BAD },
		{ "2026-01-01T12:34:56.0Z", BAD },
		{ "2026-01-01T12:34:56+00:00", BAD },
		{ "2026/01/01T12:34:56Z", BAD },
		{ "20260101123456Z", BAD },
		{ "2026-02-30T12:34:56Z", BAD },
	};
	int64_t t;

	(void)state;
	for (size_t i = 0; i < sizeof(compact) / sizeof(compact[0]); i++) {
		t = BAD;
		assert_int_equal(date_parse_compact(compact[i].text, &t),
		    compact[i].want == BAD ? CA_ERR_DATE : CA_OK);
		assert_int_equal(t, compact[i].want);
	}
	for (size_t i = 0; i < sizeof(rfc3339) / sizeof(rfc3339[0]); i++) {
		t = BAD;
		assert_int_equal(date_parse_rfc3339(rfc3339[i].text, &t),
		    rfc3339[i].want == BAD ? CA_ERR_DATE : CA_OK);
		assert_int_equal(t, rfc3339[i].want);
	}
}

/* A stride that is prime to a day meets every month and hour. */
static void
test_format_round_trip(void **state)
{
	char compact[DATE_COMPACT_SIZE], rfc3339[DATE_RFC3339_SIZE];
	int64_t back;

	(void)state;
	for (int64_t t = 0; t <= DATE_FOREVER; t += 86400 * 97 + 12345) {
		assert_int_equal(date_format_compact(t, compact), CA_OK);
		assert_int_equal(date_parse_compact(compact, &back), CA_OK);
		assert_int_equal(back, t);
		assert_int_equal(date_format_rfc3339(t, rfc3339), CA_OK);
		assert_int_equal(date_parse_rfc3339(rfc3339, &back), CA_OK);
		assert_int_equal(back, t);
	}
	assert_int_equal(date_format_compact(-1, compact), CA_ERR_DATE);
	assert_int_equal(date_format_compact(DATE_FOREVER + 1, compact),
	    CA_ERR_DATE);
	assert_int_equal(date_format_rfc3339(INT64_MIN, rfc3339), CA_ERR_DATE);
	assert_int_equal(date_format_rfc3339(INT64_MAX, rfc3339), CA_ERR_DATE);
}

static void
test_end_of_years(void **state)
{
	static const struct {
		const char *from;
		unsigned years;
		const char *want; /* NULL: refused */
	} cases[] = {
		{ "20260101000000Z", 1, "20261231235959Z" },
		{ "20260615120000Z", 30, "20560615115959Z" },
		{ "20240229100000Z", 1, "20250228095959Z" },
		{ "20240229100000Z", 4, "20280229095959Z" },
		{ "20960229000000Z", 4, "21000227235959Z" },
		{ "20000101000000Z", 7999, "99981231235959Z" },
		{ "20000101000000Z", 8000, NULL },
		{ "20260101000000Z", 0, NULL },
		{ "20260101000000Z", 4294967295u, NULL },
	};
	char text[DATE_COMPACT_SIZE];
	int64_t from, to;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(date_parse_compact(cases[i].from, &from),
		    CA_OK);
		assert_int_equal(date_end_of_years(from, cases[i].years, &to),
		    cases[i].want != NULL ? CA_OK : CA_ERR_DATE);
		if (cases[i].want == NULL)
			continue;
		assert_int_equal(date_format_compact(to, text), CA_OK);
		assert_string_equal(text, cases[i].want);
	}
	assert_int_equal(date_end_of_years(-1, 1, &to), CA_ERR_DATE);
}

static void
test_asn1(void **state)
{
	static const struct {
		const char *compact;
		int type;
		const char *text;
	} cases[] = {
		{ "19700101000000Z", V_ASN1_UTCTIME, "700101000000Z" },
		{ "19991231235959Z", V_ASN1_UTCTIME, "991231235959Z" },
		{ "20491231235959Z", V_ASN1_UTCTIME, "491231235959Z" },
		{ "20500101000000Z", V_ASN1_GENERALIZEDTIME,
		    "20500101000000Z" },
		{ "99991231235959Z", V_ASN1_GENERALIZEDTIME,
		    "99991231235959Z" },
	};
	ASN1_TIME *time = ASN1_TIME_new();
	int64_t t, back;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(date_parse_compact(cases[i].compact, &t),
		    CA_OK);
		assert_int_equal(date_to_asn1(t, time), CA_OK);
		assert_int_equal(ASN1_STRING_type(time), cases[i].type);
		assert_int_equal(ASN1_STRING_length(time),
		    strlen(cases[i].text));
		assert_memory_equal(ASN1_STRING_get0_data(time), cases[i].text,
		    strlen(cases[i].text));
		assert_int_equal(date_from_asn1(time, &back), CA_OK);
		assert_int_equal(back, t);
	}
	assert_int_equal(date_to_asn1(-1, time), CA_ERR_DATE);
	ASN1_TIME_free(time);
}

static void
test_asn1_refused(void **state)
{
	static const struct {
		int type;
		const char *text;
	} cases[] = {
		{ V_ASN1_GENERALIZEDTIME, "20491231235959Z" },
		{ V_ASN1_GENERALIZEDTIME, "20500101000000.0Z" },
		{ V_ASN1_GENERALIZEDTIME, "20500101000000+0000" },
		{ V_ASN1_GENERALIZEDTIME, "500101000000Z" },
		{ V_ASN1_UTCTIME, "2601010000Z" },
		{ V_ASN1_UTCTIME, "260101000000+0100" },
		{ V_ASN1_UTCTIME, "260230000000Z" },
		{ V_ASN1_UTCTIME, "691231235959Z" },
		{ V_ASN1_UTCTIME, "" },
		{ V_ASN1_UTF8STRING, "260101000000Z" },
	};
	ASN1_TIME *time = ASN1_TIME_new();
	int64_t t;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ASN1_STRING_set(time, cases[i].text, -1), 1);
		time->type = cases[i].type;
		assert_int_equal(date_from_asn1(time, &t), CA_ERR_DATE);
	}
	ASN1_TIME_free(time);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_format_round_trip),
		cmocka_unit_test(test_end_of_years),
		cmocka_unit_test(test_asn1),
		cmocka_unit_test(test_asn1_refused),
	};

	return cmocka_run_group_tests_name("ca/date", tests, NULL, NULL);
}
