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
 * those keys sign by the handle it had: that must fail.  Of a SmartCard-HSM
 * everything that is left then is deleted by the card's own commands: what a
 * deletion that was cut off has left half of is no object that PKCS#11 can
 * destroy.
 *
 * pin    borrowed, the user's, for the card's own commands; NULL: without them.
 * count  may be NULL: objects destroyed, and files deleted beside.
 *
 * Handles and keys of the token are void afterwards.
 * Errors: LEFT (an object cannot be destroyed, or a key still signs), MODULE,
 * REMOVED, STATUS, ...  After an error some may be gone, and the token may be
 * logged out; it can be called again.
 */
enum card_error
token_wipe(struct token *t, const struct secret *pin, size_t *count);

/*
 * That nothing is left: no object is listed, and no key of that label (may be
 * NULL) is found to sign with; a SmartCard-HSM itself lists no file or key
 * beside its own, unless pin is NULL.  A module may know what is no more: ask
 * it after it was loaded again.  *left (may be NULL): objects there are, or
 * files where there is no object.
 * Errors: LEFT, MODULE, REMOVED, ...
 */
enum card_error token_prove_empty(struct token *t, const struct secret *pin,
    const char *label, size_t *left);

#endif
