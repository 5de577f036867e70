/* SPDX-License-Identifier: ISC */
#include "ca/subject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define C16 "0123456789abcdef"
#define C63 C16 C16 C16 "0123456789abcde"
#define C64 C16 C16 C16 C16

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		enum ca_error want;
	} cases[] = {
		{ "CN=Example Root CA,O=Example,C=CH", CA_OK },
		{ "C=CH,O=Example,CN=Example Root CA", CA_OK },
		{ "CN=a,OU=one,OU=two,L=Bern,ST=BE,serialNumber=7", CA_OK },
		{ "CN=a/b:c{id}*", CA_OK },
		{ "CN=" C64, CA_OK },
		{ "CN=" C64 "x", CA_ERR_NAME },
		{ "", CA_ERR_NAME },
		{ "CN", CA_ERR_NAME },
		{ "CN=", CA_ERR_NAME },
		{ "=a", CA_ERR_NAME },
		{ "CN=a,", CA_ERR_NAME },
		{ ",CN=a", CA_ERR_NAME },
		{ "CN=a,,O=b", CA_ERR_NAME },
		{ "CN=a, O=b", CA_ERR_NAME },
		{ "CN= a", CA_ERR_NAME },
		{ "CN=a ", CA_ERR_NAME },
		{ "cn=a", CA_ERR_NAME },
		{ "CNN=a", CA_ERR_NAME },
		{ "DC=a", CA_ERR_NAME },
		{ "emailAddress=a", CA_ERR_NAME },
		{ "CN=a,CN=b", CA_ERR_NAME },
		{ "O=a,O=b", CA_ERR_NAME },
		{ "serialNumber=1,serialNumber=2", CA_ERR_NAME },
		{ "CN=a+O=b", CA_ERR_NAME },
		{ "CN=a\\,b", CA_ERR_NAME },
		{ "CN=\"a\"", CA_ERR_NAME },
		{ "CN=a<b", CA_ERR_NAME },
		{ "CN=a>b", CA_ERR_NAME },
		{ "CN=a;b", CA_ERR_NAME },
		{ "CN=a=b", CA_ERR_NAME },
		{ "CN=a\tb", CA_ERR_NAME },
		{ "CN=a\x7f", CA_ERR_NAME },
		{ "CN=Z\xc3\xbcrich", CA_ERR_NAME },
		{ "C=ch", CA_ERR_NAME },
		{ "C=CHE", CA_ERR_NAME },
		{ "C=C", CA_ERR_NAME },
		{ "serialNumber=a_b", CA_ERR_NAME },
		{ "serialNumber=A-b.9", CA_OK },
		{ "OU=" C64 ",OU=" C64 ",OU=" C64 ",OU=" C64 ",OU=" C64
		  ",OU=" C64 ",OU=" C64,
		    CA_OK },
		{ "OU=" C64 ",OU=" C64 ",OU=" C64 ",OU=" C64 ",OU=" C64
		  ",OU=" C64 ",OU=" C64 ",OU=" C64,
		    CA_ERR_NAME },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		X509_NAME *name = NULL;
		char text[SUBJECT_TEXT_MAX + 1];

		if (subject_parse(cases[i].text, &name) != cases[i].want)
			fail_msg("\"%s\"", cases[i].text);
		assert_int_equal(name != NULL, cases[i].want == CA_OK);
		if (name != NULL) {
			assert_int_equal(subject_format(name, text), CA_OK);
			assert_string_equal(text, cases[i].text);
		}
		X509_NAME_free(name);
	}
}

static void
test_types(void **state)
{
	static const int want[] = { V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING,
		V_ASN1_PRINTABLESTRING };
	X509_NAME *name = NULL;

	(void)state;
	assert_int_equal(subject_parse("CN=a,C=CH,serialNumber=1", &name),
	    CA_OK);
	assert_int_equal(X509_NAME_entry_count(name), 3);
	for (int i = 0; i < 3; i++) {
		X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);

		assert_int_equal(ASN1_STRING_type(X509_NAME_ENTRY_get_data(e)),
		    want[i]);
		assert_int_equal(X509_NAME_ENTRY_set(e), i);
	}
	X509_NAME_free(name);
}

