/* SPDX-License-Identifier: ISC */
#ifndef MENU_WITNESS_SHOW_H
#define MENU_WITNESS_SHOW_H

#include <stdio.h>

#include "ceremony/menu/witness_chain.h"
#include "ceremony/menu/witness_words.h"

#define WITNESS_COLUMNS 79 /* of a line; the last column stays free */

/* A log as it is shown: printable ASCII, lines of at most WITNESS_COLUMNS. */
struct witness_show {
	FILE *out;
	struct witness_chain chain;
	struct witness_acts acts;
	uint64_t stood;  /* lines that were there when the sender came */
	uint64_t headed; /* line whose head was shown in full */
	char day[11];    /* of the line before, "" for none */
};

/* A sender has come, with so many lines that are there already: of those only
 * what is worth it is shown. */
void witness_show_begin(struct witness_show *w, uint64_t stood);
/* Its next line, with its LF.  False: it does not continue what came before,
 * which was said; nothing of this sender is to be taken any more. */
bool witness_show_line(struct witness_show *w, const char *line, size_t len);
/* The sender has gone. */
void witness_show_end(struct witness_show *w);
/* Something that must not be overlooked, in a box: printable ASCII. */
void
witness_show_alarm(struct witness_show *w, const char *what, const char *why);
/* A line about the witness itself. */
void witness_show_note(struct witness_show *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
