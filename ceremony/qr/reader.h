/* SPDX-License-Identifier: ISC */
#ifndef QR_READER_H
#define QR_READER_H

#include "ceremony/process/message.h"
#include "ceremony/process/spawn.h"

#define QR_WHY_MAX 600 /* characters of what went wrong, and a NUL */

/* An anchorite-reader, talked to.  It has what is foreign to look at, and may
 * be taken over by it: what it says is never more than text and numbers. */
struct qr_reader {
	struct child child; /* pid -1: none runs */
	struct message in, out;
	int64_t until_ms;     /* when what it was told must be answered */
	char why[QR_WHY_MAX]; /* after false: what went wrong, one line */
	bool fault;           /* and that are its own words about its input */
};

void qr_reader_init(struct qr_reader *r);
/* Start one; false: it does not start, which no other attempt will mend. */
bool qr_reader_start(struct qr_reader *r);
void qr_reader_end(struct qr_reader *r);
/* Send r->out; it is cleared. */
bool qr_reader_tell(struct qr_reader *r);
/* The next message, of kind a or b, into r->in.  Silence for five seconds, ten
 * since it was told something, its end, a fault and any other message are
 * false; it is killed then. */
bool
qr_reader_hear(struct qr_reader *r, enum message_kind a, enum message_kind b);
/* Whether r->in was read whole; if not it is killed. */
bool qr_reader_fields_ok(struct qr_reader *r);

#endif