/* Names that OpenSSL takes and we never make. */
static void
test_format_refused(void **state)
{
	static const struct {
		const char *name, *type, *value;
		int string, set;
	} cases[] = {
		{ "PrintableString CN", "CN", "b", V_ASN1_PRINTABLESTRING, 0 },
		{ "TeletexString O", "O", "b", V_ASN1_T61STRING, 0 },
		{ "two in one RDN", "O", "b", V_ASN1_UTF8STRING, -1 },
		{ "another type", "DC", "b", V_ASN1_IA5STRING, 0 },
		{ "comma in the value", "O", "b,C=CH", V_ASN1_UTF8STRING, 0 },
		{ "second CN", "CN", "b", V_ASN1_UTF8STRING, 0 },
	};
	char text[SUBJECT_TEXT_MAX + 1];
	X509_NAME *name = X509_NAME_new();

	(void)state;
	assert_int_equal(subject_format(name, text), CA_ERR_NAME);
	X509_NAME_free(name);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		name = X509_NAME_new();
		assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN",
				     V_ASN1_UTF8STRING,
				     (const unsigned char *)"a", 1, -1, 0),
		    1);
		assert_int_equal(X509_NAME_add_entry_by_txt(name, cases[i].type,
				     cases[i].string,
				     (const unsigned char *)cases[i].value, -1,
				     -1, cases[i].set),
		    1);
		if (subject_format(name, text) != CA_ERR_NAME)
			fail_msg("%s", cases[i].name);
		assert_string_equal(text, "");
		X509_NAME_free(name);
	}
}

static void
test_expand(void **state)
{
	static const struct {
		const char *template_text, *id, *want; /* NULL: refused */
	} cases[] = {
		{ "CN=device-{id}", "a1", "CN=device-a1" },
		{ "CN={id},O=Example", "a1", "CN=a1,O=Example" },
		{ "O=Example,serialNumber={id}", "a1",
		    "O=Example,serialNumber=a1" },
		{ "CN={id}", C64, "CN=" C64 },
		{ "CN=x{id}", C64, NULL },
		{ "CN=x{id}", C63, "CN=x" C63 },
		{ "CN=device", "a1", NULL },
		{ "CN={id}-{id}", "a1", NULL },
		{ "CN={id},serialNumber={id}", "a1", NULL },
		{ "O={id}", "a1", NULL },
		{ "CN=a,OU={id}", "a1", NULL },
		{ "{id}=a", "CN", NULL },
		{ "CN=a,{id}", "O", NULL },
		{ "CN={id}", "", NULL },
		{ "CN={id}", "a b", NULL },
		{ "CN={id}", "a,O=b", NULL },
		{ "serialNumber={id}", "a_b", NULL },
		{ "", "a1", NULL },
	};
	char text[SUBJECT_TEXT_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum ca_error err =
		    subject_expand(cases[i].template_text, cases[i].id, text);

		if (err != (cases[i].want != NULL ? CA_OK : CA_ERR_NAME))
			fail_msg("%s, %s", cases[i].template_text, cases[i].id);
		assert_string_equal(text,
		    cases[i].want != NULL ? cases[i].want : "");
	}
}

