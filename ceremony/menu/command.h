/* SPDX-License-Identifier: ISC */
#ifndef MENU_COMMAND_H
#define MENU_COMMAND_H

#include "ceremony/menu/room.h"

/* Words of a command, for exec; the first one is a program of ours that lies
 * beside this one. */
#define ORDER_WORDS_MAX 64
struct order {
	const char *word[ORDER_WORDS_MAX + 1]; /* NULL behind the last */
	size_t count;
	bool paged; /* nobody is asked anything: its text comes page by page */
};

/* Run it with the terminal, say how it ended, and wait for Enter.  Returns its
 * exit status, or 128 and a signal; -1: it could not be started. */
int command_run(struct room *r, const struct order *o);
/* Run it and keep the first line that it says, escaped; the rest is dropped.
 * Returns as above. */
int command_first_line(const struct order *o, char *out, size_t size);
/* "done", "refused by a rule", ... of anchorite, or of anchorite-audit. */
const char *command_status(const char *program, int status);

#endif
