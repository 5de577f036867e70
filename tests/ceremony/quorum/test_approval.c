/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/approval.h"

#include <openssl/rsa.h>

#include "tests/ceremony/quorum/fixture.h"

#define HEX_11                                                                 \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define HEX_22                                                                 \
	"2222222222222222222222222222222222222222222222222222222222222222"
#define HEX_33                                                                 \
	"3333333333333333333333333333333333333333333333333333333333333333"
#define HEX_44                                                                 \
	"4444444444444444444444444444444444444444444444444444444444444444"
#define HEX_55                                                                 \
	"5555555555555555555555555555555555555555555555555555555555555555"
#define HEX_66 "66666666666666666666666666666666"

/* The whole text of a batch act that resumes another, line by line. */
#define MAGIC "anchorite-approval/v1\n"
#define LOG "log pki.example/log\n"
#define CEREMONY "ceremony 2026-03-batch\n"
#define ACT "act 42\n"
#define RESUMES "resumes 41\n"
#define STEP "step 3 batch\n"
#define TOKEN "token DENK0100001\n"
#define EPOCH "epoch 7\n"
#define POLICY "policy-sha256 " HEX_11 "\n"
#define PLAN "plan-sha256 " HEX_22 "\n"
#define INPUT "input-sha256 " HEX_33 "\n"
#define USE_A "use device-idevid 4000000000\n"
#define USE_B "use crl 1\n"
#define USE_C "use seal-response 1\n"
#define USES USE_A USE_B USE_C
#define ISSUER "issuer-spki-sha256 " HEX_44 "\n"
#define HEAD "head " HEX_55 "\n"
#define NONCE "nonce " HEX_66 "\n"
#define OPERATOR "operator op-02\n"
#define ABOVE MAGIC LOG CEREMONY ACT RESUMES STEP TOKEN EPOCH
#define DIGESTS POLICY PLAN INPUT
#define BELOW ISSUER HEAD NONCE OPERATOR
#define GOLDEN ABOVE DIGESTS USES BELOW

/* And that of genesis, where most is absent. */
#define GENESIS                                                                \
	"anchorite-approval/v1\n"                                              \
	"log pki.example/log\n"                                                \
	"ceremony genesis\n"                                                   \
	"act 1\n"                                                              \
	"resumes -\n"                                                          \
	"step 1 quorum\n"                                                      \
	"token -\n"                                                            \
	"epoch -\n"                                                            \
	"policy-sha256 " HEX_11 "\nplan-sha256 " HEX_22                        \
	"\ninput-sha256 " HEX_33 "\nuse self-test 1\n"                         \
	"issuer-spki-sha256 -\n"                                               \
	"head " HEX_55 "\nnonce -\n"                                           \
	"operator op-01\n"

static void
golden_make(struct approval *a)
{
	*a = (struct approval){
		.log = "pki.example/log",
		.ceremony = "2026-03-batch",
		.act = 42,
		.resumes = 41,
		.step = 3,
		.kind = "batch",
		.token = "DENK0100001",
		.epoch = 7,
		.use_count = 3,
		.uses = { { "device-idevid", 4000000000u }, { "crl", 1 },
		    { "seal-response", 1 } },
		.has_issuer = true,
		.has_nonce = true,
	};
	memset(a->policy_sha256, 0x11, 32);
	memset(a->plan_sha256, 0x22, 32);
	memset(a->input_sha256, 0x33, 32);
	memset(a->issuer_spki_sha256, 0x44, 32);
	memset(a->head, 0x55, 32);
	memset(a->nonce, 0x66, 16);
}

static void
genesis_make(struct approval *a)
{
	golden_make(a);
	strcpy(a->ceremony, "genesis");
	a->act = 1;
	a->resumes = 0;
	a->step = 1;
	strcpy(a->kind, "quorum");
	strcpy(a->token, "-");
	a->epoch = 0;
	a->use_count = 1;
	a->uses[0] = (struct approval_use){ "self-test", 1 };
	a->has_issuer = false;
	a->has_nonce = false;
}

static void
test_golden(void **state)
{
	static const struct {
		const char *name, *operator_id, *want;
		void (*make)(struct approval *);
	} rows[] = {
		{ "batch", "op-02", GOLDEN, golden_make },
		{ "genesis", "op-01", GENESIS, genesis_make },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct approval a;
		char text[APPROVAL_TEXT_MAX] = "";
		size_t len = 0;

		rows[i].make(&a);
		assert_error(rows[i].name,
		    approval_text(&a, rows[i].operator_id, text, &len),
		    QUORUM_OK);
		assert_string_equal(text, rows[i].want);
		assert_int_equal(len, strlen(rows[i].want));
		assert_true(
		    approval_text_valid(text, len, rows[i].operator_id));
	}
}