static void
test_id(void **state)
{
	static const struct {
		const char *id;
		bool want;
	} cases[] = {
		{ "a", true },
		{ "AZaz09._-", true },
		{ C64, true },
		{ C64 "a", false },
		{ "", false },
		{ "a b", false },
		{ "a/b", false },
		{ "a\n", false },
		{ "\xc3\xbc", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(subject_id_valid(cases[i].id), cases[i].want);
}

static void
test_pattern(void **state)
{
	static const struct {
		const char *pattern, *id;
		bool valid, match;
	} cases[] = {
		{ "a", "a", true, true },
		{ "a", "b", true, false },
		{ "a", "aa", true, false },
		{ "aa", "a", true, false },
		{ "a", "A", true, false },
		{ "SN-", "SN-", true, true },
		{ "a.b", "a.b", true, true },
		{ "a.b", "axb", true, false },
		{ "a_b-c", "a_b-c", true, true },
		{ "[abc]", "b", true, true },
		{ "[abc]", "d", true, false },
		{ "[abc]", "bb", true, false },
		{ "[a-f]", "f", true, true },
		{ "[a-f]", "g", true, false },
		{ "[0-9A-F]{4}", "09AF", true, true },
		{ "[0-9A-F]{4}", "09af", true, false },
		{ "[0-9A-F]{4}", "09A", true, false },
		{ "[0-9A-F]{4}", "09AF0", true, false },
		{ "SN-[0-9]{8}", "SN-12345678", true, true },
		{ "SN-[0-9]{8}", "SN-1234567x", true, false },
		{ "SN-[0-9]{8}-[a-z]", "SN-12345678-q", true, true },
		{ "a{3}b", "aaab", true, true },
		{ "a{3}b", "aab", true, false },
		{ "a{1}", "a", true, true },
		{ "[-a]", "-", true, true },
		{ "[a-]", "-", true, true },
		{ "[a-]", "b", true, false },
		{ "[-]", "-", true, true },
		{ "[._-]", "_", true, true },
		{ "[a-a]", "a", true, true },
		{ "[a-cx-z]", "y", true, true },
		{ "[a-cx-z]", "d", true, false },
		{ "[0-9]{64}", C64, true, false },
		{ "[0-9a-f]{64}", C64, true, true },
		{ "a", "", true, false },
		{ "[0-9]", "1\n", true, false },
		{ "", "", false, false },
		{ "[]", "a", false, false },
		{ "[", "a", false, false },
		{ "[a", "a", false, false },
		{ "]", "a", false, false },
		{ "[z-a]", "a", false, false },
		{ "[A-z]", "a", false, false },
		{ "[0-z]", "a", false, false },
		{ "[.-9]", ".", false, false },
		{ "[--9]", "-", false, false },
		{ "[a-", "a", false, false },
		{ "[a b]", "a", false, false },
		{ "[^a]", "b", false, false },
		{ "a*", "a", false, false },
		{ "a+", "a", false, false },
		{ "a?", "a", false, false },
		{ "(a)", "a", false, false },
		{ "a|b", "a", false, false },
		{ "\\a", "a", false, false },
		{ "{2}", "aa", false, false },
		{ "a{0}", "", false, false },
		{ "a{01}", "a", false, false },
		{ "a{}", "a", false, false },
		{ "a{", "a", false, false },
		{ "a{2", "aa", false, false },
		{ "a{1,2}", "a", false, false },
		{ "a{-1}", "a", false, false },
		{ "a{2}{2}", "aaaa", false, false },
		{ "a{65}", "a", false, false },
		{ "a{4294967297}", "a", false, false },
		{ "a{64}b", "a", false, false },
		{ "a b", "a b", false, false },
		{ "\xc3\xbc", "\xc3\xbc", false, false },
		{ "[abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
		  "6789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01"
		  "23456789]",
		    "a", true, true },
		{ "[abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
		  "6789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01"
		  "23456789abc]",
		    "a", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (pattern_valid(cases[i].pattern) != cases[i].valid)
			fail_msg("%s: valid", cases[i].pattern);
		if (pattern_match(cases[i].pattern, cases[i].id) !=
		    cases[i].match)
			fail_msg("%s: %s", cases[i].pattern, cases[i].id);
	}
}

static void
test_pattern_example(void **state)
{
	static const struct {
		const char *pattern;
		uint64_t n;
		const char *id;
	} cases[] = {
		{ "[0-9A-F]{8}", 0, "00000000" },
		{ "[0-9A-F]{8}", 0x340A91F2, "340A91F2" },
		{ "[0-9A-F]{8}", 0x100000001, "00000001" },
		{ "unit-[ab][0-9]", 0, "unit-a0" },
		{ "unit-[ab][0-9]", 19, "unit-b9" },
		{ "unit-[ab][0-9]", 20, "unit-a0" },
		{ "x{3}", 7, "xxx" },
	};
	char id[SUBJECT_ID_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(pattern_example(cases[i].pattern, cases[i].n, id));
		assert_string_equal(id, cases[i].id);
		assert_true(pattern_match(cases[i].pattern, id));
	}
	assert_false(pattern_example("[", 0, id));
	assert_false(pattern_example("a{65}", 0, id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_format_refused),
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_pattern),
		cmocka_unit_test(test_pattern_example),
	};

	return cmocka_run_group_tests_name("ca/subject", tests, NULL, NULL);
}
