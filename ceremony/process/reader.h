/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_READER_H
#define PROCESS_READER_H

#include "ceremony/process/message.h"

/* What anchorite-reader's jobs have in common: its channel and its file. */
struct reader {
	struct message in, out;
	const uint8_t *file; /* mapped */
	size_t len;
};

/* Send and clear r->out; false when nobody listens. */
bool reader_send(struct reader *r);
void reader_done(struct reader *r);
/* A FAULT of form, as it is shown: octets that are no printable ASCII are
 * replaced. */
void reader_fault(struct reader *r, unsigned line, unsigned column,
    const char *text);
/* The next message; a wrong one is answered with a fault. */
bool reader_hear(struct reader *r, unsigned state);
/* Map the file that came with the message, at most max octets.  Nobody can
 * change it while it is read: it must be sealed. */
bool reader_map(struct reader *r, size_t max);
void reader_unmap(struct reader *r);

/* Jobs, each with the message that asks for it in r->in: pictures, one after
 * the other, each with a file of its own; and codes, which have none. */
void reader_look(struct reader *r);
void reader_scan(struct reader *r);

#endif