/* Every member at its longest. */
static void
test_longest(void **state)
{
	struct approval a;
	char text[APPROVAL_TEXT_MAX] = "", id[POLICY_ID_MAX + 1] = "";
	size_t len = 0;

	(void)state;
	golden_make(&a);
	memset(a.log, 'l', POLICY_LOG_MAX);
	memset(a.ceremony, 'c', APPROVAL_NAME_MAX);
	memset(a.kind, 'k', APPROVAL_NAME_MAX);
	memset(a.token, 't', sizeof(a.token) - 1);
	memset(id, 'o', POLICY_ID_MAX);
	a.act = UINT64_MAX;
	a.resumes = UINT64_MAX - 1;
	a.step = UINT32_MAX;
	a.epoch = UINT32_MAX;
	a.use_count = APPROVAL_USES_MAX;
	for (size_t i = 0; i < APPROVAL_USES_MAX; i++) {
		memset(a.uses[i].name, 'a' + (int)i, APPROVAL_NAME_MAX);
		a.uses[i].name[APPROVAL_NAME_MAX] = '\0';
		a.uses[i].count = UINT32_MAX;
	}
	assert_error("write", approval_text(&a, id, text, &len), QUORUM_OK);
	assert_true(approval_text_valid(text, len, id));
}

static void
log_blank(struct approval *a)
{
	strcpy(a->log, "pki example");
}

static void
log_empty(struct approval *a)
{
	a->log[0] = '\0';
}

static void
log_endless(struct approval *a)
{
	memset(a->log, 'x', sizeof(a->log));
}

static void
ceremony_blank(struct approval *a)
{
	strcpy(a->ceremony, "2026 03");
}

static void
ceremony_line(struct approval *a)
{
	strcpy(a->ceremony, "x\nact");
}

static void
ceremony_empty(struct approval *a)
{
	a->ceremony[0] = '\0';
}

static void
ceremony_high(struct approval *a)
{
	strcpy(a->ceremony, "M\xc3\xa4rz");
}

static void
act_zero(struct approval *a)
{
	a->act = 0;
	a->resumes = 0;
}

static void
resumes_itself(struct approval *a)
{
	a->resumes = a->act;
}

static void
step_zero(struct approval *a)
{
	a->step = 0;
}

static void
kind_upper(struct approval *a)
{
	strcpy(a->kind, "Batch");
}

static void
kind_empty(struct approval *a)
{
	a->kind[0] = '\0';
}

static void
token_blank(struct approval *a)
{
	strcpy(a->token, "root 1");
}

static void
token_empty(struct approval *a)
{
	a->token[0] = '\0';
}

static void
token_endless(struct approval *a)
{
	memset(a->token, 'x', sizeof(a->token));
}

static void
uses_many(struct approval *a)
{
	a->use_count = APPROVAL_USES_MAX + 1;
}

static void
use_blank(struct approval *a)
{
	strcpy(a->uses[0].name, "device idevid");
}

static void
use_empty(struct approval *a)
{
	a->uses[2].name[0] = '\0';
}

static void
use_none(struct approval *a)
{
	a->uses[1].count = 0;
}

static void
use_twice(struct approval *a)
{
	strcpy(a->uses[2].name, "crl");
}

static void
test_text_refuses(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(struct approval *);
	} rows[] = {
		{ "blank in the log", log_blank },
		{ "no log", log_empty },
		{ "log without end", log_endless },
		{ "blank in the ceremony", ceremony_blank },
		{ "line feed in the ceremony", ceremony_line },
		{ "no ceremony", ceremony_empty },
		{ "ceremony not ASCII", ceremony_high },
		{ "act 0", act_zero },
		{ "resumes itself", resumes_itself },
		{ "step 0", step_zero },
		{ "upper case in the kind", kind_upper },
		{ "no kind", kind_empty },
		{ "blank in the token", token_blank },
		{ "no token", token_empty },
		{ "token without end", token_endless },
		{ "nine uses", uses_many },
		{ "blank in a use", use_blank },
		{ "use without name", use_empty },
		{ "use of none", use_none },
		{ "use twice", use_twice },
	};
	struct approval a;
	char text[APPROVAL_TEXT_MAX] = "";
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		golden_make(&a);
		rows[i].spoil(&a);
		assert_error(rows[i].name,
		    approval_text(&a, "op-02", text, &len), QUORUM_ERR_TEXT);
		assert_int_equal(len, 0);
	}
	golden_make(&a);
	assert_error("no operator", approval_text(&a, "", text, &len),
	    QUORUM_ERR_TEXT);
	assert_error("operator", approval_text(&a, "op 2", text, &len),
	    QUORUM_ERR_TEXT);
}

