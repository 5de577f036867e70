/* SPDX-License-Identifier: ISC */
#include "ca/subtree.h"

#include "tests/ca/pki.h"

static const char *const good[] = {
	"dns example.com",
	"dns a-1.b2.example",
	"dns com",
	"email user@example.com",
	"email U.s_e+r-1@example.com",
	"email example.com",
	"email .example.com",
	"ip 10.0.0.0/8",
	"ip 0.0.0.0/0",
	"ip 192.168.1.1/32",
	"ip 192.168.1.2/31",
	"ip 2001:db8::/32",
	"ip ::/0",
	"ip ::1/128",
	"uri host.example.com",
	"uri .example.com",
	"dirname C=CH,O=Example",
	"dirname O=An Example (of some)",
};

static const char *const bad[] = {
	"",
	"dns",
	"dns ",
	"dns  example.com",
	"DNS example.com",
	"dns .example.com",
	"dns example.com.",
	"dns example..com",
	"dns *.example.com",
	"dns Example.com",
	"dns -a.example",
	"dns a-.example",
	"dns a_b.example",
	"dns 10.0.0.1",
	"dns ex ample.com",
	"dns xn--\xc3\xa9.example",
	"email @example.com",
	"email user@",
	"email a@b@example.com",
	"email .user@example.com",
	"email user.@example.com",
	"email us..er@example.com",
	"email user@.example.com",
	"email \"us er\"@example.com",
	"ip 10.0.0.0",
	"ip 10.0.0.0/",
	"ip 10.0.0.1/8",
	"ip 10.0.0.0/33",
	"ip 10.0.0/8",
	"ip 10.0.0.0/08",
	"ip 10.0.0.0/8 ",
	"ip 10.0.0.0/-1",
	"ip 010.0.0.0/8",
	"ip 2001:DB8::/32",
	"ip 2001:db8:0::/32",
	"ip 2001:db8::/129",
	"ip ::ffff:1.2.3.4/8",
	"uri https://example.com",
	"uri example.com/path",
	"uri 10.0.0.1",
	"dirname",
	"dirname C=ch",
	"dirname X=y",
	"dirname C=CH,",
	"rid 1.2.3",
};

static GENERAL_NAME *
parse(const char *text)
{
	GENERAL_NAME *name = NULL;

	if (subtree_parse(text, &name) != CA_OK)
		fail_msg("\"%s\" is refused", text);
	return name;
}

static void
test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		GENERAL_NAME *name = parse(good[i]);
		char text[SUBTREE_TEXT_MAX + 1];
		size_t n = strlen(subtree_type(name));

		assert_int_equal(subtree_format(name, text), CA_OK);
		assert_string_equal(text, good[i]);
		assert_memory_equal(text, subtree_type(name), n);
		GENERAL_NAME_free(name);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		GENERAL_NAME *name = NULL;

		if (subtree_parse(bad[i], &name) != CA_ERR_STATED)
			fail_msg("\"%s\" is not refused", bad[i]);
		assert_null(name);
	}
}

/* Longest label, host and local part, and one longer. */
static void
test_limits(void **state)
{
	char text[400], label[64], host[300] = "";
	GENERAL_NAME *name = NULL;

	(void)state;
	memset(label, 'a', 63);
	label[63] = '\0';
	(void)snprintf(text, sizeof(text), "dns %s.example", label);
	GENERAL_NAME_free(parse(text));
	(void)snprintf(text, sizeof(text), "dns %sa.example", label);
	assert_int_equal(subtree_parse(text, &name), CA_ERR_STATED);
	(void)snprintf(text, sizeof(text), "email %sa@example.com", label);
	GENERAL_NAME_free(parse(text));
	(void)snprintf(text, sizeof(text), "email %saa@example.com", label);
	assert_int_equal(subtree_parse(text, &name), CA_ERR_STATED);
	for (int i = 0; i < 125; i++)
		(void)strcat(host, "b.");
	(void)snprintf(text, sizeof(text), "dns %sa", host);
	GENERAL_NAME_free(parse(text));
	(void)snprintf(text, sizeof(text), "dns %saaaa", host);
	assert_int_equal(subtree_parse(text, &name), CA_ERR_STATED);
	(void)snprintf(text, sizeof(text), "dirname CN=%s,O=%s,L=%s,ST=%sa",
	    label, label, label, label);
	assert_int_equal(subtree_parse(text, &name), CA_ERR_STATED);
}

