/* SPDX-License-Identifier: ISC */
/* Keys on more than one token: which lines a history takes, and which not. */
#include "ceremony/record/history.h"

#include "ceremony/record/backup_file.h"
#include "tests/ceremony/record/fixture.h"
#include "tests/ceremony/record/synthetic.h"

#define KEYGEN                                                                 \
	"anchorite-keygen/v1|role root\nalgorithm p384\n"                      \
	"label root-1\n"
#define COPIES "copy root-2\n"
#define COPY                                                                   \
	"anchorite-keycopy/v1|role root\nlabel root-2\n"                       \
	"copy-of root-1\n"
#define EXPORT                                                                 \
	"anchorite-export/v1|label root-1\nserial R1\n"                        \
	"key root @\npurpose copies\n"

#define WRAP                                                                   \
	"anchorite-export/v1|label root-1\nserial R1\n"                        \
	"key root @\npurpose backup\n"

/* What is done otherwise than it should be; "" and 0: nothing is. */
struct twist {
	const char *name, *keygen, *copy, *export, *of, *serial;
	const char *file; /* what is wrong with the one that was written */
	const char *back; /* and with the one that came back */
	int untested;     /* 1 the original's key, 2 the copy's */
	int backups;      /* 1 more, or less */
	bool stranger, extractable, alone, again, unstopped, twice;
	enum record_error err;
	const char *text;
};
static const struct twist twists[] = {
	{ "a copy, and once more wrapped", .err = RECORD_OK, .text = "" },
	{ "no backup secret", .backups = -1, .err = RECORD_ERR_RULE,
	    .text = "act.propose: copies, but there is no backup secret" },
	{ "two backup secrets", .backups = 1, .err = RECORD_ERR_RULE,
	    .text = "backup.split: there is a backup secret already" },
	{ "a copy for nobody", .keygen = KEYGEN "copy \n",
	    .err = RECORD_ERR_RULE,
	    .text =
		"act.propose: the input does not ask for these keys on this token" },
	{ "keys that stay, and could leave", .keygen = KEYGEN,
	    .extractable = true, .err = RECORD_ERR_RULE,
	    .text =
		"act.result: root: its private key's attribute \"extractable\" is true" },
	{ "a copy of keys that stay", .keygen = KEYGEN, .err = RECORD_ERR_RULE,
	    .text =
		"act.result: root-1 is no first holder of such keys that have copies" },
	{ "another key", .stranger = true, .err = RECORD_ERR_RULE,
	    .text = "act.result: root: not the key of root-1" },
	{ "a text of another token", .serial = "R1", .err = RECORD_ERR_RULE,
	    .text = "act.result: root: the text is not of token R2" },
	{ "a copy of another token", .of = "prod-1", .err = RECORD_ERR_RULE,
	    .text = "act.result: a copy of prod-1, but root-1 was approved" },
	{ "a copy of a product CA in a root step",
	    .copy = "anchorite-keycopy/v1|role product-ca\n"
		    "role sealer\nlabel root-2\ncopy-of root-1\n",
	    .err = RECORD_ERR_RULE,
	    .text =
		"act.propose: the input does not ask for a copy on this token" },
	{ "a copy from a file in a root step", .copy = COPY "backup x\n",
	    .err = RECORD_ERR_RULE,
	    .text =
		"act.propose: the input does not ask for a copy on this token" },
	{ "a copy without a test", .alone = true, .err = RECORD_ERR_RULE,
	    .text = "act.propose: other uses than a copy has" },
	{ "a copy onto a copy", .again = true, .err = RECORD_ERR_RULE,
	    .text = "act.propose: root-2 holds keys of a CA already" },
	{ "wrapped again without a stop", .unstopped = true,
	    .err = RECORD_ERR_ORDER,
	    .text =
		"act.propose: root-1: keys leave once more for copies when a stop came between them, and once a stop" },
	{ "wrapped again twice", .twice = true, .err = RECORD_ERR_ORDER,
	    .text =
		"act.propose: root-1: keys leave once more for copies when a stop came between them, and once a stop" },
	{ "keys made, and no use of them", .untested = 1,
	    .err = RECORD_ERR_RULE,
	    .text = "act.result: use self-test: 0, but 1 keys have signed" },
	{ "keys copied, and no use of them", .untested = 2,
	    .err = RECORD_ERR_RULE,
	    .text = "act.result: use self-test: 0, but 1 keys have signed" },
	{ "a backup that is none", .file = "form", .err = RECORD_ERR_FORM,
	    .text =
		"act.result: backup: line 1: is not \"anchorite-backup/v1\"" },
	{ "a backup of another key", .file = "key", .err = RECORD_ERR_RULE,
	    .text =
		"act.result: backup: not a file of the wrapped keys of root-1" },
	{ "a backup under another DKEK", .file = "first",
	    .err = RECORD_ERR_RULE,
	    .text =
		"act.result: backup: not a file of the wrapped keys of root-1" },
	{ "a backup from another token", .file = "token",
	    .err = RECORD_ERR_RULE,
	    .text =
		"act.result: backup: not a file of the wrapped keys of root-1" },
	{ "a backup of another log", .file = "log", .err = RECORD_ERR_RULE,
	    .text =
		"act.result: backup: not a file of the wrapped keys of root-1" },
	{ "restored from what is no backup", .back = "form",
	    .err = RECORD_ERR_FORM,
	    .text =
		"act.propose: backup: line 1: is not \"anchorite-backup/v1\"" },
	{ "restored from another key's backup", .back = "key",
	    .err = RECORD_ERR_RULE,
	    .text =
		"act.propose: backup: not a file of the wrapped keys of root-1" },
	{ "restored from a copy's backup", .back = "token", .err = RECORD_OK,
	    .text = "" },
	{ "wrapped for another purpose",
	    .export = "anchorite-export/v1|label root-1\n"
		      "serial R1\nkey root @\npurpose backup\n",
	    .err = RECORD_ERR_RULE,
	    .text =
		"act.propose: the input does not name the keys of this token" },
	{ "other keys wrapped",
	    .export = "anchorite-export/v1|label root-1\n"
		      "serial R1\nkey sealer @\npurpose copies\n",
	    .err = RECORD_ERR_RULE,
	    .text =
		"act.propose: the input does not name the keys of this token" },
};

