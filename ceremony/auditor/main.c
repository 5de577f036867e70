/* SPDX-License-Identifier: ISC */
/* anchorite-audit(1): what auditors and witnesses run. */
#include <stdio.h>
#include <string.h>

#include "ceremony/auditor/commands.h"

static const struct command commands[] = {
	{ "verify", cmd_verify,
	    "STATE [--anchor WORDS|HEX] [--image WORDS|HEX] [--json] [--quiet]",
	    "hold everything in a state folder against every rule" },
	{ "show", cmd_show, "STATE", "the transcript, one line a record" },
	{ "words", cmd_words, "FILE", "SHA-256 of a file as hex and words" },
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

enum audit_status
command_usage(const struct command *self)
{
	fprintf(stderr, "usage: anchorite-audit %s %s\n", self->name,
	    self->usage);
	return AUDIT_USAGE;
}

static void
help(FILE *out)
{
	fputs("anchorite-audit: what was signed is what was approved\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  anchorite-audit %s %s\n      %s\n",
		    commands[i].name, commands[i].usage, commands[i].summary);
	fputs("  anchorite-audit --help | --version\n\n"
	      "Exit status: 0 verified, 1 a finding, 2 usage, 3 "
	      "self-consistent only\n(no --anchor), 4 the state cannot be "
	      "read.  See anchorite-audit(1).\n",
	    out);
}

static int
dispatch(int argc, char *argv[])
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("anchorite-audit " ANCHORITE_VERSION);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		help(stdout);
		return 0;
	}
	for (size_t i = 0; argc > 1 && i < COMMANDS; i++) {
		if (strcmp(commands[i].name, argv[1]) != 0)
			continue;
		if (argc == 3 && strcmp(argv[2], "--help") == 0) {
			printf("usage: anchorite-audit %s %s\n  %s\n",
			    commands[i].name, commands[i].usage,
			    commands[i].summary);
			return 0;
		}
		return (int)commands[i].run(&commands[i], argc - 2, argv + 2);
	}
	if (argc > 1)
		fprintf(stderr, "anchorite-audit: %s: no such command\n",
		    argv[1]);
	help(stderr);
	return AUDIT_USAGE;
}

int
main(int argc, char *argv[])
{
	int status = dispatch(argc, argv);

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr,
	    "anchorite-audit: standard output: cannot be written\n");
	return status == AUDIT_VERIFIED ? AUDIT_UNREADABLE : status;
}