static void
test_within(void **state)
{
	static const struct {
		const char *a, *b;
		bool within;
	} rows[] = {
		{ "dns example.com", "dns example.com", true },
		{ "dns a.example.com", "dns example.com", true },
		{ "dns a.b.example.com", "dns example.com", true },
		{ "dns example.com", "dns a.example.com", false },
		{ "dns badexample.com", "dns example.com", false },
		{ "dns example.com", "dns example.org", false },
		{ "dns example.com", "uri example.com", false },
		{ "email u@example.com", "email u@example.com", true },
		{ "email U@example.com", "email u@example.com", false },
		{ "email u@example.com", "email example.com", true },
		{ "email u@a.example.com", "email example.com", false },
		{ "email u@a.example.com", "email .example.com", true },
		{ "email u@example.com", "email .example.com", false },
		{ "email example.com", "email u@example.com", false },
		{ "email example.com", "email example.com", true },
		{ "email a.example.com", "email example.com", false },
		{ "email a.example.com", "email .example.com", true },
		{ "email .a.example.com", "email .example.com", true },
		{ "email .example.com", "email .example.com", true },
		{ "email .example.com", "email example.com", false },
		{ "uri a.example.com", "uri a.example.com", true },
		{ "uri a.example.com", "uri example.com", false },
		{ "uri a.example.com", "uri .example.com", true },
		{ "uri .a.example.com", "uri .example.com", true },
		{ "uri .example.com", "uri example.com", false },
		{ "ip 10.1.0.0/16", "ip 10.0.0.0/8", true },
		{ "ip 10.0.0.0/8", "ip 10.0.0.0/8", true },
		{ "ip 10.0.0.0/8", "ip 10.1.0.0/16", false },
		{ "ip 11.0.0.0/16", "ip 10.0.0.0/8", false },
		{ "ip 10.0.0.0/8", "ip 0.0.0.0/0", true },
		{ "ip 10.0.0.0/8", "ip ::/0", false },
		{ "ip 2001:db8:1::/48", "ip 2001:db8::/32", true },
		{ "ip 2001:db9::/48", "ip 2001:db8::/32", false },
		{ "dirname C=CH,O=Example", "dirname C=CH", true },
		{ "dirname C=CH,O=EXAMPLE", "dirname C=CH,O=example", true },
		{ "dirname C=CH", "dirname C=CH,O=Example", false },
		{ "dirname O=Example,C=CH", "dirname C=CH", false },
		{ "dirname C=DE,O=Example", "dirname C=CH", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		GENERAL_NAME *a = parse(rows[i].a), *b = parse(rows[i].b);

		if (subtree_within(a, b) != rows[i].within)
			fail_msg("%s in %s", rows[i].a, rows[i].b);
		GENERAL_NAME_free(a);
		GENERAL_NAME_free(b);
	}
}

/* As others write them: read, but never written here. */
static void
test_foreign(void **state)
{
	static const struct {
		int type;
		const char *octets;
		int len;
	} rows[] = {
		{ GEN_DNS, ".example.com", 12 },
		{ GEN_DNS, "", 0 },
		{ GEN_DNS, "a\0b.example", 11 },
		{ GEN_IPADD, "\x0a\0\0\0\xff\0\xff\0", 8 },
		{ GEN_IPADD, "\x0a\0\0\1\xff\0\0\0", 8 },
		{ GEN_IPADD, "\x0a\0\0\0", 4 },
	};
	GENERAL_NAME *host = parse("dns a.example.com");
	GENERAL_NAME *self = parse("dns example.com");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		GENERAL_NAME *name = GENERAL_NAME_new();
		ASN1_STRING *s = ASN1_STRING_type_new(rows[i].type == GEN_DNS
			? V_ASN1_IA5STRING
			: V_ASN1_OCTET_STRING);
		char text[SUBTREE_TEXT_MAX + 1];

		assert_int_equal(ASN1_STRING_set(s, rows[i].octets,
				     rows[i].len),
		    1);
		GENERAL_NAME_set0_value(name, rows[i].type, s);
		assert_int_equal(subtree_format(name, text), CA_ERR_STATED);
		if (i == 0) {
			assert_true(subtree_within(host, name));
			assert_false(subtree_within(self, name));
		}
		if (i == 1)
			assert_true(subtree_within(host, name));
		if (i == 5)
			assert_false(subtree_within(name, name));
		GENERAL_NAME_free(name);
	}
	GENERAL_NAME_free(host);
	GENERAL_NAME_free(self);
}

static void
test_other_type(void **state)
{
	GENERAL_NAME *a = GENERAL_NAME_new(), *b = GENERAL_NAME_new();
	char text[SUBTREE_TEXT_MAX + 1];

	(void)state;
	GENERAL_NAME_set0_value(a, GEN_RID, OBJ_txt2obj("1.2.3", 1));
	GENERAL_NAME_set0_value(b, GEN_RID, OBJ_txt2obj("1.2.4", 1));
	assert_string_equal(subtree_type(a), "other");
	assert_int_equal(subtree_format(a, text), CA_ERR_STATED);
	assert_true(subtree_within(a, a));
	assert_false(subtree_within(a, b));
	GENERAL_NAME_free(a);
	GENERAL_NAME_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_other_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
