/* SPDX-License-Identifier: ISC */
#include "tests/ceremony/record/history_rows.h"

static const struct row rows[] = {
	/* the chain and the line itself */
	{ "seq is skipped", "step.begin#1", RAW, "\"seq\":1,", "\"seq\":2,",
	    RECORD_ERR_CHAIN, "step.begin: seq is 2, not 1", NULL },
	{ "a line is left out", "step.begin#1", DROP, NULL, NULL,
	    RECORD_ERR_CHAIN, "so.split: seq is 2, not 1", NULL },
	{ "first line points back", "ceremony.open#1", RAW, "\"prev\":\"0",
	    "\"prev\":\"1", RECORD_ERR_CHAIN,
	    "ceremony.open: prev is not the hash of the line before", NULL },
	{ "the line before was changed", "step.begin#1", RAW, "\"prev\":\"",
	    "\"prev\":\"!", RECORD_ERR_FORM,
	    "does not begin or end as a line of a transcript", NULL },
	{ "another log", "step.begin#1", RAW, "example/fleet", "example/sheep",
	    RECORD_ERR_OTHER_LOG,
	    "step.begin: of log demo.example/sheep, not demo.example/fleet",
	    NULL },
	{ "another ceremony", "step.begin#1", RAW, "\"genesis\"", "\"other\"",
	    RECORD_ERR_ORDER,
	    "step.begin: of ceremony other while genesis is open", NULL },
	{ "no such record", "step.begin#1", PUT, "step.start", "{}",
	    RECORD_ERR_FORM, "step.start: there is no such record", NULL },
	{ "a key too many", "step.begin#1", ADD, "extra", "1", RECORD_ERR_FORM,
	    "step.begin: \"extra\" does not belong here", NULL },
	{ "a key too few", "step.begin#1", DEL, "kind", NULL, RECORD_ERR_FORM,
	    "step.begin: \"kind\" is missing or not in its place", NULL },
	{ "keys in another order", "step.begin#1", PUT, "step.begin",
	    "{\"kind\":\"quorum\",\"step\":1}", RECORD_ERR_FORM,
	    "step.begin: \"step\" is missing or not in its place", NULL },
	{ "a number as text", "step.begin#1", SET, "step", "\"1\"",
	    RECORD_ERR_FORM, "step.begin: \"step\" is out of form or range",
	    NULL },
	{ "a negative number", "step.begin#1", SET, "step", "-1",
	    RECORD_ERR_FORM, "step.begin: \"step\" is out of form or range",
	    NULL },
	{ "a digest in capitals", "ceremony.open#1", SET, "plan",
	    "\"AA00000000000000000000000000000000000000000000000000000000000"
	    "000\"",
	    RECORD_ERR_FORM, "ceremony.open: \"plan\" is out of form or range",
	    NULL },

	/* ceremonies */
	{ "not opened", "ceremony.open#1", PUT, "exception",
	    "{\"what\":\"w\",\"reason\":\"r\"}", RECORD_ERR_ORDER,
	    "exception: must not stand while no ceremony is open", NULL },
	{ "module: no such configuration", "step.begin#1", PUT, "module",
	    "{\"path\":\"/m.so\",\"version\":\"1\",\"sha256\":" ZEROS
	    ",\"conf\":" ZEROS "}",
	    RECORD_ERR_MISSING, "module: conf: *", NULL },
	{ "module: without a path", "step.begin#1", PUT, "module",
	    "{\"version\":\"1\",\"sha256\":" ZEROS ",\"conf\":" ZEROS "}",
	    RECORD_ERR_FORM, "module: *", NULL },
	{ "opened twice", "step.begin#1", PUT, "ceremony.open",
	    "$ceremony.open#1", RECORD_ERR_ORDER,
	    "ceremony.open: must not stand while no step stands", NULL },
	{ "a line after the close", "ceremony.open#2", PUT, "card", "$card#1",
	    RECORD_ERR_ORDER, "card: must not stand while no ceremony is open",
	    NULL },
	{ "name used before", "ceremony.open#2", RAW, "\"batch-1\"",
	    "\"genesis\"", RECORD_ERR_RULE,
	    "ceremony.open: ceremony genesis was held before: names are not "
	    "used twice",
	    NULL },
	{ "no name of a ceremony", "ceremony.open#2", RAW, "\"batch-1\"",
	    "\"Batch 1\"", RECORD_ERR_FORM,
	    "ceremony.open: no name of a ceremony or log", NULL },
	{ "no date", "ceremony.open#2", SET, "date", "\"2026-12-08\"",
	    RECORD_ERR_FORM, "ceremony.open: \"date\" is out of form or range",
	    NULL },
	{ "earlier than the last", "ceremony.open#2", SET, "date",
	    "\"2026-11-30T09:00:00Z\"", RECORD_ERR_RULE,
	    "ceremony.open: its date lies before the last ceremony's", NULL },
	{ "plan is not stored", "ceremony.open#2", SET, "plan", ZEROS,
	    RECORD_ERR_MISSING, "ceremony.open: plan: objects/0000*", NULL },
	{ "levels lack one", "ceremony.open#2", SET, "levels",
	    "{\"operator\":\"x\",\"reader\":\"x\"}", RECORD_ERR_FORM,
	    "ceremony.open: \"signer\" is missing or not in its place", NULL },
	{ "levels of who is none", "ceremony.open#2", SET, "levels",
	    "{\"operator\":\"x\",\"reader\":\"x\",\"signer\":\"x\","
	    "\"media\":\"x\",\"watcher\":\"x\"}",
	    RECORD_ERR_FORM, "ceremony.open: \"watcher\" does not belong here",
	    NULL },
	{ "resumed under another plan", "ceremony.resume#1", SET, "plan",
	    "@plan-1", RECORD_ERR_RULE,
	    "ceremony.resume: another plan than the ceremony was opened with",
	    NULL },
	{ "torn is no boolean", "ceremony.resume#1", SET, "torn", "0",
	    RECORD_ERR_FORM,
	    "ceremony.resume: \"torn\" is out of form or range", NULL },
	{ "resumed in cells not told", "ceremony.resume#1", SET, "levels",
	    "{\"operator\":\"x\",\"signer\":\"x\"}", RECORD_ERR_FORM,
	    "ceremony.resume: \"reader\" is missing or not in its place",
	    NULL },
	{ "closed within a step", "step.end#1", PUT, "ceremony.close",
	    "$ceremony.close#1", RECORD_ERR_ORDER,
	    "ceremony.close: must not stand in a step without acts that stand",
	    NULL },
	{ "close counts other steps", "ceremony.close#1", SET, "steps", "3",
	    RECORD_ERR_RULE, "ceremony.close: 4 steps ended, not 3", NULL },
	{ "log grew between the acts", "ceremony.close#1", SET,
	    "issuance_lines", "1", RECORD_ERR_RULE,
	    "ceremony.close: issuance.jsonl grew without an act", NULL },
	{ "log shrank", "ceremony.close#2", SET, "issuance_lines", "2",
	    RECORD_ERR_RULE, "ceremony.close: the issuance log has shrunk",
	    NULL },
	{ "log changed", "ceremony.close#2", SET, "issuance_sha256", "@plan-1",
	    RECORD_ERR_RULE, "ceremony.close: the issuance log has changed",
	    NULL },
	{ "tree changed", "ceremony.close#2", SET, "tree_root", "@plan-1",
	    RECORD_ERR_RULE, "ceremony.close: the log's tree has changed",
	    NULL },

	/* steps */
	{ "step out of order", "step.begin#1", SET, "step", "2",
	    RECORD_ERR_ORDER, "step.begin: step 1, not 2, is next", NULL },
	{ "kind of step unknown", "step.begin#1", SET, "kind", "\"party\"",
	    RECORD_ERR_RULE, "step.begin: no kind of step: party", NULL },
	{ "step before the last ended", "step.end#1", PUT, "step.begin",
	    "$step.begin#2", RECORD_ERR_ORDER,
	    "step.begin: step 1 has not ended", NULL },
	{ "step again, but not resumed", "so.split#1", PUT, "step.begin",
	    "$step.begin#1", RECORD_ERR_ORDER,
	    "step.begin: step 1 has not ended", NULL },
	{ "step again as another kind", "step.begin#6", SET, "kind", "\"crl\"",
	    RECORD_ERR_RULE, "step.begin: step 1 is a batch step", NULL },
	{ "step within a group", "approve#1", PUT, "step.end", "{\"step\":1}",
	    RECORD_ERR_ORDER, "step.end: must not stand while acts stand",
	    NULL },
	{ "another step ends", "step.end#1", SET, "step", "2", RECORD_ERR_ORDER,
	    "step.end: step 1 stands, not 2", NULL },

	/* the SO secret and enrolment */
	{ "split outside of quorum", "so.use#4", PUT, "so.split", "$so.split#1",
	    RECORD_ERR_ORDER,
	    "so.split: belongs in a quorum or quorum-change step", NULL },
	{ "threshold over custodians", "so.split#1", SET, "threshold", "4",
	    RECORD_ERR_RULE, "so.split: threshold 4 of 3 custodians", NULL },
	{ "custodian twice", "so.split#1", SET, "custodians.1", "\"Nora Lind\"",
	    RECORD_ERR_RULE, "so.split: custodian Nora Lind stands twice",
	    NULL },
	{ "custodian without name", "so.split#1", SET, "custodians.1", "\"\"",
	    RECORD_ERR_FORM, "so.split: a custodian is no name", NULL },
	{ "kept elsewhere", "so.split#1", SET, "kept", "\"disk\"",
	    RECORD_ERR_FORM, "so.split: \"kept\" is paper or rehearsal", NULL },
	{ "SO PIN number falls", "act.propose#2", PUT, "so.use",
	    "{\"label\":\"root-1\",\"n\":6}", RECORD_ERR_RULE,
	    "so.use: n is 6, but the SO PIN of root-1 has number 0", NULL },
	{ "enrol outside of quorum", "so.use#4", PUT, "enrol", "$enrol#1",
	    RECORD_ERR_ORDER,
	    "enrol: belongs in a quorum or quorum-change step", NULL },
	{ "enrol behind the vote", "step.end#1", PUT, "enrol", "$enrol#1",
	    RECORD_ERR_ORDER, "enrol: the policy is settled already", NULL },
	{ "operator twice", "enrol#2", SET, "operator", "\"alice\"",
	    RECORD_ERR_RULE, "enrol: operator alice is enrolled already",
	    NULL },
	{ "operator's token twice", "enrol#2", SET, "serial", "\"OP0\"",
	    RECORD_ERR_RULE, "enrol: token OP0 is operator alice's", NULL },
	{ "certificate is not stored", "enrol#2", SET, "sign", ZEROS,
	    RECORD_ERR_MISSING, "enrol: sign: objects/0000*", NULL },
	{ "certificate is none", "enrol#2", SET, "sign", "@plan-1",
	    RECORD_ERR_FORM, "enrol: sign: not a strict certificate", NULL },
	{ "sign signed by another", "enrol#1", SET, "sign", "@derive-0",
	    RECORD_ERR_SIGNATURE,
	    "enrol: the sign certificate is not signed by itself", NULL },
	{ "derive signed by another", "enrol#2", SET, "derive", "@derive-0",
	    RECORD_ERR_SIGNATURE,
	    "enrol: the derive certificate is not signed by sign", NULL },
	{ "key is enrolled already", "enrol#2", SET, "derive", "@sign-1",
	    RECORD_ERR_RULE, "enrol: derive: this key is in the log already",
	    NULL },
	{ "test text is another's", "enrol#2", SET, "text",
	    "\"anchorite-approval/v1\\n\"", RECORD_ERR_RULE,
	    "enrol: sign: the text is no anchorite-test/v1", NULL },
	{ "test text not signed", "enrol#2", SET, "signature",
	    "$enrol#1:signature", RECORD_ERR_SIGNATURE,
	    "enrol: sign: its signature over the test text does not verify",
	    NULL },
	{ "extractable key", "enrol#2", SET, "attributes.sign.extractable",
	    "true", RECORD_ERR_RULE,
	    "enrol: sign: its private key's attribute \"extractable\" is true",
	    NULL },
	{ "attribute is no boolean", "enrol#2", SET,
	    "attributes.derive.sensitive", "1", RECORD_ERR_FORM,
	    "enrol: derive: attribute sensitive is no boolean", NULL },
	{ "no attributes", "enrol#2", SET, "attributes.derive", "{}",
	    RECORD_ERR_FORM, "enrol: derive: no attributes", NULL },

	/* act.propose */
	{ "act out of order", "act.propose#2", SET, "act", "3",
	    RECORD_ERR_ORDER, "act.propose: act 2, not 3, is next", NULL },
	{ "act of another step", "act.propose#2", SET, "step", "1",
	    RECORD_ERR_ORDER, "act.propose: step 2 stands, not 1", NULL },
	{ "act of another kind", "act.propose#2", SET, "kind", "\"crl\"",
	    RECORD_ERR_RULE, "act.propose: step 2 is a root step", NULL },
	{ "proposed behind an approval", "approve#2", PUT, "act.propose",
	    "$act.propose#2:act=2,step=1,kind=quorum", RECORD_ERR_ORDER,
	    "act.propose: the acts that stand are approved or begun already",
	    NULL },
	{ "resumes an act that is done", "act.propose#13", SET, "resumes", "9",
	    RECORD_ERR_RULE, "act.propose: act 9 is none that can be resumed",
	    NULL },
	{ "resumes what is not there", "act.propose#13", SET, "resumes", "99",
	    RECORD_ERR_RULE, "act.propose: act 99 is none that can be resumed",
	    NULL },
	{ "under another policy", "act.propose#2", SET, "policy_sha256",
	    "@plan-1", RECORD_ERR_RULE,
	    "act.propose: policy_sha256 is not the policy's", NULL },
	{ "under another plan", "act.propose#2", SET, "plan_sha256", "@plan-2",
	    RECORD_ERR_RULE, "act.propose: plan_sha256 is not the plan's",
	    NULL },
	{ "input is not stored", "act.propose#3", SET, "input_sha256", ZEROS,
	    RECORD_ERR_MISSING, "act.propose: input: objects/0000*", NULL },
	{ "no uses", "act.propose#2", SET, "uses", "[]", RECORD_ERR_FORM,
	    "act.propose: \"uses\" is out of form or range", NULL },
	{ "use twice", "act.propose#13", SET, "uses.1.use", "\"device-tls\"",
	    RECORD_ERR_FORM, "act.propose: use device-tls stands twice", NULL },
	{ "use is no name", "act.propose#13", SET, "uses.1.use", "\"a b\"",
	    RECORD_ERR_FORM, "act.propose: use a b is no name", NULL },
	{ "use of another kind of step", "act.propose#3", SET, "uses.0.use",
	    "\"sealer\"", RECORD_ERR_RULE,
	    "act.propose: a root step has no use sealer", NULL },
	{ "use twice over", "act.propose#3", SET, "uses.0.n", "2",
	    RECORD_ERR_RULE, "act.propose: use root stands alone, and once",
	    NULL },
	{ "no nonce", "act.propose#3", SET, "nonce", "\"-\"", RECORD_ERR_RULE,
	    "act.propose: no nonce", NULL },
	{ "nonce without token", "act.propose#1", SET, "nonce",
	    "\"00000000000000000000000000000000\"", RECORD_ERR_RULE,
	    "act.propose: a nonce without a token", NULL },
	{ "nonce again", "act.propose#3", SET, "nonce", "$act.propose#2:nonce",
	    RECORD_ERR_RULE, "act.propose: the nonce of act 2 again", NULL },
	{ "genesis on a token", "act.propose#1", SET, "token", "\"root-1\"",
	    RECORD_ERR_RULE, "act.propose: this act is of no token", NULL },
	{ "genesis with an issuer", "act.propose#1", SET, "issuer_spki_sha256",
	    "@plan-1", RECORD_ERR_RULE,
	    "act.propose: issuer_spki_sha256 is no such key of the token",
	    NULL },
	{ "genesis input is no policy", "act.propose#1", SET, "input_sha256",
	    "@plan-1", RECORD_ERR_RULE,
	    "act.propose: policy_sha256 is not the policy's", NULL },
	{ "two first policies", "approve#1", PUT, "act.propose",
	    "$act.propose#1:act=2", RECORD_ERR_ORDER,
	    "act.propose: another policy is proposed already", NULL },
	{ "key is made on another label", "act.propose#2", SET, "token",
	    "\"root-2\"", RECORD_ERR_RULE,
	    "act.propose: token is not the label of the token to be keyed",
	    NULL },
	{ "epoch zero", "act.propose#2", SET, "epoch", "0", RECORD_ERR_RULE,
	    "act.propose: epoch 0 of root-1: 1 is next", NULL },
	{ "token is not known", "act.propose#3", SET, "token", "\"R9\"",
	    RECORD_ERR_RULE,
	    "act.propose: token R9 is not in the log under this label", NULL },
	{ "token under another label", "act.propose#3", SET, "label",
	    "\"prod-1\"", RECORD_ERR_RULE,
	    "act.propose: token R1 is not in the log under this label", NULL },
	{ "another epoch", "act.propose#3", SET, "epoch", "2", RECORD_ERR_RULE,
	    "act.propose: epoch 2, but root-1 is in epoch 1", NULL },
	{ "no issuer", "act.propose#3", SET, "issuer_spki_sha256", "\"-\"",
	    RECORD_ERR_RULE, "act.propose: no issuer_spki_sha256", NULL },
	{ "issuer of another token", "act.propose#6", SET, "issuer_spki_sha256",
	    "$act.propose#8:issuer_spki_sha256", RECORD_ERR_RULE,
	    "act.propose: issuer_spki_sha256 is no such key of the token",
	    NULL },
	{ "key-making input is another", "act.propose#2", SET, "input_sha256",
	    "$act.propose#1:input_sha256", RECORD_ERR_RULE,
	    "act.propose: the input does not ask for these keys on this token",
	    NULL },
	{ "the order was sealed before", "step.end#4", PUT, "act.propose",
	    "$act.propose#9:act=12,epoch=2,nonce=00112233445566778899aabbccddeeff",
	    RECORD_ERR_RULE, "act.propose: this order was sealed before",
	    NULL },
	{ "order is none", "act.propose#9", SET, "input_sha256", "@plan-1",
	    RECORD_ERR_FORM, "act.propose: the input is no order: *", NULL },
	{ "worklist is none", "act.propose#12", SET, "input_sha256", "@plan-1",
	    RECORD_ERR_FORM,
	    "act.propose: worklist line 1: not in the form of "
	    "anchorite-worklist/v1",
	    NULL },
	{ "more uses than the worklist", "act.propose#12", SET, "uses.0.n", "4",
	    RECORD_ERR_RULE,
	    "act.propose: the worklist has 3 certificates of profile "
	    "device-tls, the uses 4",
	    NULL },
	{ "a use the worklist has not", "act.propose#12", SET, "uses.1.use",
	    "\"seal-order\"", RECORD_ERR_RULE,
	    "act.propose: other uses than the worklist has", NULL },

	/* approvals */
	{ "approved by a stranger", "approve#4", SET, "operator", "\"dora\"",
	    RECORD_ERR_RULE, "approve: dora is no operator of the policy",
	    NULL },
	{ "approved twice", "approve#5", SET, "operator", "\"alice\"",
	    RECORD_ERR_RULE, "approve: alice has approved act 2 already",
	    NULL },
	{ "signature of another operator", "approve#5", SET, "signature",
	    "$approve#4:signature", RECORD_ERR_SIGNATURE,
	    "approve: bob's signature over act 2 does not verify", NULL },
	{ "signature over another act", "approve#7", SET, "signature",
	    "$approve#5:signature", RECORD_ERR_SIGNATURE,
	    "approve: bob's signature over act 3 does not verify", NULL },
	{ "signature is no base64", "approve#5", SET, "signature", "\"x\"",
	    RECORD_ERR_FORM, "approve: \"signature\" is out of form or range",
	    NULL },
	{ "approved what is over", "approve#5", SET, "act", "1",
	    RECORD_ERR_ORDER, "approve: act 1 does not stand", NULL },
	{ "approved what is begun", "act.result#2", PUT, "approve",
	    "$approve#5", RECORD_ERR_ORDER, "approve: act 2 is not proposed",
	    NULL },
	{ "approved between acts", "so.use#4", PUT, "approve", "$approve#1",
	    RECORD_ERR_ORDER,
	    "approve: must not stand in a step without acts that stand", NULL },
	{ "refused what is begun", "act.result#2", PUT, "approve.refused",
	    "{\"act\":2,\"operator\":\"bob\",\"reason\":\"r\"}",
	    RECORD_ERR_ORDER, "approve.refused: act 2 is not proposed", NULL },

	/* act.begin */
	{ "genesis without all", "approve#3", PUT, "act.begin",
	    "{\"act\":1,\"operators\":[\"alice\",\"bob\"]}", RECORD_ERR_RULE,
	    "act.begin: 2 of the 3 approvals that act 1 needs", NULL },
	{ "begun by fewer than m", "approve#5", PUT, "act.begin",
	    "{\"act\":2,\"operators\":[\"alice\"]}", RECORD_ERR_RULE,
	    "act.begin: 1 of the 2 approvals that act 2 needs", NULL },
	{ "names more than approved", "act.begin#2", SET, "operators",
	    "[\"alice\",\"bob\",\"carol\"]", RECORD_ERR_RULE,
	    "act.begin: names 3 operators, but 2 approved", NULL },
	{ "names another", "act.begin#2", SET, "operators.1", "\"carol\"",
	    RECORD_ERR_RULE, "act.begin: bob approved and is not named", NULL },
	{ "names one twice", "act.begin#2", SET, "operators.1", "\"alice\"",
	    RECORD_ERR_RULE, "act.begin: bob approved and is not named", NULL },
	{ "begun out of turn", "act.begin#6", SET, "act", "7", RECORD_ERR_ORDER,
	    "act.begin: act 6 is not finished", NULL },
	{ "begun twice", "act.result#2", PUT, "act.begin", "$act.begin#2",
	    RECORD_ERR_ORDER, "act.begin: act 2 is not proposed", NULL },

	/* act.void */
	{ "void of what is over", "act.begin#2", PUT, "act.void",
	    "{\"act\":1,\"reason\":\"r\"}", RECORD_ERR_ORDER,
	    "act.void: act 1 does not stand", NULL },
	{ "void leaves the next act", "act.begin#6", PUT, "act.begin",
	    "$act.begin#7", RECORD_ERR_ORDER,
	    "act.begin: act.void of act 7 must come first",
	    "act.void {\"act\":6,\"reason\":\"r\"}" },
	{ "void skips an act", "act.begin#6", PUT, "act.void",
	    "{\"act\":8,\"reason\":\"r\"}", RECORD_ERR_ORDER,
	    "act.void: act.void of act 7 must come first",
	    "act.void {\"act\":6,\"reason\":\"r\"}" },
	{ "the group is over with its last void", "act.begin#6", PUT,
	    "act.void", "{\"act\":7,\"reason\":\"r\"}", RECORD_ERR_ORDER,
	    "act.void: must not stand in a step without acts that stand",
	    "act.void {\"act\":6,\"reason\":\"r\"}\n"
	    "act.void {\"act\":7,\"reason\":\"r\"}" },
	{ "a void act's epoch again", "act.result#2", PUT, "act.propose",
	    "$act.propose#2:act=3,nonce=00112233445566778899aabbccddeeff",
	    RECORD_ERR_RULE, "act.propose: epoch 1 of root-1: 2 is next",
	    "act.void {\"act\":2,\"reason\":\"the token fell silent\"}" },

	{ "a reason with a control character", "act.begin#6", PUT, "act.void",
	    "{\"act\":6,\"reason\":\"a\\u001b[2Jb\"}", RECORD_ERR_FORM,
	    "act.void: \"reason\" is out of form or range", NULL },
	{ "a reason with a path in it", "act.begin#6", PUT, "act.void",
	    "{\"act\":8,\"reason\":\"r\"}", RECORD_ERR_ORDER,
	    "act.void: act.void of act 7 must come first",
	    "act.void {\"act\":6,\"reason\":\"/Z\\u00fcrich\"}" },

	/* act.result */
	{ "result of what is not begun", "act.begin#2", PUT, "act.result",
	    "$act.result#2", RECORD_ERR_ORDER, "act.result: act 2 is not begun",
	    NULL },
	{ "result with other uses", "act.result#2", SET, "uses.0.use",
	    "\"root\"", RECORD_ERR_RULE,
	    "act.result: other uses than were approved", NULL },
	{ "result with more uses", "act.result#12", SET, "uses.0.n", "3",
	    RECORD_ERR_RULE, "act.result: use device-tls: 3, but 2 approved",
	    NULL },
	{ "result with a use less", "act.result#12", SET, "uses",
	    "[{\"use\":\"device-tls\",\"n\":2}]", RECORD_ERR_RULE,
	    "act.result: other uses than were approved", NULL },
	{ "result of no use", "act.result#3", SET, "uses.0.n", "0",
	    RECORD_ERR_RULE, "act.result: use root: 0, but there is a result",
	    NULL },
	{ "another policy than approved", "act.result#1", SET, "policy",
	    "@plan-1", RECORD_ERR_RULE,
	    "act.result: another policy than was approved", NULL },
	{ "keyed another label", "act.result#2", SET, "label", "\"root-2\"",
	    RECORD_ERR_RULE,
	    "act.result: another label or epoch than was approved", NULL },
	{ "keyed for another quorum", "act.result#2", SET, "m", "1",
	    RECORD_ERR_RULE, "act.result: 1 of 3, but the policy says 2 of 3",
	    NULL },
	{ "token is an operator's", "act.result#2", SET, "serial", "\"OP1\"",
	    RECORD_ERR_RULE, "act.result: token OP1 is operator bob's", NULL },
	{ "token is another label's", "act.result#5", SET, "serial", "\"R1\"",
	    RECORD_ERR_RULE, "act.result: token R1 is root-1 already", NULL },
	{ "a key less", "act.result#5", SET, "keys", "[]", RECORD_ERR_RULE,
	    "act.result: 0 keys, not 2", NULL },
	{ "keys in another role", "act.result#5", SET, "keys.1.role",
	    "\"root\"", RECORD_ERR_RULE,
	    "act.result: a key root, where sealer belongs", NULL },
	{ "a key that is none", "act.result#5", SET, "keys.0.spki", "\"AAAA\"",
	    RECORD_ERR_RULE, "act.result: product-ca: not a P-256 or P-384 key",
	    NULL },
	{ "a key on another curve", "act.result#5", SET, "keys.0.spki",
	    "$act.result#2:keys.0.spki", RECORD_ERR_RULE,
	    "act.result: product-ca: on another curve than was approved",
	    NULL },
	{ "one key in two roles", "act.result#5", SET, "keys.1",
	    "$act.result#5:keys.0", RECORD_ERR_RULE,
	    "act.result: a key product-ca, where sealer belongs", NULL },
	{ "the key did not sign", "act.result#5", SET, "keys.0.signature",
	    "$act.result#5:keys.1.signature", RECORD_ERR_SIGNATURE,
	    "act.result: product-ca: its signature over the test text does "
	    "not verify",
	    NULL },
	{ "extractable CA key", "act.result#5", SET,
	    "keys.0.attributes.extractable", "true", RECORD_ERR_RULE,
	    "act.result: product-ca: its private key's attribute "
	    "\"extractable\" is true",
	    NULL },
	{ "a share less", "act.result#2", SET, "shares", "[]", RECORD_ERR_RULE,
	    "act.result: 0 shares for 3 operators", NULL },
	{ "share for a stranger", "act.result#2", SET, "shares.0.operator",
	    "\"dora\"", RECORD_ERR_RULE,
	    "act.result: a share for dora, no operator of the policy", NULL },
	{ "two shares for one", "act.result#2", SET, "shares.1.operator",
	    "\"alice\"", RECORD_ERR_RULE,
	    "act.result: operator or x of a share stands twice: alice, 1",
	    NULL },
	{ "one x twice", "act.result#2", SET, "shares.1.x", "0",
	    RECORD_ERR_RULE,
	    "act.result: operator or x of a share stands twice: bob, 0", NULL },
	{ "x out of range", "act.result#2", SET, "shares.1.x", "3",
	    RECORD_ERR_RULE, "act.result: share x 3 of 3", NULL },
	{ "share is not stored", "act.result#2", SET, "shares.1.blob", ZEROS,
	    RECORD_ERR_MISSING, "act.result: share: objects/0000*", NULL },
	{ "another certificate", "act.result#6", SET, "certificate", "@root",
	    RECORD_ERR_RULE,
	    "act.result: another TBSCertificate than was approved", NULL },
	{ "certificate by a stranger", "act.result#3", SET, "certificate",
	    "@forged-root", RECORD_ERR_SIGNATURE,
	    "act.result: the certificate is not signed by its issuer", NULL },
	{ "another CRL", "act.result#8", SET, "crl", "@root-crl",
	    RECORD_ERR_RULE,
	    "act.result: another TBSCertList than was approved", NULL },
	{ "another CRL number", "act.result#8", SET, "number", "2",
	    RECORD_ERR_RULE, "act.result: its CRL has number 1, not 2", NULL },
	{ "CRL is none", "act.result#8", SET, "crl", "@plan-1", RECORD_ERR_FORM,
	    "act.result: CRL: not a strict CRL", NULL },
	{ "certificates in a crl step", "act.result#13", SET, "certificates",
	    "[\"@root\"]", RECORD_ERR_RULE,
	    "act.result: a crl step writes no certificates", NULL },
	{ "no certificate of its sealer", "act.result#8", SET, "certificates",
	    "[\"@root\"]", RECORD_ERR_RULE,
	    "act.result: 1 certificates written, prod-1 has 2 keys", NULL },
	{ "another's certificate", "act.result#8", SET, "certificates.0",
	    "@root", RECORD_ERR_RULE,
	    "act.result: certificate 1 is not that of the product-ca key of prod-1",
	    NULL },
	{ "another order", "act.result#9", SET, "order", "@plan-1",
	    RECORD_ERR_RULE, "act.result: another order than was approved",
	    NULL },
	{ "order sealed by a stranger", "act.result#9", SET, "file",
	    "@request-file", RECORD_ERR_SIGNATURE,
	    "act.result: not sealed by prod-1: *", NULL },

	/* requests and batches */
	{ "request outside of batch", "so.use#4", PUT, "request", "$request#1",
	    RECORD_ERR_ORDER, "request: belongs in a batch step", NULL },
	{ "request of no order", "request#1", SET, "order", "@plan-1",
	    RECORD_ERR_RULE, "request: of an order that is not in the log",
	    NULL },
	{ "request is not stored", "request#1", SET, "file", ZEROS,
	    RECORD_ERR_MISSING, "request: file: objects/0000*", NULL },
	{ "bundle with another payload", "act.propose#12", PUT, "request",
	    "$request#1:request=00000000000000000000000000000000000000000000"
	    "00000000000000000000,sequence=2",
	    RECORD_ERR_RULE,
	    "request: this bundle id came with another payload before", NULL },
	{ "sequence again", "act.propose#12", PUT, "request",
	    "$request#1:request=00000000000000000000000000000000000000000000"
	    "00000000000000000000,bundle=00112233445566778899aabbccddeeff",
	    RECORD_ERR_RULE, "request: sequence 1 after 1", NULL },
	{ "request again, otherwise", "act.propose#12", PUT, "request",
	    "$request#1:sequence=2", RECORD_ERR_RULE,
	    "request: it was recorded otherwise before", NULL },
	{ "request again, answered", "request.repeat#1", PUT, "request",
	    "$request#1", RECORD_ERR_RULE,
	    "request: it was answered before: request.repeat", NULL },
	{ "repeat of none", "act.propose#12", PUT, "request.repeat",
	    "$request.repeat#1", RECORD_ERR_RULE,
	    "request.repeat: of a request that was not answered", NULL },
	{ "repeat with another response", "request.repeat#1", SET, "response",
	    "@order-file", RECORD_ERR_RULE,
	    "request.repeat: not the response that was given", NULL },
	{ "response by a stranger", "act.result#12", SET, "response",
	    "@request-file", RECORD_ERR_SIGNATURE,
	    "act.result: not sealed by prod-1: *", NULL },
	{ "another response payload", "act.result#12", SET, "response",
	    "@order-file", RECORD_ERR_RULE,
	    "act.result: the sealed file holds another payload", NULL },
	{ "issued is not the uses", "act.result#12", SET, "issued", "1",
	    RECORD_ERR_RULE, "act.result: 1 issued, but the uses say 2", NULL },
	{ "entries went missing", "act.result#12", SET, "rejected", "0",
	    RECORD_ERR_RULE,
	    "act.result: the worklist has 4 entries, the response 3", NULL },
	{ "CRL without its number", "act.result#12", DEL, "number", NULL,
	    RECORD_ERR_RULE,
	    "act.result: CRL or response are not what the uses say", NULL },
	{ "log did not grow", "act.result#12", SET, "tree_size", "4",
	    RECORD_ERR_RULE, "act.result: the response has another tree",
	    NULL },
};

