/* SPDX-License-Identifier: ISC */
/* What cards showed before they got a DKEK: which records of that a history
 * takes, and so an auditor, and which not. */
#include "ceremony/record/card_proof.h"
#include "ceremony/record/history.h"
#include "ceremony/record/vendor.h"
#include "tests/card/card_cvc.h"
#include "tests/ceremony/record/fixture.h"
#include "tests/ceremony/record/synthetic.h"

#define FIRST "ANC00000001"
#define COPY "ANC00000002"

struct twist {
	const char *name;
	const char *first, *copy; /* what is wrong with their proofs */
	enum record_error err;
	const char *text;
};
static const struct twist twists[] = {
	{ "both have shown it", "", "", RECORD_OK, "" },
	{ "the first holder has not", "none", "", RECORD_ERR_RULE,
	    "root-1: the card did not show what it is" },
	{ "the copy has not", "", "none", RECORD_ERR_RULE,
	    "root-2: the card did not show what it is" },
	{ "an answer of another day", "", "old", RECORD_ERR_SIGNATURE,
	    "root-2: the card's proof is of another act" },
	{ "a genuine card's certificate", "", "forged", RECORD_ERR_SIGNATURE,
	    "root-2: the card does not have the key of its certificate" },
	{ "another card's proof", "", "other", RECORD_ERR_RULE,
	    "root-2: the proof is of card " FIRST ", not of " COPY },
	{ "the same of the first holder", "old", "", RECORD_ERR_SIGNATURE,
	    "root-1: the card's proof is of another act" },
	{ "no certificate", "", "cut", RECORD_ERR_SIGNATURE,
	    "root-2: the card's certificate is no good" },
	{ "two that are exchanged", "", "turned", RECORD_ERR_SIGNATURE,
	    "root-2: the card's certificate is no good" },
	{ "a member too many", "", "more", RECORD_ERR_FORM,
	    "\"key\" does not belong here" },
	{ "keys that stay", "stay", NULL, RECORD_ERR_RULE,
	    "root-1: a proof, but it got no DKEK" },
};

static bool
is(const char *what, const char *one)
{
	return what != NULL && strcmp(what, one) == 0;
}

static void
new_card(struct card_state *card, const char *serial)
{
	memset(card, 0, sizeof(*card));
	memcpy(card->serial, serial, CARD_SERIAL_LEN);
	card->device.key = EVP_EC_gen("P-256");
}

/* Of the act whose act.begin is the last line. */
static json_t *
proof(struct synthetic *s, const struct card_state *card, const char *wrong)
{
	struct card_bytes device = { 0 }, attestation = { 0 };
	struct card_state signer = *card;
	char holder[CARD_PROOF_HOLDER_SIZE];
	uint8_t digest[32], other[32];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	const char *line;
	json_t *out;
	size_t len;

	line = transcript_line(s->t,
	    transcript_count(s->t) - 1 - is(wrong, "old"), &len);
	SHA256((const uint8_t *)line, len, digest);
	card_proof_holder(digest, holder);
	if (is(wrong, "forged"))
		signer.device.key = s->stranger;
	assert_true(card_cvc_device(card, "", &device));
	assert_true(card_cvc_request(&signer, key, (const uint8_t *)"UTCA00001",
	    9, (const uint8_t *)holder, 16, &attestation));
	syn_put(s, NULL, attestation.data, attestation.len, other);
	syn_put(s, NULL, device.data, device.len - is(wrong, "cut"), digest);
	if (is(wrong, "turned"))
		memcpy(digest, other, 32);
	out = json_pack("{s:o,s:o}", "attestation", syn_hex(other, 32),
	    "device", syn_hex(digest, 32));
	if (is(wrong, "more"))
		json_object_set_new(out, "key", json_true());
	EVP_PKEY_free(key);
	return out;
}