static void
test_valid(void **state)
{
	static const struct {
		const char *name, *text;
		bool want;
	} rows[] = {
		{ "whole", GOLDEN, true },
		{ "without uses", ABOVE DIGESTS BELOW, true },
		{ "another order of uses",
		    ABOVE DIGESTS USE_C USE_A USE_B BELOW, true },
		{ "absent values",
		    MAGIC LOG CEREMONY ACT
		    "resumes -\n" STEP "token -\nepoch -\n" DIGESTS
		    "issuer-spki-sha256 -\n" HEAD "nonce -\n" OPERATOR,
		    true },
		{ "empty", "", false },
		{ "other version",
		    "anchorite-approval/v2\n" LOG CEREMONY ACT RESUMES STEP
			TOKEN EPOCH DIGESTS USES BELOW,
		    false },
		{ "no log",
		    MAGIC CEREMONY ACT RESUMES STEP TOKEN EPOCH DIGESTS USES
			BELOW,
		    false },
		{ "log absent",
		    MAGIC "log \n" CEREMONY ACT RESUMES STEP TOKEN EPOCH DIGESTS
			USES BELOW,
		    false },
		{ "act absent",
		    MAGIC LOG CEREMONY
		    "act -\n" RESUMES STEP TOKEN EPOCH DIGESTS USES BELOW,
		    false },
		{ "act 0",
		    MAGIC LOG CEREMONY
		    "act 0\nresumes -\n" STEP TOKEN EPOCH DIGESTS USES BELOW,
		    false },
		{ "act with a zero in front",
		    MAGIC LOG CEREMONY
		    "act 042\n" RESUMES STEP TOKEN EPOCH DIGESTS USES BELOW,
		    false },
		{ "act too large",
		    MAGIC LOG CEREMONY "act 18446744073709551616\n" RESUMES STEP
			TOKEN EPOCH DIGESTS USES BELOW,
		    false },
		{ "resumes 0",
		    MAGIC LOG CEREMONY ACT
		    "resumes 0\n" STEP TOKEN EPOCH DIGESTS USES BELOW,
		    false },
		{ "resumes a later act",
		    MAGIC LOG CEREMONY ACT
		    "resumes 43\n" STEP TOKEN EPOCH DIGESTS USES BELOW,
		    false },
		{ "step without kind",
		    MAGIC LOG CEREMONY ACT RESUMES
		    "step 3\n" TOKEN EPOCH DIGESTS USES BELOW,
		    false },
		{ "step without index",
		    MAGIC LOG CEREMONY ACT RESUMES
		    "step batch\n" TOKEN EPOCH DIGESTS USES BELOW,
		    false },
		{ "no token",
		    MAGIC LOG CEREMONY ACT RESUMES STEP EPOCH DIGESTS USES
			BELOW,
		    false },
		{ "epoch 0",
		    MAGIC LOG CEREMONY ACT RESUMES STEP TOKEN
		    "epoch 0\n" DIGESTS USES BELOW,
		    false },
		{ "epoch too large",
		    MAGIC LOG CEREMONY ACT RESUMES STEP TOKEN
		    "epoch 4294967296\n" DIGESTS USES BELOW,
		    false },
		{ "policy absent",
		    ABOVE "policy-sha256 -\n" PLAN INPUT USES BELOW, false },
		{ "plan before policy", ABOVE PLAN POLICY INPUT USES BELOW,
		    false },
		{ "digest too short",
		    ABOVE POLICY PLAN "input-sha256 " HEX_66 "\n" USES BELOW,
		    false },
		{ "digest too long",
		    ABOVE POLICY PLAN "input-sha256 " HEX_33 "33\n" USES BELOW,
		    false },
		{ "upper case in a digest",
		    ABOVE POLICY PLAN
		    "input-sha256 AA" HEX_66
		    "333333333333333333333333333333\n" USES BELOW,
		    false },
		{ "use without count", ABOVE DIGESTS "use crl\n" BELOW, false },
		{ "use of none", ABOVE DIGESTS "use crl 0\n" BELOW, false },
		{ "use twice", ABOVE DIGESTS USE_B USE_B BELOW, false },
		{ "nine uses",
		    ABOVE DIGESTS
		    "use a 1\nuse b 1\nuse c 1\nuse d 1\nuse e "
		    "1\nuse f 1\nuse g 1\nuse h 1\nuse i 1\n" BELOW,
		    false },
		{ "use behind the issuer",
		    ABOVE DIGESTS ISSUER USES HEAD NONCE OPERATOR, false },
		{ "head absent",
		    ABOVE DIGESTS USES ISSUER "head -\n" NONCE OPERATOR,
		    false },
		{ "nonce too long",
		    ABOVE DIGESTS USES ISSUER HEAD "nonce " HEX_55
						   "\n" OPERATOR,
		    false },
		{ "no nonce", ABOVE DIGESTS USES ISSUER HEAD OPERATOR, false },
		{ "other operator",
		    ABOVE DIGESTS USES ISSUER HEAD NONCE "operator op-03\n",
		    false },
		{ "no operator", ABOVE DIGESTS USES ISSUER HEAD NONCE, false },
		{ "no LF at the end",
		    ABOVE DIGESTS USES ISSUER HEAD NONCE "operator op-02",
		    false },
		{ "CR LF",
		    ABOVE DIGESTS USES ISSUER HEAD NONCE "operator op-02\r\n",
		    false },
		{ "line behind", GOLDEN "x\n", false },
		{ "twice", GOLDEN GOLDEN, false },
		{ "two blanks",
		    MAGIC "log  pki.example/log\n" CEREMONY ACT RESUMES STEP
			TOKEN EPOCH DIGESTS USES BELOW,
		    false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (approval_text_valid(rows[i].text, strlen(rows[i].text),
			"op-02") != rows[i].want)
			fail_msg("%s", rows[i].name);
	assert_false(approval_text_valid(GOLDEN, sizeof(GOLDEN), "op-02"));
	assert_false(approval_text_valid(GOLDEN, strlen(GOLDEN), ""));
}

static void
test_valid_cut(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(GOLDEN); len++)
		assert_false(approval_text_valid(GOLDEN, len, "op-02"));
}

/* The key of one operator of a policy, to sign with. */
struct signer {
	struct policy policy;
	EVP_PKEY *key;
	uint8_t sig[APPROVAL_SIG_MAX + 1];
	size_t sig_len;
};

static void
signer_make(struct signer *s, const char *curve, const struct approval *a,
    const char *operator_id)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char text[APPROVAL_TEXT_MAX] = "";
	size_t len = 0;

	memset(s, 0, sizeof(*s));
	policy_make(&s->policy, 2, 3);
	s->key =
	    strcmp(curve, "RSA") == 0 ? EVP_RSA_gen(4096) : EVP_EC_gen(curve);
	spki_of(s->key, &s->policy.operators[1].sign);
	s->sig_len = sizeof(s->sig);
	assert_error("text", approval_text(a, operator_id, text, &len),
	    QUORUM_OK);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
			     s->key),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, s->sig, &s->sig_len,
			     (const unsigned char *)text, len),
	    1);
	EVP_MD_CTX_free(ctx);
}

