/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_CARD_H
#define CUSTODIAN_CARD_H

#include "ceremony/custodian/ceremony.h"

/* The subcommands of "anchorite card": one card, outside a ceremony. */
struct card_order {
	struct ceremony *c; /* people, messages, why it stops */
	struct people *people;
	const char *module, *label;
	char
	    serial[33]; /* of the card that was found; "": whichever is there */
	const char *operator_id, *log; /* personalise */
	bool ca;                       /* wipe: a CA's keys, too */
	bool so;                       /* wipe: with the SO PIN, blank again */
	bool no_pinpad;                /* PINs are typed at the keyboard */
	bool json;                     /* list */
};
typedef bool card_verb(struct card_order *o);
card_verb card_list, card_init, card_personalise, card_pin, card_verify,
    card_wipe;

/* A card of the list. */
struct card_row {
	char label[33], serial[33], model[65], reader[65], keys[600];
	uint64_t bits, tries;
	uint64_t state; /* enum reader_holds: what could be found out */
};
/* Could it be asked at all? */
bool card_is_asked(const struct card_row *r);
/* What is on it: "unknown", "blank", "operator's card", "CA token", "empty", "other". */
const char *card_holds(const struct card_row *r);
bool card_has_ca(const struct card_row *r);
/* Not all that is on it could be read: it may have a CA's keys, too. */
bool card_is_unread(const struct card_row *r);
/* The row of this label, of which there must be one; absent, unless NULL: none
 * is no reason to stop. */
bool card_find(struct card_order *o, struct card_row *out, bool *absent);

/* Open it in a signer of its own and prove its PIN, which is typed unless *pin
 * is it already; *pin is the caller's, and NULL where there is a PIN pad. */
bool card_open(struct card_order *o, struct child *signer, struct secret **pin);
/* Have a signer make the card o->label, o->serial blank with the SO PINs that
 * come from fd, which is taken over, and see that it is; again: it may have
 * either. */
bool card_make_blank(struct card_order *o, int fd, bool again);
/* A new PIN, typed twice. */
bool card_ask_pin(struct card_order *o, struct secret **out);
/* Where SO PINs go to: *fd for the message.  present: it is asked for as the
 * one it has, else a new one is chosen, typed twice. */
bool card_ask_so(struct card_order *o, bool present, int *fd);
/* The label, typed back. */
bool card_confirm(struct card_order *o, const char *what);

#endif
