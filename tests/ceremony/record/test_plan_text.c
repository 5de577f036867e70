/* SPDX-License-Identifier: ISC */
#include "ceremony/record/plan_text.h"

#include <dirent.h>

#include "ceremony/record/words.h"
#include "tests/ceremony/record/plan_sample.h"

#define EXAMPLES "docs/examples" /* tests run in the repository's root */

static char *
read_file(const char *path)
{
	char *text = calloc(1, PLAN_MAX + 1);
	FILE *f = fopen(path, "r");

	assert_non_null(text);
	assert_non_null(f);
	assert_in_range(fread(text, 1, PLAN_MAX, f), 1, PLAN_MAX);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* Every example is a plan, and can be rehearsed and printed. */
static void
test_examples(void **state)
{
	DIR *dir = opendir(EXAMPLES);
	const struct dirent *e = NULL;
	size_t count = 0;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		const uint8_t digest[32] = { 0 };
		char path[512], *yaml = NULL, *sheet = NULL;
		struct plan *p = NULL;

		if (strstr(e->d_name, ".yaml") == NULL)
			continue;
		(void)snprintf(path, sizeof(path), EXAMPLES "/%s", e->d_name);
		yaml = read_file(path);
		p = sample_good(yaml);
		assert_int_equal(plan_rehearse(p, "softhsm"), RECORD_OK);
		assert_int_equal(plan_run_sheet(p, digest, &sheet), RECORD_OK);
		free(sheet);
		plan_free(p);
		free(yaml);
		count++;
	}
	(void)closedir(dir);
	assert_true(count >= 5);
}

static void
test_demo(void **state)
{
	char *yaml = read_file(EXAMPLES "/demo-1-genesis.yaml");
	struct plan *p = sample_good(yaml);

	(void)state;
	assert_string_equal(p->log, "demo.anchorite.example/fleet");
	assert_int_equal(p->token_count, 7);
	assert_int_equal(p->step_count, 4);
	assert_int_equal(p->steps[0].u.quorum.threshold, 3);
	assert_int_equal(p->steps[0].u.quorum.count, 5);
	assert_string_equal(p->steps[1].u.ca.subject,
	    "CN=Example Devices Root CA,O=Example Devices,C=CH");
	assert_int_equal(p->steps[2].u.ca.issuer, 5);
	plan_free(p);
	free(yaml);
	yaml = read_file(EXAMPLES "/demo-3-crl.yaml");
	p = sample_good(yaml);
	assert_string_equal(p->steps[0].u.batch.revoke[0].id, "340A91FF");
	plan_free(p);
	free(yaml);
	yaml = read_file(EXAMPLES "/demo-6-intermediate.yaml");
	p = sample_good(yaml);
	assert_string_equal(p->steps[0].u.intermediate.permitted[0],
	    "dns partner.example");
	plan_free(p);
	free(yaml);
}

/* 3 of 5 become 4 of 6, who then recover a token. */
static void
test_demo_change(void **state)
{
	char *yaml = read_file(EXAMPLES "/demo-4-change.yaml");
	struct plan *p = sample_good(yaml);
	struct plan_needs needs = { 0 };

	(void)state;
	assert_string_equal(p->log, "demo.anchorite.example/fleet");
	assert_int_equal(p->steps[0].u.quorum.threshold, 4);
	assert_int_equal(p->steps[0].u.quorum.count, 6);
	assert_int_equal(plan_new_cards(&p->steps[0].u.quorum), 3);
	assert_string_equal(p->steps[0].u.quorum.operators[1].was, "bert");
	plan_needs(p, 3, &needs);
	assert_int_equal(needs.readers, 3);
	assert_int_equal(needs.visits, 3 + 3 + 4);
	assert_int_equal(needs.words, 1);
	plan_free(p);
	free(yaml);
	yaml = read_file(EXAMPLES "/demo-5-recovery.yaml");
	p = sample_good(yaml);
	assert_int_equal(p->steps[0].kind, PLAN_RECOVERY);
	assert_int_equal(p->steps[1].kind, PLAN_CRL);
	assert_int_equal(p->steps[1].u.batch.token,
	    p->steps[0].u.recovery.token);
	plan_free(p);
	free(yaml);
}