static void
test_verify(void **state)
{
	static const char *curves[] = { "P-256", "P-384", "RSA" };
	struct approval a;

	(void)state;
	golden_make(&a);
	for (size_t i = 0; i < COUNT(curves); i++) {
		struct signer s;

		signer_make(&s, curves[i], &a, "op-02");
		assert_error(curves[i],
		    approval_verify(&a, &s.policy, "op-02", s.sig, s.sig_len),
		    QUORUM_OK);
		EVP_PKEY_free(s.key);
	}
}

/* RSASSA-PSS, or another digest, is not what a card signs. */
static void
test_verify_rsa(void **state)
{
	const struct {
		const char *name;
		const EVP_MD *md;
		int padding;
		enum quorum_error want;
	} rows[] = {
		{ "PKCS#1 v1.5", EVP_sha256(), RSA_PKCS1_PADDING, QUORUM_OK },
		{ "PSS", EVP_sha256(), RSA_PKCS1_PSS_PADDING,
		    QUORUM_ERR_SIGNATURE },
		{ "SHA-1", EVP_sha1(), RSA_PKCS1_PADDING,
		    QUORUM_ERR_SIGNATURE },
		{ "SHA-384", EVP_sha384(), RSA_PKCS1_PADDING,
		    QUORUM_ERR_SIGNATURE },
	};
	char text[APPROVAL_TEXT_MAX] = "";
	struct approval a;
	struct signer s;
	size_t len = 0;

	(void)state;
	golden_make(&a);
	signer_make(&s, "RSA", &a, "op-02");
	assert_int_equal(approval_text(&a, "op-02", text, &len), QUORUM_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		EVP_PKEY_CTX *pctx = NULL;

		s.sig_len = sizeof(s.sig);
		assert_int_equal(EVP_DigestSignInit(ctx, &pctx, rows[i].md,
				     NULL, s.key),
		    1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx,
				     rows[i].padding),
		    1);
		assert_int_equal(EVP_DigestSign(ctx, s.sig, &s.sig_len,
				     (const unsigned char *)text, len),
		    1);
		EVP_MD_CTX_free(ctx);
		assert_error(rows[i].name,
		    approval_verify(&a, &s.policy, "op-02", s.sig, s.sig_len),
		    rows[i].want);
	}
	EVP_PKEY_free(s.key);
}