/* What the builder does wrong by itself, and the line that is refused. */
static const struct {
	const char *twist;
	enum record_error err;
	const char *text;
} twists[] = {
	{ "image", RECORD_OK, NULL },
	{ "shell", RECORD_OK, NULL },
	{ "shell-gone", RECORD_ERR_RULE,
	    "ceremony.resume: another shell than the ceremony was opened "
	    "with" },
	{ "image-other", RECORD_OK, NULL },
	{ "image-none", RECORD_OK, NULL },
	{ "image-unread", RECORD_OK, NULL },
	{ "response-transcript", RECORD_ERR_RULE,
	    "act.result: the response names another line than this act's "
	    "begin" },
	{ "response-request", RECORD_ERR_RULE,
	    "act.result: the response is of another log, request or order" },
	{ "response-counts", RECORD_ERR_RULE,
	    "act.result: the response has other counts" },
	{ "response-tree", RECORD_ERR_RULE,
	    "act.result: the response has another tree" },
	{ "crl-extra", RECORD_ERR_RULE,
	    "act.result: not the CRL of the worklist: *" },
	{ "crl-number", RECORD_ERR_RULE,
	    "act.result: its CRL has number 2, not 3" },
	{ "crl-drops", RECORD_ERR_RULE,
	    "act.result: a serial that was revoked is not in the CRL" },
	{ "rotate-none", RECORD_ERR_RULE,
	    "ceremony.close: root-1 was opened and not rotated since" },
	{ "exposed", RECORD_ERR_RULE,
	    "ceremony.close: prod-1 was opened and not rotated since" },
	{ "rotate-before", RECORD_ERR_RULE,
	    "act.begin: root-1 would be keyed for another policy than the "
	    "log's" },
	{ "keys-again", RECORD_ERR_RULE,
	    "act.propose: root-1 holds a CA already" },
	{ "keys-no-so", RECORD_ERR_ORDER,
	    "act.result: no so.use of root-1 stands before it" },
	{ "recovery-no-so", RECORD_ERR_ORDER,
	    "act.result: no so.use of prod-1 stands before it" },
	{ "policy-version", RECORD_ERR_RULE,
	    "act.propose: the policy's version is 3, not 2" },
	{ "policy-witness", RECORD_ERR_RULE,
	    "act.propose: the policy has other witnesses than the present "
	    "one" },
	{ "policy-stranger", RECORD_ERR_RULE,
	    "act.propose: operator dave of the policy is not enrolled with "
	    "these keys" },
	/* these change bob's keys for good: they stand last */
	{ "elsewhere-both", RECORD_ERR_FORM,
	    "enrol: a card is made or was personalised elsewhere" },
	{ "elsewhere-unnamed", RECORD_ERR_FORM,
	    "enrol: \"sign_key\" is missing or not in its place" },
	{ "elsewhere-extractable", RECORD_ERR_RULE,
	    "enrol: derive: its private key's attribute \"extractable\" is "
	    "true" },
	{ "elsewhere-untold", RECORD_ERR_RULE,
	    "enrol: sign: its private key's attribute \"private\" is not "
	    "told" },
	{ "elsewhere-made", RECORD_ERR_RULE,
	    "enrol: sign: not a P-256 or P-384 key" },
	{ "elsewhere-p384", RECORD_ERR_RULE, "enrol: sign: not a key on *" },
	{ "elsewhere", RECORD_OK, NULL },
};