static const struct fill {
	const char *blank, *value;
} fills[] = {
	{ "<log origin>", "demo.example/fleet" },
	{ "<ceremony name>", "2026-12-x" },
	{ "<one line for people>", "A ceremony" },
	{ "<date>", "2026-12-01T09:00:00Z" },
	{ "<administrator>", "Iris Vale" },
	{ "<witness>", "Tom Reed" },
	{ "<module>", "softhsm" },
	{ "<operator 1>", "alice" },
	{ "<operator 2>", "bert" },
	{ "<operator 3>", "carol" },
	{ "<name of 1>", "Alice Moor" },
	{ "<name of 2>", "Bert Lang" },
	{ "<name of 3>", "Carol Finn" },
	{ "<custodian 1>", "Nora Lind" },
	{ "<custodian 2>", "Otto Berg" },
	{ "<custodian 3>", "Pia Stern" },
	{ "<CN=... Root CA,O=...,C=...>", "CN=Root CA,O=Example,C=CH" },
	{ "<CN=... Product CA 1,O=...,C=...>", "CN=Product CA 1,C=CH" },
	{ "<CN=... Product CA 1 Sealer,O=...,C=...>", "CN=Sealer,C=CH" },
	{ "<why one copy is enough>", "a test" },
	{ "<line.station>", "line3.station" },
	{ "<line.order>", "line3.order" },
	{ "<pattern>", "[0-9A-F]{8}" },
	{ "<subject with the id>", "CN=device-{id}" },
	{ "<number of certificates>", "1000" },
	{ "<last date of requests>", "2027-12-31T23:59:59Z" },
	{ "<last date of receipts>", "2028-01-31T00:00:00Z" },
	{ "<line.request>", "line3.request" },
	{ "<line.response>", "line3.response" },
	{ "<years>", "10" },
	{ "<partner.csr>", "partner.csr" },
	{ "<partner.pem>", "partner.pem" },
	{ "<partner.chain>", "partner.chain" },
	{ "<CN=... CA,O=...,C=...>", "CN=Partner CA" },
	{ "<key>", "p384" },
	{ "dns <example.com>", "dns example.com" },
	{ "<ca.crl>", "product-1.crl" },
	{ "<ca.backup>", "product.backup" },
	{ "<id of the unit>", "340A91FF" },
	{ "<reason>", "keyCompromise" },
	{ "<operator 4>", "dora" },
	{ "<name of 4>", "Dora Beck" },
	{ "<why it changes>", "dora joins" },
	{ "<why its PIN is of no use>", "a locked PIN" },
};

/* As it comes a skeleton is refused for its first blank; filled in it
 * is a plan, and no blank is left over. */
static void
test_skeletons(void **state)
{
	static const struct {
		const char *kind;
		size_t steps;
	} kinds[] = { { "genesis", 4 }, { "batch", 1 }, { "intermediate", 1 },
		{ "crl", 1 }, { "quorum-change", 1 }, { "recovery", 1 },
		{ "backup", 1 }, { "restore", 1 } };
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *text = plan_skeleton(kinds[i].kind);
		struct plan_fault fault = { 0 };
		struct plan *p = NULL;
		char *yaml = NULL;

		assert_non_null(text);
		assert_int_equal(sample_read(text, &p, &fault),
		    RECORD_ERR_PLAN);
		assert_string_equal(fault.text,
		    "log: fill in what stands between < and >");
		yaml = strdup(text);
		for (j = 0; j < sizeof(fills) / sizeof(fills[0]); j++) {
			while (strstr(yaml, fills[j].blank) != NULL) {
				char *next = sample_edit(yaml, fills[j].blank,
				    fills[j].value);

				free(yaml);
				yaml = next;
			}
		}
		p = sample_good(yaml);
		assert_int_equal(p->step_count, kinds[i].steps);
		plan_free(p);
		free(yaml);
	}
	assert_null(plan_skeleton("cross-sign"));
	assert_null(plan_skeleton(""));
}

