/* SPDX-License-Identifier: ISC */
/* The steps quorum-change and recovery, from YAML to the run sheet. */
#include "ceremony/record/plan_text.h"
#include "tests/ceremony/record/plan_sample.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define R8 "r, r, r, r, r, r, r, r"

/* Keys, shapes and single values against the schema's rows. */
static const struct sample_bad schema_rows[] = {
	{ "new card at genesis", sample_genesis, "token: op-b",
	    "token: op-b, card: new", 18, 52,
	    "unknown key \"card\"; known here: id, name, token, personalised, sign-key, derive-key" },
	{ "old id at genesis", sample_genesis, "token: op-b",
	    "token: op-b, was: bertie", 18, 52,
	    "unknown key \"was\"; known here: id, name, token, personalised, sign-key, derive-key" },
	{ "reason at genesis", sample_genesis, "      so:\n",
	    "      reason: x\n      so:\n", 19, 7,
	    "unknown key \"reason\"; known here: threshold, operators, so, backup" },
	{ "old card", sample_change, "card: new", "card: old", 20, 60,
	    "steps.1.quorum-change.operators.3.card: \"old\" should be the word new" },
	{ "old id in capitals", sample_change, "was: bert", "was: Bert", 19, 59,
	    "steps.1.quorum-change.operators.2.was: \"Bert\" should be a name of a-z, 0-9 and -, not beginning with -, at most 32 characters" },
	{ "change without reason", sample_change,
	    "      reason: carol lost her card\n", "", 16, 7,
	    "steps.1.quorum-change: key \"reason\" is missing" },
	{ "change without threshold", sample_change, "      threshold: 3\n", "",
	    16, 7, "steps.1.quorum-change: key \"threshold\" is missing" },
	{ "new custodians without threshold", sample_change,
	    "        threshold: 2\n", "", 24, 9,
	    "steps.1.quorum-change.so: key \"threshold\" is missing" },
	{ "change to one operator", NULL, NULL,
	    "plan: 1\nsteps:\n  - quorum-change:\n      operators: [{id: a, name: A, token: t}]\ntokens: [{label: t, module: softhsm, owner: a}]\n",
	    4, 18,
	    "steps.1.quorum-change.operators: has 1, but 2 to 16 are allowed" },
	{ "more tokens than a log takes", sample_change, "[root-1, prod-1]",
	    "[" R8 "," R8 "," R8 "," R8 ", r]", 22, 15,
	    "steps.1.quorum-change.tokens: has 33, but 1 to 32 are allowed" },
	{ "no token at once", sample_change, "[root-1, prod-1]", "[]", 22, 15,
	    "steps.1.quorum-change.tokens: is empty; leave it out or fill it in" },
	{ "token at once not listed", sample_change, "[root-1, prod-1]",
	    "[root-2]", 22, 16,
	    "steps.1.quorum-change.tokens.1: no token under tokens: has the label \"root-2\"" },
	{ "token at once as one value", sample_change, "[root-1, prod-1]",
	    "root-1", 22, 15,
	    "steps.1.quorum-change.tokens: should be a list, each item after a dash" },
	{ "recovery of tokens", sample_change, "      token: prod-1",
	    "      tokens: prod-1", 27, 7,
	    "unknown key \"tokens\"; did you mean \"token\"?" },
	{ "recovery without token", sample_change, "      token: prod-1\n", "",
	    27, 7, "steps.2.recovery: key \"token\" is missing" },
	{ "recovery without reason", sample_change,
	    "      reason: PIN locked by a reader\n", "", 27, 7,
	    "steps.2.recovery: key \"reason\" is missing" },
};

