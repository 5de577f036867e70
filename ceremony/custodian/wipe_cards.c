/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/wipe_cards.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/card.h"
#include "ceremony/custodian/cell.h"
#include "ceremony/custodian/paper.h"
#include "ceremony/custodian/so.h"
#include "ceremony/custodian/state_view.h"

#define REHEARSAL "rehearsal/"

/* A card as the transcript has it. */
struct made {
	const char *label, *serial, *module;
};
struct wiping {
	struct ceremony *c;
	struct child so; /* keeps S; not started before a card is there */
	size_t done;
};

static bool
ask_s(struct wiping *w)
{
	return w->so.pid > 0 || paper_open(w->c, 'S', NULL, &w->so);
}

/* The one of the transcript, not another that got its label. */
static bool
is_it(struct wiping *w, const struct made *m, const struct card_row *row)
{
	if (strcmp(m->serial, row->serial) == 0)
		return true;
	people_say(w->c->people,
	    "%s: the card in %s has serial %s, the rehearsal's had %s: left as "
	    "it is",
	    m->label, row->reader, row->serial, m->serial);
	return false;
}

static bool
wipe_one(struct wiping *w, const struct made *m)
{
	struct card_order o = { .c = w->c,
		.people = w->c->people,
		.module = m->module,
		.label = m->label };
	struct card_row row = { .bits = 0 };
	bool absent = false, again = false;
	uint32_t n = 0;
	int fd = -1;

	if (!card_find(&o, &row, &absent)) {
		if (absent)
			people_say(w->c->people,
			    "%s: in no reader that could "
			    "be asked: left as it is",
			    m->label);
		return absent;
	}
	if (!is_it(w, m, &row))
		return true;
	if (history_so(w->c->history, m->label, &n, &again) !=
	    history_so_now(w->c->history)) {
		people_say(w->c->people,
		    "%s: its SO PIN comes from words of S that were replaced: "
		    "left as it is",
		    m->label);
		return true;
	}
	if (!card_confirm(&o, "all that is on it will be destroyed") ||
	    !ask_s(w) || !so_pins(w->c, &w->so, m->label, n, &fd) ||
	    !card_make_blank(&o, fd, again))
		return false;
	w->done++;
	return true;
}

/* Every card of the log: operators', also former ones, and CAs'. */
static bool
wipe_all(struct wiping *w, const char *module)
{
	const struct history *h = w->c->history;
	bool ok = true;

	for (size_t i = 0; ok && i < h->card_count; i++) {
		const struct history_operator *o = &h->cards[i];

		if (!o->elsewhere && strstr(o->module, "opensc") != NULL)
			ok = wipe_one(w,
			    &(struct made){ o->label, o->serial,
				module != NULL ? module : o->module });
	}
	for (size_t i = 0; ok && i < h->token_count; i++) {
		const struct history_token *t = &h->tokens[i];

		if (strstr(t->module, "opensc") != NULL)
			ok = wipe_one(w,
			    &(struct made){ t->label, t->serial,
				module != NULL ? module : t->module });
	}
	return ok;
}

static bool
run(struct ceremony *c, struct state_view *v, const char *module)
{
	struct wiping w = { .c = c, .so = { .pid = -1, .sock = -1 } };
	bool ok;

	if (!cell_enter(false, c->operator_level))
		return ceremony_stop(c, EXIT_PROCESS, "limits cannot be set");
	if (!ceremony_open_folder(c, c->state_path, &c->state_fd))
		return false;
	if (!state_view_open(v, c->state_fd))
		return ceremony_stop(c, EXIT_STATE,
		    "%s: no transcript that is in order: is this the folder of "
		    "a rehearsal?",
		    c->state_path);
	c->history = v->history;
	if (strncmp(c->history->log, REHEARSAL, sizeof(REHEARSAL) - 1) != 0)
		return ceremony_stop(c, EXIT_REFUSED,
		    "%s: the log %s is no rehearsal's: its cards are left as "
		    "they are",
		    c->state_path, c->history->log);
	ok = wipe_all(&w, module);
	child_end(&w.so);
	people_say(c->people, "%zu cards were made blank%s", w.done,
	    w.done > 0 ? "; this rehearsal cannot go on, begin another" : "");
	return ok;
}

enum exit_status
wipe_cards(const char *state, int scratch_fd, const char *module)
{
	struct ceremony *c = secret_pages(sizeof(*c)); /* SO PINs pass */
	struct people people = { .tty = -1, .rehearsal_fd = -1 };
	struct state_view view = { .transcript = NULL };
	enum exit_status status;

	if (c == NULL) {
		fprintf(stderr,
		    "anchorite: memory cannot be locked: raise ulimit -l\n");
		return EXIT_PROCESS;
	}
	message_start(&c->in, MSG_NONE);
	message_start(&c->out, MSG_NONE);
	c->state_path = state;
	c->state_fd = -1;
	c->rehearsal = true;
	c->people = &people;
	if (!people_by_hand(&people, scratch_fd))
		ceremony_stop(c, EXIT_STATE,
		    "no terminal: labels are typed to confirm");
	else if (!run(c, &view, module))
		ceremony_stop(c, EXIT_PROCESS, "stopped for no known reason");
	status = c->status;
	if (status != EXIT_DONE)
		fprintf(stderr, "anchorite: %s\n", c->why);
	people_close(&people);
	state_view_close(&view);
	if (c->state_fd != -1)
		close(c->state_fd);
	message_clear(&c->in);
	message_clear(&c->out);
	secret_pages_free(c, sizeof(*c));
	return status;
}
