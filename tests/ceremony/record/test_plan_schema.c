/* SPDX-License-Identifier: ISC */
#include "ceremony/record/plan_schema.h"
#include "tests/ceremony/record/plan_sample.h"

#define KINDS                                                                  \
	"known: quorum, root, product-ca, intermediate, work-order, batch, "   \
	"crl, quorum-change, recovery, backup, restore, destroy, retire"

/* Keys, shapes and single values against the schema's rows. */
static const struct
    sample_bad
	rows
	    [] = {
		    { "unknown top key", sample_genesis, "roles:", "rolls:", 5,
			1, "unknown key \"rolls\"; did you mean \"roles\"?" },
		    { "unknown top key like no other", sample_genesis,
			"date:", "wednesday:", 4, 1,
			"unknown key \"wednesday\"; known here: plan, log, ceremony, title, date, vendor, vendor-certificate, sandbox, shell, roles, tokens, steps" },
		    { "unknown key", sample_genesis, "threshold: 2",
			"treshold: 2", 15, 7,
			"unknown key \"treshold\"; did you mean \"threshold\"?" },
		    { "unknown key in flow", sample_genesis, "owner: alice",
			"ownr: alice", 8, 36,
			"unknown key \"ownr\"; did you mean \"owner\"?" },
		    { "unknown key of another mapping", sample_genesis,
			"threshold: 2", "quota: 2", 15, 7,
			"unknown key \"quota\"; known here: threshold, operators, so, backup" },
		    { "unknown long key", sample_genesis, "threshold: 2",
			"threshold-threshold-threshold-threshold: 2", 15, 7,
			"unknown key \"threshold-threshold-threshold-th\"; known here: threshold, operators, so, backup" },
		    { "key in capitals", sample_genesis, "log:", "Log:", 2, 1,
			"unknown key \"Log\"; did you mean \"log\"?" },
		    { "unknown step kind", sample_genesis,
			"- root:", "- rooot:", 22, 5,
			"unknown step kind \"rooot\"; " KINDS },
		    { "step kind of a later version", sample_batch,
			"- crl:", "- cross-sign:", 24, 5,
			"unknown step kind \"cross-sign\"; " KINDS },
		    { "two kinds in a step", sample_genesis,
			"  - product-ca:", "    product-ca:", 22, 5,
			"steps.2: a step is of one kind; begin each with a dash" },
		    { "step is a word", sample_batch,
			"  - crl:\n      token: root-1\n      out: root.crl\n      crl-days: 400\n",
			"  - crl\n", 24, 5,
			"steps.2: should be a mapping with one key, the kind of step" },
		    { "steps are no list", NULL, NULL,
			"plan: 1\nsteps:\n  batch:\n    token: x\n", 3, 3,
			"steps: should be a list, each item after a dash" },
		    { "roles is a word", sample_genesis,
			"roles:\n  - {role: witness, name: Tom Reed}",
			"roles: Tom Reed", 5, 8,
			"roles: should be a list, each item after a dash" },
		    { "value is a list", sample_genesis, "Tom Reed",
			"[Tom Reed]", 6, 27,
			"roles.1.name: should be one value" },
		    { "value is a mapping", sample_genesis, "threshold: 2",
			"threshold: {min: 2}", 15, 18,
			"steps.1.quorum.threshold: should be one value" },
		    { "list is a value", sample_genesis, "[root-1]", "root-1",
			27, 15,
			"steps.2.root.tokens: should be a list, each item after a dash" },
		    { "mapping is a list", sample_genesis,
			"      so:\n        threshold: 2\n        custodians: [Nora Lind, Otto Berg, Pia Stern]",
			"      so: [Nora Lind]", 19, 11,
			"steps.1.quorum.so: should be a mapping of keys to values" },
		    { "log is missing", sample_genesis,
			"log: demo.example/fleet\n", "", 1, 1,
			"key \"log\" is missing" },
		    { "steps are missing", NULL, NULL,
			"plan: 1\nlog: a.b/c\nceremony: c\ndate: 2026-12-08T09:00:00Z\nroles: [{role: witness, name: Tom}]\ntokens: [{label: a, module: softhsm}]\n",
			1, 1, "key \"steps\" is missing" },
		    { "so is missing", sample_genesis,
			"      so:\n        threshold: 2\n        custodians: [Nora Lind, Otto Berg, Pia Stern]\n",
			"", 15, 7, "steps.1.quorum: key \"so\" is missing" },
		    { "key is missing", sample_genesis, "      key: p384\n", "",
			23, 7, "steps.2.root: key \"key\" is missing" },
		    { "name is missing", sample_genesis, ", name: Bert Lang",
			"", 18, 11,
			"steps.1.quorum.operators.2: key \"name\" is missing" },
		    { "crl-days is missing in crl", sample_batch,
			"      crl-days: 400\n", "", 25, 7,
			"steps.2.crl: key \"crl-days\" is missing" },
		    { "years is missing in batch", sample_batch,
			"      years: 10\n", "", 15, 7,
			"steps.1.batch: key \"years\" is missing" },
		    { "other version", sample_genesis, "plan: 1", "plan: 2", 1,
			7,
			"plan: \"2\" should be 1, the one form of plans that this version reads" },
		    { "number in words", sample_genesis, "threshold: 2",
			"threshold: two", 15, 18,
			"steps.1.quorum.threshold: \"two\" should be a number from 2 to 16" },
		    { "number with a sign", sample_genesis, "threshold: 2",
			"threshold: +2", 15, 18,
			"steps.1.quorum.threshold: \"+2\" should be a number from 2 to 16" },
		    { "negative number", sample_genesis, "quota: 1000",
			"quota: -1", 47, 14,
			"steps.4.work-order.quota: \"-1\" should be a number from 1 to 10000000" },
		    { "number in hexadecimal", sample_genesis, "quota: 1000",
			"quota: 0x10", 47, 14,
			"steps.4.work-order.quota: \"0x10\" should be a number from 1 to 10000000" },
		    { "number with a fraction", sample_genesis, "quota: 1000",
			"quota: 1e3", 47, 14,
			"steps.4.work-order.quota: \"1e3\" should be a number from 1 to 10000000" },
		    { "number quoted with a zero", sample_genesis,
			"quota: 1000", "quota: \"01000\"", 47, 14,
			"steps.4.work-order.quota: \"01000\" should be a number from 1 to 10000000" },
		    { "quota zero", sample_genesis, "quota: 1000", "quota: 0",
			47, 14,
			"steps.4.work-order.quota: \"0\" should be a number from 1 to 10000000" },
		    { "quota that no order takes", sample_genesis,
			"quota: 1000", "quota: 10000001", 47, 14,
			"steps.4.work-order.quota: \"10000001\" should be a number from 1 to 10000000" },
		    { "quota enormous", sample_genesis, "quota: 1000",
			"quota: 99999999999999999999", 47, 14,
			"steps.4.work-order.quota: \"99999999999999999999\" should be a number from 1 to 10000000" },
		    { "threshold one", sample_genesis, "threshold: 2",
			"threshold: 1", 15, 18,
			"steps.1.quorum.threshold: \"1\" should be a number from 2 to 16" },
		    { "threshold seventeen", sample_genesis, "threshold: 2",
			"threshold: 17", 15, 18,
			"steps.1.quorum.threshold: \"17\" should be a number from 2 to 16" },
		    { "batch years 31", sample_batch, "years: 10", "years: 31",
			18, 14,
			"steps.1.batch.years: \"31\" should be a number from 1 to 30" },
		    { "date without zone", sample_genesis, "09:00:00Z",
			"09:00:00", 4, 7,
			"date: \"2026-12-01T09:00:00\" should be a date in UTC as 2026-12-01T09:00:00Z" },
		    { "date of no day", sample_genesis, "2026-12-01",
			"2026-02-30", 4, 7,
			"date: \"2026-02-30T09:00:00Z\" should be a date in UTC as 2026-12-01T09:00:00Z" },
		    { "date with offset", sample_genesis, "09:00:00Z",
			"09:00:00+01:00", 4, 7,
			"date: \"2026-12-01T09:00:00+01:00\" should be a date in UTC as 2026-12-01T09:00:00Z" },
		    { "origin with a blank", sample_genesis,
			"demo.example/fleet", "demo example", 2, 6,
			"log: \"demo example\" should be a log's origin: A-Z, a-z, 0-9, dot, _, - in parts joined by /, not under rehearsal/" },
		    { "origin with a plus", sample_genesis,
			"demo.example/fleet", "demo+fleet", 2, 6,
			"log: \"demo+fleet\" should be a log's origin: A-Z, a-z, 0-9, dot, _, - in parts joined by /, not under rehearsal/" },
		    { "origin of a rehearsal", sample_genesis,
			"demo.example/fleet", "rehearsal/fleet", 2, 6,
			"log: \"rehearsal/fleet\" should be a log's origin: A-Z, a-z, 0-9, dot, _, - in parts joined by /, not under rehearsal/" },
		    { "ceremony in capitals", sample_genesis,
			"ceremony: genesis", "ceremony: Genesis", 3, 11,
			"ceremony: \"Genesis\" should be a name of a-z, 0-9 and -, not beginning with -, at most 64 characters" },
		    { "module of no path", sample_genesis, "module: opensc",
			"module: opensc-pkcs11.so", 12, 29,
			"tokens.5.module: \"opensc-pkcs11.so\" should be softhsm, opensc or the absolute path of a PKCS#11 module" },
		    { "module path climbs", sample_genesis, "module: opensc",
			"module: /usr/../p11.so", 12, 29,
			"tokens.5.module: \"/usr/../p11.so\" should be softhsm, opensc or the absolute path of a PKCS#11 module" },
		    { "label with a slash", sample_genesis, "label: prod-2",
			"label: prod/2", 12, 13,
			"tokens.5.label: \"prod/2\" should be a name of A-Z, a-z, 0-9, dot, _ and -, at most 32 characters" },
		    { "label too long", sample_genesis, "label: prod-2",
			"label: prod-2-prod-2-prod-2-prod-2-prod-2", 12, 13,
			"tokens.5.label: \"prod-2-prod-2-prod-2-prod-2-prod...\" should be a name of A-Z, a-z, 0-9, dot, _ and -, at most 32 characters" },
		    { "serial too long", sample_genesis, "serial: AB12",
			"serial: AB12AB12AB12AB12A", 10, 46,
			"tokens.3.serial: \"AB12AB12AB12AB12A\" should be a name of A-Z, a-z, 0-9, dot, _ and -, at most 16 characters" },
		    { "name with a blank at its end", sample_genesis,
			"Tom Reed", "\"Tom Reed \"", 6, 27,
			"roles.1.name: \"Tom Reed \" should be printable text, at most 64 characters" },
		    { "key of another curve", sample_genesis, "key: p384",
			"key: p521", 24, 12,
			"steps.2.root.key: \"p521\" should be one of: p256, p384" },
		    { "single-copy declined", sample_genesis,
			"single-copy: accepted", "single-copy: 'yes'", 28, 20,
			"steps.2.root.single-copy: \"yes\" should be the word accepted" },
		    { "subject of no type", sample_genesis, "CN=Root CA,",
			"XX=Root CA,", 23, 16,
			"steps.2.root.subject: \"XX=Root CA,O=Example\" should be a subject as CN=Example Root CA,O=Example,C=CH (OU=REHEARSAL is for rehearsals)" },
		    { "subject of a rehearsal", sample_genesis,
			"CN=Root CA,O=Example", "CN=Root CA,OU=REHEARSAL", 23,
			16,
			"steps.2.root.subject: \"CN=Root CA,OU=REHEARSAL\" should be a subject as CN=Example Root CA,O=Example,C=CH (OU=REHEARSAL is for rehearsals)" },
		    { "template without id", sample_genesis, "CN=device-{id}", "CN=device", 45, 16, "steps.4.work-order.subject: \"CN=device,O=Example\" should be a subject with {id} once, in CN or serialNumber, as CN=device-{id},O=Example" },
		    { "template with two ids", sample_genesis, "CN=device-{id}",
			"CN={id}-{id}", 45, 16,
			"steps.4.work-order.subject: \"CN={id}-{id},O=Example\" should be a subject with {id} once, in CN or serialNumber, as CN=device-{id},O=Example" },
		    { "pattern with a star", sample_genesis, "[0-9A-F]{8}",
			"[0-9A-F]*", 44, 16,
			"steps.4.work-order.pattern: \"[0-9A-F]*\" should be an id pattern: letters, digits, [set] and {n}, at most 64 characters of id" },
		    { "pattern too long", sample_genesis, "[0-9A-F]{8}",
			"[0-9A-F]{65}", 44, 16,
			"steps.4.work-order.pattern: \"[0-9A-F]{65}\" should be an id pattern: letters, digits, [set] and {n}, at most 64 characters of id" },
		    { "profile of a CA", sample_genesis, "profile: device-tls",
			"profile: product-ca", 46, 16,
			"steps.4.work-order.profile: \"product-ca\" should be a device profile: device-tls device-idevid" },
		    { "profile unknown", sample_genesis, "profile: device-tls",
			"profile: tls", 46, 16,
			"steps.4.work-order.profile: \"tls\" should be a device profile: device-tls device-idevid" },
		    { "file with a folder", sample_genesis, "out: line3.order",
			"out: ../line3.order", 43, 12,
			"steps.4.work-order.out: \"../line3.order\" should be a file name without folder: A-Z, a-z, 0-9, dot, _, -, beginning with a letter, digit or _" },
		    { "file hidden", sample_genesis, "out: line3.order",
			"out: .order", 43, 12,
			"steps.4.work-order.out: \".order\" should be a file name without folder: A-Z, a-z, 0-9, dot, _, -, beginning with a letter, digit or _" },
		    { "file like an option", sample_genesis, "out: line3.order",
			"out: -order", 43, 12,
			"steps.4.work-order.out: \"-order\" should be a file name without folder: A-Z, a-z, 0-9, dot, _, -, beginning with a letter, digit or _" },
		    { "serial of a certificate, odd", sample_batch,
			"serial: 01AB", "serial: 1AB", 22, 20,
			"steps.1.batch.revoke.2.serial: \"1AB\" should be a serial in hexadecimal, two digits an octet, at most 20" },
		    { "serial of a certificate, long", sample_batch,
			"serial: 01AB",
			"serial: 01AB0000000000000000000000000000000000000001",
			22, 20,
			"steps.1.batch.revoke.2.serial: \"01AB0000000000000000000000000000...\" should be a serial in hexadecimal, two digits an octet, at most 20" },
		    { "reason of no clause", sample_batch, "keyCompromise",
			"stolen", 21, 34,
			"steps.1.batch.revoke.1.reason: \"stolen\" should be one of: unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn" },
		    { "blank left", sample_genesis, "Tom Reed", "<witness>", 6,
			27,
			"roles.1.name: fill in what stands between < and >" },
		    { "one operator", sample_genesis,
			"        - {id: bert, name: Bert Lang, token: op-b}\n",
			"", 17, 9,
			"steps.1.quorum.operators: has 1, but 2 to 16 are allowed" },
		    { "one custodian", sample_genesis,
			"[Nora Lind, Otto Berg, Pia Stern]", "[Nora Lind]", 21,
			21,
			"steps.1.quorum.so.custodians: has 1, but 2 to 16 are allowed" },
	    };

