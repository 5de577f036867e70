/* SPDX-License-Identifier: ISC */
#ifndef RECORD_OPEN_INTENTS_H
#define RECORD_OPEN_INTENTS_H

#include "ceremony/record/issuance.h"
#include "ceremony/record/worklist.h"

/*
 * Intents that have neither result nor void: what a batch that was cut off
 * left.  The next act for the same entry says its intent again word for word,
 * so that no second TBS ever stands under a serial.
 */
struct open_intents {
	struct intent *list;
	size_t count, size;
};

/* Take the next line of the issuance log.  False: no memory. */
bool
open_intents_take(struct open_intents *o, const struct issuance_line *line);
/* Give every cert line of the worklist with an open intent (same id, profile
 * and key) that intent's serial and TBS. */
void open_intents_mark(const struct open_intents *o, struct worklist *w);
void open_intents_clear(struct open_intents *o);

#endif
