/* SPDX-License-Identifier: ISC */
/* Waiting for a card: what goes on in the readers, told to people. */
#include "ceremony/custodian/watch.h"

#include <stdio.h>
#include <string.h>

#define READERS_MAX 16

struct reader {
	char name[128], label[33], serial[33];
	uint64_t holds; /* enum reader_holds */
};
struct watch {
	struct ceremony *c;
	const struct watch_card *card;
	struct child child;
	bool heard; /* the first list, of what lay there before */
	size_t count;
	struct reader readers[READERS_MAX];
};

/* ---- what a reader's card is --------------------------------------------- */

static bool
is_named(const struct plan *p, const char *serial)
{
	for (size_t i = 0; i < p->token_count; i++) {
		if (strcmp(p->tokens[i].serial, serial) == 0)
			return true;
	}
	return false;
}

/* A blank card that the plan names for a token becomes no other one's. */
static bool
is_wanted(const struct plan *p, const struct watch_card *card,
    const struct reader *r)
{
	bool serial = card->serial[0] != '\0'
	    ? strcmp(card->serial, r->serial) == 0
	    : !(card->blank && is_named(p, r->serial));

	if (card->blank && r->holds == READER_BLANK)
		return serial;
	return r->holds == READER_CARD && serial &&
	    (card->by_serial || strcmp(card->label, r->label) == 0);
}

static const struct reader *
reader_named(const struct watch *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++) {
		if (strcmp(w->readers[i].name, name) == 0)
			return &w->readers[i];
	}
	return NULL;
}

static bool
same(const struct reader *a, const struct reader *b)
{
	return a != NULL && a->holds == b->holds &&
	    strcmp(a->serial, b->serial) == 0;
}

/* A card was put in that is not the one. */
static void
say_other(const struct watch *w, const struct reader *r)
{
	const struct watch_card *card = w->card;
	struct people *p = w->c->people;

	switch ((enum reader_holds)r->holds) {
	case READER_CARD:
		if (strcmp(r->label, card->label) == 0)
			people_say(p,
			    "\n  %s: another card with the label %s, serial "
			    "%s, not %s: take it out",
			    r->name, r->label, r->serial, card->serial);
		else
			people_say(p, "\n  %s: this is card %s (%s), not %s",
			    r->name, r->label[0] == '\0' ? "-" : r->label,
			    r->serial, card->label);
		break;
	case READER_BLANK:
		if (card->blank && card->serial[0] == '\0')
			people_say(p,
			    "\n  %s: a blank card, but the plan has another "
			    "use for %s",
			    r->name, r->serial);
		else if (card->blank)
			people_say(p,
			    "\n  %s: a blank card, but its serial is %s, not "
			    "%s",
			    r->name, r->serial, card->serial);
		else
			people_say(p, "\n  %s: this card is blank", r->name);
		break;
	case READER_FOREIGN:
		people_say(p,
		    "\n  %s: no SmartCard-HSM: if it is %s, press Enter",
		    r->name, card->label);
		break;
	case READER_MUTE:
		people_say(p,
		    "\n  %s: the card does not answer: is it the wrong way "
		    "round, or dead?",
		    r->name);
		break;
	case READER_TAKEN:
		people_say(p, "\n  %s: another program has this card", r->name);
		break;
	case READER_ODD:
		people_say(p, "\n  %s: the card answers out of form", r->name);
		break;
	case READER_HANGS:
		people_say(p,
		    "\n  %s: the card hangs: take it out, and put it in again",
		    r->name);
		break;
	case READER_EMPTY:
		people_say(p, "\n  %s: the card is out", r->name);
		break;
	}
}

/* ---- where it was last --------------------------------------------------- */

/* Another reader than before is fine, and said. */
static void
note_place(struct ceremony *c, const struct watch_card *card,
    const struct reader *r)
{
	struct card_place *place = NULL;

	for (size_t i = 0; i < c->place_count; i++) {
		if (strcmp(c->places[i].serial, r->serial) == 0)
			place = &c->places[i];
	}
	if (place != NULL && strcmp(place->reader, r->name) != 0)
		people_say(c->people, "\n  card %s is in reader %s now",
		    card->label, r->name);
	if (place == NULL && c->place_count < CARD_PLACES_MAX)
		place = &c->places[c->place_count++];
	if (place == NULL)
		return;
	snprintf(place->serial, sizeof(place->serial), "%s", r->serial);
	snprintf(place->reader, sizeof(place->reader), "%s", r->name);
}

/* ---- hearing ------------------------------------------------------------- */

