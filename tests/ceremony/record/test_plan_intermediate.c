/* SPDX-License-Identifier: ISC */
/* CAs that others run, in plans. */
#include "ca/stated.h"
#include "ceremony/record/plan_text.h"
#include "tests/ceremony/record/plan_sample.h"

static const char sample[] =
    "plan: 1\n"                                          /* 1 */
    "log: demo.example/fleet\n"                          /* 2 */
    "ceremony: partner\n"                                /* 3 */
    "date: 2026-12-08T09:00:00Z\n"                       /* 4 */
    "roles:\n"                                           /* 5 */
    "  - {role: witness, name: Tom Reed}\n"              /* 6 */
    "tokens:\n"                                          /* 7 */
    "  - {label: op-a, module: softhsm, owner: alice}\n" /* 8 */
    "  - {label: op-b, module: softhsm, owner: bert}\n"  /* 9 */
    "  - {label: prod-1, module: softhsm}\n"             /* 10 */
    "  - {label: root-1, module: softhsm}\n"             /* 11 */
    "steps:\n"                                           /* 12 */
    "  - intermediate:\n"                                /* 13 */
    "      token: root-1\n"                              /* 14 */
    "      sealer: prod-1\n"                             /* 15 */
    "      csr: a.csr\n"                                 /* 16 */
    "      out: a.pem\n"                                 /* 17 */
    "      sealed: a.chain\n"                            /* 18 */
    "      subject: CN=Partner CA\n"                     /* 19 */
    "      key: rsa\n"                                   /* 20 */
    "      years: 30\n"                                  /* 21 */
    "      pathlen: 8\n"                                 /* 22 */
    "      permitted:\n"                                 /* 23 */
    "        - dns a.example\n"                          /* 24 */
    "        - ip 2001:db8::/32\n"                       /* 25 */
    "        - dirname C=CH,O=Example Partner\n"         /* 26 */
    "      excluded: [uri .b.example]\n"                 /* 27 */
    "      eku: [serverAuth, 1.3.6.1.4.1.55555.1]\n"     /* 28 */
    "      policies: [1.3.6.1.4.1.55555.2]\n";           /* 29 */

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NAMES                                                                  \
	"names as \"dns example.com\", \"email example.com\", \"ip "           \
	"10.0.0.0/8\", \"uri .example.com\" or \"dirname C=CH,O=Example\""
#define ANOTHER                                                                \
	"  - intermediate: {token: root-1, sealer: prod-1, csr: b.csr, out: "  \
	"b.pem, sealed: b.chain, subject: CN=B, key: p256, years: 1, "         \
	"pathlen: 0}\n  - intermediate:\n"

static void
test_built(void **state)
{
	struct plan *p = sample_good(sample);
	const struct plan_intermediate *i = &p->steps[0].u.intermediate;
	char text[STATED_TEXT_MAX + 1];

	(void)state;
	assert_int_equal(p->steps[0].kind, PLAN_INTERMEDIATE);
	assert_string_equal(plan_kind_name(PLAN_INTERMEDIATE), "intermediate");
	assert_int_equal(i->token, 3);
	assert_int_equal(i->sealer, 2);
	assert_string_equal(i->csr, "a.csr");
	assert_string_equal(i->out, "a.pem");
	assert_string_equal(i->sealed, "a.chain");
	assert_string_equal(i->subject, "CN=Partner CA");
	assert_string_equal(i->key, "rsa");
	assert_string_equal(i->key_sha256, "");
	assert_int_equal(i->years, 30);
	assert_true(plan_stated(i, text));
	assert_string_equal(text,
	    "pathlen 8\n"
	    "permitted dns a.example\n"
	    "permitted ip 2001:db8::/32\n"
	    "permitted dirname C=CH,O=Example Partner\n"
	    "excluded uri .b.example\n"
	    "eku serverAuth\n"
	    "eku 1.3.6.1.4.1.55555.1\n"
	    "policy 1.3.6.1.4.1.55555.2\n");
	assert_int_equal(plan_rehearse(p, NULL), RECORD_OK);
	assert_string_equal(i->subject, "CN=Partner CA,OU=REHEARSAL");
	plan_free(p);
}

