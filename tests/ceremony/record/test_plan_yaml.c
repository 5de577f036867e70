/* SPDX-License-Identifier: ISC */
#include "tests/ceremony/record/plan_sample.h"

/* What is refused as YAML, before any rule of the schema. */
static const struct sample_bad rows[] = {
	{ "empty file", NULL, NULL, "", 1, 1, "the plan is empty" },
	{ "only a comment", NULL, NULL, "# nothing\n", 1, 1,
	    "the plan is empty" },
	{ "a scalar", NULL, NULL, "plan\n", 1, 1,
	    "the plan should be a mapping of keys to values" },
	{ "a list", NULL, NULL, "- plan: 1\n", 1, 1,
	    "the plan should be a mapping of keys to values" },
	{ "tab", sample_genesis, "    threshold", "\t threshold", 15, 3,
	    "octet 0x09: a plan is printable ASCII with lines ending in LF, no tabs" },
	{ "carriage return", sample_genesis, "plan: 1\n", "plan: 1\r\n", 1, 8,
	    "octet 0x0d: a plan is printable ASCII with lines ending in LF, no tabs" },
	{ "not ASCII in a value", sample_genesis, "Tom Reed", "Tom R\303\251ed",
	    6, 32,
	    "octet 0xc3: a plan is printable ASCII with lines ending in LF, no tabs" },
	{ "not ASCII in a comment", sample_genesis, "plan: 1",
	    "plan: 1 # \342\200\256", 1, 11,
	    "octet 0xe2: a plan is printable ASCII with lines ending in LF, no tabs" },
	{ "UTF-8 mark", sample_genesis, "plan: 1", "\357\273\277plan: 1", 1, 1,
	    "octet 0xef: a plan is printable ASCII with lines ending in LF, no tabs" },
	{ "DEL", sample_genesis, "Tom Reed", "Tom\177", 6, 30,
	    "octet 0x7f: a plan is printable ASCII with lines ending in LF, no tabs" },
	{ "control character", sample_genesis, "Tom Reed", "Tom\033[2J", 6, 30,
	    "octet 0x1b: a plan is printable ASCII with lines ending in LF, no tabs" },
	{ "anchor", sample_genesis, "Tom Reed", "&tom Tom Reed", 6, 27,
	    "an anchor (&) is not taken; write the value out" },
	{ "alias", sample_genesis, "Tom Reed", "*tom", 6, 27,
	    "an alias (*) is not taken; write the value out" },
	{ "bomb", NULL, NULL, "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", 1, 4,
	    "an anchor (&) is not taken; write the value out" },
	{ "tag", sample_genesis, "threshold: 2", "threshold: !!int 2", 15, 18,
	    "a tag (!) is not taken; the schema knows the types" },
	{ "tag on a mapping", sample_genesis,
	    "  - quorum:", "  - quorum: !quorum", 14, 13,
	    "a tag (!) is not taken; the schema knows the types" },
	{ "tag of no kind", sample_genesis, "plan: 1", "plan: ! 1", 1, 7,
	    "a tag (!) is not taken; the schema knows the types" },
	{ "directive", sample_genesis, "plan: 1", "%YAML 1.1\n---\nplan: 1", 1,
	    1, "a directive (%) is not taken" },
	{ "second document", sample_genesis, "roles:", "---\nroles:", 5, 1,
	    "a second document; a plan is one" },
	{ "text after the end", sample_genesis, "roles:", "...\nroles:", 6, 1,
	    "a second document; a plan is one" },
	{ "literal block", sample_genesis, "name: Alice Moor, token: op-a}",
	    "name: x}\n        - |\n          text", 18, 11,
	    "a block text (| or >) is not taken; quote the value" },
	{ "folded block", sample_batch, "A batch", ">\n  A batch", 4, 8,
	    "a block text (| or >) is not taken; quote the value" },
	{ "escape", sample_genesis, "\"[0-9A-F]{8}\"", "\"[0-9A-F]\\x7b8}\"",
	    44, 16, "an escape (\\) is not taken; write it out" },
	{ "open quote", sample_genesis, "{8}\"", "{8}", 50, 1,
	    "not YAML: found unexpected end of stream, while scanning a quoted scalar that began in line 44" },
	{ "open brace", sample_genesis, "Tom Reed}", "Tom Reed", 7, 7,
	    "not YAML: did not find expected ',' or '}', while parsing a flow mapping that began in line 6" },
	{ "two colons", sample_genesis, "key: p384", "key: p384: p256", 24, 16,
	    "not YAML: mapping values are not allowed in this context" },
	{ "bad indent", sample_genesis, "      key: p384", "     key: p384", 25,
	    12, "not YAML: mapping values are not allowed in this context" },
	{ "nested too deep", NULL, NULL, "a: [[[[[[[[1]]]]]]]]\n", 1, 11,
	    "nested deeper than 8" },
	{ "duplicate key", sample_genesis,
	    "date:", "log: other.example/x\ndate:", 4, 1,
	    "key \"log\" is there twice; leave one" },
	{ "duplicate key in flow", sample_genesis, "{role: witness,",
	    "{role: witness, role: witness,", 6, 21,
	    "key \"role\" is there twice; leave one" },
	{ "merge key", sample_genesis,
	    "      so:", "      <<: {threshold: 2}\n      so:", 19, 7,
	    "unknown key \"<<\"; known here: threshold, operators, so, backup" },
	{ "key is a list", sample_genesis, "log:", "[log]:", 2, 1,
	    "a key must be one word" },
	{ "key is empty", sample_genesis, "log:", "\"\":", 2, 1,
	    "a key is missing here" },
	{ "value is empty", sample_genesis, "demo.example/fleet", "", 2, 5,
	    "log: is empty; give a value or leave the key out" },
	{ "value is an empty text", sample_genesis, "demo.example/fleet",
	    "\"\"", 2, 6, "log: is empty; give a value or leave the key out" },
	{ "empty list", sample_genesis, "[root-1]", "[]", 27, 15,
	    "steps.2.root.tokens: is empty; leave it out or fill it in" },
	{ "empty mapping", sample_genesis, "{role: witness, name: Tom Reed}",
	    "{}", 6, 5, "roles.1: is empty; leave it out or fill it in" },
	{ "list without items", NULL, NULL, "plan: 1\nsteps:\n", 2, 7,
	    "steps: is empty; give a value or leave the key out" },
	{ "item is empty", sample_genesis, "{role: witness, name: Tom Reed}",
	    "", 6, 4, "roles.1: is empty; give a value or leave the key out" },
	{ "leading zero", sample_genesis, "years: 25", "years: 025", 25, 14,
	    "steps.2.root.years: a number with a leading zero; leave the zero out, or quote it if it is a name" },
	{ "leading zero, underscore", sample_genesis, "years: 25",
	    "years: 0_25", 25, 14,
	    "steps.2.root.years: a number with a leading zero; leave the zero out, or quote it if it is a name" },
	{ "leading zero in an id", sample_batch, "id: 340A91FF", "id: 00340912",
	    21, 16,
	    "steps.1.batch.revoke.1.id: a number with a leading zero; leave the zero out, or quote it if it is a name" },
	{ "value of more than a line", sample_batch, "A batch",
	    "\"A\n\n  batch\"", 4, 8, "title: holds an empty line" },
};

