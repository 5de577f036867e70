/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_COMMANDS_H
#define CUSTODIAN_COMMANDS_H

/* Subcommands of anchorite(1): arguments after the command's own name; each
 * returns an exit status. */
struct command {
	const char *name, *args, *summary;
	int (*run)(const struct command *self, int argc, char *argv[]);
	int family; /* has commands of its own, and answers --help itself */
};
int cmd_run(const struct command *self, int argc, char *argv[]);
int cmd_rehearse(const struct command *self, int argc, char *argv[]);
int cmd_plan(const struct command *self, int argc, char *argv[]);
int cmd_card(const struct command *self, int argc, char *argv[]);
int cmd_status(const struct command *self, int argc, char *argv[]);
int cmd_media(const struct command *self, int argc, char *argv[]);
int cmd_words(const struct command *self, int argc, char *argv[]);
int cmd_qr(const struct command *self, int argc, char *argv[]);
int cmd_menu(const struct command *self, int argc, char *argv[]);
int cmd_witness(const struct command *self, int argc, char *argv[]);

/* Words of a digest on standard output, and the end of the line: eight a line on
 * a terminal, indented by two from the second one on. */
void command_words(const char *words);
/* "usage: anchorite NAME ARGS" on standard error; returns EXIT_USAGE. */
int command_usage(const struct command *self);
/* An option's value, or true for a flag; unknown options end in usage. */
struct option_row {
	const char *name;   /* "--state" */
	const char **value; /* gets the argument, or, for a flag, its name */
	int flag;
};
/* Sorts options from operands; operands go to the front of argv, *argc is
 * their number.  0, or EXIT_USAGE after saying what is wrong. */
int command_options(const struct command *self, int *argc, char *argv[],
    const struct option_row *rows);

#endif
