/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_OPENSC_CONF_H
#define SMARTCARD_OPENSC_CONF_H

#include "smartcard/pcsc.h"

/*
 * OpenSC's configuration as we want it: nothing cached, the card held alone
 * and reset afterwards, and every reader ignored but one.  OpenSC takes what
 * it does not ignore, and keeps it from everybody else.
 */
#define OPENSC_CONF_MAX 8192

/*
 * The text.  provider: the library in place of libpcsclite, "" for none.
 * readers: all there are.  wanted: NULL for none of them; otherwise the one
 * whose entry is true.  pin_pad: whether a reader's PIN pad may be used.
 *
 * OpenSC ignores a reader when any of the names stands anywhere in its own, so
 * a name that is part of a wanted one's, or cannot stand in quotes, is READERS.
 */
enum card_error
opensc_conf_text(const char *provider, const struct pcsc_readers *readers,
    const bool *wanted, bool pin_pad, char out[OPENSC_CONF_MAX]);

/*
 * OpenSC reads the file that OPENSC_CONF names, in C_Initialize and never
 * again.  Between enter and leave that is a sealed memory file with the text;
 * afterwards what it was before.  Errors: MEMORY.
 */
struct opensc_conf {
	int fd;
	char *before; /* NULL: not set */
};
enum card_error opensc_conf_enter(struct opensc_conf *c, const char *text);
void opensc_conf_leave(struct opensc_conf *c);

#endif
