/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_GONE_H
#define SMARTCARD_GONE_H

#include "smartcard/token.h"

/*
 * Is the token not in its reader any more?  Asked after something failed: the
 * module may have any word for that, and pcscd sees it up to half a second
 * later, for which this waits.
 */
bool token_gone(struct token *t);

#endif