/* The input of an act: its form, plan and step, then the lines behind the bar,
 * with the root key's digest for @. */
static void
input(struct synthetic *s, const char *form, uint8_t digest[32])
{
	char text[1024], plan[65], spki[65];
	const char *lines = strchr(form, '|') + 1, *at = strchr(lines, '@');
	int before = at == NULL ? (int)strlen(lines) : (int)(at - lines);

	text_hex(s->plan, 32, plan);
	text_hex(s->root.ca_spki, 32, spki);
	snprintf(text, sizeof(text), "%.*s\nplan %s\nstep %u\n%.*s%s%s",
	    (int)(lines - form - 1), form, plan, s->step, before, lines,
	    at == NULL ? "" : spki, at == NULL ? "" : at + 1);
	syn_put(s, NULL, text, strlen(text), digest);
}

static void
so_use(struct synthetic *s, const char *label, int n)
{
	syn_line(s, "so.use", json_pack("{s:s,s:i}", "label", label, "n", n));
}

/* A key as a token says it is there. */
static json_t *
key_on(EVP_PKEY *key, const char *serial, unsigned nonce, bool copy,
    bool extractable)
{
	char text[160];
	struct policy_spki spki;

	snprintf(text, sizeof(text),
	    "anchorite-test/v1\nlog " SYN_LOG
	    "\nkey root\ntoken %s\nnonce %u\n",
	    serial, nonce);
	syn_spki(key, &spki);
	return json_pack("{s:s,s:o,s:{s:b,s:b,s:b},s:s,s:o}", "role", "root",
	    "spki", syn_b64(spki.der, spki.len), "attributes", "sensitive", 1,
	    "extractable", extractable, "local", !copy, "text", text,
	    "signature", syn_sign(key, text, strlen(text)));
}

static json_t *
keyed(struct synthetic *s, const char *label, const char *serial,
    unsigned epoch, json_t *key)
{
	return json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:[o],s:o}", "label", label,
	    "serial", serial, "module", "softhsm", "epoch", (int)epoch, "m", 2,
	    "n", 3, "keys", key, "shares", syn_shares(s, label));
}

