/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_COMMAND_H
#define FACTORY_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* What the program ends with. */
enum outcome {
	OUTCOME_DONE = 0,
	OUTCOME_REFUSED = 1, /* the unit or file FAILs */
	OUTCOME_USAGE = 2,
	OUTCOME_TROUBLE = 3, /* anything else: I/O, memory */
};

/* Whether the value of an option is a file, and what its place is in the cell:
 * it is read, or something new is made in its folder. */
enum option_place {
	PLACE_NONE = 0,
	PLACE_READ,
	PLACE_MAKE,
};

/* One option of a command: "--name VALUE", or a flag when value is NULL. */
struct option_row {
	const char *name;
	const char *value;
	bool required;
	const char *help;
	enum option_place place;
};
#define COMMAND_OPTIONS_MAX 10

/* What was given; option[i] belongs to row i: NULL when absent, "" for a
 * flag.  All borrowed from argv. */
struct arguments {
	const char *option[COMMAND_OPTIONS_MAX];
	char *const *operands;
	size_t operand_count;
};

struct command {
	const char *name;
	enum outcome (*run)(const struct arguments *args);
	const char *summary;
	const struct option_row *options; /* ends in a row without a name */
	const char *operands;             /* "FILE...", or NULL: takes none */
	/* in place of all but the name and summary: commands of its own, which
	 * read their arguments themselves */
	enum outcome (*family)(int argc, char **argv);
};

/* Read argv[0..argc) by the rows of cmd, operands anywhere between (argv is
 * reordered); says what is wrong and returns false when they do not fit. */
bool command_read(const struct command *cmd, int argc, char **argv,
    struct arguments *out);
/* Enter the factory's cell: from then on the files of the options and the
 * operands are all there is, and nothing is started or connected to.  False,
 * and said, when it could not be had. */
bool command_cell(const struct command *cmd, const struct arguments *args);
/* Usage in one line (to stdout, or stderr behind an error), and all help. */
void command_usage(const struct command *cmd, bool error);
void command_help(const struct command *cmd);
/* The name among count nearest to a mistyped one, or NULL when none is near;
 * name(i) gives the names. */
const char *command_nearest(const char *typed,
    const char *(*name)(const void *table, size_t i), const void *table,
    size_t count);

/* The commands, each in its own file. */
extern const struct command station_key_command;
extern const struct command request_command;
extern const struct command accept_command;
extern const struct command check_command;
extern const struct command qr_command;

#endif