/* Who the operators are: rules that hold at genesis too. */
static const struct sample_bad operator_rows[] = {
	{ "card of another", sample_change, "owner: berta", "owner: bert", 19,
	    48,
	    "steps.1.quorum-change.operators.2.token: token op-b must have \"owner: berta\" under tokens:, it has bert" },
	{ "card of nobody", sample_change, ", owner: carol", "", 20, 48,
	    "steps.1.quorum-change.operators.3.token: token op-e must have \"owner: carol\" under tokens:, it has none" },
	{ "operator twice", sample_change, "{id: carol,", "{id: alice,", 20, 16,
	    "steps.1.quorum-change.operators.3.id: operator alice is there already" },
	{ "card twice", sample_change, "token: op-e", "token: op-a", 20, 48,
	    "steps.1.quorum-change.operators.3.token: token op-a is the card of operator alice already" },
	{ "second card of an operator", sample_change, "owner: dora",
	    "owner: alice", 11, 43,
	    "tokens.4.owner: operator alice owns token op-a already; one card each" },
	{ "threshold over n", sample_change, "threshold: 3", "threshold: 4", 16,
	    18,
	    "steps.1.quorum-change.threshold: 4 of 3 operators can never meet; at most 3" },
	{ "so threshold over its n", sample_change, "threshold: 2",
	    "threshold: 3", 24, 20,
	    "steps.1.quorum-change.so.threshold: 3 of 2 custodians can never meet; at most 2" },
	{ "custodian twice", sample_change, "Otto Berg", "Nora Lind", 25, 33,
	    "steps.1.quorum-change.so.custodians.2: \"Nora Lind\" is there already; a custodian keeps one share" },
	{ "in the second step", sample_change,
	    "  - quorum-change:\n      threshold: 3",
	    "  - crl: {token: root-1, out: a.crl, crl-days: 9}\n  - quorum-change:\n      threshold: 4",
	    17, 18,
	    "steps.2.quorum-change.threshold: 4 of 3 operators can never meet; at most 3" },
};

/* What only a change has. */
static const struct sample_bad change_rows[] = {
	{ "after quorum", sample_genesis, "  - root:",
	    "  - quorum-change: {threshold: 2, operators: [{id: alice, name: A, token: op-a}, {id: bert, name: B, token: op-b}], reason: x}\n  - root:",
	    22, 20,
	    "steps.2.quorum-change: step 1, quorum, says who the operators are already; put all of them there" },
	{ "before quorum", sample_genesis, "  - quorum:",
	    "  - quorum-change: {threshold: 2, operators: [{id: alice, name: A, token: op-a}, {id: bert, name: B, token: op-b}], reason: x}\n  - quorum:",
	    16, 7,
	    "steps.2.quorum: quorum must be the first step, and there once" },
	{ "twice", sample_change, "  - recovery:",
	    "  - quorum-change: {threshold: 2, operators: [{id: alice, name: A, token: op-a}, {id: berta, name: B, token: op-b}], reason: x}\n  - recovery:",
	    26, 20,
	    "steps.2.quorum-change: step 1, quorum-change, says who the operators are already; put all of them there" },
	{ "was oneself", sample_change, "was: bert", "was: berta", 19, 59,
	    "steps.1.quorum-change.operators.2.was: berta is the operator's id still; leave it out" },
	{ "was one who is listed", sample_change, "was: bert", "was: alice", 19,
	    59,
	    "steps.1.quorum-change.operators.2.was: alice is listed as operator 1; one of them is somebody else" },
	{ "was one who is listed later", sample_change, "was: bert",
	    "was: carol", 19, 59,
	    "steps.1.quorum-change.operators.2.was: carol is listed as operator 3; one of them is somebody else" },
	{ "two were one", sample_change, "card: new", "card: new, was: bert",
	    20, 70,
	    "steps.1.quorum-change.operators.3.was: bert is operator berta now already" },
	{ "key an operator's card", sample_change, "[root-1, prod-1]",
	    "[root-1, op-d]", 22, 24,
	    "steps.1.quorum-change.tokens.2: token op-d is the card of operator dora, not a CA's" },
	{ "key a token twice", sample_change, "[root-1, prod-1]",
	    "[root-1, root-1]", 22, 24,
	    "steps.1.quorum-change.tokens.2: is item 1 of the list already" },
	{ "key a token before its CA", sample_change, "  - recovery:",
	    "  - root: {subject: CN=R, key: p384, years: 9, crl-days: 9, tokens: [root-1], single-copy: accepted, reason: x}\n  - recovery:",
	    22, 16,
	    "steps.1.quorum-change.tokens.1: token root-1 gets its CA in step 2 only; put that step first" },
};

