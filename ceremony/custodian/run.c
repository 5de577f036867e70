/* SPDX-License-Identifier: ISC */
/* Running a plan from its first line to its outputs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ca/date.h"
#include "ceremony/custodian/abandon.h"
#include "ceremony/custodian/cell.h"
#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/drill.h"
#include "ceremony/custodian/evidence.h"
#include "ceremony/custodian/inputs.h"
#include "ceremony/custodian/make_up.h"
#include "ceremony/custodian/media.h"
#include "ceremony/custodian/resume.h"
#include "ceremony/custodian/rotate.h"
#include "ceremony/custodian/shell.h"
#include "ceremony/custodian/stop_sheet.h"

static const struct step_row rows[] = {
	{ PLAN_QUORUM, step_quorum_check, step_quorum_run },
	{ PLAN_ROOT, step_ca_check, step_root_run },
	{ PLAN_PRODUCT_CA, step_ca_check, step_product_run },
	{ PLAN_INTERMEDIATE, step_intermediate_check, step_intermediate_run },
	{ PLAN_WORK_ORDER, step_order_check, step_order_run },
	{ PLAN_BATCH, step_batch_check, step_batch_run },
	{ PLAN_CRL, step_crl_check, step_crl_run },
	{ PLAN_QUORUM_CHANGE, step_change_check, step_change_run },
	{ PLAN_RECOVERY, step_recovery_check, step_recovery_run },
	{ PLAN_BACKUP, step_backup_check, step_backup_run },
	{ PLAN_RESTORE, step_restore_check, step_restore_run },
	{ PLAN_DESTROY, step_destroy_check, step_destroy_run },
	{ PLAN_RETIRE, step_retire_check, step_retire_run },
};

const struct step_row *
step_row(enum plan_kind kind)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].kind == kind)
			return &rows[i];
	}
	return NULL;
}

static const struct history_ceremony *
ceremony_before(const struct ceremony *c)
{
	for (size_t i = 0; i < c->history->ceremony_count; i++) {
		if (strcmp(c->history->ceremonies[i].name, c->plan->ceremony) ==
		    0)
			return &c->history->ceremonies[i];
	}
	return NULL;
}

static const struct history_ceremony *
last_of(const struct history *h)
{
	return &h->ceremonies[h->ceremony_count - 1];
}

/* The heads of earlier ceremonies are signed: only the last one's can be. */
static bool
heads_signed(struct ceremony *c, const struct history_ceremony *before)
{
	const struct history *h = c->history;

	if (h->ceremony_count == 0 || h->open || before == last_of(h))
		return true;
	if (before != NULL && !ceremony_has_checkpoint(c, before->name))
		return ceremony_stop(c, EXIT_STATE,
		    "%s/checkpoints/%s.note: is missing, and later ceremonies "
		    "followed: bring it back from a copy",
		    c->state_path, before->name);
	if (before != NULL || ceremony_has_checkpoint(c, h->ceremony))
		return true;
	return ceremony_stop(c, EXIT_REFUSED,
	    "ceremony %s: is closed, but its head is not signed: run its plan "
	    "again first",
	    h->ceremony);
}

static bool
may_run(struct ceremony *c)
{
	const struct history_ceremony *before = ceremony_before(c);
	const struct history *h = c->history;

	if (before != NULL &&
	    memcmp(before->plan_sha256, c->plan_sha256, 32) != 0)
		return ceremony_stop(c, EXIT_INPUT,
		    "ceremony %s: was run from another plan: give this plan a "
		    "name of its own",
		    c->plan->ceremony);
	if (h->open && strcmp(h->ceremony, c->plan->ceremony) != 0)
		return ceremony_stop(c, EXIT_REFUSED,
		    "ceremony %s: is not closed: run its plan again first",
		    h->ceremony);
	if (before == NULL && h->lines > 0 && c->plan->date < h->date)
		return ceremony_stop(c, EXIT_INPUT,
		    "ceremony %s: its date lies before the last ceremony's: "
		    "correct the plan",
		    c->plan->ceremony);
	if (before == NULL && !h->has_policy &&
	    c->plan->steps[0].kind != PLAN_QUORUM)
		return ceremony_stop(c, EXIT_INPUT,
		    "%s: no quorum in this state: the first plan of a log "
		    "begins with a quorum step",
		    c->state_path);
	return heads_signed(c, before);
}

