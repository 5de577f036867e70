/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_WATCH_H
#define CUSTODIAN_WATCH_H

#include "ceremony/custodian/ceremony.h"

/* A card that is asked for. */
struct watch_card {
	const char *module, *label;
	const char *serial; /* "": any of that label */
	const char *owner;
	bool by_serial; /* its label says nothing */
	bool blank;     /* it gets the label: a blank one is wanted */
};

/* Can readers be watched for it, by people who are at a terminal? */
bool watch_possible(const struct ceremony *c, const struct watch_card *card);

/*
 * Ask for a card, as people_ops->card() does.  Where readers can be watched
 * (module "opensc") the question is answered by putting the card in; another
 * card, or no reader at all, is said.
 */
enum people_answer
watch_card(struct ceremony *c, const struct watch_card *card);
/* Ask for a blank card that becomes the token t, unless it is one that was begun;
 * where readers cannot be watched nobody is asked.  False: they stop. */
bool
watch_blank(struct ceremony *c, const struct plan_token *t, const char *owner);

#endif