static const struct sample_bad recovery_rows[] = {
	{ "an operator's card", sample_change, "token: prod-1", "token: op-d",
	    27, 14,
	    "steps.2.recovery.token: token op-d is the card of operator dora, not a CA's" },
	{ "a token twice", sample_change, "  - recovery:",
	    "  - recovery: {token: prod-1, reason: x}\n  - recovery:", 28, 14,
	    "steps.3.recovery.token: token prod-1 is recovered by step 2 already" },
	{ "a token before its CA", sample_genesis, "  - product-ca:",
	    "  - recovery: {token: prod-1, reason: x}\n  - product-ca:", 30, 23,
	    "steps.3.recovery.token: token prod-1 gets its CA in step 4 only; put that step first" },
	{ "without operators' cards", NULL, NULL,
	    "plan: 1\nlog: a.b/c\nceremony: c\ndate: 2027-01-19T09:00:00Z\nroles: [{role: witness, name: Tom}]\ntokens: [{label: p, module: softhsm}]\nsteps: [{recovery: {token: p, reason: x}}]\n",
	    6, 9,
	    "tokens: cards with an owner: 0; at least 2 operators approve an act, so list their cards" },
};

static void
test_schema(void **state)
{
	(void)state;
	sample_refuse(schema_rows, COUNT(schema_rows));
}

static void
test_operators(void **state)
{
	(void)state;
	sample_refuse(operator_rows, COUNT(operator_rows));
}

static void
test_change(void **state)
{
	(void)state;
	sample_refuse(change_rows, COUNT(change_rows));
}

static void
test_recovery(void **state)
{
	(void)state;
	sample_refuse(recovery_rows, COUNT(recovery_rows));
}

