/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/stop_sheet.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/stop_lines.h"
#include "ceremony/record/words.h"

#define NAME_WIDTH 11
#define LINE_WIDTH 76

/* "name       text", broken between words; further lines below the text. */
static void
put(const char *name, const char *text)
{
	size_t at = NAME_WIDTH;
	const char *sep = "";

	fprintf(stderr, "%-*s", NAME_WIDTH, name);
	while (*text != '\0') {
		size_t n = strcspn(text, " ");
		if (at > NAME_WIDTH && at + 1 + n > LINE_WIDTH) {
			fprintf(stderr, "\n%*s", NAME_WIDTH, "");
			at = NAME_WIDTH;
			sep = "";
		}
		fprintf(stderr, "%s%.*s", sep, (int)n, text);
		at += strlen(sep) + n;
		text += n + strspn(text + n, " ");
		sep = " ";
	}
	fputc('\n', stderr);
}

/* A line that is not broken, for what is copied or has columns of its own. */
static void
put_whole(const char *name, const char *text)
{
	fprintf(stderr, "%-*s%s\n", NAME_WIDTH, name, text);
}

static void
put_ceremony(const struct ceremony *c, const struct state_view *v,
    const struct history_ceremony *which)
{
	char text[200], kind[APPROVAL_NAME_MAX + 1] = "";
	unsigned step = which->closed ? 0 : history_step(v->history, kind);

	if (step > 0)
		snprintf(text, sizeof(text), "%s, in step %u of %zu: %s",
		    c->plan->ceremony, step, c->plan->step_count, kind);
	else
		snprintf(text, sizeof(text), "%s, %s", c->plan->ceremony,
		    which->closed ? "closed" : "between its steps");
	put("ceremony", text);
}

static void
put_steps(const struct ceremony *c, const struct state_view *v,
    const struct history_ceremony *which)
{
	for (unsigned i = 1; i <= c->plan->step_count; i++) {
		char said[STOP_TEXT_MAX], text[STOP_TEXT_MAX + 80];
		stop_step(c->plan, v, which, i, said, sizeof(said));
		snprintf(text, sizeof(text), "%2u %-12s %s", i,
		    plan_kind_name(c->plan->steps[i - 1].kind), said);
		put_whole(i == 1 ? "signed" : "", text);
	}
}

static void
put_who(const struct ceremony *c, const struct state_view *v,
    const struct history_ceremony *which)
{
	char text[STOP_TEXT_MAX];

	if (which->closed && ceremony_has_checkpoint(c, which->name)) {
		put("operators", "none: only outputs are to be written");
		return;
	}
	stop_operators(c->plan, v, text, sizeof(text));
	put("operators", text);
	if (which->closed)
		return;
	if (stop_tokens(c->plan, v, which, text, sizeof(text)))
		put("CA tokens", text);
	if (stop_words_of_s(c->plan, v, which, text, sizeof(text)))
		put("words of S", text);
	if (stop_words_of_b(c->plan, v, which, text, sizeof(text)))
		put("words of B", text);
}

static void
put_command(const struct ceremony *c, const char *name)
{
	char folder[PATH_MAX];

	if (c->resume == NULL)
		return;
	put_whole(name, c->resume);
	if (getcwd(folder, sizeof(folder)) != NULL)
		put_whole("in folder", folder);
}

static void
put_head(const struct state_view *v)
{
	const struct link *head = transcript_head(v->transcript);
	char text[WORDS_TEXT_MAX], what[64];

	if (head == NULL)
		return;
	snprintf(what, sizeof(what), "line %llu, to be written down:",
	    (unsigned long long)head->seq + 1);
	put_whole("head", what);
	if (isatty(STDERR_FILENO) == 1)
		words_write_lines(head->hash, text);
	else
		words_write(head->hash, text);
	for (char *line = strtok(text, "\n"); line != NULL;
	     line = strtok(NULL, "\n"))
		put_whole("", line);
}

/* What can be said where nothing of this ceremony is there, or can be read. */
static const char *
safe_in_short(const struct ceremony *c, bool read,
    const struct history_ceremony *which)
{
	if (!read && c->opened)
		return "the state folder cannot be read any more; what was "
		       "fsynced before stands on its disk: make a copy of it "
		       "before anything else";
	if (!c->state_read || which != NULL || (!read && c->transcript != NULL))
		return "this run wrote nothing: what was recorded before is "
		       "as it was";
	return "nothing was written: nothing of this ceremony is recorded, "
	       "and nothing needs to be done";
}

static void
put_short(const struct ceremony *c, bool read,
    const struct history_ceremony *which)
{
	put("ceremony", c->plan->ceremony);
	put("why", c->why);
	put("safe", safe_in_short(c, read, which));
	put_command(c, "try again");
}

static void
put_whole_sheet(const struct ceremony *c, const struct state_view *v,
    const struct history_ceremony *which)
{
	put_ceremony(c, v, which);
	put("why", c->why);
	put("safe",
	    c->forked
		? "nothing was signed once this was seen; do not go on: "
		  "compare the heads on paper, and find the newer state"
		: "everything signed so far is recorded, and fsynced; an act "
		  "without a result counts for nothing and is done anew; "
		  "nothing is lost by stopping");
	put_steps(c, v, which);
	if (!c->forked) {
		put_who(c, v, which);
		put_command(c, "resume");
		if (c->resume != NULL && !which->closed &&
		    v->history->has_policy)
			put("or never",
			    "the same with --abandon REASON, if what is left "
			    "can never be done");
	}
	put_head(v);
}

void
stop_sheet(const struct ceremony *c)
{
	const struct history_ceremony *which = NULL;
	struct state_view v;
	bool read = state_view_open(&v, c->state_fd);

	if (read)
		which = state_view_ceremony(&v, c->plan->ceremony);
	fprintf(stderr, "-- stop sheet %.*s\n", LINE_WIDTH - 14,
	    "----------------------------------------------------------------");
	/* one that another plan of this name holds is not told of */
	if (which != NULL && c->state_read &&
	    memcmp(which->plan_sha256, c->plan_sha256, 32) == 0)
		put_whole_sheet(c, &v, which);
	else
		put_short(c, read, which);
	fprintf(stderr, "-- end of sheet %.*s\n", LINE_WIDTH - 16,
	    "----------------------------------------------------------------");
	state_view_close(&v);
}