static void
test_refused(void **state)
{
	(void)state;
	sample_refuse(rows, sizeof(rows) / sizeof(rows[0]));
}

/* Mappings and lists stand before their contents, with empty values. */
static void
test_fields(void **state)
{
	static const struct {
		const char *path, *value;
		unsigned line, column;
	} expected[] = {
		{ "plan", "1", 1, 7 },
		{ "tokens", "", 3, 3 },
		{ "tokens.1", "", 3, 5 },
		{ "tokens.1.label", "op-a", 3, 15 },
		{ "tokens.2", "", 4, 5 },
		{ "tokens.2.label", "op b", 4, 12 },
		{ "tokens.2.serial", "007", 5, 13 },
		{ "title", "two lines", 6, 8 },
	};
	static const char yaml[] = "plan: 1 # comment\n"
				   "tokens:\n"
				   "  - {\"label\": op-a}\n"
				   "  - label: 'op b'\n"
				   "    serial: \"007\"\n"
				   "title: two\n"
				   "  lines\n";
	struct plan_field *fields = NULL;
	struct plan_fault fault = { 0 };
	size_t i, count = 0;

	(void)state;
	assert_int_equal(plan_yaml_fields(yaml, strlen(yaml), &fields, &count,
			     &fault),
	    RECORD_OK);
	assert_int_equal(count, sizeof(expected) / sizeof(expected[0]));
	for (i = 0; i < count; i++) {
		assert_string_equal(fields[i].path, expected[i].path);
		assert_string_equal(fields[i].value, expected[i].value);
		assert_int_equal(fields[i].line, expected[i].line);
		assert_int_equal(fields[i].column, expected[i].column);
	}
	free(fields);
}