/* What lies just inside a rule is taken. */
static void
test_taken(void **state)
{
	static const struct {
		const char *base, *find, *put;
	} good[] = {
		{ sample_change, "card: new", "card: new, was: caroline" },
		{ sample_change, "was: bert", "card: new" },
		{ sample_change, "was: bert", "was: dora" },
		{ sample_change, "      tokens: [root-1, prod-1]\n", "" },
		{ sample_change,
		    "      so:\n        threshold: 2\n        custodians: [Nora Lind, Otto Berg]\n",
		    "" },
		{ sample_change, "token: prod-1", "token: root-1" },
		{ sample_change, "  - recovery:",
		    "  - recovery: {token: root-1, reason: x}\n  - recovery:" },
		{ sample_change, "  - quorum-change:",
		    "  - crl: {token: root-1, out: a, crl-days: 9}\n  - quorum-change:" },
		{ sample_genesis, "  - work-order:",
		    "  - recovery: {token: prod-1, reason: x}\n  - work-order:" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		char *yaml =
		    sample_edit(good[i].base, good[i].find, good[i].put);

		plan_free(sample_good(yaml));
		free(yaml);
	}
}

static void
test_members(void **state)
{
	struct plan *p = sample_good(sample_change);
	const struct plan_quorum *q = &p->steps[0].u.quorum;

	(void)state;
	assert_int_equal(p->steps[0].kind, PLAN_QUORUM_CHANGE);
	assert_int_equal(q->threshold, 3);
	assert_int_equal(q->count, 3);
	assert_string_equal(q->operators[0].id, "alice");
	assert_false(q->operators[0].new_card);
	assert_string_equal(q->operators[0].was, "");
	assert_string_equal(q->operators[1].id, "berta");
	assert_false(q->operators[1].new_card);
	assert_string_equal(q->operators[1].was, "bert");
	assert_int_equal(q->operators[2].token, 2);
	assert_true(q->operators[2].new_card);
	assert_string_equal(q->operators[2].was, "");
	assert_int_equal(plan_new_cards(q), 1);
	assert_string_equal(q->reason, "carol lost her card");
	assert_int_equal(q->rotate_count, 2);
	assert_int_equal(q->rotate[0], 4);
	assert_int_equal(q->rotate[1], 5);
	assert_int_equal(q->so.threshold, 2);
	assert_int_equal(q->so.count, 2);
	assert_string_equal(q->so.custodians[1], "Otto Berg");
	assert_int_equal(p->steps[1].kind, PLAN_RECOVERY);
	assert_int_equal(p->steps[1].line, 26);
	assert_int_equal(p->steps[1].u.recovery.token, 5);
	assert_string_equal(p->steps[1].u.recovery.reason,
	    "PIN locked by a reader");
	plan_free(p);
}

/* It has no subjects to mark: people and reasons stay as they are. */
static void
test_rehearse(void **state)
{
	struct plan *p = sample_good(sample_change);

	(void)state;
	assert_int_equal(plan_rehearse(p, "softhsm"), RECORD_OK);
	assert_string_equal(p->log, "rehearsal/demo.example/fleet");
	assert_string_equal(p->tokens[4].module, "softhsm");
	assert_string_equal(p->tokens[4].serial, "");
	assert_string_equal(p->steps[0].u.quorum.operators[1].was, "bert");
	assert_string_equal(p->steps[0].u.quorum.reason, "carol lost her card");
	assert_int_equal(p->steps[1].u.recovery.token, 5);
	plan_free(p);
}

static void
test_needs(void **state)
{
	struct plan_needs needs = { 0 };
	struct plan *p = sample_good(sample_change);
	struct plan_quorum *q = &p->steps[0].u.quorum;
	unsigned minutes = 0;

	(void)state;
	/* 5 approve, 1 is enrolled; 3 recover; 3 sign the checkpoint */
	plan_needs(p, 5, &needs);
	assert_int_equal(needs.readers, 3);
	assert_int_equal(needs.visits, 5 + 1 + 3 + 3);
	assert_int_equal(needs.rounds, 3);
	assert_int_equal(needs.words, 1 + 1 + 1);
	minutes = needs.minutes;
	q->so.count = 0;
	plan_needs(p, 5, &needs);
	assert_int_equal(needs.words, 2);
	assert_int_equal(needs.minutes, minutes - 30);
	q->operators[2].new_card = false;
	plan_needs(p, 5, &needs);
	assert_int_equal(needs.words, 1);
	assert_int_equal(needs.visits, 5 + 3 + 3);
	assert_int_equal(needs.minutes, minutes - 30 - 10 - 2);
	/* two tokens more than are keyed at once: five come for each */
	q->rotate_count = 10;
	plan_needs(p, 5, &needs);
	assert_int_equal(needs.readers, 9);
	assert_int_equal(needs.visits, 5 + 3 + 3 + 2 * 5);
	assert_int_equal(needs.rounds, 5);
	q->rotate_count = 0;
	p->step_count = 1;
	plan_needs(p, 5, &needs);
	assert_int_equal(needs.readers, 2);
	assert_int_equal(needs.visits, 5 + 3);
	assert_int_equal(needs.rounds, 2);
	assert_int_equal(needs.words, 0);
	plan_free(p);
}

/* The sheet of a plan; all its lines fit. */
static char *
sheet_of(const struct plan *p)
{
	const uint8_t digest[32] = { 0 };
	char *sheet = NULL;
	const char *at = NULL;

	assert_int_equal(plan_run_sheet(p, digest, &sheet), RECORD_OK);
	for (at = sheet; *at != '\0'; at += strcspn(at, "\n") + 1)
		assert_true(strcspn(at, "\n") <= 78);
	return sheet;
}

static void
test_run_sheet(void **state)
{
	static const char *const wanted[] = { "1.  quorum-change",
		"why: carol lost her card", "from now on 3 of 3 operators",
		"[ ] alice (Alice Moor): stays, card op-a",
		"[ ] berta (Berta Lang), was bert: stays, card op-b",
		"[ ] carol (Carol Finn): new card op-e",
		"[ ] dora: leaves, card op-d",
		"[ ] custodians have typed their words of S",
		"S is replaced for all tokens", "2 of 2 custodians",
		"[ ] Otto Berg: words written and typed back",
		"[ ] card root-1: keyed for them at once",
		"[ ] card prod-1: keyed for them at once", "2.  recovery",
		"card prod-1: a new PIN", "why: PIN locked by a reader" };
	struct plan *p = sample_good(sample_change);
	char *sheet = sheet_of(p);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(wanted); i++) {
		if (strstr(sheet, wanted[i]) == NULL)
			fail_msg("not on the sheet: %s", wanted[i]);
	}
	free(sheet);
	plan_free(p);
}

/* Neither a new card nor a new S: custodians have nothing to do.  Who comes
 * with the card of the old id does not leave. */
static void
test_run_sheet_bare(void **state)
{
	struct plan *p = sample_good(sample_change);
	struct plan_quorum *q = &p->steps[0].u.quorum;
	char *sheet = NULL;

	(void)state;
	q->operators[2].new_card = false;
	q->so.count = 0;
	(void)snprintf(q->operators[0].was, sizeof(q->operators[0].was),
	    "dora");
	p->step_count = 1;
	sheet = sheet_of(p);
	assert_null(strstr(sheet, "words of S"));
	assert_null(strstr(sheet, "S is replaced"));
	assert_null(strstr(sheet, ": leaves"));
	free(sheet);
	plan_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_rehearse),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_run_sheet),
		cmocka_unit_test(test_run_sheet_bare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
