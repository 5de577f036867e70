/* SPDX-License-Identifier: ISC */
#ifndef MENU_COMMAND_H
#define MENU_COMMAND_H

#include "ceremony/menu/order.h"

/* Run it with the terminal, and say how it ended.  Returns its exit status, or
 * 128 and a signal; -1: it could not be started. */
int command_show(struct room *r, const struct order *o);
/* The same, and wait for Enter. */
int command_run(struct room *r, const struct order *o);
/* Run it and keep the first line that it says, escaped; the rest is dropped.
 * Returns as above. */
int command_first_line(const struct order *o, char *out, size_t size);
/* "done", "refused by a rule", ... of anchorite, or of anchorite-audit. */
const char *command_status(const char *program, int status);

#endif
