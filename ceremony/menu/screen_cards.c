/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ceremony/menu/command.h"
#include "ceremony/menu/screen.h"
#include "ceremony/menu/screens.h"

static void
list(struct room *r)
{
	struct order o;

	order_card_list(r, &o);
	command_run(r, &o);
}

/* One card, named by its label; more as that asks for it. */
static void
with_card(struct room *r, struct order_card *card)
{
	char label[SCREEN_LINE], id[SCREEN_LINE], log[SCREEN_LINE];
	struct order o;

	say_gap();
	if (!ask_word(r,
		"Label of the card, as in the plan (Enter goes back): ", label))
		return;
	card->label = label;
	if (strcmp(card->verb, "personalise") == 0) {
		if (!ask_word(r, "Operator's id, as in the plan: ", id) ||
		    !ask_word(r, "Log, as in the plan: ", log))
			return;
		card->operator_id = id;
		card->log = log;
	}
	if (strcmp(card->verb, "wipe") == 0) {
		if (!ask(r,
			"Enter; or ca, if it has keys of a CA, which are then "
			"lost: ",
			id, sizeof(id)))
			return;
		card->ca = strcmp(id, "ca") == 0;
	}
	order_card(r, card, &o);
	command_run(r, &o);
}

static void
change_pin(struct room *r)
{
	struct order_card card = { .verb = "pin" };

	with_card(r, &card);
}

static void
verify(struct room *r)
{
	struct order_card card = { .verb = "verify" };

	with_card(r, &card);
}

static void
personalise(struct room *r)
{
	struct order_card card = { .verb = "personalise" };

	with_card(r, &card);
}

static void
init(struct room *r)
{
	struct order_card card = { .verb = "init" };

	with_card(r, &card);
}

static void
wipe(struct room *r)
{
	struct order_card card = { .verb = "wipe" };

	with_card(r, &card);
}

static void
blank(struct room *r)
{
	struct order_card card = { .verb = "wipe", .so = true };

	with_card(r, &card);
}

static void
change_pins(struct room *r)
{
	r->keyboard = !r->keyboard;
}

static void
about(struct room *r)
{
	say("Cards are named by their labels. Each choice asks what it needs "
	    "to know.");
	say("   PINs       %s",
	    r->keyboard ? "all at the keyboard"
			: "at the PIN pad of a reader or card that has one");
}

static const struct choice card_choices[] = {
	{ "List the cards in the readers", list, NULL },
	{ "Change the PIN of a card", change_pin, NULL },
	{ "Prove a card: its PIN, and that it signs and opens", verify, NULL },
	{ "Make an operator's card out of a blank one", personalise, NULL },
	{ "Initialise a card: label, SO PIN and PIN", init, NULL },
	{ "Destroy everything on a card, with its PIN", wipe, NULL },
	{ "Make a card blank, with its SO PIN", blank, NULL },
	{ "PINs: at PIN pads, or at the keyboard", change_pins, NULL },
};
static const struct choices card_menu = { "CARDS", about, card_choices,
	sizeof(card_choices) / sizeof(card_choices[0]) };

void
screen_cards(struct room *r)
{
	choices_run(r, &card_menu);
}
