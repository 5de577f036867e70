/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/state_view.h"

#include <stdlib.h>
#include <string.h>

#include "ceremony/record/issuance.h"

/* Intents so far, to find a serial with a second TBS. */
struct tally {
	struct state_view *v;
	size_t count, room, voids;
	struct intent_name {
		uint8_t serial[17], tbs_sha256[32];
	} * names;
};

static bool
replay(struct state_view *v, int state_fd)
{
	struct record_fault fault = { .text = "" };
	enum record_error err =
	    transcript_view(state_fd, &v->transcript, NULL, &fault);

	for (uint64_t i = 0;
	     err == RECORD_OK && i < transcript_count(v->transcript); i++) {
		size_t len;
		const char *line = transcript_line(v->transcript, i, &len);
		err = history_apply(v->history, state_fd, line, len, &fault);
	}
	return err == RECORD_OK;
}

static int
take_intent(struct tally *t, const struct intent *intent)
{
	if (t->count == t->room) {
		size_t room = t->room == 0 ? 64 : 2 * t->room;
		void *p = realloc(t->names, room * sizeof(*t->names));
		if (p == NULL)
			return 1;
		t->names = p;
		t->room = room;
	}
	memcpy(t->names[t->count].serial, intent->serial, 17);
	memcpy(t->names[t->count].tbs_sha256, intent->tbs_sha256, 32);
	t->count++;
	return 0;
}

static int
each_line(void *arg, uint64_t number, const struct issuance_line *line)
{
	struct tally *t = arg;

	(void)number;
	if (line->type == ISSUANCE_INTENT)
		return take_intent(t, &line->intent);
	if (line->type == ISSUANCE_VOID)
		t->voids++;
	if (line->type != ISSUANCE_RESULT)
		return 0;
	t->v->results[0]++;
	if (line->act >= 1 && line->act <= t->v->history->act_count)
		t->v->results[line->act]++;
	return 0;
}

static int
by_serial(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct intent_name));
}

/* A resumed intent stands there again, word for word. */
static void
count_serials(struct tally *t)
{
	uint64_t serials = t->count > 0;

	if (t->count > 0)
		qsort(t->names, t->count, sizeof(*t->names), by_serial);
	for (size_t i = 1; i < t->count; i++) {
		const struct intent_name *a = &t->names[i - 1], *b = a + 1;
		if (memcmp(a->serial, b->serial, 17) != 0)
			serials++;
		else if (memcmp(a->tbs_sha256, b->tbs_sha256, 32) != 0)
			t->v->twice++;
	}
	t->v->intended = serials > t->voids ? serials - t->voids : 0;
}

/* A state that was stopped before its issuance log was made has none. */
static bool
scan(struct state_view *v, int state_fd)
{
	struct record_fault fault = { .text = "" };
	struct issuance *log = NULL;
	struct tally t = { .v = v };
	enum record_error err;

	v->results = calloc(v->history->act_count + 1, sizeof(*v->results));
	if (v->results == NULL)
		return false;
	err = issuance_open(state_fd, false, each_line, &t, &log, &fault);
	issuance_close(log);
	count_serials(&t);
	free(t.names);
	return err == RECORD_OK || err == RECORD_ERR_MISSING;
}

bool
state_view_open(struct state_view *v, int state_fd)
{
	memset(v, 0, sizeof(*v));
	v->history = history_new();
	return state_fd != -1 && v->history != NULL && replay(v, state_fd) &&
	    scan(v, state_fd);
}

void
state_view_close(struct state_view *v)
{
	transcript_close(v->transcript);
	history_free(v->history);
	free(v->results);
	memset(v, 0, sizeof(*v));
}

const struct history_ceremony *
state_view_ceremony(const struct state_view *v, const char *name)
{
	for (size_t i = 0; i < v->history->ceremony_count; i++) {
		if (strcmp(v->history->ceremonies[i].name, name) == 0)
			return &v->history->ceremonies[i];
	}
	return NULL;
}

/* One that was closed has done them all. */
bool
state_view_step_done(const struct state_view *v,
    const struct history_ceremony *which, unsigned step)
{
	return which->closed || v->history->step_done[step];
}

bool
state_view_act_of(const struct history_act *a, const char *ceremony,
    unsigned step)
{
	return a->approval.step == step &&
	    strcmp(a->approval.ceremony, ceremony) == 0;
}
