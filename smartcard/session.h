/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_SESSION_H
#define SMARTCARD_SESSION_H

#include "smartcard/module.h"

/* A token in use, for the files of smartcard/. */
struct token {
	struct module *m;
	CK_SESSION_HANDLE session; /* read-write */
	struct token_info info;
	struct evp_key *keys; /* see evp_key.h */
	/* personalised elsewhere: a key of it asks for the PIN with each use */
	bool each_use;
	/* for that, NULL with a PIN pad; or of a card with a DKEK */
	struct secret *pin;
	struct token *next; /* in m->open */
};

/* Open the token in a slot; it becomes one of m->open.  Errors: ARGUMENT
 * (already open), NO_TOKEN, MODULE, ... */
enum card_error
token_open_slot(struct module *m, CK_SLOT_ID slot, struct token **out);
/* Is the token in this slot one of m->open? */
bool token_slot_in_use(const struct module *m, CK_SLOT_ID slot);
/* The initialised token of that label and, unless NULL or "-", serial.
 * Errors: NO_TOKEN, AMBIGUOUS, MODULE, ... */
enum card_error token_select(struct module *m, const char *label,
    const char *serial, struct token_info *out);
/* CARD_OK when the user is logged in; otherwise CARD_ERR_MODULE and
 * CKR_USER_NOT_LOGGED_IN: private objects would only seem to be missing. */
enum card_error token_need_login(struct token *t);
/* C_Login as CKU_CONTEXT_SPECIFIC for a signature that was begun with this key,
 * if that is what it wants; forget the PIN that is kept for it. */
CK_RV token_login_each_use(struct token *t, CK_OBJECT_HANDLE key);
void token_forget_pin(struct token *t);
/* The SO PIN to try first; after that try, with what it gave, so->at is known
 * or, and then true is returned, so->pin is to be tried. */
const struct secret *token_so_first(const struct token_so *so);
bool token_so_second(struct token_so *so, enum card_error err);
/* C_Login as given; pin may be NULL only where there is a PIN pad. */
enum card_error
token_login_as(struct token *t, CK_USER_TYPE user, const struct secret *pin);

#endif
