/* SPDX-License-Identifier: ISC */
/* A batch on two tokens: which lines a history takes, and which it does not. */
#include "ceremony/record/history.h"

#include "tests/ceremony/record/fixture.h"
#include "tests/ceremony/record/synthetic.h"

/* The ceremony under test: the product CA's token, and another with its keys,
 * that is put into the history by hand. */
struct stage {
	struct synthetic s;
	struct syn_token copy;
	struct approval a, b, rotate_a, rotate_b;
	uint64_t from; /* first line of the ceremony */
	uint8_t begin_a[32];
};

static void
propose(struct stage *t, const struct syn_token *on, struct approval *out,
    uint64_t resumes)
{
	struct syn_token prod = t->s.prod;

	t->s.prod = *on;
	*out = syn_propose_batch(&t->s, 0, resumes);
	t->s.prod = prod;
}

static void
begin(struct stage *t, const struct approval *a)
{
	syn_begin(&t->s, a, 2);
}

/* Proposed, with what follows on the same tokens, and approved. */
static void
approved(struct stage *t)
{
	propose(t, &t->s.prod, &t->a, 0);
	propose(t, &t->copy, &t->b, 0);
	t->rotate_a = syn_rekey_act(&t->s.prod, "rotate", t->s.policy_sha256);
	syn_propose(&t->s, t->s.prod.label, &t->rotate_a);
	t->rotate_b = syn_rekey_act(&t->copy, "rotate", t->s.policy_sha256);
	syn_propose(&t->s, t->copy.label, &t->rotate_b);
	syn_approve(&t->s, &t->a, 2);
	syn_approve(&t->s, &t->b, 2);
	syn_approve(&t->s, &t->rotate_a, 2);
	syn_approve(&t->s, &t->rotate_b, 2);
}

/* Both begun, two certificates by the first token and one by the other. */
static void
signed_(struct stage *t)
{
	approved(t);
	begin(t, &t->a);
	memcpy(t->begin_a, t->s.begin, 32);
	begin(t, &t->b);
	syn_issue(&t->s, &t->a, 0);
	syn_issue(&t->s, &t->b, 1);
	syn_issue(&t->s, &t->a, 2);
	SYN(issuance_sync(t->s.log) == RECORD_OK);
}

static json_t *
uses(uint32_t certs, uint32_t crl, uint32_t seal)
{
	return json_pack("[{s:s,s:i},{s:s,s:i},{s:s,s:i}]", "use", "device-tls",
	    "n", (int)certs, "use", "crl", "n", (int)crl, "use",
	    "seal-response", "n", (int)seal);
}

/* What an act that did not seal says of itself. */
static void
rest(struct stage *t, const struct approval *a, json_t *done)
{
	syn_line(&t->s, "act.result",
	    json_pack("{s:I,s:o}", "act", (json_int_t)a->act, "uses", done));
}

static void
lost(struct stage *t, const struct approval *a, json_t *done)
{
	json_t *body = json_pack("{s:I,s:s}", "act", (json_int_t)a->act,
	    "reason", "its card was pulled");

	if (done != NULL)
		json_object_set_new(body, "uses", done);
	syn_line(&t->s, "act.void", body);
}

/* The outcome, by one of them that signed so many itself. */
static void
seal(struct stage *t, struct approval a, uint32_t certs)
{
	a.uses[0].count = certs;
	if (a.act == t->a.act)
		memcpy(t->s.begin, t->begin_a, 32);
	syn_batch_crl(&t->s);
	syn_respond(&t->s, &a, 0);
}

/* ---- what is taken ------------------------------------------------------- */

static void
both_sign(struct stage *t)
{
	signed_(t);
	rest(t, &t->b, uses(1, 0, 0));
	seal(t, t->a, 2);
	begin(t, &t->rotate_a);
}

static void
one_is_lost(struct stage *t)
{
	signed_(t);
	lost(t, &t->b, uses(1, 0, 0));
	lost(t, &t->rotate_b, NULL);
	seal(t, t->a, 2);
	begin(t, &t->rotate_a);
}

static void
first_is_lost(struct stage *t)
{
	signed_(t);
	lost(t, &t->a, uses(2, 1, 0));
	seal(t, t->b, 1);
	lost(t, &t->rotate_a, NULL);
	begin(t, &t->rotate_b);
}

static void
one_never_begins(struct stage *t)
{
	approved(t);
	begin(t, &t->a);
	memcpy(t->begin_a, t->s.begin, 32);
	lost(t, &t->b, NULL);
	for (unsigned i = 0; i < 3; i++)
		syn_issue(&t->s, &t->a, i);
	SYN(issuance_sync(t->s.log) == RECORD_OK);
	seal(t, t->a, 3);
}

static void
all_are_lost(struct stage *t)
{
	signed_(t);
	lost(t, &t->a, uses(2, 0, 0));
	lost(t, &t->b, uses(1, 0, 0));
	lost(t, &t->rotate_a, NULL);
	lost(t, &t->rotate_b, NULL);
}