/* The plan lists the cards of enough operators: no other is asked for. */
static bool
check_cards(struct ceremony *c)
{
	const struct history *h = c->history;
	unsigned listed = 0;

	for (size_t i = 0; i < h->operator_count; i++)
		listed += plan_lists_card(c->plan, h->operators[i].label);
	if (!h->has_policy || listed >= h->policy.m)
		return true;
	return ceremony_stop(c, EXIT_INPUT,
	    "%s: the plan lists the cards of %u operators, %u approve an act: "
	    "list theirs under tokens:",
	    c->plan->ceremony, listed, h->policy.m);
}

/* No step uses a token whose keys were destroyed, but the one that did it. */
static bool
check_destroyed(struct ceremony *c, const struct plan_step *s)
{
	for (size_t i = 0; i < c->history->token_count; i++) {
		const struct history_token *t = &c->history->tokens[i];

		if (t->destroyed && s->kind != PLAN_DESTROY &&
		    rotate_names(c, s, t->label))
			return ceremony_stop(c, EXIT_REFUSED,
			    "token %s: its keys were destroyed, nothing uses "
			    "it or its label again: name another token in the "
			    "plan",
			    t->label);
	}
	return true;
}

static size_t
new_label(const struct ceremony *c, unsigned token)
{
	return history_token(c->history, c->plan->tokens[token].label) == NULL;
}

/* The record takes so many CA tokens, and one more would be refused when its
 * keys are made. */
static bool
check_room(struct ceremony *c)
{
	size_t count = c->history->token_count;

	for (size_t i = 0; i < c->plan->step_count; i++) {
		const struct plan_step *s = &c->plan->steps[i];

		if (s->kind == PLAN_RESTORE)
			count += new_label(c, s->u.copy.token);
		if (s->kind != PLAN_ROOT && s->kind != PLAN_PRODUCT_CA)
			continue;
		for (size_t k = 0; k < s->u.ca.holder_count; k++)
			count += new_label(c, s->u.ca.holders[k]);
	}
	return count <= HISTORY_TOKENS_MAX ||
	    ceremony_stop(c, EXIT_REFUSED,
		"%s: with it this log would have %zu CA tokens, and a log takes "
		"%d, those destroyed among them: leave copies out, or begin "
		"another log",
		c->plan->ceremony, count, HISTORY_TOKENS_MAX);
}

/* Whether every step still to do can be done, before anything is written. */
static bool
check_steps(struct ceremony *c)
{
	if (!check_cards(c) || !check_room(c) || !vendor_check(c))
		return false;
	const bool resumed = c->history->open;

	for (size_t i = 0; i < c->plan->step_count; i++) {
		const struct plan_step *s = &c->plan->steps[i];
		if (resumed && c->history->step_done[i + 1])
			continue;
		if (!check_destroyed(c, s) || !step_row(s->kind)->check(c, s))
			return false;
	}
	c->awaited_count = 0;
	return true;
}

/* What each process gave up, on the machine that the ceremony is held on now. */
static json_t *
levels(const struct ceremony *c)
{
	return json_pack("{s:s,s:s,s:s,s:s*}", "operator", c->operator_level,
	    "reader", c->reader_level, "signer", c->signer_level, "media",
	    c->desk == NULL ? NULL : c->media_level);
}

/* What is said of the machine, and only where there is something to say. */
static json_t *
with_machine(const struct ceremony *c, json_t *body)
{
	const char *shell = c->plan->shell.reason;

	if ((!c->has_image ||
		json_object_set_new(body, "image", image_body(&c->image)) ==
		    0) &&
	    (shell[0] == '\0' ||
		json_object_set_new(body, "shell", json_string(shell)) == 0))
		return body;
	json_decref(body);
	return NULL;
}