static void
make_original(struct synthetic *s, const struct twist *t)
{
	const char *form = t->keygen == NULL ? KEYGEN COPIES : t->keygen;
	struct approval a = { .epoch = 1,
		.has_nonce = true,
		.token = "root-1" };
	struct policy_spki spki;

	input(s, form, a.input_sha256);
	syn_use(&a, "self-test", 1);
	so_use(s, "root-1", 0);
	syn_act(s, "root-1", &a);
	a.uses[0].count = t->untested != 1;
	syn_result(s, &a,
	    keyed(s, "root-1", "R1", 1,
		key_on(s->root.ca, "R1", 1, false,
		    t->keygen == NULL || t->extractable)));
	syn_spki(s->root.ca, &spki);
	SHA256(spki.der, spki.len, s->root.ca_spki);
	s->root.epoch = 1;
}

static void
make_copy(struct synthetic *s, const struct twist *t, unsigned epoch)
{
	struct approval a = { .epoch = epoch,
		.has_nonce = true,
		.token = "root-2" };
	const char *serial = t->serial == NULL ? "R2" : t->serial;
	json_t *rest;

	input(s, t->copy == NULL ? COPY : t->copy, a.input_sha256);
	syn_use(&a, "copy", 1);
	if (!t->alone)
		syn_use(&a, "self-test", 1);
	so_use(s, "root-2", (int)epoch - 1);
	syn_act(s, "root-2", &a);
	if (t->untested == 2)
		a.uses[1].count = 0;
	rest = keyed(s, "root-2", "R2", epoch,
	    key_on(t->stranger ? s->stranger : s->root.ca, serial, 1 + epoch,
		true, true));
	json_object_set_new(rest, "copy_of",
	    json_string(t->of == NULL ? "root-1" : t->of));
	syn_result(s, &a, rest);
}

static void
stop(struct synthetic *s)
{
	syn_line(s, "ceremony.resume",
	    json_pack("{s:o,s:b,s:{s:s,s:s,s:s}}", "plan", syn_hex(s->plan, 32),
		"torn", 0, "levels", "operator", SYN_LEVEL, "reader", SYN_LEVEL,
		"signer", SYN_LEVEL));
	syn_line(s, "step.begin",
	    json_pack("{s:i,s:s}", "step", (int)s->step, "kind", s->kind));
}

static void
wrap_again(struct synthetic *s, const struct twist *t)
{
	struct approval a;
	uint8_t digest[32];

	input(s, t->export == NULL ? EXPORT : t->export, digest);
	a = syn_on(&s->root, digest);
	syn_use(&a, "export", 1);
	syn_act(s, "root-1", &a);
	syn_result(s, &a, json_pack("{s:s}", "label", "root-1"));
}

static bool
wrong(const char *what, const char *one)
{
	return what != NULL && strcmp(what, one) == 0;
}

/* The root's key wrapped, in a file. */
static void
backup_file(struct synthetic *s, const char *what, uint8_t digest[32])
{
	struct backup_file *b = calloc(1, sizeof(*b));
	char *text = NULL;
	size_t len;

	assert_non_null(b);
	snprintf(b->log, sizeof(b->log), "%s",
	    wrong(what, "log") ? "other" : SYN_LOG);
	snprintf(b->ceremony, sizeof(b->ceremony), "genesis");
	snprintf(b->first, sizeof(b->first), "root-%d",
	    1 + wrong(what, "first"));
	snprintf(b->token, sizeof(b->token), "root-%d",
	    1 + wrong(what, "token"));
	snprintf(b->module, sizeof(b->module), "softhsm");
	b->keys.count = 1;
	snprintf(b->keys.keys[0].role, sizeof(b->keys.keys[0].role), "root");
	syn_spki(wrong(what, "key") ? s->stranger : s->root.ca,
	    &b->keys.keys[0].spki);
	b->keys.keys[0].len = 40;
	SYN(backup_file_write(b, &text, &len) == RECORD_OK);
	if (wrong(what, "form"))
		text[0] = 'A';
	syn_put(s, NULL, text, len, digest);
	free(text);
	free(b);
}

static void
back_up(struct synthetic *s, const struct twist *t)
{
	struct approval a;
	uint8_t digest[32], file[32];

	input(s, WRAP, digest);
	a = syn_on(&s->root, digest);
	syn_use(&a, "export", 1);
	syn_act(s, "root-1", &a);
	backup_file(s, t->file, file);
	syn_result(s, &a,
	    json_pack("{s:s,s:o}", "label", "root-1", "file",
		syn_hex(file, 32)));
}

