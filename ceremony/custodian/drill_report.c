/* SPDX-License-Identifier: ISC */
/* How a drill went, told from what is on disk. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/custodian/drill.h"
#include "ceremony/custodian/state_view.h"

#define TEXT_MAX 512

/* What the state says of the ceremony that was held last. */
struct outcome {
	bool finished;
	unsigned steps, steps_done;
	uint64_t acts, acts_twice;
	uint64_t results, open, twice; /* of the issuance log */
};

static bool
same_act(const struct history_act *a, const struct history_act *b)
{
	return a->state == ACT_DONE && b->state == ACT_DONE &&
	    a->approval.step == b->approval.step &&
	    strcmp(a->approval.ceremony, b->approval.ceremony) == 0 &&
	    strcmp(a->label, b->label) == 0 &&
	    a->approval.use_count == b->approval.use_count &&
	    memcmp(a->approval.uses, b->approval.uses,
		a->approval.use_count * sizeof(a->approval.uses[0])) == 0;
}

static void
count_acts(const struct history *h, struct outcome *out)
{
	for (size_t i = 0; i < h->act_count; i++) {
		const struct history_act *a = &h->acts[i];
		if (a->state != ACT_DONE ||
		    strcmp(a->approval.ceremony, h->ceremony) != 0)
			continue;
		out->acts++;
		for (size_t k = 0; k < i; k++)
			out->acts_twice += same_act(a, &h->acts[k]);
	}
}

static bool
head_signed(int fd, const char *ceremony)
{
	char name[128];
	struct stat st;

	snprintf(name, sizeof(name), "checkpoints/%s.note", ceremony);
	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool
read_outcome(const char *path, const char *ceremony, struct outcome *out)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct state_view v;
	bool ok = state_view_open(&v, fd) &&
	    strcmp(v.history->ceremony, ceremony) == 0;

	memset(out, 0, sizeof(*out));
	if (ok) {
		const struct history *h = v.history;
		out->finished = !h->open && head_signed(fd, h->ceremony);
		out->steps = h->steps_begun;
		for (unsigned i = 1; i <= h->steps_begun; i++)
			out->steps_done += h->step_done[i];
		count_acts(h, out);
		out->results = v.results[0];
		out->open =
		    v.intended > out->results ? v.intended - out->results : 0;
		out->twice = v.twice +
		    (out->results > v.intended ? out->results - v.intended : 0);
	}
	state_view_close(&v);
	if (fd != -1)
		close(fd);
	return ok;
}

static bool
takes_one_out(const struct drill *d)
{
	return d->row->card != NULL || d->row->pin != NULL;
}

static void
say_when(const struct drill *d, struct people *people)
{
	unsigned long long line = d->at_line;

	if (d->at_step > 0)
		people_say(people, "  when       step %u, %s, line %llu",
		    d->at_step, d->at_kind, line);
	else
		people_say(people, "  when       %s, line %llu",
		    takes_one_out(d) ? "in the close" : "between two steps",
		    line);
}

static const char *
command_given(const struct drill *d)
{
	if (!d->by_hand)
		return "the same command was given again";
	if (d->tries == 1)
		return "the right command was given at once";
	if (d->tries > 1)
		return "the right command was given, not at once";
	return d->on > 0 ? "the command was not known, and was shown"
			 : "nothing";
}

static void
say_done(const struct drill *d, struct people *people)
{
	size_t len = strlen(d->went_on); /* " id," each */

	if (!takes_one_out(d))
		people_say(people, "  done       %s", command_given(d));
	else if (len > 0)
		people_say(people, "  done      %.*s went on without %s",
		    (int)len - 1, d->went_on, d->who);
	else
		people_say(people, "  done       nobody went on without %s",
		    d->who);
}

static void
say_event(const struct drill *d, struct people *people)
{
	char text[TEXT_MAX];

	if (!d->happened) {
		people_say(people,
		    "  what       nothing: the ceremony ended before it could "
		    "happen, or was done before");
		return;
	}
	drill_text(d, d->row->what, text, sizeof(text));
	people_say(people, "  what       %s", text);
	say_when(d, people);
	say_done(d, people);
	if (d->on > 0)
		people_say(people, "  going on   after %.1f s", d->on - d->at);
	else
		people_say(people, "  going on   it did not go on");
}

/* False when something is wrong with what is recorded. */
static bool
say_outcome(const struct outcome *o, struct people *people)
{
	bool twice = o->twice > 0 || o->acts_twice > 0;
	bool lost = o->finished && (o->steps_done < o->steps || o->open > 0);

	people_say(people, "  finished   %s",
	    o->finished ? "yes: closed, and its head is signed"
			: "no: run the same plan again to finish it");
	people_say(people,
	    "  recorded   %u of %u steps begun are done, %llu acts with their "
	    "results, %llu certificates in the log",
	    o->steps_done, o->steps, (unsigned long long)o->acts,
	    (unsigned long long)o->results);
	people_say(people, "  twice      %s",
	    twice ? "SOMETHING WAS SIGNED TWICE: this is a fault of the program"
		  : "nothing was signed twice, each serial has one TBS");
	people_say(people, "  lost       %s",
	    lost ? "SOMETHING HAS NO RESULT: this is a fault of the program"
		 : "nothing is lost");
	return !twice && !lost;
}

int
drill_report(const struct drill *d, const struct ceremony_files *files,
    struct people *people, int status)
{
	struct outcome o;
	char text[TEXT_MAX];
	bool good = true;

	people_say(people, "drill report: %s", d->row->name);
	say_event(d, people);
	if (d->ceremony[0] != '\0' &&
	    read_outcome(files->state, d->ceremony, &o))
		good = say_outcome(&o, people);
	else
		people_say(people, "  recorded   nothing of it");
	if (d->happened) {
		drill_text(d, d->row->for_real, text, sizeof(text));
		people_say(people, "  for real   %s", text);
	}
	people_say(people, "  again      --drill %s --drill-seed %llu",
	    d->row->name, (unsigned long long)d->seed);
	return status == EXIT_DONE && !good ? EXIT_REFUSED : status;
}
