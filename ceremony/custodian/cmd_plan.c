/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/cell.h"
#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/commands.h"
#include "ceremony/record/plan_text.h"
#include "ceremony/record/words.h"
#include "transfer/text.h"

#define DEFAULT_M 3 /* for a plan without a quorum step */

static int
plan_new(const char *kind)
{
	const char *text = plan_skeleton(kind);

	if (text != NULL) {
		fputs(text, stdout);
		return EXIT_DONE;
	}
	fprintf(stderr,
	    "anchorite plan new: %s: no such kind; there are "
	    "genesis, batch, crl, quorum-change, recovery, backup, restore, "
	    "destroy and retire\n",
	    kind);
	return EXIT_USAGE;
}

static unsigned
quorum_of(const struct plan *p)
{
	return p->steps[0].kind == PLAN_QUORUM ? p->steps[0].u.quorum.threshold
					       : DEFAULT_M;
}

/* What the plan asks of every process, and what this machine has of it. */
static void
print_cells(const struct ceremony *c)
{
	enum level here = level_of(c->operator_level);

	if (level_of(c->reader_level) < here)
		here = level_of(c->reader_level);
	printf("sandbox: at least %s", level_name(level_wanted(c->plan)));
	if (level_wanted(c->plan) != LEVEL_FULL)
		printf(", because: %s", c->plan->sandbox.reason);
	printf("; here %s%s\n", level_name(here),
	    here < level_wanted(c->plan) ? ": this machine will not do" : "");
}

static void
print_check(const struct ceremony *c, const char *path)
{
	char hex[TEXT_HEX_SIZE(32)], words[WORDS_TEXT_MAX];
	struct plan_needs needs;

	plan_needs(c->plan, quorum_of(c->plan), &needs);
	text_hex(c->plan_sha256, 32, hex);
	words_write(c->plan_sha256, words);
	printf("%s: in order: ceremony %s of log %s, %zu steps\n", path,
	    c->plan->ceremony, c->plan->log, c->plan->step_count);
	printf("needs: %u readers, %u visits by operators, at most %u by one, "
	       "about %u minutes\n",
	    needs.readers, needs.visits, needs.rounds, needs.minutes);
	if (needs.words > 0)
		printf("custodians: type words of S %u time%s\n", needs.words,
		    needs.words > 1 ? "s" : "");
	if (needs.backup_words > 0)
		printf("custodians: type words of B %u time%s\n",
		    needs.backup_words, needs.backup_words > 1 ? "s" : "");
	if (needs.words + needs.backup_words == 0)
		printf("custodians: none is needed\n");
	if (c->plan->shell.reason[0] != '\0')
		printf("shell: open on the third console (Alt-F3) while the "
		       "ceremony lasts, because: %s\n",
		    c->plan->shell.reason);
	print_cells(c);
	printf("sha256: %s\n", hex);
	fputs(isatty(STDOUT_FILENO) == 1 ? "words:\n  " : "words: ", stdout);
	command_words(words);
}

static int
print_sheet(const struct ceremony *c)
{
	char *sheet = NULL;

	if (plan_run_sheet(c->plan, c->plan_sha256, &sheet) != RECORD_OK) {
		fprintf(stderr, "anchorite: out of memory\n");
		return EXIT_PROCESS;
	}
	fputs(sheet, stdout);
	free(sheet);
	return EXIT_DONE;
}

static int
with_plan(const char *path, bool sheet)
{
	struct ceremony *c = calloc(1, sizeof(*c));
	int status = EXIT_PROCESS;

	if (c == NULL)
		return status;
	message_start(&c->in, MSG_NONE);
	message_start(&c->out, MSG_NONE);
	if (!cell_enter(false, c->operator_level)) {
		fprintf(stderr, "anchorite: limits cannot be set\n");
	} else if (!plan_file_load(c, path)) {
		fprintf(stderr, "anchorite: %s\n", c->why);
		status = c->status;
	} else if (sheet) {
		status = print_sheet(c);
	} else {
		print_check(c, path);
		status = EXIT_DONE;
	}
	plan_free(c->plan);
	free(c->plan_file);
	free(c);
	return status;
}

int
cmd_plan(const struct command *self, int argc, char *argv[])
{
	const struct option_row none = { NULL, NULL, 0 };
	int status = command_options(self, &argc, argv, &none);

	if (status != 0)
		return status;
	if (argc != 2)
		return command_usage(self);
	if (strcmp(argv[0], "new") == 0)
		return plan_new(argv[1]);
	if (strcmp(argv[0], "check") == 0)
		return with_plan(argv[1], false);
	if (strcmp(argv[0], "print") == 0)
		return with_plan(argv[1], true);
	return command_usage(self);
}