/* Nothing can be seen: people say when the card is there. */
static void
say_fault(struct ceremony *c)
{
	char text[513];

	message_get_number(&c->in);
	message_get_number(&c->in);
	message_get_number(&c->in);
	message_get_text(&c->in, text, sizeof(text) - 1);
	if (message_done(&c->in))
		people_say(c->people, "\n  %s: press Enter when it is there",
		    text);
}

/* One whole list; false: the watching is over, which is no reason to stop. */
static bool
hear_list(struct watch *w, struct reader out[READERS_MAX], size_t *count)
{
	struct ceremony *c = w->c;

	for (*count = 0;;) {
		struct reader r = { .name = "" };

		if (channel_recv(w->child.sock, &c->in, 60000, false, 0) !=
		    CHANNEL_OK)
			return false;
		if (c->in.kind == MSG_FAULT)
			say_fault(c);
		if (c->in.kind != MSG_READER && c->in.kind != MSG_DONE)
			return false;
		if (c->in.kind == MSG_DONE)
			return true;
		message_get_text(&c->in, r.name, sizeof(r.name) - 1);
		r.holds = message_get_number(&c->in);
		message_get_text(&c->in, r.label, sizeof(r.label) - 1);
		message_get_text(&c->in, r.serial, sizeof(r.serial) - 1);
		if (!message_done(&c->in) || r.holds > READER_HANGS ||
		    *count == READERS_MAX)
			return false;
		out[(*count)++] = r;
	}
}

/* What has changed; what lay there before is not spoken of, unless it may be
 * the one and cannot say so. */
static bool
say_changes(const struct watch *w, const struct reader *now, size_t count)
{
	bool said = false;

	if (count == 0 && (!w->heard || w->count > 0)) {
		people_say(w->c->people,
		    "\n  no card reader is there: connect one");
		return true;
	}
	for (size_t i = 0; i < count; i++) {
		const struct reader *was = reader_named(w, now[i].name);

		if (!w->heard && now[i].holds != READER_HANGS)
			continue;

		if (same(was, &now[i]) ||
		    (was == NULL && now[i].holds == READER_EMPTY))
			continue;
		say_other(w, &now[i]);
		said = true;
	}
	return said;
}

static enum people_answer
hear(void *arg)
{
	struct watch *w = arg;
	struct reader now[READERS_MAX];
	size_t count = 0;

	if (!hear_list(w, now, &count))
		return PEOPLE_STOP;
	for (size_t i = 0; i < count; i++) {
		if (!is_wanted(w->c->plan, w->card, &now[i]))
			continue;
		note_place(w->c, w->card, &now[i]);
		w->c->came = true;
		return PEOPLE_YES;
	}
	w->c->people->watch->said = say_changes(w, now, count);
	w->heard = true;
	w->count = count;
	memcpy(w->readers, now, sizeof(now));
	return PEOPLE_NO;
}

/* ---- asking -------------------------------------------------------------- */

bool
watch_possible(const struct ceremony *c, const struct watch_card *card)
{
	return c->people->tty != -1 && strstr(card->module, "opensc") != NULL;
}

static bool
start(struct watch *w)
{
	struct ceremony *c = w->c;

	if (!child_start(c, SPAWN_SIGNER, &w->child))
		return false;
	message_start(&c->out, MSG_WATCH);
	return child_tell(c, &w->child);
}

enum people_answer
watch_card(struct ceremony *c, const struct watch_card *card)
{
	struct watch w = { .c = c,
		.card = card,
		.child = { .pid = -1, .sock = -1 } };
	struct people_watch watch = { .hear = hear, .arg = &w };
	enum people_answer answer;
	char label[64];

	if (watch_possible(c, card)) {
		if (!start(&w)) {
			spawn_kill(&w.child);
			return PEOPLE_STOP;
		}
		watch.fd = w.child.sock;
		c->people->watch = &watch;
	}
	c->came = false;
	snprintf(label, sizeof(label), "%s%s", card->label,
	    card->blank ? ", a blank one" : "");
	answer = c->people->ops->card(c->people, label, card->owner);
	c->people->watch = NULL;
	spawn_kill(&w.child);
	return answer;
}

bool
watch_blank(struct ceremony *c, const struct plan_token *t, const char *owner)
{
	const struct watch_card card = { t->module, t->label, t->serial, owner,
		.blank = true };

	return !watch_possible(c, &card) ||
	    watch_card(c, &card) == PEOPLE_YES ||
	    ceremony_stop(c, EXIT_STOPPED,
		"%s: no blank card came for it; run the same plan again",
		t->label);
}