/* All lines of a sheet fit, none ends in a blank. */
static void
check_lines(const char *sheet)
{
	while (*sheet != '\0') {
		size_t n = strcspn(sheet, "\n");

		assert_int_equal(sheet[n], '\n');
		if (n > 78)
			fail_msg("%zu columns: %.*s", n, (int)n, sheet);
		if (n > 0)
			assert_int_not_equal(sheet[n - 1], ' ');
		sheet += n + 1;
	}
}

static void
test_run_sheet(void **state)
{
	static const char *const wanted[] = { "RUN SHEET", "genesis",
		"demo.example/fleet", "2026-12-01T09:00:00Z", "Tom Reed",
		"op-a: operator alice", "serial AB12", "1.  quorum",
		"[ ] bert (Bert Lang), card op-b", "2 of 3 custodians",
		"2.  root", "subject CN=Root CA,O=Example",
		"one copy of the key: root is a test", "issued by card root-1",
		"4.  work-order", "at most 1000 certificates",
		"requests until 2027-12-31T23:59:59Z", "Close", "initials" };
	struct plan *p = sample_good(sample_genesis);
	uint8_t digest[32];
	char words[WORDS_TEXT_MAX], first[32], *sheet = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(digest); i++)
		digest[i] = (uint8_t)(0xa0 + i);
	words_write(digest, words);
	(void)snprintf(first, sizeof(first), "in words   %.*s ",
	    (int)strcspn(words, " "), words);
	assert_int_equal(plan_run_sheet(p, digest, &sheet), RECORD_OK);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (strstr(sheet, wanted[i]) == NULL)
			fail_msg("not on the sheet: %s", wanted[i]);
	}
	assert_non_null(strstr(sheet,
	    "Plan       a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9"
	    "babbbcbdbebf\n"));
	assert_non_null(strstr(sheet, first));
	check_lines(sheet);
	free(sheet);
	plan_free(p);
}

/* The longest values still fit, broken between words or within one. */
static void
test_run_sheet_wide(void **state)
{
	const uint8_t digest[32] = { 0 };
	char title[PLAN_TEXT_MAX + 1], put[700], *yaml = NULL, *sheet = NULL;
	struct plan *p = NULL;
	size_t i;

	(void)state;
	memset(title, 'x', sizeof(title) - 1);
	title[sizeof(title) - 1] = '\0';
	for (i = 100; i < 400; i += 7)
		title[i] = ' ';
	(void)snprintf(put, sizeof(put), "title: %s\n", title);
	yaml = sample_edit(sample_batch, "title: A batch\n", put);
	p = sample_good(yaml);
	(void)snprintf(p->steps[0].u.batch.accept_gap, PLAN_TEXT_MAX + 1, "%s",
	    title);
	assert_int_equal(plan_run_sheet(p, digest, &sheet), RECORD_OK);
	check_lines(sheet);
	assert_non_null(strstr(sheet, "revoke unit 340A91FF: keyCompromise"));
	assert_non_null(strstr(sheet, "revoke serial 01ab: superseded"));
	free(sheet);
	plan_free(p);
	free(yaml);
}

static void
test_rehearse(void **state)
{
	struct plan *p = sample_good(sample_genesis);
	size_t i;

	(void)state;
	assert_int_equal(plan_rehearse(p, "softhsm"), RECORD_OK);
	assert_string_equal(p->log, "rehearsal/demo.example/fleet");
	for (i = 0; i < p->token_count; i++) {
		assert_string_equal(p->tokens[i].module, "softhsm");
		assert_string_equal(p->tokens[i].serial, "");
	}
	assert_string_equal(p->steps[1].u.ca.subject,
	    "CN=Root CA,O=Example,OU=REHEARSAL");
	assert_string_equal(p->steps[1].u.ca.sealer_subject, "");
	assert_string_equal(p->steps[2].u.ca.subject,
	    "CN=Product CA,O=Example,OU=REHEARSAL");
	assert_string_equal(p->steps[2].u.ca.sealer_subject,
	    "CN=Product CA Sealer,O=Example,OU=REHEARSAL");
	assert_string_equal(p->steps[3].u.order.subject,
	    "CN=device-{id},O=Example,OU=REHEARSAL");
	assert_int_equal(plan_rehearse(p, "softhsm"), RECORD_ERR_ARGUMENT);
	plan_free(p);
}

