/* SPDX-License-Identifier: ISC */
/* The state on two removable media: which is used, and the other following. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/media.h"

#define ALONE "one copy of the state"

/* ---- which media ---------------------------------------------------------------- */

static bool
is_state(const struct media_desk *d, const struct medium *m)
{
	return (m->flags & MEDIUM_EXT4) != 0 && m->why[0] == '\0' &&
	    (m->flags & MEDIUM_READ_ONLY) == 0 &&
	    strcmp(m->label, d->state_label) == 0;
}

static void
say_no_state(struct ceremony *c, const struct medium *m)
{
	if (strcmp(m->label, c->desk->state_label) == 0 || m->why[0] != '\0')
		people_say(c->people,
		    "  -  %s is there, and no state medium: %s", m->name,
		    m->why[0] != '\0' ? m->why : "it cannot be written to");
}

/* Two of those that are in are told of; how many there are.  What is lost with
 * the other one is no second copy. */
static size_t
find_media(struct ceremony *c, struct medium found[2])
{
	const struct media_desk *d = c->desk;
	size_t n = 0;

	for (size_t i = 0; i < d->list.count; i++) {
		const struct medium *m = &d->list.media[i];

		if (!is_state(d, m)) {
			say_no_state(c, m);
			continue;
		}
		if (n == 1 && strcmp(m->disk, found[0].disk) == 0) {
			people_say(c->people,
			    "  -  %s is there, and no second copy: it is on "
			    "the same disk as %s",
			    m->name, found[0].name);
			continue;
		}
		media_say(c->people, n + 1, m);
		if (n < 2)
			found[n] = *m;
		n++;
	}
	return n;
}

static void
prompt_for(const struct media_desk *d, size_t n, char *out, size_t size)
{
	if (n == 0)
		snprintf(out, size,
		    "No state medium, labelled %s, is in. Put it in, then "
		    "Enter (q: stop) ",
		    d->state_label);
	else if (n == 1)
		snprintf(out, size,
		    "One state medium is in. Put in the other one, then Enter; "
		    "or give the reason for going on with one copy (q: stop) ");
	else
		snprintf(out, size,
		    "%zu media labelled %s are in. Leave the two of this log, "
		    "then Enter (q: stop) ",
		    n, d->state_label);
}

