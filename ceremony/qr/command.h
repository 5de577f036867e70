/* SPDX-License-Identifier: ISC */
#ifndef QR_COMMAND_H
#define QR_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "ceremony/qr/qr.h"

/* One option: "--name VALUE", or a flag when value is NULL. */
struct qr_option {
	const char *name;
	const char *value;
	bool required;
	const char *help;
};
#define QR_OPTIONS_MAX 12

/* What was given; option[i] belongs to row i: NULL when absent, "" for a
 * flag.  All borrowed from argv. */
struct qr_arguments {
	const char *program; /* "anchorite" */
	const char *option[QR_OPTIONS_MAX];
	char *const *operands;
	size_t operand_count;
};

struct qr_command {
	const char *name;
	enum qr_outcome (*run)(const struct qr_arguments *args);
	const char *summary;
	const struct qr_option *options; /* ends in a row without a name */
	const char *operands;            /* "FILE", or NULL: takes none */
	size_t most;                     /* operands; fewer than 1 never */
};

/* Read argv[0..argc) by the rows of cmd, operands anywhere between (argv is
 * reordered); says what is wrong and returns false when they do not fit. */
bool qr_command_read(const struct qr_command *cmd, int argc, char *argv[],
    struct qr_arguments *out);
/* Usage in one line, on standard error or standard output. */
void
qr_command_usage(const struct qr_command *cmd, const char *program, bool error);
void qr_command_help(const struct qr_command *cmd, const char *program);
/* The number an option has, least to most, or otherwise when it is absent;
 * false after saying what is wrong. */
bool qr_command_number(const char *name, const char *text, unsigned least,
    unsigned most, unsigned otherwise, unsigned *out);

/* The commands, each in its own file. */
extern const struct qr_command qr_show_command;
extern const struct qr_command qr_print_command;
extern const struct qr_command qr_scan_command;
extern const struct qr_command qr_read_sheet_command;

#endif
