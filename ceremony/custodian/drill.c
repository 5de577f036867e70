/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/drill.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WRONG_PIN "this PIN is longer than any that is typed"
#define CUT_ONE_IN 4 /* records of the step in which the power fails */

static enum people_answer does_not_come(struct drill *d, struct people *p);
static enum people_answer does_not_answer(struct drill *d, struct people *p);
static enum people_answer
does_not_know(struct drill *d, struct people *p, struct secret **out);

static const struct drill_row rows[] = {
	{ "dead-card",
	    "the card of one operator will stop answering after a visit",
	    "card # of @ stopped answering",
	    "the card of @ is lost: enrol a new card for @ in the next "
	    "quorum-change step, and destroy #",
	    does_not_answer, NULL },
	{ "lost-pin", "one operator will not know the PIN any more",
	    "@ did not know the PIN of card # any more",
	    "without its PIN card # is lost: enrol a new card for @ in the "
	    "next quorum-change step, and destroy #",
	    NULL, does_not_know },
	{ "missing-operator", "one operator will not come", "@ did not come",
	    "find out why @ did not come, and where card # is: one who stays "
	    "away is replaced in the next quorum-change step",
	    does_not_come, NULL },
	{ "power", "the power will fail", "the power failed",
	    "give the same command again; compare the head on paper with that "
	    "of \"anchorite status\" first",
	    NULL, NULL },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

double
drill_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* splitmix64: a choice that can be made again, and no secret. */
uint64_t
drill_random(struct drill *d)
{
	uint64_t z = d->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void
drill_text(const struct drill *d, const char *text, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (; *text != '\0' && len + 1 < size; text++) {
		const char one[2] = { *text, '\0' };
		const char *add = *text == '@' ? d->who
		    : *text == '#'             ? d->card
					       : one;
		snprintf(out + len, size - len, "%s", add);
		len += strlen(out + len);
	}
}

void
drill_names(char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < ROWS; i++) {
		snprintf(out + len, size - len, "%s%s", i == 0 ? "" : ", ",
		    rows[i].name);
		len += strlen(out + len);
	}
}

bool
drill_start(struct drill *d, const char *name, uint64_t seed)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		memset(d, 0, sizeof(*d));
		d->row = &rows[i];
		d->seed = d->random = seed;
		return true;
	}
	return false;
}

/* ---- the operator that it hits -------------------------------------------- */

static bool
takes_one_out(const struct drill *d)
{
	return d->row->card != NULL || d->row->pin != NULL;
}

/* Until a quorum stands all its operators must be there. */
static bool
is_hit(const struct drill *d, const char *owner)
{
	return d->c != NULL && d->c->history->has_anchor &&
	    strcmp(d->who, owner) == 0;
}

static void
happen(struct drill *d)
{
	if (d->happened)
		return;
	d->happened = true;
	d->at = drill_clock();
	d->at_line = d->c->history->lines;
	d->at_step = history_step(d->c->history, d->at_kind);
}

static enum people_answer
does_not_come(struct drill *d, struct people *p)
{
	happen(d);
	if (!d->by_hand)
		return PEOPLE_NO;
	people_say(p, "  drill: %s has not come: answer s", d->who);
	switch (d->people->card(p, d->card, d->who)) {
	case PEOPLE_STOP:
		return PEOPLE_STOP;
	case PEOPLE_YES:
		people_say(p, "  drill: there is no card %s: taken as s",
		    d->card);
		break;
	case PEOPLE_NO:
		break;
	}
	return PEOPLE_NO;
}

static enum people_answer
does_not_answer(struct drill *d, struct people *p)
{
	enum people_answer answer = d->people->card(p, d->card, d->who);

	if (answer != PEOPLE_YES || d->visits == 0)
		return answer;
	happen(d);
	people_say(p, "  drill: card %s is in the reader and does not answer",
	    d->card);
	return PEOPLE_NO;
}

static enum people_answer
does_not_know(struct drill *d, struct people *p, struct secret **out)
{
	enum people_answer answer = PEOPLE_YES;

	happen(d);
	if (d->by_hand) {
		people_say(p,
		    "  drill: %s, you have forgotten the PIN of card %s: type "
		    "what you like, it will be wrong",
		    d->who, d->card);
		answer = d->people->pin(p, d->card, d->who, false, out);
	}
	if (answer != PEOPLE_YES)
		return answer;
	secret_free(*out);
	*out = secret_from(WRONG_PIN, strlen(WRONG_PIN));
	return *out != NULL ? PEOPLE_YES : PEOPLE_STOP;
}

/* ---- the questions -------------------------------------------------------- */

/* Another operator's turn, after it happened. */
static void
goes_on(struct drill *d, const char *owner)
{
	char item[POLICY_ID_MAX + 4];
	size_t len = strlen(d->went_on);

	if (!d->happened)
		return;
	if (d->on <= 0)
		d->on = drill_clock();
	snprintf(item, sizeof(item), " %s,", owner);
	if (strstr(d->went_on, item) == NULL)
		snprintf(d->went_on + len, sizeof(d->went_on) - len, "%s",
		    item);
}