/* Printable, as the transcript takes it. */
static void
clean(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

static bool
choose_media(struct ceremony *c, struct medium found[2], size_t *count)
{
	struct media_desk *d = c->desk;
	char prompt[300];

	for (;;) {
		enum media_answer answer = media_look(c, d);

		if (answer == MEDIA_STOPPED)
			return false;
		if (answer == MEDIA_FAULT)
			return ceremony_stop(c, EXIT_STATE, "%s", d->why);
		people_say(c->people, "media of the state:");
		*count = find_media(c, found);
		if (*count == 2)
			return true;
		prompt_for(d, *count, prompt, sizeof(prompt));
		if (!people_ask(c->people, prompt, d->one, sizeof(d->one)) ||
		    strcmp(d->one, "q") == 0)
			return ceremony_stop(c, EXIT_STOPPED,
			    "stopped while media of the state were asked for: "
			    "nothing was done and nothing changed");
		clean(d->one);
		if (*count == 1 && d->one[0] != '\0')
			return true;
		d->one[0] = '\0';
	}
}

/* ---- which copy ------------------------------------------------------------------ */

static void
name_copy(const struct media_copy *m, char out[100])
{
	snprintf(out, 100, "%.31s (serial %.48s)", m->medium.name,
	    m->medium.serial[0] == '\0' ? "-" : m->medium.serial);
}

static bool
forked(struct ceremony *c, const struct mirror_difference *d)
{
	char a[100], b[100];

	name_copy(&c->desk->copies[0], a);
	name_copy(&c->desk->copies[1], b);
	c->forked = true;
	return ceremony_stop(c, EXIT_STATE,
	    "state media %s and %s: forked at line %llu of %s: each has what "
	    "the other has not; nothing was changed: put in one alone, the one "
	    "whose head is on paper (cards refuse another), and keep the other "
	    "as it is",
	    a, b, (unsigned long long)d->forked_at, d->file);
}

/* The longer one first. */
static bool
order_copies(struct ceremony *c)
{
	struct media_copy *m = c->desk->copies, other;
	struct record_fault fault = { .text = "" };
	struct mirror_difference d;
	uint64_t behind;
	char a[100], b[100];

	if (mirror_compare(m[0].fd, m[1].fd, &d, &fault) != RECORD_OK)
		return ceremony_stop(c, EXIT_STATE, "state media: %s",
		    fault.text);
	if (d.order == MIRROR_FORKED)
		return forked(c, &d);
	if (d.order == MIRROR_SECOND) {
		other = m[0];
		m[0] = m[1];
		m[1] = other;
	}
	behind = d.order == MIRROR_SECOND ? d.lines[1] - d.lines[0]
					  : d.lines[0] - d.lines[1];
	name_copy(&m[0], a);
	name_copy(&m[1], b);
	if (d.order != MIRROR_SAME)
		people_say(c->people,
		    "medium %s is %llu lines of the transcript behind medium "
		    "%s, and is brought up to it",
		    b, (unsigned long long)behind, a);
	return true;
}

static bool
hold_media(struct ceremony *c, const struct medium found[2], size_t count)
{
	struct media_desk *d = c->desk;

	for (size_t i = 0; i < count; i++) {
		struct media_copy *m = &d->copies[d->copy_count];

		m->medium = found[i];
		switch (media_hold(c, d, &found[i], &m->fd)) {
		case MEDIA_DONE:
			d->copy_count++;
			break;
		case MEDIA_FAULT:
			return ceremony_stop(c, EXIT_STATE, "%s", d->why);
		case MEDIA_STOPPED:
			return false;
		}
	}
	return count < 2 || order_copies(c);
}

bool
media_state_open(struct ceremony *c)
{
	struct medium found[2];
	size_t count = 0;

	if (!choose_media(c, found, &count) || !hold_media(c, found, count))
		return false;
	c->state_fd = dup(c->desk->copies[0].fd);
	return c->state_fd != -1 ||
	    ceremony_stop(c, EXIT_PROCESS, "no descriptor is left");
}

bool
media_state_find(struct ceremony *c)
{
	struct media_desk *d = c->desk;
	struct medium found[2];
	enum media_answer answer = media_look(c, d);
	size_t count;

	if (answer != MEDIA_DONE)
		return ceremony_stop(c, EXIT_STATE, "%s", d->why);
	count = find_media(c, found);
	if (count >= 1 && count <= 2)
		return hold_media(c, found, count);
	return ceremony_stop(c, EXIT_STATE,
	    "%zu state media labelled %s are in: put in the one, or the two, "
	    "of the log",
	    count, d->state_label);
}

/* ---- the other copy -------------------------------------------------------------- */

/* It is not used any more; what is left of it is a state as it was once. */
static void
lose(struct ceremony *c, const char *why)
{
	struct media_desk *d = c->desk;
	char name[100];

	name_copy(&d->copies[1], name);
	mirror_close(d->mirror);
	d->mirror = NULL;
	close(d->copies[1].fd);
	d->copy_count = 1;
	snprintf(d->one, sizeof(d->one), "%.90s: %.150s", name, why);
	d->one_noted = false;
	people_say(c->people,
	    "WARNING: medium %s: %s: from here on there is ONE copy of the "
	    "state",
	    name, why);
}

void
media_state_follow(struct ceremony *c)
{
	struct record_fault fault = { .text = "" };
	struct media_desk *d = c->desk;

	if (d == NULL || d->copy_count < 2)
		return;
	if (mirror_open(d->copies[0].fd, d->copies[1].fd, &d->mirror, &fault) !=
	    RECORD_OK)
		lose(c, fault.text);
	else
		media_state_sync(c);
}

void
media_state_sync(struct ceremony *c)
{
	struct record_fault fault = { .text = "" };
	struct media_desk *d = c->desk;

	if (d != NULL && d->mirror != NULL &&
	    mirror_sync(d->mirror, &fault) != RECORD_OK)
		lose(c, fault.text);
}

bool
media_state_note(struct ceremony *c)
{
	struct media_desk *d = c->desk;

	if (d == NULL || d->one[0] == '\0' || d->one_noted)
		return true;
	d->one_noted = true;
	return ceremony_record(c, "exception", NULL,
	    json_pack("{s:s,s:s}", "what", ALONE, "reason", d->one), NULL);
}

void
media_state_say(struct ceremony *c)
{
	const struct media_desk *d = c->desk;
	char a[100], b[100];

	if (d == NULL || d->copy_count == 0)
		return;
	name_copy(&d->copies[0], a);
	if (d->copy_count == 2) {
		name_copy(&d->copies[1], b);
		people_say(c->people, "state: two copies, on media %s and %s",
		    a, b);
		return;
	}
	people_say(c->people,
	    "WARNING: state: ONE copy, on medium %s: prepare another medium of "
	    "the same label, and run the next plan, or this one again, with "
	    "both in",
	    a);
}