static void
test_verify_refuses(void **state)
{
	struct approval a;
	struct signer s;

	(void)state;
	golden_make(&a);
	signer_make(&s, "P-256", &a, "op-02");
	assert_error("not an operator",
	    approval_verify(&a, &s.policy, "op-09", s.sig, s.sig_len),
	    QUORUM_ERR_OPERATOR);
	assert_error("a witness",
	    approval_verify(&a, &s.policy, "notary", s.sig, s.sig_len),
	    QUORUM_ERR_OPERATOR);
	assert_error("another operator's",
	    approval_verify(&a, &s.policy, "op-01", s.sig, s.sig_len),
	    QUORUM_ERR_SIGNATURE);
	assert_error("no signature",
	    approval_verify(&a, &s.policy, "op-02", s.sig, 0),
	    QUORUM_ERR_SIGNATURE);
	assert_error("cut",
	    approval_verify(&a, &s.policy, "op-02", s.sig, s.sig_len - 1),
	    QUORUM_ERR_SIGNATURE);
	assert_error("octet behind",
	    approval_verify(&a, &s.policy, "op-02", s.sig, s.sig_len + 1),
	    QUORUM_ERR_SIGNATURE);
	assert_error("too long",
	    approval_verify(&a, &s.policy, "op-02", s.sig, sizeof(s.sig)),
	    QUORUM_ERR_SIGNATURE);
	s.sig[s.sig_len - 1] ^= 1;
	assert_error("changed",
	    approval_verify(&a, &s.policy, "op-02", s.sig, s.sig_len),
	    QUORUM_ERR_SIGNATURE);
	s.sig[s.sig_len - 1] ^= 1;
	a.act = 0;
	assert_error("out of form",
	    approval_verify(&a, &s.policy, "op-02", s.sig, s.sig_len),
	    QUORUM_ERR_TEXT);
	EVP_PKEY_free(s.key);
}

static void
other_policy(struct approval *a)
{
	a->policy_sha256[0] ^= 1;
}

static void
other_input(struct approval *a)
{
	a->input_sha256[31] ^= 1;
}

static void
other_use(struct approval *a)
{
	a->uses[0].count++;
}

static void
other_nonce(struct approval *a)
{
	a->nonce[7] ^= 0x80;
}

static void
other_act(struct approval *a)
{
	a->act++;
}

static void
other_token(struct approval *a)
{
	a->token[10]++;
}

static void
without_issuer(struct approval *a)
{
	a->has_issuer = false;
}

/* An approval is for one act only. */
static void
test_verify_other_act(void **state)
{
	static void (*const change[])(struct approval *) = { other_policy,
		other_input, other_use, other_nonce, other_act, other_token,
		without_issuer };
	struct approval a;
	struct signer s;

	(void)state;
	golden_make(&a);
	signer_make(&s, "P-256", &a, "op-02");
	for (size_t i = 0; i < COUNT(change); i++) {
		golden_make(&a);
		change[i](&a);
		assert_error("another act",
		    approval_verify(&a, &s.policy, "op-02", s.sig, s.sig_len),
		    QUORUM_ERR_SIGNATURE);
	}
	EVP_PKEY_free(s.key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_text_refuses),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_valid_cut),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_verify_rsa),
		cmocka_unit_test(test_verify_refuses),
		cmocka_unit_test(test_verify_other_act),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