static const struct sample_bad rows[] = {
	{ "a card certifies", sample, "token: root-1", "token: op-a", 14, 14,
	    "steps.1.intermediate.token: token op-a is the card of operator alice, not a CA's" },
	{ "a card seals", sample, "sealer: prod-1", "sealer: op-b", 15, 15,
	    "steps.1.intermediate.sealer: token op-b is the card of operator bert, not a CA's" },
	{ "no CSR", sample, "      csr: a.csr\n", "", 14, 7,
	    "steps.1.intermediate: key \"csr\" is missing" },
	{ "no pathlen", sample, "      pathlen: 8\n", "", 14, 7,
	    "steps.1.intermediate: key \"pathlen\" is missing" },
	{ "pathlen too great", sample, "pathlen: 8", "pathlen: 9", 22, 16,
	    "steps.1.intermediate.pathlen: \"9\" should be a number from 0 to 8" },
	{ "another kind of key", sample, "key: rsa", "key: ed25519", 20, 12,
	    "steps.1.intermediate.key: \"ed25519\" should be one of: p256, p384, rsa" },
	{ "too many years", sample, "years: 30", "years: 31", 21, 14,
	    "steps.1.intermediate.years: profile intermediate allows at most 30 years" },
	{ "a digest too short", sample, "key: rsa",
	    "key: rsa\n      key-sha256: abc", 21, 19,
	    "steps.1.intermediate.key-sha256: \"abc\" should be a SHA-256: 64 hexadecimal digits in lower case" },
	{ "names of no type", sample, "- dns a.example", "- a.example", 24, 11,
	    "steps.1.intermediate.permitted.1: \"a.example\" should be " NAMES },
	{ "bits behind the prefix", sample, "2001:db8::/32", "2001:db8::/16",
	    25, 11,
	    "steps.1.intermediate.permitted.2: \"ip 2001:db8::/16\" should be " NAMES },
	{ "names excluded of no type", sample, "uri .b.example", "b.example",
	    27, 18,
	    "steps.1.intermediate.excluded.1: \"b.example\" should be " NAMES },
	{ "no use", sample, "[serverAuth,", "[server,", 28, 13,
	    "steps.1.intermediate.eku.1: \"server\" should be a use as serverAuth or clientAuth, or the OID of one that has no name in anchorite-plan(5)" },
	{ "the OID of a use that has a name", sample, "[serverAuth,",
	    "[1.3.6.1.5.5.7.3.1,", 28, 13,
	    "steps.1.intermediate.eku.1: \"1.3.6.1.5.5.7.3.1\" should be a use as serverAuth or clientAuth, or the OID of one that has no name in anchorite-plan(5)" },
	{ "no policy", sample, "[1.3.6.1.4.1.55555.2]", "[gold]", 29, 18,
	    "steps.1.intermediate.policies.1: \"gold\" should be the OID of a policy as 1.3.6.1.4.1.55555.1" },
	{ "names twice", sample, "ip 2001:db8::/32", "dns a.example", 25, 11,
	    "steps.1.intermediate.permitted.2: is item 1 of the list already" },
	{ "excluded twice", sample, "[uri .b.example]",
	    "[dns b.example, uri .b.example, dns b.example]", 27, 49,
	    "steps.1.intermediate.excluded.3: is item 1 of the list already" },
	{ "uses twice", sample, "1.3.6.1.4.1.55555.1]", "serverAuth]", 28, 25,
	    "steps.1.intermediate.eku.2: is item 1 of the list already" },
	{ "policies twice", sample, "[1.3.6.1.4.1.55555.2]", "[1.2.3, 1.2.3]",
	    29, 25,
	    "steps.1.intermediate.policies.2: is item 1 of the list already" },
	{ "one file twice", sample, "a.chain", "A.PEM", 18, 15,
	    "steps.1.intermediate.sealed: \"A.PEM\" is written by step 1 already" },
	{ "file of another step", sample, "  - intermediate:\n",
	    "  - crl: {token: root-1, out: a.chain, crl-days: 9}\n  - intermediate:\n",
	    19, 15,
	    "steps.2.intermediate.sealed: \"a.chain\" is written by step 1 already" },
};