/* Between the others' results and the outcome the power fails. */
static void
cut_before_outcome(struct stage *t)
{
	signed_(t);
	rest(t, &t->b, uses(1, 0, 0));
	lost(t, &t->a, NULL);
	lost(t, &t->rotate_a, NULL);
	lost(t, &t->rotate_b, NULL);
}

/* ---- what is not --------------------------------------------------------- */

static void
same_token(struct stage *t)
{
	propose(t, &t->s.prod, &t->a, 0);
	propose(t, &t->s.prod, &t->b, 0);
}

static void
other_batch(struct stage *t)
{
	signed_(t);
	lost(t, &t->a, NULL);
	lost(t, &t->b, NULL);
	lost(t, &t->rotate_a, NULL);
	lost(t, &t->rotate_b, NULL);
	propose(t, &t->s.prod, &t->a, t->b.act);
	propose(t, &t->copy, &t->b, 0);
}

static void
behind_rotation(struct stage *t)
{
	propose(t, &t->s.prod, &t->a, 0);
	t->rotate_a = syn_rekey_act(&t->s.prod, "rotate", t->s.policy_sha256);
	syn_propose(&t->s, t->s.prod.label, &t->rotate_a);
	propose(t, &t->copy, &t->b, 0);
}

static void
begun_too_early(struct stage *t)
{
	approved(t);
	begin(t, &t->b);
}

static void
rotated_too_early(struct stage *t)
{
	signed_(t);
	lost(t, &t->b, uses(1, 0, 0));
	begin(t, &t->rotate_a);
}

static void
sealed_too_early(struct stage *t)
{
	signed_(t);
	seal(t, t->a, 2);
}

static void
nobody_seals(struct stage *t)
{
	signed_(t);
	lost(t, &t->a, uses(2, 0, 0));
	rest(t, &t->b, uses(1, 0, 0));
}

static void
crl_alone(struct stage *t)
{
	signed_(t);
	rest(t, &t->b, uses(1, 1, 0));
}

static void
more_than_uses(struct stage *t)
{
	signed_(t);
	rest(t, &t->b,
	    json_pack("[{s:s,s:i},{s:s,s:i},{s:s,s:i}]", "use", "device-tls",
		"n", 4, "use", "crl", "n", 0, "use", "seal-response", "n", 0));
}

static void
wrong_sum(struct stage *t)
{
	signed_(t);
	rest(t, &t->b, uses(0, 0, 0));
	seal(t, t->a, 2);
}

static void
lost_wrong_sum(struct stage *t)
{
	signed_(t);
	lost(t, &t->b, NULL);
	seal(t, t->a, 2);
}

static void
lost_too_many(struct stage *t)
{
	signed_(t);
	lost(t, &t->b, uses(4, 0, 0));
}

static void
lost_before_begin(struct stage *t)
{
	approved(t);
	lost(t, &t->a, uses(0, 0, 0));
}

static void
rotates_lost_token(struct stage *t)
{
	signed_(t);
	lost(t, &t->b, uses(1, 0, 0));
	seal(t, t->a, 2);
	lost(t, &t->rotate_a, NULL);
	begin(t, &t->rotate_b);
}

static void
void_out_of_turn(struct stage *t)
{
	signed_(t);
	lost(t, &t->a, NULL);
	lost(t, &t->b, NULL);
	lost(t, &t->rotate_b, NULL);
}

