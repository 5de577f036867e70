/* SPDX-License-Identifier: ISC */
/* Rules of the records that end a card: an operator's, a CA token's. */
#include "ceremony/record/destroy_text.h"

#include "tests/ceremony/record/history_rows.h"

/* Carol's first card, which she lost and found again. */
static void
retire(struct synthetic *s)
{
	static const char text[] = "anchorite-test/v1\nlog " SYN_LOG
				   "\nkey carol\ntoken OP2\nnonce 77\n";

	syn_step(s, "retire");
	syn_line(s, "retire.prove",
	    json_pack("{s:s,s:s,s:s,s:o}", "label", "op-c", "serial", "OP2",
		"text", text, "signature",
		syn_sign(s->sign[2], text, strlen(text))));
	syn_line(s, "retire",
	    json_pack("{s:s,s:s,s:i,s:i}", "label", "op-c", "serial", "OP2",
		"objects", 6, "left", 0));
	syn_step_end(s);
}

static void
destroy(struct synthetic *s)
{
	static const char answer[] = "anchorite-test/v1\nlog " SYN_LOG
				     "\nkey root\ntoken R1\nnonce 78\n";
	const struct destroy_text text = { .serial = "R1",
		.label = "root-1",
		.key_count = 1,
		.keys = { { "root", s->root.ca_spki } } };
	char input[DESTROY_TEXT_MAX];
	uint8_t digest[32];
	struct approval a;

	SYN(destroy_text_write(&text, input));
	syn_put(s, "destroy", input, strlen(input), digest);
	syn_step(s, "destroy");
	a = syn_on(&s->root, digest);
	snprintf(a.kind, sizeof(a.kind), "destroy");
	syn_use(&a, "self-test", 1);
	syn_act(s, "root-1", &a);
	syn_line(s, "destroy.prove",
	    json_pack("{s:I,s:s,s:o}", "act", (json_int_t)a.act, "text", answer,
		"signature", syn_sign(s->root.ca, answer, strlen(answer))));
	syn_result(s, &a,
	    json_pack("{s:s,s:i,s:i}", "label", "root-1", "objects", 5, "left",
		0));
	syn_step_end(s);
}

static int
end_setup(void **state)
{
	struct fixture *f;

	if (history_setup(state) != 0)
		return -1;
	f = *state;
	syn_open(&f->s, "end", SYN_DATE_3, syn_plan_3, "plan-4");
	retire(&f->s);
	destroy(&f->s);
	syn_close(&f->s);
	return 0;
}

/* "type#n" of the last line of a type. */
static const char *
last_of(const struct fixture *f, const char *type, char out[32])
{
	char want[64];
	unsigned n = 0;

	snprintf(want, sizeof(want), "\"type\":\"%s\"", type);
	for (uint64_t i = 0; i < transcript_count(f->s.t); i++) {
		size_t len;

		n += strstr(transcript_line(f->s.t, i, &len), want) != NULL;
	}
	snprintf(out, 32, "%s#%u", type, n);
	return out;
}

static void
test_taken(void **state)
{
	struct fixture *f = *state;
	struct history *h = history_new();

	replay(f, h, transcript_count(f->s.t));
	assert_true(history_card(h, "op-c", NULL)->retired);
	assert_true(history_token(h, "root-1")->destroyed);
	assert_false(history_token(h, "root-1")->used);
	assert_null(history_unfit(h, history_token(h, "root-1")));
	assert_false(h->open);
	history_free(h);
}

static void
test_retire(void **state)
{
	static const struct row rows[] = {
		{ "an operator's card", "retire.prove#1", PUT, "retire.prove",
		    "$retire.prove#1:label=op-a,serial=OP0", RECORD_ERR_RULE,
		    "retire.prove: op-a: its owner is an operator", NULL },
		{ "a card that is none", "retire.prove#1", SET, "label",
		    "\"op-z\"", RECORD_ERR_RULE,
		    "retire.prove: op-z is no operator's card of this log",
		    NULL },
		{ "another text", "retire.prove#1", SET, "text", "\"x\"",
		    RECORD_ERR_RULE,
		    "retire.prove: sign: the text is not of card OP2", NULL },
		{ "another's signature", "retire.prove#1", SET, "signature",
		    "$destroy.prove#1:signature", RECORD_ERR_SIGNATURE,
		    "retire.prove: *", NULL },
		{ "no proof before", "retire.prove#1", PUT, "retire",
		    "$retire#1", RECORD_ERR_ORDER,
		    "retire: no retire.prove of op-c stands before it", NULL },
		{ "something is left", "retire#1", SET, "left", "1",
		    RECORD_ERR_RULE, "retire: 1 objects are left on op-c",
		    NULL },
		{ "twice", "step.end#12", PUT, "retire", "$retire#1",
		    RECORD_ERR_RULE, "retire: op-c was retired before", NULL },
		{ "in another step", "step.end#11", PUT, "retire", "$retire#1",
		    RECORD_ERR_ORDER, "retire: step 4 is a recovery step",
		    NULL },
	};

	rows_refused(*state, rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_destroy(void **state)
{
	const struct fixture *f = *state;
	char propose[32], result[32], put[48];
	const struct row rows[] = {
		{ "another input", last_of(f, "act.propose", propose), SET,
		    "input_sha256", "@policy", RECORD_ERR_RULE,
		    "act.propose: the input does not name the keys of root-1, "
		    "and the other tokens that hold its CA's",
		    NULL },
		{ "under a policy of before, of a token that nobody began "
		  "to destroy",
		    propose, SET, "policy_sha256", "@policy", RECORD_ERR_RULE,
		    "act.propose: policy_sha256 is not the policy's", NULL },
		{ "two uses", propose, SET, "uses.0.n", "2", RECORD_ERR_RULE,
		    "act.propose: use self-test stands alone, and once", NULL },
		{ "another text", "destroy.prove#1", SET, "text", "\"x\"",
		    RECORD_ERR_RULE,
		    "destroy.prove: CA key: the text is not of token R1",
		    NULL },
		{ "another's signature", "destroy.prove#1", SET, "signature",
		    "$retire.prove#1:signature", RECORD_ERR_SIGNATURE,
		    "destroy.prove: *", NULL },
		{ "proved twice", last_of(f, "act.result", result), PUT,
		    "destroy.prove", "$destroy.prove#1", RECORD_ERR_ORDER,
		    "destroy.prove: act *", NULL },
		{ "something is left", result, SET, "left", "2",
		    RECORD_ERR_RULE, "act.result: 2 objects are left on root-1",
		    NULL },
		{ "another label", result, SET, "label", "\"prod-1\"",
		    RECORD_ERR_RULE,
		    "act.result: another label than was approved", NULL },
		{ "no use of a key that was proved", result, SET, "uses.0.n",
		    "0", RECORD_ERR_ORDER,
		    "act.result: no destroy.prove that goes with its uses "
		    "stands before it",
		    NULL },
		{ "no proof before", "destroy.prove#1", PUT, "act.result", put,
		    RECORD_ERR_ORDER,
		    "act.result: no destroy.prove that goes with its uses "
		    "stands before it",
		    NULL },
	};

	snprintf(put, sizeof(put), "$%s", result);
	rows_refused(f, rows, sizeof(rows) / sizeof(rows[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_retire),
		cmocka_unit_test(test_destroy),
	};

	return cmocka_run_group_tests_name("history, ends", tests, end_setup,
	    history_teardown);
}