/* Two steps that have what only one may have. */
static void
test_two(void **state)
{
	static const struct {
		const char *find, *put, *text;
	} two[] = {
		{ "csr: b.csr", "csr: a.csr",
		    "steps.2.intermediate.csr: \"a.csr\" is certified by step 1 already" },
		{ "subject: CN=B,", "subject: CN=Partner CA,",
		    "steps.1.intermediate.subject: is the subject of step 2 too; give it another" },
		{ "sealed: b.chain", "sealed: a.pem",
		    "steps.2.intermediate.out: \"a.pem\" is written by step 1 already" },
	};
	char *yaml = sample_edit(sample, "  - intermediate:\n", ANOTHER);

	(void)state;
	plan_free(sample_good(yaml));
	for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++) {
		char *bad = sample_edit(yaml, two[i].find, two[i].put);
		struct plan_fault f = { 0 };
		struct plan *p = NULL;

		assert_int_equal(sample_read(bad, &p, &f), RECORD_ERR_PLAN);
		assert_string_equal(f.text, two[i].text);
		free(bad);
	}
	free(yaml);
}

/* A product CA of this plan that may certify CAs. */
static void
test_product(void **state)
{
	static const struct {
		const char *put, *text;
	} rows_of[] = {
		{ "pathlen: 1", NULL },
		{ "pathlen: 2",
		    "steps.4.intermediate.pathlen: 2 is not below the 2 of the product CA" },
		{ "pathlen: 1, years: 21",
		    "steps.4.intermediate.years: 21 years outlive the product CA's 20" },
	};
	char *may = sample_edit(sample_genesis,
	    "      sealer: CN=Product CA Sealer,O=Example\n",
	    "      sealer: CN=Product CA Sealer,O=Example\n      pathlen: 2\n");
	char text[STATED_TEXT_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows_of) / sizeof(rows_of[0]); i++) {
		char step[400];
		struct plan_fault f = { 0 };
		struct plan *p = NULL;
		char *yaml;

		(void)snprintf(step, sizeof(step),
		    "  - intermediate: {token: prod-1, sealer: prod-1, csr: a, out: b, sealed: c, subject: CN=P, key: p256, %s%s}\n  - work-order:\n",
		    strstr(rows_of[i].put, "years") == NULL ? "years: 20, "
							    : "",
		    rows_of[i].put);
		yaml = sample_edit(may, "  - work-order:\n", step);
		assert_int_equal(sample_read(yaml, &p, &f),
		    rows_of[i].text == NULL ? RECORD_OK : RECORD_ERR_PLAN);
		assert_string_equal(f.text,
		    rows_of[i].text == NULL ? "" : rows_of[i].text);
		if (p != NULL) {
			plan_stated_product(&p->steps[2].u.ca, text);
			assert_string_equal(text, "pathlen 2\n");
		}
		plan_free(p);
		free(yaml);
	}
	free(may);
}

/* What this plan makes itself. */
static void
test_made_here(void **state)
{
	static const struct {
		const char *find, *put, *text; /* NULL: it is good */
	} here[] = {
		{ "token: op-x", "token: root-1", NULL },
		{ "token: op-x", "token: prod-1",
		    "steps.4.intermediate.token: token prod-1 gets a product CA, which certifies no CA; name the root's token" },
		{ "token: op-x, sealer: prod-1",
		    "token: root-1, sealer: root-1",
		    "steps.4.intermediate.sealer: token root-1 holds the root; name a product CA's token" },
		{ "token: op-x, sealer: prod-1, csr: a, out: b, sealed: c, subject: CN=P, key: p256, years: 20",
		    "token: root-1, sealer: prod-1, csr: a, out: b, sealed: c, subject: CN=P, key: p256, years: 26",
		    "steps.4.intermediate.years: 26 years outlive the root's 25" },
	};
	char *yaml = sample_edit(sample_genesis, "  - work-order:\n",
	    "  - intermediate: {token: op-x, sealer: prod-1, csr: a, out: b, sealed: c, subject: CN=P, key: p256, years: 20, pathlen: 0}\n"
	    "  - work-order:\n");

	(void)state;
	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
		char *edited = sample_edit(yaml, here[i].find, here[i].put);
		struct plan_fault f = { 0 };
		struct plan *p = NULL;

		assert_int_equal(sample_read(edited, &p, &f),
		    here[i].text == NULL ? RECORD_OK : RECORD_ERR_PLAN);
		assert_string_equal(f.text,
		    here[i].text == NULL ? "" : here[i].text);
		plan_free(p);
		free(edited);
	}
	free(yaml);
}