static void
test_rows(void **state)
{
	rows_refused(*state, rows, sizeof(rows) / sizeof(rows[0]));
}

/* ---- states that are wrong from the start -------------------------------- */

static enum record_error
apply_all(const struct synthetic *s, int dirfd, struct history *h,
    struct record_fault *fault)
{
	enum record_error err = RECORD_OK;

	for (uint64_t i = 0; i < transcript_count(s->t) && err == RECORD_OK;
	     i++) {
		size_t len;
		const char *line = transcript_line(s->t, i, &len);

		err = history_apply(h, dirfd, line, len, fault);
	}
	return err;
}

static void
test_twists(void **state)
{
	struct synthetic s;
	size_t bad = 0;

	(void)state;
	syn_keys(&s);
	for (size_t i = 0; i < sizeof(twists) / sizeof(twists[0]); i++) {
		struct record_fault fault = { 0 };
		struct history *h = history_new();
		enum record_error err;
		void *scratch = NULL;
		int dirfd;

		assert_int_equal(folder_setup(&scratch), 0);
		dirfd = ((struct folder *)scratch)->fd;
		syn_make(&s, dirfd, twists[i].twist);
		err = apply_all(&s, dirfd, h, &fault);
		if (err != twists[i].err ||
		    (err != RECORD_OK &&
			!same_text(fault.text, h->lines + 1, twists[i].text))) {
			print_message("# %s: %d %s\n", twists[i].twist,
			    (int)err, fault.text);
			bad++;
		}
		history_free(h);
		syn_reset(&s);
		folder_teardown(&scratch);
	}
	syn_free(&s);
	assert_int_equal(bad, 0);
}

