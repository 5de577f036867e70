/* SPDX-License-Identifier: ISC */
#include "tests/ceremony/record/plan_sample.h"

static void
test_genesis(void **state)
{
	struct plan *p = sample_good(sample_genesis);
	const struct plan_quorum *q = &p->steps[0].u.quorum;
	const struct plan_ca *root = &p->steps[1].u.ca;
	const struct plan_ca *product = &p->steps[2].u.ca;
	const struct plan_order *o = &p->steps[3].u.order;

	(void)state;
	assert_string_equal(p->log, "demo.example/fleet");
	assert_string_equal(p->ceremony, "genesis");
	assert_string_equal(p->title, "");
	assert_int_equal(p->date, 1796115600);
	assert_int_equal(p->people_count, 1);
	assert_string_equal(p->people[0].role, "witness");
	assert_string_equal(p->people[0].name, "Tom Reed");
	assert_int_equal(p->token_count, 5);
	assert_string_equal(p->tokens[1].label, "op-b");
	assert_string_equal(p->tokens[1].owner, "bert");
	assert_string_equal(p->tokens[2].serial, "AB12");
	assert_string_equal(p->tokens[2].owner, "");
	assert_string_equal(p->tokens[4].module, "opensc");
	assert_int_equal(p->step_count, 4);

	assert_int_equal(p->steps[0].kind, PLAN_QUORUM);
	assert_int_equal(p->steps[0].line, 14);
	assert_int_equal(q->threshold, 2);
	assert_int_equal(q->count, 2);
	assert_string_equal(q->operators[1].id, "bert");
	assert_string_equal(q->operators[1].name, "Bert Lang");
	assert_int_equal(q->operators[1].token, 1);
	assert_int_equal(q->so.threshold, 2);
	assert_int_equal(q->so.count, 3);
	assert_string_equal(q->so.custodians[2], "Pia Stern");

	assert_int_equal(p->steps[1].kind, PLAN_ROOT);
	assert_string_equal(root->subject, "CN=Root CA,O=Example");
	assert_string_equal(root->sealer_subject, "");
	assert_string_equal(root->key, "p384");
	assert_int_equal(root->years, 25);
	assert_int_equal(root->crl_days, 400);
	assert_int_equal(root->holder_count, 1);
	assert_int_equal(root->holders[0], 2);
	assert_string_equal(root->single_copy, "root is a test");

	assert_int_equal(p->steps[2].kind, PLAN_PRODUCT_CA);
	assert_string_equal(product->subject, "CN=Product CA,O=Example");
	assert_string_equal(product->sealer_subject,
	    "CN=Product CA Sealer,O=Example");
	assert_string_equal(product->key, "p256");
	assert_int_equal(product->years, 20);
	assert_int_equal(product->crl_days, 90);
	assert_int_equal(product->holders[0], 3);
	assert_int_equal(product->issuer, 2);
	assert_string_equal(product->single_copy, "product is a test");

	assert_int_equal(p->steps[3].kind, PLAN_WORK_ORDER);
	assert_int_equal(p->steps[3].line, 40);
	assert_int_equal(o->token, 3);
	assert_string_equal(o->station, "line3.station");
	assert_string_equal(o->out, "line3.order");
	assert_string_equal(o->pattern, "[0-9A-F]{8}");
	assert_string_equal(o->subject, "CN=device-{id},O=Example");
	assert_string_equal(o->profile, "device-tls");
	assert_int_equal(o->quota, 1000);
	assert_int_equal(o->expiry, 1830297599);
	assert_int_equal(o->receipts, 1832889600);
	plan_free(p);
}

static void
test_batch(void **state)
{
	struct plan *p = sample_good(sample_batch);
	const struct plan_batch *b = &p->steps[0].u.batch;
	const struct plan_batch *crl = &p->steps[1].u.batch;
	char *yaml;

	(void)state;
	assert_string_equal(p->title, "A batch");
	assert_string_equal(p->tokens[2].module, "/usr/lib/p11.so");
	assert_int_equal(p->steps[0].kind, PLAN_BATCH);
	assert_int_equal(b->token, 2);
	assert_string_equal(b->request, "line3.request");
	assert_string_equal(b->out, "line3.response");
	assert_int_equal(b->years, 10);
	assert_int_equal(b->crl_days, 90);
	assert_int_equal(b->revoke_count, 2);
	assert_string_equal(b->revoke[0].id, "340A91FF");
	assert_string_equal(b->revoke[0].serial, "");
	assert_string_equal(b->revoke[0].reason, "keyCompromise");
	assert_string_equal(b->revoke[1].id, "");
	assert_string_equal(b->revoke[1].serial, "01ab");
	assert_string_equal(b->revoke[1].reason, "superseded");
	assert_string_equal(b->accept_gap, "request 4 was lost in the post");

	assert_int_equal(p->steps[1].kind, PLAN_CRL);
	assert_int_equal(crl->token, 3);
	assert_string_equal(crl->out, "root.crl");
	assert_string_equal(crl->request, "");
	assert_int_equal(crl->years, 0);
	assert_int_equal(crl->crl_days, 400);
	assert_int_equal(crl->revoke_count, 0);
	assert_null(crl->revoke);
	/* one token is a list of one */
	assert_int_equal(b->token_count, 1);
	assert_int_equal(b->tokens[0], b->token);
	plan_free(p);
	yaml = sample_edit(sample_batch, "token: prod-1",
	    "tokens: [root-1, prod-1]");
	p = sample_good(yaml);
	b = &p->steps[0].u.batch;
	assert_int_equal(b->token_count, 2);
	assert_int_equal(b->tokens[0], 3);
	assert_int_equal(b->tokens[1], 2);
	assert_int_equal(b->token, 3);
	free(yaml);
	plan_free(p);
}