static void
test_refused(void **state)
{
	(void)state;
	sample_refuse(rows, sizeof(rows) / sizeof(rows[0]));
}

/* The table by itself: every row has a parent of the right shape and, where
 * it is a value, a sentence of what is expected. */
static void
test_rows(void **state)
{
	const struct plan_row *row = NULL, *parent = NULL;
	char expects[160];
	size_t i, j, parents = 0;

	(void)state;
	for (i = 1; (row = plan_schema_at(i)) != NULL; i++) {
		bool item = strcmp(plan_schema_key(row), "#") == 0;

		parents = 0;
		for (j = 0; (parent = plan_schema_at(j)) != NULL; j++) {
			if (!plan_schema_is_child(row, parent))
				continue;
			parents++;
			assert_false(plan_schema_is_scalar(parent));
			assert_int_equal(item, parent->type == PLAN_T_SEQ);
			assert_ptr_equal(row,
			    plan_schema_child(parent, plan_schema_key(row),
				strlen(plan_schema_key(row))));
			if (item && plan_schema_is_scalar(row))
				assert_int_equal(row->size, parent->size);
		}
		assert_int_equal(parents, 1);
		assert_in_range(strlen(plan_schema_key(row)), 1, PLAN_KEY_MAX);
		if (!plan_schema_is_scalar(row))
			continue;
		plan_type_expects(row, expects, sizeof(expects));
		assert_in_range(strlen(expects), 8, sizeof(expects) - 2);
		assert_false(plan_type_valid(row, ""));
		assert_false(plan_type_valid(row, "\n"));
	}
}

static void
test_kinds(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < PLAN_KIND_COUNT; i++) {
		const char *name = plan_kind_name((enum plan_kind)i);

		assert_int_equal(plan_kind_find(name, strlen(name)), i);
		assert_non_null(plan_schema_child(
		    plan_schema_child(plan_schema_child(plan_schema_root(),
					  "steps", 5),
			"#", 1),
		    name, strlen(name)));
	}
	assert_string_equal(plan_kind_name(PLAN_KIND_COUNT), "unknown");
	assert_int_equal(plan_kind_find("bat", 3), PLAN_KIND_COUNT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