static bool
record_open(struct ceremony *c)
{
	char date[DATE_RFC3339_SIZE];
	uint8_t digest[32];

	if (c->history->open)
		return ceremony_record(c, "ceremony.resume", NULL,
		    with_machine(c,
			json_pack("{s:o,s:b,s:o}", "plan",
			    json_digest(c->plan_sha256), "torn", c->torn,
			    "levels", levels(c))),
		    NULL);
	if (date_format_rfc3339(c->plan->date, date) != CA_OK ||
	    !ceremony_store(c, c->plan_file, c->plan_len, digest))
		return ceremony_stop(c, EXIT_STATE, "plan: not stored");
	return ceremony_record(c, "ceremony.open", NULL,
	    with_machine(c,
		json_pack("{s:o,s:s,s:s,s:s,s:o}", "plan", json_digest(digest),
		    "date", date, "title", c->plan->title, "version",
		    ANCHORITE_VERSION, "levels", levels(c))),
	    NULL);
}

/* Acts that a stop left without a result are void: what they were to do is
 * proposed anew. */
static bool
void_left(struct ceremony *c)
{
	for (size_t i = 0; i < c->history->act_count; i++) {
		enum history_state state = c->history->acts[i].state;
		if (state != ACT_PROPOSED && state != ACT_BEGUN)
			continue;
		if (!ceremony_record(c, "act.void", NULL,
			json_pack("{s:I,s:s}", "act", (json_int_t)i + 1,
			    "reason", "left without a result"),
			NULL))
			return false;
	}
	return true;
}

static bool
run_step(struct ceremony *c, unsigned index)
{
	const struct plan_step *s = &c->plan->steps[index - 1];
	const char *kind = plan_kind_name(s->kind);

	if (c->history->step_done[index])
		return true;
	witnessed_again(c);
	people_say(c->people, "step %u of %zu: %s", index, c->plan->step_count,
	    kind);
	return ceremony_record(c, "step.begin", NULL,
		   json_pack("{s:i,s:s}", "step", (int)index, "kind", kind),
		   NULL) &&
	    (resume_has_result(c, s->kind, index) ||
		step_row(s->kind)->run(c, s, index)) &&
	    /* the close begins here: what was opened is rotated */
	    (index < c->plan->step_count || rotate_left(c, index, s->kind)) &&
	    media_state_note(c) &&
	    ceremony_record(c, "step.end", NULL,
		json_pack("{s:i}", "step", (int)index), NULL);
}

static bool
confirm_plan(struct ceremony *c)
{
	if (c->plan->shell.reason[0] != '\0')
		people_say(c->people,
		    "this plan has a shell open while its ceremony lasts, because: %s",
		    c->plan->shell.reason);
	if (c->people->ops->digest(c->people, "the plan", c->plan_sha256) ==
	    PEOPLE_YES)
		return true;
	return ceremony_stop(c, EXIT_STOPPED,
	    "plan not confirmed: nothing was done and nothing changed");
}

/* What the processes' limits are is asked of each once, before the record. */
static bool
learn_levels(struct ceremony *c)
{
	struct child ch = { .pid = -1, .sock = -1 };
	bool ok = child_start(c, SPAWN_SIGNER, &ch);

	child_end(&ch);
	return ok;
}

/* From the record's opening on. */
static bool
open_record(struct ceremony *c)
{
	if (!confirm_plan(c) || !learn_levels(c) || !shell_open(c) ||
	    (c->transcript == NULL && !ceremony_create_state(c)) ||
	    !record_open(c))
		return false;
	c->opened = true;
	if (!media_note(c) || !media_state_note(c) || !void_left(c))
		return false;
	rotate_say(c);
	return true;
}

static bool
run_steps(struct ceremony *c)
{
	drill_begin(c);
	if ((c->rehearsal && !make_up_inputs(c)) || !check_steps(c) ||
	    !open_record(c) || !vendor_keep(c))
		return false;
	for (unsigned i = 1; i <= c->plan->step_count; i++) {
		if (!run_step(c, i))
			return false;
	}
	return true;
}

