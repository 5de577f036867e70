/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "ceremony/process/sandbox.h"
#include "ceremony/qr/command.h"
#include "ceremony/qr/say.h"

static const struct qr_command *const commands[] = {
	&qr_show_command,
	&qr_scan_command,
	&qr_print_command,
	&qr_read_sheet_command,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
help(FILE *to, const char *program)
{
	fprintf(to, "usage: %s qr COMMAND [OPTION...] [ARGUMENT...]\n",
	    program);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-10s %s\n", commands[i]->name,
		    commands[i]->summary);
	fprintf(to, "%s qr COMMAND --help tells a command's options.\n",
	    program);
}

static bool
asks_for_help(int argc, char *argv[])
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return true;
	}
	return false;
}

static enum qr_outcome
run(const struct qr_command *cmd, const char *program, int argc, char *argv[])
{
	struct qr_arguments args = { .program = program };
	char level[SANDBOX_LEVEL_MAX];

	if (asks_for_help(argc, argv)) {
		qr_command_help(cmd, program);
		return QR_DONE;
	}
	if (!qr_command_read(cmd, argc, argv, &args)) {
		qr_command_usage(cmd, program, true);
		return QR_USAGE;
	}
	/* a screen, a camera, files; of programs the reader */
	if (sandbox_enter(SANDBOX_OPERATOR, NULL, level, sizeof(level)) != 0) {
		qr_say_error("its cell cannot be closed");
		return QR_TROUBLE;
	}
	return cmd->run(&args);
}

enum qr_outcome
qr_family(const char *program, int argc, char *argv[])
{
	if (argc < 1) {
		help(stderr, program);
		return QR_USAGE;
	}
	if (strcmp(argv[0], "--help") == 0) {
		help(stdout, program);
		return QR_DONE;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i]->name, argv[0]) == 0)
			return run(commands[i], program, argc - 1, argv + 1);
	}
	qr_say_error("'%s' is no command; see %s qr --help", argv[0], program);
	return QR_USAGE;
}