static struct plan_field *
fields_of(const char *yaml, size_t *count)
{
	struct plan_field *fields = NULL;
	struct plan_fault fault = { 0 };

	assert_int_equal(plan_yaml_fields(yaml, strlen(yaml), &fields, count,
			     &fault),
	    RECORD_OK);
	return fields;
}

/* The order of top keys is free: steps may come before their tokens. */
static void
test_order(void **state)
{
	const char *tokens = strstr(sample_genesis, "tokens:");
	const char *steps = strstr(sample_genesis, "steps:");
	struct plan *p = NULL;
	char yaml[4096];

	(void)state;
	(void)snprintf(yaml, sizeof(yaml), "%s%.*s", steps,
	    (int)(steps - sample_genesis), sample_genesis);
	assert_in_range(tokens - sample_genesis, 1, steps - sample_genesis);
	p = sample_good(yaml);
	assert_int_equal(p->steps[2].u.ca.holders[0], 3);
	plan_free(p);
}

/* Without the empty fields of mappings and lists, and without places, the
 * plan is the same. */
static void
test_bare(void **state)
{
	size_t i, bare = 0, count = 0;
	struct plan_field *fields = fields_of(sample_genesis, &count);
	struct plan *p = NULL, *q = sample_good(sample_genesis);
	struct plan_fault fault = { 0 };

	(void)state;
	for (i = 0; i < count; i++) {
		if (fields[i].value[0] == '\0')
			continue;
		fields[bare] = fields[i];
		fields[bare].line = 0;
		fields[bare++].column = 0;
	}
	assert_in_range(bare, 1, count - 1);
	assert_int_equal(plan_build(fields, bare, &p, &fault), RECORD_OK);
	assert_memory_equal(p->tokens, q->tokens, sizeof(p->tokens));
	for (i = 0; i < p->step_count; i++) {
		assert_int_equal(p->steps[i].line, 0);
		assert_memory_equal(&p->steps[i].u, &q->steps[i].u,
		    sizeof(p->steps[i].u));
	}
	plan_free(q);
	/* a missing key of the document has no place then */
	assert_int_equal(plan_build(fields, 1, &q, &fault), RECORD_ERR_PLAN);
	assert_string_equal(fault.text, "key \"log\" is missing");
	assert_int_equal(fault.line, 0);
	assert_null(q);
	plan_free(p);
	free(fields);
}

/* Fields as no plan's YAML gives them: a reader that was taken over. */
static const struct hostile {
	const char *name;
	struct plan_field fields[4];
	const char *text;
} hostile[] = {
	{ "no path", { { .path = "", .value = "1" } },
	    "\"\" is no path of a plan" },
	{ "dot alone", { { .path = ".", .value = "1" } },
	    "\".\" is no path of a plan" },
	{ "dot at the end", { { .path = "roles.1.", .value = "1" } },
	    "\"roles.1.\" is no path of a plan" },
	{ "two dots", { { .path = "roles..role", .value = "1" } },
	    "\"roles..role\" is no path of a plan" },
	{ "value twice",
	    { { .path = "plan", .value = "1" },
		{ .path = "plan", .value = "1" } },
	    "plan: is there twice; leave one" },
	{ "value twice, apart",
	    { { .path = "plan", .value = "1" }, { .path = "log", .value = "a" },
		{ .path = "plan", .value = "1" } },
	    "plan: is there twice; leave one" },
	{ "list twice", { { .path = "roles" }, { .path = "roles" } },
	    "roles: is there twice; leave one" },
	{ "list apart",
	    { { .path = "roles.1.role", .value = "a" },
		{ .path = "plan", .value = "1" },
		{ .path = "roles.1.name", .value = "a" } },
	    "roles.1: key \"name\" is missing" },
	{ "value with contents",
	    { { .path = "plan", .value = "1" },
		{ .path = "plan.x", .value = "1" } },
	    "plan: is there twice; leave one" },
	{ "contents in a value", { { .path = "plan.x", .value = "1" } },
	    "plan: should be one value" },
	{ "list with a value", { { .path = "roles", .value = "a" } },
	    "roles: should be a list, each item after a dash" },
	{ "list from 0", { { .path = "roles.0.role", .value = "a" } },
	    "roles: should be a list, each item after a dash" },
	{ "list from 2", { { .path = "roles.2.role", .value = "a" } },
	    "roles: should be a list, each item after a dash" },
	{ "list of 01", { { .path = "roles.01.role", .value = "a" } },
	    "roles: should be a list, each item after a dash" },
	{ "list of #", { { .path = "roles.#.role", .value = "a" } },
	    "roles: should be a list, each item after a dash" },
	{ "empty value", { { .path = "log" } }, "log: is empty; give a value" },
	{ "empty list", { { .path = "roles" } },
	    "roles: is empty; leave it out or fill it in" },
	{ "empty step", { { .path = "steps.1" } },
	    "steps.1: is empty; leave it out or fill it in" },
	{ "unknown key", { { .path = "pla", .value = "1" } },
	    "unknown key \"pla\"; did you mean \"plan\"?" },
	{ "escape in a value", { { .path = "plan", .value = "\033[2J" } },
	    "field 1 is not printable ASCII" },
	{ "line feed in a path", { { .path = "plan\n", .value = "1" } },
	    "field 1 is not printable ASCII" },
};

