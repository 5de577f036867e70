/* SPDX-License-Identifier: ISC */
/* The card of somebody who is no operator any more: its keys are destroyed
 * with the PIN that its owner gives. */
#include <string.h>

#include "ceremony/custodian/act.h"

static const char *
label_of(const struct ceremony *c, const struct plan_step *s)
{
	return c->plan->tokens[s->u.end.token].label;
}

static bool
still_needed(struct ceremony *c, const struct history_operator *card)
{
	char text[96];

	return history_card_needed(c->history, card, text, sizeof(text)) !=
	    NULL &&
	    !ceremony_stop(c, EXIT_REFUSED, "%s: it stays: %s", card->label,
		text);
}

/* Earlier steps of the plan may be what frees the card: then it is looked at
 * once they are done. */
static bool
is_first(const struct ceremony *c, const struct plan_step *s)
{
	for (const struct plan_step *before = c->plan->steps; before < s;
	     before++) {
		if (before->kind != PLAN_RETIRE)
			return false;
	}
	return true;
}

bool
step_retire_check(struct ceremony *c, const struct plan_step *s)
{
	const struct plan_token *t = &c->plan->tokens[s->u.end.token];
	const struct history_operator *card =
	    history_card(c->history, t->label, NULL);

	if (card == NULL)
		return ceremony_stop(c, EXIT_INPUT,
		    "%s: no card of this label was enrolled in this log",
		    t->label);
	if (strcmp(card->id, t->owner) != 0)
		return ceremony_stop(c, EXIT_INPUT,
		    "%s: is the card of %s in this log, the plan says %s",
		    t->label, card->id, t->owner);
	if (card->elsewhere)
		return ceremony_stop(c, EXIT_REFUSED,
		    "%s: was personalised elsewhere, and may hold what is "
		    "nobody's here: its owner empties it, with what made it",
		    t->label);
	if (card->retired && !c->history->open)
		return ceremony_stop(c, EXIT_REFUSED, "%s: was retired before",
		    t->label);
	return !is_first(c, s) || card->retired || !still_needed(c, card);
}

/* The card with its PIN proved; who owns it is not called in turn with others:
 * it stops when it is not here. */
static bool
open_card(struct ceremony *c, const struct history_operator *card,
    struct child *ch)
{
	bool absent = false;
	bool ok = visit_open(c, card, ch, &absent);

	c->visiting = false;
	return ok ||
	    ceremony_stop(c, EXIT_CARD,
		"%s: it is retired with the PIN of %s: run the same plan again "
		"when both are here",
		card->label, card->id);
}

/* Its sign key answers for the last time; it does not, when an earlier run got
 * as far as that. */
static bool
prove(struct ceremony *c, const struct history_operator *card, struct child *ch)
{
	const uint8_t *octets;
	char text[1025];
	size_t len;

	message_start(&c->out, MSG_RETIRE);
	message_put_text(&c->out, c->plan->log);
	message_put_text(&c->out, card->id);
	if (!child_ask(c, ch, MSG_PROVED))
		return false;
	octets = message_get_octets(&c->in, sizeof(text) - 1, &len);
	if (octets != NULL)
		memcpy(text, octets, len);
	text[len] = '\0';
	octets = message_get_octets(&c->in, APPROVAL_SIG_MAX, &len);
	if (!child_fields_ok(c))
		return false;
	if (len == 0)
		return card->retiring ||
		    ceremony_stop(c, EXIT_CARD,
			"%s: its sign key is not there, and nobody retired it: "
			"find out what became of it",
			card->label);
	return ceremony_record(c, "retire.prove", card->id,
	    json_pack("{s:s,s:s,s:s,s:o}", "label", card->label, "serial",
		card->serial, "text", text, "signature",
		json_octets(octets, len)),
	    NULL);
}

static bool
hear_count(struct ceremony *c, struct child *ch, uint64_t *count,
    uint64_t *left)
{
	if (!child_ask(c, ch, MSG_DESTROYED))
		return false;
	*count = message_get_number(&c->in);
	*left = message_get_number(&c->in);
	return child_fields_ok(c);
}

static bool
wipe(struct ceremony *c, const struct history_operator *card, uint64_t *objects)
{
	struct child ch = { .pid = -1, .sock = -1 };
	uint64_t left;
	bool ok = open_card(c, card, &ch) && prove(c, card, &ch);

	if (ok) {
		message_start(&c->out, MSG_WIPE);
		message_put_text(&c->out, card->label);
		ok = hear_count(c, &ch, objects, &left);
	}
	child_end(&ch);
	return ok;
}

/* A process that loads the module afresh sees that nothing is left. */
static bool
look(struct ceremony *c, const struct history_operator *card, uint64_t objects)
{
	struct child ch = { .pid = -1, .sock = -1 };
	uint64_t none, left = 0;
	bool ok;

	people_say(c->people,
	    "  %s: once more, to see that nothing is left on it", card->label);
	ok = open_card(c, card, &ch);
	if (ok) {
		message_start(&c->out, MSG_EMPTY);
		ok = hear_count(c, &ch, &none, &left);
	}
	child_end(&ch);
	return ok &&
	    ceremony_record(c, "retire", card->id,
		json_pack("{s:s,s:s,s:I,s:I}", "label", card->label, "serial",
		    card->serial, "objects", (json_int_t)objects, "left",
		    (json_int_t)left),
		NULL);
}

bool
step_retire_run(struct ceremony *c, const struct plan_step *step,
    unsigned index)
{
	const char *label = label_of(c, step);
	const struct history_operator *known =
	    history_card(c->history, label, NULL);
	struct history_operator card;
	uint64_t objects = 0;

	(void)index;
	if (known == NULL || known->retired)
		return known != NULL;
	people_say(c->people, "  %s: %s", label, step->u.end.reason);
	if (still_needed(c, known))
		return false;
	card = *known; /* records may move it */
	if (!wipe(c, &card, &objects) || !look(c, &card, objects))
		return false;
	people_say(c->people, "  %s is empty: %s can keep it or throw it away",
	    label, card.id);
	return true;
}