static bool
run_all(struct ceremony *c)
{
	const struct history_ceremony *before = ceremony_before(c);

	witnessed_begin(c);
	if (c->abandon != NULL) {
		if (!abandon_check(c) || !open_record(c) || !abandon_run(c))
			return false;
	} else if (before == NULL || !before->closed) {
		/* given up before, and stopped at the close */
		bool given_up = c->history->open && c->history->abandoned;
		if (given_up ? !open_record(c) : !run_steps(c))
			return false;
	} else if (ceremony_has_checkpoint(c, c->plan->ceremony)) {
		people_say(c->people,
		    "ceremony %s: done and closed before: nothing is signed",
		    c->plan->ceremony);
		return ceremony_deliver(c);
	}
	return ceremony_close(c) && ceremony_deliver(c);
}

static void
say_anchor(struct ceremony *c)
{
	if (!c->history->has_anchor || c->plan->steps[0].kind != PLAN_QUORUM)
		return;
	people_say_words(c->people,
	    "anchor of this log, for auditors, to be written down:",
	    c->history->anchor);
}

static void
finish(struct ceremony *c)
{
	ledger_close(c->ledger);
	issuance_close(c->issuance);
	transcript_close(c->transcript);
	history_free(c->history);
	if (c->kept != NULL)
		input_request_clear(c->kept);
	free(c->kept);
	plan_free(c->plan);
	free(c->plan_file);
	for (int i = 0; i < 3; i++) {
		int fd = i == 0 ? c->state_fd : i == 1 ? c->in_fd : c->out_fd;
		if (fd != -1)
			close(fd);
	}
	shell_close(c);
	media_end(c);
	message_clear(&c->in);
	message_clear(&c->out);
	secret_pages_free(c, sizeof(*c));
}

static bool
as_rehearsal(struct ceremony *c, const char *module)
{
	return plan_rehearse(c->plan, module) == RECORD_OK ||
	    ceremony_stop(c, EXIT_INPUT,
		"%s: log or a subject is too long for a rehearsal, which adds "
		"rehearsal/ and OU=REHEARSAL: shorten it",
		c->plan->ceremony);
}

/* Where files come from and go to, unless that is a medium. */
static bool
open_folders(struct ceremony *c)
{
	bool in = c->desk != NULL && c->desk->in;
	bool out = c->desk != NULL && c->desk->out;

	return (in || ceremony_open_folder(c, c->in_path, &c->in_fd)) &&
	    (out || ceremony_open_folder(c, c->out_path, &c->out_fd));
}

enum exit_status
ceremony_run(const struct ceremony_files *files, bool rehearsal,
    struct people *people)
{
	struct ceremony *c = secret_pages(sizeof(*c)); /* PINs pass through */
	enum exit_status status;

	if (c == NULL) {
		fprintf(stderr,
		    "anchorite: memory cannot be locked: raise ulimit -l\n");
		return EXIT_PROCESS;
	}
	message_start(&c->in, MSG_NONE);
	message_start(&c->out, MSG_NONE);
	c->state_fd = c->in_fd = c->out_fd = c->shell_fd = -1;
	c->witnessed.fd = -1;
	c->witnessed.at = files->witness;
	c->rehearsal = rehearsal;
	c->people = people;
	c->state_path = files->state;
	c->abandon = files->abandon;
	c->no_pinpad = files->no_pinpad;
	c->in_path = files->in;
	c->out_path = files->out;
	c->resume = files->resume;
	c->control = files->control != NULL ? files->control : SHELL_CONTROL;
	if (!media_open(c, files)) /* what may mount is started first */
		;
	else if (!cell_enter(rehearsal, c->operator_level))
		ceremony_stop(c, EXIT_PROCESS, "limits cannot be set");
	else if ((files->image == NULL || image_file_load(c, files->image)) &&
	    plan_file_load(c, files->plan) && cell_check(c) &&
	    (!rehearsal || as_rehearsal(c, files->module)) && open_folders(c) &&
	    ceremony_open_state(c) && may_run(c) && run_all(c))
		say_anchor(c);
	else /* whatever stopped has said why; never is it as if all were done */
		ceremony_stop(c, EXIT_PROCESS,
		    "stopped for no known reason; run the same plan again");
	witnessed_end(c);
	media_state_say(c);
	status = c->status;
	if (status != EXIT_DONE)
		fprintf(stderr, "anchorite: %s\n", c->why);
	if (status != EXIT_DONE && c->plan != NULL)
		stop_sheet(c);
	finish(c);
	return status;
}
