/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_PCSC_H
#define SMARTCARD_PCSC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smartcard/error.h"

/*
 * Readers and cards below PKCS#11: libpcsclite, loaded when it is wanted.  The
 * library is libpcsclite.so.1, or what `provider_library = PATH;` in the file
 * says that OPENSC_CONF names.
 */
#define PCSC_READERS_MAX 16
#define PCSC_NAME_MAX 127
#define PCSC_ATR_MAX 33
#define PCSC_ANSWER_MAX 4096 /* octets of an answer, status word and all */

struct pcsc_reader {
	char name[PCSC_NAME_MAX + 1];
	bool present;        /* a card is in it */
	bool in_use;         /* by somebody, who may let us in */
	bool taken;          /* by somebody who lets nobody else in */
	bool mute;           /* the card does not answer a reset */
	unsigned long state; /* for pcsc_wait() */
	size_t atr_len;
	uint8_t atr[PCSC_ATR_MAX];
};
struct pcsc_readers {
	size_t count;
	struct pcsc_reader reader[PCSC_READERS_MAX];
};

struct pcsc;
/* provider: the library's path; NULL: see above.
 * Errors: SERVICE (no such library, no pcscd), MEMORY. */
enum card_error pcsc_new(const char *provider, struct pcsc **out);
/* Every card must be disconnected.  NULL is fine. */
void pcsc_free(struct pcsc *p);
/*
 * Break off what another thread waits for in pcscd by shutting this context's
 * socket: every call with it fails from now on, and pcscd lets its cards go as
 * soon as they answer or are taken out.  The other thread has to have ended
 * before pcsc_free().
 *
 * False: it has no socket that is known, and nothing was done.  It is known
 * when no other thread opened a descriptor during pcsc_new().
 */
bool pcsc_break(struct pcsc *p);
/* The library that OPENSC_CONF names; "" when it names none. */
void pcsc_provider(char *out, size_t size);

/* All readers as they are now; none is no error.  A name of other characters
 * than printable ASCII, or of too many, is READERS, as are too many readers:
 * one that is passed over could not be kept from OpenSC.
 * Errors: SERVICE, READERS. */
enum card_error pcsc_list(struct pcsc *p, struct pcsc_readers *out);
/*
 * Wait until readers or cards are otherwise than `seen`, which pcsc_list() or
 * this function filled: a card put in or taken out, taken or let go by
 * another program, a reader that came or went.  Sleeps in pcscd; does not ask
 * again and again.  *seen is how things are then.
 *
 * timeout  in milliseconds; negative: for ever.
 * Errors: TIMEOUT (*seen is unchanged), SERVICE, READERS.
 */
enum card_error
pcsc_wait(struct pcsc *p, struct pcsc_readers *seen, int timeout);

struct pcsc_card;
/* Take the card in a reader, exclusively.
 * Errors: REMOVED (none there, or no such reader), BUSY, MUTE, FOREIGN (no
 * protocol that we know), SERVICE, MEMORY. */
enum card_error
pcsc_connect(struct pcsc *p, const char *reader, struct pcsc_card **out);
/* Reset the card, which ends its login, and let go; NULL is fine. */
void pcsc_disconnect(struct pcsc_card *c);
/* Whether the card speaks T=0, which has neither extended lengths nor an
 * answer to a command with data. */
bool pcsc_is_t0(const struct pcsc_card *c);
/* Whether its reader says that a PIN may be typed there. */
bool pcsc_has_pin_pad(const struct pcsc_card *c);
/* One command; *len is room in answer, then octets of it, SW1 SW2 and all, at
 * least 2.  Errors: REMOVED, ANSWER, SERVICE. */
enum card_error pcsc_transmit(struct pcsc_card *c, const uint8_t *command,
    size_t command_len, uint8_t *answer, size_t *len);

#endif