/* On cards: the plan's modules, or one for all; serials stay. */
static void
test_rehearse_cards(void **state)
{
	static const char *const bad[] = { "", "none", "lib.so", "/a/../lib.so",
		"/lib so" };
	struct plan *p = sample_good(sample_genesis);
	char module[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(plan_rehearse(p, bad[i]), RECORD_ERR_ARGUMENT);
	memcpy(module, p->tokens[0].module, sizeof(module));
	assert_int_equal(plan_rehearse(p, NULL), RECORD_OK);
	assert_string_equal(p->tokens[0].module, module);
	assert_string_equal(p->tokens[2].module, "softhsm");
	assert_string_equal(p->tokens[2].serial, "");
	plan_free(p);
	p = sample_good(sample_genesis);
	assert_int_equal(plan_rehearse(p, "/usr/lib/a-module.so"), RECORD_OK);
	assert_string_equal(p->tokens[2].serial, "AB12");
	for (i = 0; i < p->token_count; i++)
		assert_string_equal(p->tokens[i].module,
		    "/usr/lib/a-module.so");
	plan_free(p);
	/* a path that the member holds, and one that it does not */
	memset(module, 'a', sizeof(module));
	module[0] = '/';
	module[255] = '\0';
	assert_true(plan_module_valid(module));
	assert_false(plan_module_valid(
	    "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaa"));
}

/* The longest origin and subject that a plan may have can be rehearsed; a
 * plan made by hand may be too long. */
static void
test_rehearse_long(void **state)
{
	struct plan *p = sample_good(sample_genesis);

	(void)state;
	memset(p->log, 'a', 118);
	p->log[118] = '\0';
	memset(p->steps[1].u.ca.subject, 'a', PLAN_TEXT_MAX - 13);
	assert_int_equal(plan_rehearse(p, "softhsm"), RECORD_OK);
	assert_int_equal(strlen(p->log), 128);
	assert_int_equal(strlen(p->steps[1].u.ca.subject), PLAN_TEXT_MAX);
	memset(p->log, 'a', 119);
	p->log[119] = '\0';
	assert_int_equal(plan_rehearse(p, "softhsm"), RECORD_ERR_PLAN);
	p->log[1] = '\0';
	assert_int_equal(plan_rehearse(p, "softhsm"), RECORD_ERR_PLAN);
	plan_free(p);
}

static void
test_needs(void **state)
{
	struct plan_needs needs = { 0 };
	struct plan *p = sample_good(sample_genesis);
	char *yaml;

	(void)state;
	/* all 2 twice; then 2, 3 and 1 rounds of the plan's own 2; close */
	plan_needs(p, 9, &needs);
	assert_int_equal(needs.readers, 2);
	assert_int_equal(needs.words, 3);
	assert_int_equal(needs.visits, 4 + 2 * 6 + 2);
	assert_int_equal(needs.rounds, 2 + 6 + 1);
	assert_true(needs.minutes > 2 * needs.visits);
	plan_free(p);
	p = sample_good(sample_batch);
	plan_needs(p, 3, &needs);
	assert_int_equal(needs.readers, 2);
	assert_int_equal(needs.visits, 3 * (1 + 1) + 3);
	assert_int_equal(needs.rounds, 3);
	assert_int_equal(needs.words, 0);
	plan_free(p);
	/* tokens that sign side by side, and an operator's card */
	yaml = sample_edit(sample_batch, "token: prod-1",
	    "tokens: [prod-1, root-1]");
	p = sample_good(yaml);
	plan_needs(p, 3, &needs);
	assert_int_equal(needs.readers, 3);
	assert_int_equal(needs.visits, 3 * (1 + 1) + 3);
	plan_free(p);
	free(yaml);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_demo),
		cmocka_unit_test(test_demo_change),
		cmocka_unit_test(test_skeletons),
		cmocka_unit_test(test_run_sheet),
		cmocka_unit_test(test_run_sheet_wide),
		cmocka_unit_test(test_rehearse),
		cmocka_unit_test(test_rehearse_cards),
		cmocka_unit_test(test_rehearse_long),
		cmocka_unit_test(test_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
