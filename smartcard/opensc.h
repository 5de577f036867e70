/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_OPENSC_H
#define SMARTCARD_OPENSC_H

#include "smartcard/module.h"
#include "smartcard/opensc_conf.h"
#include "smartcard/schsm.h"

/*
 * OpenSC is loaded for one card, while that is open, and has no other reader.
 * Which reader that is, schsm.h finds out before; for a card of another kind,
 * OpenSC itself, from the readers that have no SmartCard-HSM in them.
 */

/* All readers, and what is in them. */
struct opensc_scan {
	struct pcsc_readers readers;
	/* OK, FOREIGN, REMOVED (empty), BUSY, or what else went wrong */
	enum card_error error[PCSC_READERS_MAX];
	struct schsm_info card[PCSC_READERS_MAX];
};
/* hung: cards that did not answer before, which are not asked again while they
 * stay in their readers; NULL: none. */
enum card_error opensc_scan(struct pcsc *p, const struct pcsc_readers *hung,
    struct opensc_scan *out);
/* The reader of the initialised SmartCard-HSM of that label and serial.
 * Errors: NO_TOKEN, AMBIGUOUS. */
enum card_error opensc_scan_find(const struct opensc_scan *scan,
    const char *label, const char *serial, size_t *reader);
/* A token was not found: it may be the card that could not be asked, see
 * module_unread(); NO_TOKEN when all were. */
enum card_error
opensc_not_found(struct module *m, const struct opensc_scan *scan);

/* Load the module for the card of that label and, unless NULL or "-", serial:
 * afterwards module_slots() has this one and no other, and m->card is it, or
 * NULL for a card of another kind.
 * Errors: NO_TOKEN, AMBIGUOUS, READERS, SERVICE, ARGUMENT (one is open), ... */
enum card_error
opensc_enter(struct module *m, const char *label, const char *serial);
/* Load it for this card alone; scan is not older than a moment. */
enum card_error opensc_enter_reader(struct module *m,
    const struct opensc_scan *scan, size_t reader);
/* Unload it, unless a token is open. */
void opensc_leave(struct module *m);

/* As token_list(), token_prove_blank() and token_init_blank(). */
enum card_error
opensc_list(struct module *m, struct token_info *out, size_t *count);
enum card_error opensc_prove(struct module *m, const char *label,
    struct token_so *so, const char *holder, struct token_evidence *out);
enum card_error opensc_init(struct module *m, const char *label,
    struct token_so *so, const struct secret *dkek, struct token **out);
/* As token_make_blank(). */
enum card_error opensc_wipe(struct module *m, const char *label,
    const char *serial, struct token_so *so);
/* Let go of a card that was proved, if there is one. */
void opensc_drop(struct module *m);

/*
 * Ask the SmartCard-HSM of an open token by its own commands, logged in there
 * or not; afterwards the token is open and logged in again, unless the card is
 * gone: then every use of it fails.  pin is borrowed and must not be t->pin.
 * Errors: the question's, REMOVED (or another card), PIN, SERVICE, ...
 */
typedef enum card_error
opensc_question(struct schsm *c, const struct schsm_info *now, void *arg);
enum card_error opensc_between(struct token *t, const struct secret *pin,
    bool login, opensc_question *question, void *arg);

/* What a card says of itself where OpenSC does not know it, or too little:
 * label, PINs, whether it is initialised. */
void opensc_complete(const struct schsm_info *card, struct token_info *out);

#endif