static enum people_answer
drill_pin(struct people *p, const char *label, const char *owner, bool fresh,
    struct secret **out)
{
	struct drill *d = p->drill;

	if (!fresh && d->row->pin != NULL && is_hit(d, owner))
		return d->row->pin(d, p, out);
	if (!fresh && strcmp(d->who, owner) == 0)
		d->visits++;
	else if (!fresh)
		goes_on(d, owner);
	return d->people->pin(p, label, owner, fresh, out);
}

static enum people_answer
drill_digest(struct people *p, const char *what, const uint8_t digest[32])
{
	return p->drill->people->digest(p, what, digest);
}

static enum people_answer
drill_card(struct people *p, const char *label, const char *owner)
{
	struct drill *d = p->drill;

	if (d->row->card != NULL && is_hit(d, owner))
		return d->row->card(d, p);
	return d->people->card(p, label, owner);
}

static enum people_answer
drill_last_try(struct people *p, const char *label, const char *owner)
{
	return p->drill->people->last_try(p, label, owner);
}

static enum people_answer
drill_put_off(struct people *p, const char *label, char *reason, size_t size)
{
	return p->drill->people->put_off(p, label, reason, size);
}

static bool
drill_words(struct people *p, char which, bool load, int *fd)
{
	return p->drill->people->words(p, which, load, fd);
}

static const struct people_ops ops = { drill_pin, drill_digest, drill_card,
	drill_last_try, drill_put_off, drill_words };

/* ---- while the ceremony runs ---------------------------------------------- */

static void
choose(struct drill *d, const char *id, const char *label)
{
	snprintf(d->who, sizeof(d->who), "%s", id);
	snprintf(d->card, sizeof(d->card), "%s", label);
}

/* One of those who are called when nobody is missing: the first m. */
static void
choose_operator(struct drill *d, const struct ceremony *c)
{
	const struct plan_quorum *q = &c->plan->steps[0].u.quorum;
	size_t i;

	if (c->history->has_policy) {
		d->m = c->history->policy.m;
		d->n = c->history->operator_count;
		i = drill_random(d) % d->m;
		choose(d, c->history->operators[i].id,
		    c->history->operators[i].label);
	} else if (c->plan->steps[0].kind == PLAN_QUORUM) {
		d->m = q->threshold;
		d->n = q->count;
		i = drill_random(d) % d->m;
		choose(d, q->operators[i].id,
		    c->plan->tokens[q->operators[i].token].label);
	}
}

void
drill_begin(const struct ceremony *c)
{
	struct drill *d = c->people->drill;

	if (d == NULL)
		return;
	d->c = c;
	d->step_count = c->plan->step_count;
	snprintf(d->ceremony, sizeof(d->ceremony), "%s", c->plan->ceremony);
	d->cut_step = 1 + (unsigned)(drill_random(d) % d->step_count);
	choose_operator(d, c);
	if (d->happened)
		return;
	people_say(c->people, "drill %s: %s", d->row->name, d->row->announced);
	if (takes_one_out(d) && d->n == d->m)
		people_say(c->people,
		    "drill %s: a quorum of %u of %zu cannot bear the loss of "
		    "one: this will end in a stop, and that is the lesson",
		    d->row->name, d->m, d->n);
}

/* Some record of a step, the last of all at the latest. */
static bool
power_fails(struct drill *d, const char *type)
{
	if (!d->power_on || !d->act_begun || d->step < d->cut_step)
		return false;
	if (strcmp(type, "step.end") == 0 && d->step == d->step_count)
		return true;
	return drill_random(d) % CUT_ONE_IN == 0;
}

void
drill_recorded(const struct ceremony *c, const char *type)
{
	struct drill *d = c->people->drill;

	if (d == NULL)
		return;
	if (strcmp(type, "step.begin") == 0)
		d->step = history_step(c->history, NULL);
	if (strcmp(type, "act.begin") == 0)
		d->act_begun = true;
	if (strcmp(type, "ceremony.resume") == 0 && d->happened && d->on <= 0)
		d->on = drill_clock();
	/* its helpers die with it, as each of them has asked the kernel */
	if (power_fails(d, type))
		kill(getpid(), SIGKILL);
}

int
drill_hold(struct drill *d, const struct ceremony_files *files,
    struct people *people)
{
	int status;

	d->by_hand = people->tty != -1;
	d->people = people->ops;
	people->ops = &ops;
	people->drill = d;
	status = takes_one_out(d) ? (int)ceremony_run(files, true, people)
				  : drill_power(d, files, people);
	d->c = NULL;
	people->ops = d->people;
	people->drill = NULL;
	return drill_report(d, files, people, status);
}