/* ---- what a valid transcript says ---------------------------------------- */

static void
test_good(void **state)
{
	const struct fixture *f = *state;
	struct history *h = history_new();
	const struct history_token *token = NULL;
	const struct history_order *order;
	const struct history_request *request;
	size_t len;
	uint32_t n;
	bool again;

	replay(f, h, transcript_count(f->s.t));
	assert_true(h->has_anchor && h->has_policy && !h->open);
	assert_string_equal(h->log, SYN_LOG);
	assert_int_equal(h->operator_count, SYN_LATER);
	assert_int_equal(h->card_count, SYN_CARDS);
	assert_int_equal(h->policy_count, 2);
	assert_int_equal(h->policy.version, 2);
	assert_int_equal(h->token_count, 2);
	assert_int_equal(h->ceremony_count, 3);
	assert_true(h->ceremonies[0].closed && h->ceremonies[1].closed);
	assert_int_equal(h->act_count, 26);
	assert_int_equal(h->acts[11].state, ACT_VOID);
	assert_int_equal(h->acts[12].approval.resumes, 12);
	assert_int_equal(history_so_now(h), 1);
	assert_true(history_so_hangs(h));
	assert_int_equal(history_so(h, "prod-1", &n, &again), 1);
	assert_int_equal(n, 2);
	assert_false(again);
	assert_int_equal(history_so(h, "new-1", &n, &again), 0);
	assert_int_equal(n, 0);
	assert_int_equal(history_epoch_next(h, "root-1"), 8);
	assert_int_equal(history_epoch_next(h, "root-9"), 1);
	assert_string_equal(history_token(h, "prod-1")->serial, "P1");
	assert_int_equal(history_token(h, "prod-1")->crl_number, 5);
	assert_null(history_token(h, "P1"));
	assert_string_equal(history_operator(h, "rob")->label, "op-b");
	assert_string_equal(history_operator(h, "carol")->label, "op-d");
	assert_null(history_operator(h, "bob"));
	assert_non_null(history_key(h, f->s.prod.ca_spki, &token));
	assert_string_equal(token->label, "prod-1");
	assert_null(history_key(h, f->s.order, &token));
	assert_null(token);
	order = history_order(h, f->s.order);
	assert_int_equal(order->issued, 3);
	assert_int_equal(order->sequence, 1);
	request = history_request(h, f->s.request);
	assert_true(request->answered);
	assert_memory_equal(request->response, f->s.response, 32);
	assert_int_equal(h->log_state.tree_size, 3);
	assert_memory_equal(h->head.hash, transcript_head(f->s.t)->hash, 32);
	assert_false(history_group_stands(h));
	assert_int_equal(history_step(h, NULL), 0);
	assert_non_null(transcript_line(f->s.t, h->lines - 1, &len));
	history_free(h);
}