static void
restore(struct synthetic *s, const struct twist *t)
{
	struct approval a = { .epoch = 1,
		.has_nonce = true,
		.token = "root-3" };
	char form[256], hex[65];
	uint8_t file[32];
	json_t *rest;

	backup_file(s, t->back, file);
	text_hex(file, 32, hex);
	snprintf(form, sizeof(form),
	    "anchorite-keycopy/v1|role root\nlabel root-3\ncopy-of root-1\n"
	    "backup %s\n",
	    hex);
	input(s, form, a.input_sha256);
	syn_use(&a, "copy", 1);
	syn_use(&a, "self-test", 1);
	so_use(s, "root-3", 0);
	syn_act(s, "root-3", &a);
	rest = keyed(s, "root-3", "R3", 1,
	    key_on(s->root.ca, "R3", 9, true, true));
	json_object_set_new(rest, "copy_of", json_string("root-1"));
	syn_result(s, &a, rest);
}

static void
check_taken(const struct history *h)
{
	const struct history_token *first = history_token(h, "root-1");
	const struct history_token *copy = history_token(h, "root-2");

	assert_non_null(first);
	assert_non_null(copy);
	assert_true(h->has_backup && first->leaves && copy->leaves);
	assert_string_equal(first->copy_of, "");
	assert_string_equal(copy->copy_of, "root-1");
	assert_string_equal(history_first(copy), "root-1");
	assert_string_equal(history_first(first), "root-1");
	assert_true(history_same_ca(first, copy));
	assert_string_equal(copy->serial, "R2");
	assert_string_equal(copy->proved, "genesis");
	assert_string_equal(history_token(h, "root-3")->copy_of, "root-1");
	assert_true(first->used && !copy->used && !copy->cert_written);
}

static bool
run(struct synthetic *s, const struct twist *t)
{
	struct record_fault fault = { .text = "" };
	struct history *h = history_new();
	enum record_error err = RECORD_OK;
	void *scratch = NULL;
	const char *text;
	bool ok;

	assert_int_equal(folder_setup(&scratch), 0);
	s->twist = "";
	s->dirfd = ((struct folder *)scratch)->fd;
	s->backups = 1 + t->backups;
	SYN(transcript_open(s->dirfd, true, &s->t, NULL, NULL) == RECORD_OK);
	SYN(issuance_open(s->dirfd, true, NULL, NULL, &s->log, NULL) ==
	    RECORD_OK);
	syn_open(s, "genesis", SYN_DATE_1, syn_plan_1, "plan-1");
	syn_quorum(s);
	syn_step(s, "root");
	make_original(s, t);
	make_copy(s, t, 1);
	if (t->again)
		make_copy(s, t, 2);
	if (!t->unstopped)
		stop(s);
	wrap_again(s, t);
	if (t->twice)
		wrap_again(s, t);
	syn_step_end(s);
	syn_step(s, "backup");
	back_up(s, t);
	syn_step_end(s);
	syn_step(s, "restore");
	restore(s, t);
	for (uint64_t i = 0; i < transcript_count(s->t) && err == RECORD_OK;
	     i++) {
		size_t len;
		const char *line = transcript_line(s->t, i, &len);

		err = history_apply(h, s->dirfd, line, len, &fault);
	}
	text = strchr(fault.text, ':');
	ok =
	    err == t->err && strcmp(text == NULL ? "" : text + 2, t->text) == 0;
	if (!ok)
		print_message("# %s: %d %s\n", t->name, (int)err, fault.text);
	else if (err == RECORD_OK)
		check_taken(h);
	history_free(h);
	syn_reset(s);
	folder_teardown(&scratch);
	return ok;
}

static void
test_twists(void **state)
{
	struct synthetic *s = calloc(1, sizeof(*s));
	size_t bad = 0;

	(void)state;
	assert_non_null(s);
	syn_keys(s);
	for (size_t i = 0; i < sizeof(twists) / sizeof(twists[0]); i++)
		bad += !run(s, &twists[i]);
	syn_free(s);
	free(s);
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_twists) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
