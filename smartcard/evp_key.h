/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_EVP_KEY_H
#define SMARTCARD_EVP_KEY_H

#include "smartcard/session.h"

/*
 * libp11, which makes EVP_PKEYs of keys on tokens; nothing else of the
 * project uses it.  It has a load of the module of its own, for the whole
 * module and from the first key wanted.  It never gets a PIN: the login of
 * our own session is good for all sessions of the process on that token.
 *
 * Its slots are enumerated afresh after each login, because it keeps handles
 * that end with a login.  Freeing a list of slots closes every session of
 * every slot, so lists are kept until no token is open.
 *
 * libp11 0.4.12 waits for ever when it cannot open its first session on a
 * slot, so presence is asked for right before; a card pulled at that very
 * moment still hangs the process.
 */
struct libp11;

/* Free every list of slots; no token may be open. */
void libp11_release(struct libp11 *p);
/* Release, C_Finalize, unload. */
void libp11_free(struct libp11 *p);

/* The keys of one token.  After logout an EVP_PKEY can no longer sign, but
 * stays memory that may be looked at until evp_key_free_all(). */
void evp_key_retire_all(struct token *t);
void evp_key_free_all(struct token *t);

#endif
