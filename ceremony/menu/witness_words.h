/* SPDX-License-Identifier: ISC */
#ifndef MENU_WITNESS_WORDS_H
#define MENU_WITNESS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/quorum/approval.h"
#include "ceremony/record/event.h"

#define WITNESS_ACTS 64       /* acts that are remembered: the last */
#define WITNESS_TEXT_MAX 2048 /* characters of a record in words, with NUL */
#define WITNESS_VALUE_MAX 256 /* of one value in it, cut with dots behind */
#define WITNESS_LIST_MAX 16   /* elements of a list; of more, so many */

/* What acts are of, so that later records can say it. */
struct witness_acts {
	struct witness_act {
		uint64_t number; /* 0: none */
		char kind[APPROVAL_NAME_MAX + 1];
		char label[33];
	} acts[WITNESS_ACTS];
};

/*
 * A record in plain words, one line of printable ASCII: everything that came
 * with it is escaped as "\xhh".
 *
 * e     a line that event_read() took; its body may hold anything.
 * acts  what is known of acts; an act.propose is taken in.  Zeros at first.
 * out   what is longer than it is cut with "...".
 * old   true when it is worth a line even of a ceremony that is over.
 *
 * False when there are no words for this type; out says so.
 */
bool witness_words(const struct event *e, struct witness_acts *acts,
    char out[WITNESS_TEXT_MAX], bool *old);
/* Whether there are words for a type of record. */
bool witness_words_known(const char *type);

#endif
