/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_WIPE_H
#define SMARTCARD_WIPE_H

#include "smartcard/token.h"

/*
 * Destroying everything a token holds, and seeing that it is gone.  Needs the
 * user's login: what is private cannot be found without.
 */

/*
 * Destroy every object on the token, private keys first, then have each of
 * those keys sign by the handle it had: that must fail.  *count (may be NULL):
 * objects destroyed.  Handles and keys of the token are void afterwards.
 * Errors: LEFT (an object cannot be destroyed, or a key still signs), MODULE,
 * REMOVED, ...  After an error some may be gone; it can be called again.
 */
enum card_error token_wipe(struct token *t, size_t *count);

/*
 * That nothing is left: no object is listed, and no key of that label (may be
 * NULL) is found to sign with.  A module may know what is no more: ask it
 * after it was loaded again.  *left (may be NULL): objects there are.
 * Errors: LEFT, MODULE, ...
 */
enum card_error
token_prove_empty(struct token *t, const char *label, size_t *left);

#endif