/* issued: of the order, when all lines are taken. */
static const struct {
	const char *name;
	void (*make)(struct stage *t);
	uint64_t issued;
	bool answered;
	enum record_error err;
	const char *text;
} cases[] = {
	{ "both sign", both_sign, 3, true, RECORD_OK, "" },
	{ "one is lost", one_is_lost, 3, true, RECORD_OK, "" },
	{ "the first is lost", first_is_lost, 3, true, RECORD_OK, "" },
	{ "one never begins", one_never_begins, 3, true, RECORD_OK, "" },
	{ "all are lost", all_are_lost, 3, false, RECORD_OK, "" },
	{ "cut before the outcome", cut_before_outcome, 3, false, RECORD_OK,
	    "" },
	{ "twice on one token", same_token, 0, false, RECORD_ERR_RULE,
	    "act.propose: prod-1 is no other token with the key of prod-1" },
	{ "another batch", other_batch, 0, false, RECORD_ERR_RULE,
	    "act.propose: another batch than act 16's beside it" },
	{ "behind a rotation", behind_rotation, 0, false, RECORD_ERR_ORDER,
	    "act.propose: a batch's acts stand first in their group" },
	{ "begun before the first", begun_too_early, 0, false, RECORD_ERR_ORDER,
	    "act.begin: act 12 is not finished" },
	{ "rotated while one signs", rotated_too_early, 0, false,
	    RECORD_ERR_ORDER, "act.begin: act 12 is not finished" },
	{ "sealed while one signs", sealed_too_early, 0, false,
	    RECORD_ERR_ORDER, "act.result: act 13 beside it is not finished" },
	{ "nobody is left to seal", nobody_seals, 0, false, RECORD_ERR_RULE,
	    "act.result: no response, and no act beside it to seal one" },
	{ "CRL without response", crl_alone, 0, false, RECORD_ERR_RULE,
	    "act.result: a CRL without its response" },
	{ "more than approved", more_than_uses, 0, false, RECORD_ERR_RULE,
	    "act.result: use device-tls: 4, but 3 approved" },
	{ "fewer than issued", wrong_sum, 0, false, RECORD_ERR_RULE,
	    "act.result: 3 issued, but the uses say 2" },
	{ "a lost token's are not said", lost_wrong_sum, 0, false,
	    RECORD_ERR_RULE, "act.result: 3 issued, but the uses say 2" },
	{ "a lost token's are too many", lost_too_many, 0, false,
	    RECORD_ERR_RULE, "act.void: use device-tls: 4, but 3 approved" },
	{ "uses before the begin", lost_before_begin, 0, false, RECORD_ERR_RULE,
	    "act.void: act 12 is no batch that was begun" },
	{ "a lost token rotates", rotates_lost_token, 0, false,
	    RECORD_ERR_ORDER,
	    "act.begin: act 13, on which it stands, is void" },
	{ "void out of turn", void_out_of_turn, 0, false, RECORD_ERR_ORDER,
	    "act.void: act.void of act 14 must come first" },
};

/* Up to the ceremony; then the token, then the rest. */
static enum record_error
apply(const struct stage *t, int dirfd, struct history *h,
    struct record_fault *fault)
{
	enum record_error err = RECORD_OK;

	for (uint64_t i = 0; i < transcript_count(t->s.t) && err == RECORD_OK;
	     i++) {
		size_t len;
		const char *line = transcript_line(t->s.t, i, &len);

		if (i == t->from) {
			struct history_token *copy = &h->tokens[h->token_count];
			*copy = *history_token(h, "prod-1");
			snprintf(copy->label, sizeof(copy->label), "prod-2");
			snprintf(copy->serial, sizeof(copy->serial), "P2");
			h->token_count++;
		}
		err = history_apply(h, dirfd, line, len, fault);
	}
	return err;
}

static bool
run(struct stage *t, size_t i)
{
	struct record_fault fault = { .text = "" };
	struct history *h = history_new();
	struct synthetic *s = &t->s;
	void *scratch = NULL;
	enum record_error err;
	const char *text;
	bool ok;

	assert_int_equal(folder_setup(&scratch), 0);
	s->twist = "";
	s->dirfd = ((struct folder *)scratch)->fd;
	SYN(transcript_open(s->dirfd, true, &s->t, NULL, NULL) == RECORD_OK);
	SYN(issuance_open(s->dirfd, true, NULL, NULL, &s->log, NULL) ==
	    RECORD_OK);
	syn_open(s, "genesis", SYN_DATE_1, syn_plan_1, "plan-1");
	syn_quorum(s);
	syn_root(s);
	syn_product(s);
	syn_order(s);
	syn_close(s);
	t->from = transcript_count(s->t);
	t->copy = s->prod;
	t->copy.label = "prod-2";
	t->copy.serial = "P2";
	t->copy.next_epoch = 0;
	syn_open(s, "batch-1", SYN_DATE_2, syn_plan_2, "plan-2");
	syn_step(s, "batch");
	syn_request(s);
	cases[i].make(t);
	err = apply(t, s->dirfd, h, &fault);
	text = strchr(fault.text, ':');
	ok = err == cases[i].err &&
	    strcmp(text == NULL ? "" : text + 2, cases[i].text) == 0 &&
	    h->lines + (err != RECORD_OK) == transcript_count(s->t);
	if (ok && err == RECORD_OK)
		ok = history_order(h, s->order)->issued == cases[i].issued &&
		    history_request(h, s->request)->answered ==
			cases[i].answered &&
		    history_token(h, "prod-2")->crl_number ==
			history_token(h, "prod-1")->crl_number;
	if (!ok)
		print_message("# %s: %d %s (line %llu of %llu)\n",
		    cases[i].name, (int)err, fault.text,
		    (unsigned long long)h->lines,
		    (unsigned long long)transcript_count(s->t));
	history_free(h);
	syn_reset(s);
	folder_teardown(&scratch);
	return ok;
}

static void
test_cases(void **state)
{
	struct stage *t = calloc(1, sizeof(*t));
	size_t bad = 0;

	(void)state;
	assert_non_null(t);
	syn_keys(&t->s);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		bad += !run(t, i);
	syn_free(&t->s);
	free(t);
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
