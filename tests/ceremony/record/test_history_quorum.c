/* SPDX-License-Identifier: ISC */
/* Rules of PINs that change, of another quorum, and of what is given up. */
#include "tests/ceremony/record/history_rows.h"

#define SPLIT                                                                  \
	"so.split {\"threshold\":2,\"custodians\":[\"A\",\"B\"],"              \
	"\"kept\":\"paper\"}\n"                                                \
	"so.use {\"label\":\"op-f\",\"n\":0}"
/* Another S, a ceremony that comes to nothing, and the next one. */
#define SPLIT_IN_VAIN                                                          \
	SPLIT "\nexception {\"what\":\"abandoned\",\"reason\":\"r\"}\n"        \
	      "ceremony.close $ceremony.close#2:steps=0\n"                     \
	      "ceremony.open $ceremony.open#3\n"                               \
	      "step.begin {\"step\":1,\"kind\":\"recovery\"}"

static const struct row rows[] = {
	/* tokens are keyed anew */
	{ "rotate under another policy", "act.propose#18", SET, "policy_sha256",
	    "@policy-2", RECORD_ERR_RULE,
	    "act.propose: policy_sha256 is not the policy's", NULL },
	{ "rotate to a policy nobody proposed", "act.propose#11", SET,
	    "input_sha256", "@policy-2", RECORD_ERR_RULE,
	    "act.propose: the input is not the log's policy, nor the one "
	    "proposed with it",
	    NULL },
	{ "rotate to what is no policy", "act.propose#11", SET, "input_sha256",
	    "@plan-1", RECORD_ERR_RULE,
	    "act.propose: the input is not the log's policy, nor the one "
	    "proposed with it",
	    NULL },
	{ "recovery for the policy before", "act.propose#19", SET,
	    "input_sha256", "@policy", RECORD_ERR_RULE,
	    "act.propose: the input is not the log's policy, nor the one "
	    "proposed with it",
	    NULL },
	{ "recovery under the policy before", "act.propose#19", SET,
	    "policy_sha256", "@policy", RECORD_ERR_RULE,
	    "act.propose: policy_sha256 is not the policy's", NULL },
	{ "recovery outside of its step", "act.propose#21", SET, "kind",
	    "\"recovery\"", RECORD_ERR_RULE,
	    "act.propose: step 3 is a crl step", NULL },
	{ "rotate to an epoch that was", "act.propose#11", SET, "epoch", "1",
	    RECORD_ERR_RULE, "act.propose: epoch 1 of prod-1: 2 is next",
	    NULL },
	{ "rotate leaves epochs out", "act.propose#11", SET, "epoch",
	    "4294967294", RECORD_ERR_RULE,
	    "act.propose: epoch 4294967294 of prod-1: 2 is next", NULL },
	{ "rotate of another issuer", "act.propose#11", SET,
	    "issuer_spki_sha256", "\"-\"", RECORD_ERR_RULE,
	    "act.propose: no issuer_spki_sha256", NULL },
	{ "rotate begun before the policy is in force", "act.begin#17", PUT,
	    "act.begin", "$act.begin#18", RECORD_ERR_ORDER,
	    "act.begin: act 17 is not finished", NULL },
	{ "prepared without an act", "act.begin#11", PUT, "rotate.prepare",
	    "$rotate.prepare#2", RECORD_ERR_ORDER,
	    "rotate.prepare: act 11 is not begun", NULL },
	{ "prepared by another act", "act.result#9", PUT, "rotate.prepare",
	    "$rotate.prepare#2:act=9", RECORD_ERR_RULE,
	    "rotate.prepare: act 9 keys no token anew", NULL },
	{ "prepared another epoch", "rotate.prepare#2", SET, "epoch", "3",
	    RECORD_ERR_RULE,
	    "rotate.prepare: another epoch or policy than was approved", NULL },
	{ "prepared for another policy", "rotate.prepare#4", SET,
	    "policy_sha256", "@policy", RECORD_ERR_RULE,
	    "rotate.prepare: another epoch or policy than was approved", NULL },
	{ "prepared with another m", "rotate.prepare#4", SET, "m", "2",
	    RECORD_ERR_RULE,
	    "rotate.prepare: 2 of 4, but the policy says 3 of 4", NULL },
	{ "prepared for who has left", "rotate.prepare#4", SET,
	    "shares.3.operator", "\"bob\"", RECORD_ERR_RULE,
	    "rotate.prepare: a share for bob, no operator of the policy",
	    NULL },
	{ "prepared a share less", "rotate.prepare#4", SET, "shares",
	    "$rotate.prepare#2:shares", RECORD_ERR_RULE,
	    "rotate.prepare: 3 shares for 4 operators", NULL },
	{ "a share is not stored", "rotate.prepare#4", SET, "shares.1.blob",
	    ZEROS, RECORD_ERR_MISSING, "rotate.prepare: share: objects/0000*",
	    NULL },
	{ "prepared twice", "act.result#11", PUT, "rotate.prepare",
	    "$rotate.prepare#2", RECORD_ERR_ORDER,
	    "rotate.prepare: act 11 has prepared already", NULL },
	{ "prepared a third", "rotate.found#1", PUT, "rotate.prepare",
	    "$rotate.prepare#7", RECORD_ERR_ORDER,
	    "rotate.prepare: rotate.found must come first: a rotation of "
	    "prod-1 was cut off",
	    NULL },
	{ "result without prepare", "rotate.prepare#2", PUT, "act.result",
	    "$act.result#11", RECORD_ERR_ORDER,
	    "act.result: no rotate.prepare of act 11 stands before it", NULL },
	{ "rotated another epoch", "act.result#11", SET, "epoch", "3",
	    RECORD_ERR_RULE,
	    "act.result: another label or epoch than was approved", NULL },
	{ "rotated another token", "act.result#11", SET, "label", "\"root-1\"",
	    RECORD_ERR_RULE,
	    "act.result: another label or epoch than was approved", NULL },
	{ "another token's text", "act.result#11", SET, "text",
	    "$act.result#10:text", RECORD_ERR_RULE,
	    "act.result: CA key: the text is not of token P1", NULL },
	{ "the key did not answer", "act.result#11", SET, "signature",
	    "$act.result#10:signature", RECORD_ERR_SIGNATURE,
	    "act.result: CA key: its signature over the test text does not "
	    "verify",
	    NULL },
	{ "an answer from before", "act.result#15", PUT, "act.result",
	    "$act.result#11:act=16,epoch=3", RECORD_ERR_RULE,
	    "act.result: CA key: this test text is in the log already", NULL },
	{ "found where nothing was cut off", "rotate.prepare#2", PUT,
	    "rotate.found", "{\"act\":11,\"epoch\":1}", RECORD_ERR_ORDER,
	    "rotate.found: no rotation of act 11's token was cut off", NULL },
	{ "found with S", "rotate.prepare#9", PUT, "rotate.found",
	    "{\"act\":24,\"epoch\":3}", RECORD_ERR_ORDER,
	    "rotate.found: no rotation of act 24's token was cut off", NULL },
	{ "found neither", "rotate.found#1", SET, "epoch", "1", RECORD_ERR_RULE,
	    "rotate.found: epoch 1 is neither of the two", NULL },
	{ "cut off, and something else", "act.propose#22", PUT, "act.propose",
	    "$act.propose#20:act=22,nonce=00112233445566778899aabbccddeeff",
	    RECORD_ERR_RULE,
	    "act.propose: a rotation of prod-1 was cut off: it does nothing "
	    "but rotate",
	    NULL },
	{ "exposed by no act", "act.begin#14", PUT, "pin.exposed",
	    "{\"act\":14,\"label\":\"prod-1\"}", RECORD_ERR_ORDER,
	    "pin.exposed: act 14 is not begun", NULL },

	{ "put off, and something else", "act.propose#15", SET, "epoch", "2",
	    RECORD_ERR_RULE,
	    "act.propose: prod-1 must be rotated before anything else",
	    "exception {\"what\":\"rotation put off: prod-1\","
	    "\"reason\":\"r\"}" },
	{ "exposed, and something else", "act.result#13", PUT, "act.propose",
	    "$act.propose#14:act=15,nonce=00112233445566778899aabbccddeeff",
	    RECORD_ERR_RULE,
	    "act.propose: prod-1 must be rotated before anything else",
	    "pin.exposed {\"act\":14,\"label\":\"prod-1\"}\n"
	    "act.void {\"act\":14,\"reason\":\"r\"}" },
	{ "exposed, and a result", "act.result#13", PUT, "act.result",
	    "$act.result#13", RECORD_ERR_ORDER,
	    "act.result: act.void of act 14 must come first",
	    "pin.exposed {\"act\":14,\"label\":\"prod-1\"}" },
	{ "exposed on another token", "act.result#13", PUT, "pin.exposed",
	    "{\"act\":14,\"label\":\"root-1\"}", RECORD_ERR_RULE,
	    "pin.exposed: act 14 is not on token root-1", NULL },
	{ "a stale token does something else", "step.begin#10", PUT,
	    "act.propose",
	    "$act.propose#20:act=19,epoch=3,step=2,"
	    "nonce=00112233445566778899aabbccddeeff",
	    RECORD_ERR_RULE,
	    "act.propose: prod-1 is keyed for an earlier policy: it does "
	    "nothing but rotate",
	    "step.begin {\"step\":2,\"kind\":\"crl\"}" },
	{ "rotate as something else", "act.propose#11", SET, "uses.0.use",
	    "\"crl\"", RECORD_ERR_RULE,
	    "act.propose: step 4 is a work-order step", NULL },

	/* the quorum changes */
	{ "another policy outside of its step", "act.propose#11", PUT,
	    "act.propose", "$act.propose#17:act=11,step=4", RECORD_ERR_RULE,
	    "act.propose: step 4 is a work-order step", NULL },
	{ "the policy before again", "act.propose#17", SET, "input_sha256",
	    "@policy", RECORD_ERR_RULE,
	    "act.propose: the policy's version is 1, not 2", NULL },
	{ "change to what is no policy", "act.propose#17", SET, "input_sha256",
	    "@plan-1", RECORD_ERR_FORM, "act.propose: the input is no policy",
	    NULL },
	{ "change proposed twice", "act.propose#18", PUT, "act.propose",
	    "$act.propose#17:act=18", RECORD_ERR_ORDER,
	    "act.propose: another policy is proposed already", NULL },
	{ "changed to another than approved", "act.result#16", SET, "policy",
	    "@policy", RECORD_ERR_RULE,
	    "act.result: another policy than was approved", NULL },
	{ "change approved by who joins", "approve#35", SET, "operator",
	    "\"dave\"", RECORD_ERR_RULE,
	    "approve: dave is no operator of the policy", NULL },
	{ "approved under a name that is gone", "approve#38", SET, "operator",
	    "\"bob\"", RECORD_ERR_RULE,
	    "approve: bob is no operator of the policy", NULL },
	{ "a card that is enrolled", "enrol#4", SET, "serial", "\"OP1\"",
	    RECORD_ERR_RULE, "enrol: token OP1 is operator bob's", NULL },
	{ "a CA's token as card", "enrol#4", SET, "serial", "\"R1\"",
	    RECORD_ERR_RULE, "enrol: token R1 is root-1", NULL },
	{ "an SO PIN that was not used", "so.use#7", PUT, "enrol", "$enrol#5",
	    RECORD_ERR_RULE,
	    "enrol: so_n is 1, but the SO PIN of op-e was not used for it",
	    NULL },
	{ "another SO PIN", "enrol#5", SET, "so_n", "2", RECORD_ERR_RULE,
	    "enrol: so_n is 2, but the SO PIN of op-e has another number",
	    NULL },
	{ "the SO PIN before", "so.use#8", SET, "n", "0", RECORD_ERR_RULE,
	    "so.use: n is 0, but the SO PIN of prod-1 has number 1", NULL },
	{ "an SO PIN of an S that is replaced", "act.propose#17", PUT, "so.use",
	    "{\"label\":\"prod-1\",\"n\":1}", RECORD_ERR_RULE,
	    "so.use: the SO PIN of prod-1 comes from another S than the "
	    "present",
	    "so.split {\"threshold\":2,\"custodians\":[\"A\",\"B\"],"
	    "\"kept\":\"paper\"}" },
	{ "one of an S that came to nothing", "act.propose#17", PUT, "so.use",
	    "{\"label\":\"op-f\",\"n\":1}", RECORD_ERR_RULE,
	    "so.use: the SO PIN of op-f comes from another S than the present",
	    SPLIT_IN_VAIN },
	/* it is that the number is wrong */
	{ "the S before, when nothing came of a new one", "act.propose#17", PUT,
	    "so.use", "{\"label\":\"prod-1\",\"n\":7}", RECORD_ERR_RULE,
	    "so.use: n is 7, but the SO PIN of prod-1 has number 1",
	    SPLIT_IN_VAIN },
	{ "an SO PIN without an S", "so.split#1", PUT, "so.use",
	    "{\"label\":\"op-a\",\"n\":0}", RECORD_ERR_ORDER,
	    "so.use: there is no so.split yet", NULL },

	/* the rest of a ceremony is given up */
	{ "abandoned between steps", "step.begin#2", PUT, "exception",
	    "{\"what\":\"abandoned\",\"reason\":\"r\"}", RECORD_ERR_ORDER,
	    "exception: a step is abandoned that stands, without acts, in a "
	    "log that has a policy",
	    NULL },
	{ "abandoned before there is a policy", "so.split#1", PUT, "exception",
	    "{\"what\":\"abandoned\",\"reason\":\"r\"}", RECORD_ERR_ORDER,
	    "exception: a step is abandoned that stands*", NULL },
	{ "abandoned while acts stand", "approve#4", PUT, "exception",
	    "{\"what\":\"abandoned\",\"reason\":\"r\"}", RECORD_ERR_ORDER,
	    "exception: a step is abandoned that stands*", NULL },
	{ "a step after that", "act.propose#15", PUT, "step.begin",
	    "{\"step\":4,\"kind\":\"crl\"}", RECORD_ERR_ORDER,
	    "step.begin: the rest of the ceremony was abandoned",
	    "exception {\"what\":\"abandoned\",\"reason\":\"r\"}" },
	{ "closed with the abandoned step", "act.propose#15", PUT,
	    "ceremony.close", "$ceremony.close#2", RECORD_ERR_RULE,
	    "ceremony.close: 2 steps ended, not 3",
	    "exception {\"what\":\"abandoned\",\"reason\":\"r\"}" },
	{ "abandoned, and a PIN not changed", "act.propose#15", PUT,
	    "ceremony.close", "$ceremony.close#2:steps=2", RECORD_ERR_RULE,
	    "ceremony.close: prod-1 was opened and not rotated since",
	    "exception {\"what\":\"abandoned\",\"reason\":\"r\"}" },
};

static void
test_rows(void **state)
{
	rows_refused(*state, rows, sizeof(rows) / sizeof(rows[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests_name("history, quorum", tests,
	    history_setup, history_teardown);
}