static void
test_refused(void **state)
{
	(void)state;
	sample_refuse(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_taken(void **state)
{
	static const struct {
		const char *find, *put;
	} good[] = {
		{ "key: rsa", "key: p256" },
		{ "key: rsa", "key: rsa\n      key-sha256: \"" SHA "\"" },
		{ "pathlen: 8", "pathlen: 0" },
		{ "      excluded: [uri .b.example]\n", "" },
		{ "      eku: [serverAuth, 1.3.6.1.4.1.55555.1]\n", "" },
		{ "      policies: [1.3.6.1.4.1.55555.2]\n", "" },
		{ "[uri .b.example]", "[ip 0.0.0.0/0, \"ip ::/0\"]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char *yaml = sample_edit(sample, good[i].find, good[i].put);

		plan_free(sample_good(yaml));
		free(yaml);
	}
}

/* Sixteen names that are too long together. */
static void
test_too_much(void **state)
{
	char list[5000] = "permitted:\n", label[64];
	struct plan_fault f = { 0 };
	struct plan *p = NULL;
	char *yaml;

	(void)state;
	memset(label, 'a', 63);
	label[63] = '\0';
	for (int i = 0; i < PLAN_STATED_MAX; i++)
		(void)snprintf(list + strlen(list), sizeof(list) - strlen(list),
		    "        - dns x%d.%s.%s.%s.%s.example\n", i, label, label,
		    label, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
	(void)snprintf(list + strlen(list), sizeof(list) - strlen(list),
	    "      excluded: [uri .b.example]\n");
	yaml = sample_edit(sample,
	    "permitted:\n"
	    "        - dns a.example\n"
	    "        - ip 2001:db8::/32\n"
	    "        - dirname C=CH,O=Example Partner\n"
	    "      excluded: [uri .b.example]\n",
	    list);
	assert_int_equal(sample_read(yaml, &p, &f), RECORD_ERR_PLAN);
	assert_string_equal(f.text,
	    "steps.1.intermediate.pathlen: what is stated has over 4095 characters in all; state less");
	free(yaml);
}

/* The sheet has every field, those that are not there too. */
static void
test_sheet(void **state)
{
	static const char *const lines[] = {
		"[ ] subject CN=Partner CA",
		"[ ] key rsa, its SHA-256 as the screen shows it",
		"[ ] valid 30 years, from 2026-12-08T09:00:00Z",
		"[ ] pathlen 8",
		"[ ] permitted dns a.example",
		"[ ] permitted ip 2001:db8::/32",
		"[ ] excluded: none, so no name",
		"[ ] eku serverAuth",
		"[ ] policies 1.3.6.1.4.1.55555.2",
	};
	static const uint8_t digest[32];
	char *yaml =
	    sample_edit(sample, "      excluded: [uri .b.example]\n", "");
	struct plan *p = sample_good(yaml);
	char *sheet = NULL;

	(void)state;
	assert_int_equal(plan_run_sheet(p, digest, &sheet), RECORD_OK);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strstr(sheet, lines[i]) == NULL)
			fail_msg("not on the sheet: %s", lines[i]);
	free(sheet);
	plan_free(p);
	free(yaml);
}

static void
test_needs(void **state)
{
	struct plan *p = sample_good(sample);
	struct plan_needs needs = { 0 };

	(void)state;
	plan_needs(p, 3, &needs);
	assert_int_equal(needs.readers, 2);
	/* certificate, seal, checkpoint */
	assert_int_equal(needs.visits, 9);
	assert_int_equal(needs.words, 0);
	plan_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_built),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_made_here),
		cmocka_unit_test(test_product),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_sheet),
		cmocka_unit_test(test_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