static void
test_standing(void **state)
{
	const struct fixture *f = *state;
	struct history *h = history_new();
	char kind[APPROVAL_NAME_MAX + 1];

	replay(f, h, find_line(f, "act.begin#6", 11));
	assert_true(history_group_stands(h));
	assert_int_equal(history_step(h, kind), 3);
	assert_string_equal(kind, "product-ca");
	assert_int_equal(h->acts[5].state, ACT_PROPOSED);
	assert_int_equal(h->acts[5].approved, 2);
	assert_string_equal(h->acts[5].label, "root-1");
	history_free(h);
}

/* A void batch left one result: it counts for its order at once, so that the
 * next batch has no more than the quota leaves. */
static void
test_left(void **state)
{
	const struct fixture *f = *state;
	struct history *h = history_new();

	replay(f, h, find_line(f, "act.result#12", 13));
	assert_int_equal(history_order(h, f->s.order)->issued, 1);
	history_free(h);
}

static void
test_damaged_object(void **state)
{
	struct folder *folder = NULL;
	struct synthetic s;
	struct record_fault fault = { 0 };
	struct history *h = history_new();
	char hex[65], name[80];

	(void)state;
	assert_int_equal(folder_setup((void **)&folder), 0);
	syn_keys(&s);
	syn_make(&s, folder->fd, "");
	text_hex(syn_find(&s, "policy"), 32, hex);
	snprintf(name, sizeof(name), "objects/%s", hex);
	assert_int_equal(fchmodat(folder->fd, name, 0600, 0), 0);
	file_put(folder, name, "anchorite-policy/v1\n", 20);
	assert_int_equal(apply_all(&s, folder->fd, h, &fault),
	    RECORD_ERR_CHAIN);
	assert_non_null(
	    strstr(fault.text, "its contents do not match its name"));
	history_free(h);
	syn_free(&s);
	folder_teardown((void **)&folder);
}

static void
test_free_null(void **state)
{
	(void)state;
	history_free(NULL);
}

/* A module stands once in a ceremony, with one configuration. */
static void
test_module_twice(void **state)
{
	const struct fixture *f = *state;
	char conf[65], body[256], first[272];
	const struct row twice[] = {
		{ "module: twice", "step.begin#1", PUT, "module", body,
		    RECORD_ERR_RULE,
		    "module: this module stands in this ceremony already",
		    first },
	};

	text_hex(f->s.plan, 32, conf); /* any object will do */
	snprintf(body, sizeof(body),
	    "{\"path\":\"/m.so\",\"version\":\"1\",\"sha256\":" ZEROS
	    ",\"conf\":\"%s\"}",
	    conf);
	snprintf(first, sizeof(first), "module %s", body);
	rows_refused(f, twice, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_module_twice),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_standing),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_twists),
		cmocka_unit_test(test_damaged_object),
		cmocka_unit_test(test_free_null),
	};

	return cmocka_run_group_tests(tests, history_setup, history_teardown);
}
