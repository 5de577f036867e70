/* SPDX-License-Identifier: ISC */
#ifndef AUDITOR_COMMANDS_H
#define AUDITOR_COMMANDS_H

#include <stdbool.h>

#include "ceremony/auditor/report.h"

/* A subcommand of anchorite-audit(1): one row of the table in main.c. */
struct command {
	const char *name;
	enum audit_status (
	    *run)(const struct command *self, int argc, char *argv[]);
	const char *usage; /* what stands behind the name */
	const char *summary;
};
/* Say how a command is used, on standard error; AUDIT_USAGE. */
enum audit_status command_usage(const struct command *self);

enum audit_status
cmd_verify(const struct command *self, int argc, char *argv[]);
enum audit_status cmd_show(const struct command *self, int argc, char *argv[]);
enum audit_status cmd_words(const struct command *self, int argc, char *argv[]);

/* Open a state folder to look at, or -1 with a message.  From then on the
 * process is in its cell: nothing but this folder is opened, for reading. */
int state_open(const char *path);
/* Enter that cell for a file or folder; false with a message. */
bool cell_enter(const char *path);

#endif