static void
refuse(const char *yaml, size_t len, unsigned line, unsigned column,
    const char *text)
{
	struct plan_field *fields = NULL;
	struct plan_fault fault = { 0 };
	size_t count = 0;

	assert_int_equal(plan_yaml_fields(yaml, len, &fields, &count, &fault),
	    RECORD_ERR_PLAN);
	assert_null(fields);
	assert_int_equal(count, 0);
	assert_string_equal(fault.text, text);
	assert_int_equal(fault.line, line);
	assert_int_equal(fault.column, column);
}

static void
test_nul(void **state)
{
	static const char yaml[] = "plan: 1\0title: hidden\n";

	(void)state;
	refuse(yaml, sizeof(yaml) - 1, 1, 8,
	    "octet 0x00: a plan is printable ASCII with lines ending in LF, no tabs");
}

static void
test_too_long(void **state)
{
	char *yaml = malloc(PLAN_MAX + 1);

	(void)state;
	assert_non_null(yaml);
	memset(yaml, '\n', PLAN_MAX + 1);
	refuse(yaml, PLAN_MAX + 1, 0, 0,
	    "the plan is over 262144 octets; make two of it");
	refuse(yaml, PLAN_MAX, 1, 1, "the plan is empty");
	free(yaml);
}

static void
test_long_value(void **state)
{
	char yaml[700];

	(void)state;
	(void)snprintf(yaml, sizeof(yaml), "title: %0513d\n", 7);
	refuse(yaml, strlen(yaml), 1, 8,
	    "title: is longer than 512 characters");
	(void)snprintf(yaml, sizeof(yaml), "title: a%0512d\n", 7);
	refuse(yaml, strlen(yaml), 1, 8,
	    "title: is longer than 512 characters");
}

/* Items are cheap to write; their number is bounded before memory is. */
static void
test_too_many_fields(void **state)
{
	char *yaml = malloc(5 * 5000 + 32);
	size_t i, len = 0;

	(void)state;
	assert_non_null(yaml);
	len = (size_t)sprintf(yaml, "steps: [");
	for (i = 0; i < 5000; i++)
		len += (size_t)sprintf(yaml + len, "{a:1");
	refuse(yaml, len, 1, 33, "nested deeper than 8");
	len = (size_t)sprintf(yaml, "roles:\n");
	for (i = 0; i < 2049; i++)
		len += (size_t)sprintf(yaml + len, "- role: x\n");
	refuse(yaml, len, 2049, 9,
	    "more than 4096 fields; make two plans of it");
	free(yaml);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_too_many_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