static void
input(struct synthetic *s, const char *form, const char *lines,
    uint8_t digest[32])
{
	char text[512], plan[65];

	text_hex(s->plan, 32, plan);
	snprintf(text, sizeof(text), "%s\nplan %s\nstep %u\nrole root\n%s",
	    form, plan, s->step, lines);
	syn_put(s, NULL, text, strlen(text), digest);
}

static json_t *
keyed(struct synthetic *s, const char *label, const char *serial, bool leaves)
{
	const bool copy = strcmp(label, "root-2") == 0;
	char text[160];
	struct policy_spki spki;

	snprintf(text, sizeof(text),
	    "anchorite-test/v1\nlog " SYN_LOG
	    "\nkey root\ntoken %s\nnonce %d\n",
	    serial, copy);
	syn_spki(s->root.ca, &spki);
	return json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:[{s:s,s:o,s:{s:b,s:b,s:b},"
			 "s:s,s:o}],s:o}",
	    "label", label, "serial", serial, "module", "opensc", "epoch", 1,
	    "m", 2, "n", 3, "keys", "role", "root", "spki",
	    syn_b64(spki.der, spki.len), "attributes", "sensitive", 1,
	    "extractable", leaves, "local", !copy, "text", text, "signature",
	    syn_sign(s->root.ca, text, strlen(text)), "shares",
	    syn_shares(s, label));
}

/* An act that keys a token: up to act.begin, then its result. */
static void
key_token(struct synthetic *s, struct approval *a, const char *label)
{
	syn_line(s, "so.use", json_pack("{s:s,s:i}", "label", label, "n", 0));
	snprintf(a->token, sizeof(a->token), "%s", label);
	a->epoch = 1;
	a->has_nonce = true;
	syn_act(s, label, a);
}

static void
make_first(struct synthetic *s, const struct card_state *card,
    const char *wrong)
{
	struct approval a = { .epoch = 0 };
	bool stay = is(wrong, "stay");
	json_t *rest;

	input(s, "anchorite-keygen/v1",
	    stay ? "algorithm p384\nlabel root-1\n"
		 : "algorithm p384\nlabel root-1\ncopy root-2\n",
	    a.input_sha256);
	syn_use(&a, "self-test", 1);
	key_token(s, &a, "root-1");
	rest = keyed(s, "root-1", FIRST, !stay);
	if (!is(wrong, "none"))
		json_object_set_new(rest, "proof", proof(s, card, wrong));
	syn_result(s, &a, rest);
}

static void
make_copy(struct synthetic *s, const struct card_state *card, const char *wrong)
{
	struct approval a = { .epoch = 0 };
	json_t *rest;

	input(s, "anchorite-keycopy/v1", "label root-2\ncopy-of root-1\n",
	    a.input_sha256);
	syn_use(&a, "copy", 1);
	syn_use(&a, "self-test", 1);
	key_token(s, &a, "root-2");
	rest = keyed(s, "root-2", COPY, true);
	json_object_set_new(rest, "copy_of", json_string("root-1"));
	if (!is(wrong, "none"))
		json_object_set_new(rest, "proof", proof(s, card, wrong));
	syn_result(s, &a, rest);
}

static bool
judge(struct synthetic *s, const struct twist *t)
{
	struct record_fault fault = { .text = "" };
	struct history *h = history_new();
	enum record_error err = RECORD_OK;
	const char *text;
	bool ok;

	for (uint64_t i = 0; i < transcript_count(s->t) && err == RECORD_OK;
	     i++) {
		size_t len;
		const char *line = transcript_line(s->t, i, &len);

		err = history_apply(h, s->dirfd, line, len, &fault);
	}
	text = strstr(fault.text, "act.result: ");
	ok = err == t->err &&
	    strcmp(text == NULL ? "" : text + 12, t->text) == 0;
	if (!ok)
		print_message("# %s: %d %s\n", t->name, (int)err, fault.text);
	history_free(h);
	return ok;
}

static bool
run(struct synthetic *s, const struct twist *t, const struct card_state *first,
    const struct card_state *copy)
{
	void *scratch = NULL;
	bool ok;

	assert_int_equal(folder_setup(&scratch), 0);
	s->twist = "";
	s->dirfd = ((struct folder *)scratch)->fd;
	s->backups = 1;
	SYN(transcript_open(s->dirfd, true, &s->t, NULL, NULL) == RECORD_OK);
	SYN(issuance_open(s->dirfd, true, NULL, NULL, &s->log, NULL) ==
	    RECORD_OK);
	syn_open(s, "genesis", SYN_DATE_1, syn_plan_1, "plan-1");
	syn_quorum(s);
	syn_step(s, "root");
	make_first(s, first, t->first);
	if (t->copy != NULL)
		make_copy(s, is(t->copy, "other") ? first : copy, t->copy);
	ok = judge(s, t);
	syn_reset(s);
	folder_teardown(&scratch);
	return ok;
}

static void
test_twists(void **state)
{
	struct synthetic *s = calloc(1, sizeof(*s));
	static struct card_state first, copy;
	size_t bad = 0;

	(void)state;
	assert_non_null(s);
	new_card(&first, FIRST);
	new_card(&copy, COPY);
	syn_keys(s);
	for (size_t i = 0; i < sizeof(twists) / sizeof(twists[0]); i++)
		bad += !run(s, &twists[i], &first, &copy);
	syn_free(s);
	free(s);
	card_state_clear(&first);
	card_state_clear(&copy);
	assert_int_equal(bad, 0);
}

/* Bits go to letters in their order, and every one of the first 70 counts. */
static void
test_holder(void **state)
{
	uint8_t begin[32] = { 0 };
	char base[CARD_PROOF_HOLDER_SIZE], out[CARD_PROOF_HOLDER_SIZE];

	(void)state;
	card_proof_holder(begin, base);
	assert_string_equal(base, "UTAAAAAAAAAAAAAA");
	for (unsigned bit = 0; bit < 72; bit++) {
		begin[bit / 8] = (uint8_t)(0x80 >> bit % 8);
		card_proof_holder(begin, out);
		begin[bit / 8] = 0;
		assert_int_equal(strcmp(out, base) != 0, bit < 70);
	}
	memset(begin, 0xFF, sizeof(begin));
	card_proof_holder(begin, out);
	assert_string_equal(out, "UT77777777777777");
	/* RFC 4648, 10: "foobar" is MZXW6YTBOI */
	memcpy(begin, "foobar", 6);
	card_proof_holder(begin, out);
	assert_memory_equal(out, "UTMZXW6YTB", 10);
}

/* The auditor and the operator's process ask the same of a record. */
static void
test_vendor(void **state)
{
	static const char none[] =
	    "the card has no certificate of its own, and the plan names a "
	    "vendor";
	static struct plan any, plan;
	static const struct {
		const char *body, *fault;
	} rows[] = {
		{ "{\"module\":\"opensc\",\"copy_of\":\"a\",\"keys\":[{}]}",
		    none },
		{ "{\"module\":\"opensc\",\"copy_of\":\"a\",\"keys\":[{}],"
		  "\"proof\":{}}",
		    none },
		{ "{\"module\":\"/a.so\",\"copy_of\":\"a\",\"keys\":[{}]}",
		    none },
		{ "{\"module\":\"opensc\",\"keys\":[{}]}", none },
		{ "{\"module\":\"opensc\",\"keys\":[],\"proof\":{}}", none },
		{ "{\"module\":\"softhsm\",\"copy_of\":\"a\",\"keys\":[{}]}",
		    NULL },
		{ "{\"label\":\"a\"}", NULL },
	};

	(void)state;
	memset(plan.vendor, '0', sizeof(plan.vendor) - 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *body = json_loads(rows[i].body, 0, NULL);
		const char *fault = vendor_fault(-1, &plan, body);

		if (rows[i].fault == NULL)
			assert_null(fault);
		else
			assert_string_equal(fault, rows[i].fault);
		assert_null(vendor_fault(-1, &any, body));
		json_decref(body);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twists),
		cmocka_unit_test(test_holder),
		cmocka_unit_test(test_vendor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