static void
test_hostile(void **state)
{
	struct plan_fault fault = { 0 };
	struct plan *p = NULL;
	size_t i, count;

	(void)state;
	for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		const struct hostile *h = &hostile[i];

		for (count = 1; count < 4; count++) {
			if (h->fields[count].path[0] == '\0')
				break;
		}
		if (plan_build(h->fields, count, &p, &fault) !=
			RECORD_ERR_PLAN ||
		    strcmp(fault.text, h->text) != 0)
			fail_msg("%s: %s", h->name, fault.text);
		assert_null(p);
	}
}

static void
test_limits(void **state)
{
	static const struct plan_field none;
	struct plan_field *fields =
	    calloc(PLAN_FIELDS_MAX + 1, sizeof(*fields));
	struct plan_fault fault = { 0 };
	struct plan *p = NULL;
	size_t i;

	(void)state;
	assert_non_null(fields);
	assert_int_equal(plan_build(&none, 0, &p, &fault), RECORD_ERR_PLAN);
	assert_string_equal(fault.text, "the plan is empty");
	for (i = 0; i <= PLAN_FIELDS_MAX; i++) {
		(void)snprintf(fields[i].path, sizeof(fields[i].path),
		    "steps.1.crl.revoke.%zu.id", i + 1);
		fields[i].value[0] = 'a';
	}
	assert_int_equal(plan_build(fields, PLAN_FIELDS_MAX + 1, &p, &fault),
	    RECORD_ERR_PLAN);
	assert_string_equal(fault.text,
	    "the plan has more than 4096 fields; make two of it");
	assert_int_equal(plan_build(fields, PLAN_REVOKE_MAX + 1, &p, &fault),
	    RECORD_ERR_PLAN);
	assert_string_equal(fault.text,
	    "steps.1.crl.revoke: has 1001, but 1 to 1000 are allowed");
	memset(fields[0].value, 'a', sizeof(fields[0].value));
	assert_int_equal(plan_build(fields, 1, &p, &fault), RECORD_ERR_PLAN);
	assert_string_equal(fault.text, "field 1 is not printable ASCII");
	fields[0].value[0] = '\0';
	memset(fields[0].path, 'a', sizeof(fields[0].path));
	assert_int_equal(plan_build(fields, 1, &p, &fault), RECORD_ERR_PLAN);
	assert_string_equal(fault.text, "field 1 is not printable ASCII");
	free(fields);
}

/* A field less, a field twice: refused or a plan, never a fall. */
static void
every_field_of(const char *yaml)
{
	size_t i, count = 0;
	struct plan_field *fields = fields_of(yaml, &count);
	struct plan_field *less = calloc(count + 1, sizeof(*less));
	struct plan_fault fault = { 0 };
	struct plan *p = NULL;

	assert_non_null(less);
	for (i = 0; i < count; i++) {
		memcpy(less, fields, i * sizeof(*less));
		memcpy(less + i, fields + i + 1,
		    (count - i - 1) * sizeof(*less));
		if (plan_build(less, count - 1, &p, &fault) == RECORD_OK)
			plan_free(p);
		else
			assert_null(p);
		memcpy(less, fields, count * sizeof(*less));
		memcpy(less + i + 1, fields + i, (count - i) * sizeof(*less));
		assert_int_equal(plan_build(less, count + 1, &p, &fault),
		    RECORD_ERR_PLAN);
		assert_non_null(strstr(fault.text, "is there twice"));
	}
	free(less);
	free(fields);
}

static void
test_every_field(void **state)
{
	(void)state;
	every_field_of(sample_genesis);
	every_field_of(sample_batch);
	every_field_of(sample_change);
}

static void
test_free_null(void **state)
{
	(void)state;
	plan_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_genesis),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_every_field),
		cmocka_unit_test(test_free_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
