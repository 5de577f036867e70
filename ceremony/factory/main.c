/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/factory/command.h"
#include "ceremony/factory/say.h"

static const struct command *const commands[] = {
	&station_key_command,
	&request_command,
	&accept_command,
	&check_command,
	&qr_command,
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void
help(void)
{
	say("usage: %s COMMAND [OPTION...] [ARGUMENT...]", SAY_PROGRAM);
	say("The factory's side of an offline CA: bundle CSRs, accept what was "
	    "signed, check units.");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		say("  %-12s %s", commands[i]->name, commands[i]->summary);
	say("%s COMMAND --help tells a command's options; --version the "
	    "version.",
	    SAY_PROGRAM);
}

static const char *
command_name(const void *table, size_t i)
{
	return ((const struct command *const *)table)[i]->name;
}

static enum outcome
unknown(const char *typed)
{
	const char *near =
	    command_nearest(typed, command_name, commands, COMMAND_COUNT);

	if (near == NULL)
		say_error("unknown command '%s'; see --help", typed);
	else
		say_error("unknown command '%s'; did you mean %s?", typed,
		    near);
	return OUTCOME_USAGE;
}

static bool
is_help(const char *text)
{
	return strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0;
}

static enum outcome
run(const struct command *cmd, int argc, char **argv)
{
	struct arguments args;

	if (cmd->family != NULL)
		return cmd->family(argc, argv);
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (is_help(argv[i])) {
			command_help(cmd);
			return OUTCOME_DONE;
		}
	}
	if (!command_read(cmd, argc, argv, &args)) {
		command_usage(cmd, true);
		return OUTCOME_USAGE;
	}
	return cmd->run(&args);
}

static enum outcome
dispatch(int argc, char **argv)
{
	if (argc < 2) {
		say_error("no command given; see --help");
		return OUTCOME_USAGE;
	}
	if (is_help(argv[1])) {
		help();
		return OUTCOME_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		say("%s %s", SAY_PROGRAM, ANCHORITE_VERSION);
		return OUTCOME_DONE;
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(argv[1], commands[i]->name) == 0)
			return run(commands[i], argc - 2, argv + 2);
	}
	return unknown(argv[1]);
}

/* A file that opened as 0, 1 or 2 would be read or written by accident; what
 * is written to a closed one still fails. */
static bool
fill_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	return fd >= 0 && close(fd) == 0;
}

int
main(int argc, char **argv)
{
	enum outcome outcome;

	if (!fill_standard_files())
		return OUTCOME_TROUBLE;
	signal(SIGPIPE, SIG_IGN); /* a lost reader of stdout is an I/O error */
	outcome = dispatch(argc, argv);
	if (!say_finish()) {
		say_error("standard output: cannot be written");
		return OUTCOME_TROUBLE;
	}
	return (int)outcome;
}
