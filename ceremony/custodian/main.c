/* SPDX-License-Identifier: ISC */
/* anchorite(1): what key custodians run. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/commands.h"

static const struct command commands[] = {
	{ "run",
	    "PLAN --state DIR|media[:LABEL] --in DIR|media[:LABEL] --out DIR|media[:LABEL] "
	    "[--abandon REASON] [--no-pinpad] [--loop] [--image FILE] [--witness SOCKET] "
	    "[--control SOCKET]",
	    "hold the ceremony of a plan, or go on with it", cmd_run, 0 },
	{ "rehearse",
	    "PLAN... [--dir DIR] [--in DIR] [--cards] [--module NAME] "
	    "[--by-hand] [--drill KIND] [--drill-seed N] [--abandon REASON] "
	    "[--no-pinpad] [--image FILE] [--witness SOCKET], --wipe-cards --dir DIR",
	    "the same in a scratch folder, on soft tokens or blank cards",
	    cmd_rehearse, 0 },
	{ "plan", "check|print PLAN, plan new KIND",
	    "check a plan, print its run sheet, start a new one", cmd_plan, 0 },
	{ "card",
	    "list [MODULE] [--json], init|personalise|pin|verify|wipe LABEL "
	    "[--module MODULE] [--operator ID] [--log ORIGIN] [--ca] [--so] [--no-pinpad]",
	    "look at cards, make them ready, end them", cmd_card, 0 },
	{ "media",
	    "list [--json], prepare DEVICE [--erase], export|import DIR, "
	    "take [--ending TEXT] --out DIR, put FILE, all "
	    "[--label LABEL] [--loop]",
	    "look at removable media, make one ready for the state", cmd_media,
	    0 },
	{ "status", "--state DIR [--json]", "say what a state folder holds",
	    cmd_status, 0 },
	{ "words", "FILE", "SHA-256 of a file as hex and words", cmd_words, 0 },
	{ "qr", "show|print FILE, scan|read-sheet SOURCE; see qr --help",
	    "carry a file across the gap by QR codes", cmd_qr, 1 },
	{ "menu", "[--root DIR] [--system DIR] [--module NAME] [--loop]",
	    "what people choose from on the bootable image", cmd_menu, 0 },
	{ "witness", "[--at SOCKET]",
	    "show the transcript of a ceremony as it grows", cmd_witness, 0 },
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

int
command_usage(const struct command *self)
{
	fprintf(stderr, "usage: anchorite %s %s\n", self->name, self->args);
	return EXIT_USAGE;
}

static void
help(FILE *out)
{
	fprintf(out,
	    "anchorite: ceremonies of an offline CA\n\n"
	    "usage: anchorite COMMAND ...\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-9s %s\n            %s\n", commands[i].name,
		    commands[i].args, commands[i].summary);
	fprintf(out,
	    "\n  --help    this list, or, after a command, its usage\n"
	    "  --version the version\n\n"
	    "Exit status: 0 done, 1 refused by a rule, 2 usage, 3 input "
	    "not in order,\n4 token, 5 state or disk, 6 helper process, "
	    "130 stopped.  See anchorite(1).\n");
}

static const struct option_row *
option_find(const struct option_row *rows, const char *name)
{
	for (; rows->name != NULL; rows++) {
		if (strcmp(rows->name, name) == 0)
			return rows;
	}
	return NULL;
}

int
command_options(const struct command *self, int *argc, char *argv[],
    const struct option_row *rows)
{
	int operands = 0;

	for (int i = 0; i < *argc; i++) {
		const struct option_row *row = option_find(rows, argv[i]);
		if (row != NULL && row->flag) {
			*row->value = row->name;
		} else if (row != NULL && i + 1 < *argc) {
			*row->value = argv[++i];
		} else if (argv[i][0] == '-' && argv[i][1] != '\0') {
			fprintf(stderr, "anchorite %s: %s %s\n", self->name,
			    argv[i],
			    row != NULL ? "needs a value"
					: "is not an option of it");
			return command_usage(self);
		} else {
			argv[operands++] = argv[i];
		}
	}
	*argc = operands;
	return 0;
}

static int
dispatch(int argc, char *argv[])
{
	const char *name = argc > 1 ? argv[1] : "";

	if (argc < 2 || strcmp(name, "--help") == 0 ||
	    strcmp(name, "help") == 0) {
		help(argc > 1 ? stdout : stderr);
		return argc > 1 ? EXIT_DONE : EXIT_USAGE;
	}
	if (strcmp(name, "--version") == 0) {
		printf("anchorite %s\n", ANCHORITE_VERSION);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *c = &commands[i];
		if (strcmp(c->name, name) != 0)
			continue;
		if (argc > 2 && strcmp(argv[2], "--help") == 0 && !c->family) {
			printf("usage: anchorite %s %s\n  %s\n", c->name,
			    c->args, c->summary);
			return EXIT_DONE;
		}
		people_catch_interrupts();
		return c->run(c, argc - 2, argv + 2);
	}
	fprintf(stderr,
	    "anchorite: %s: no such command; see anchorite "
	    "--help\n",
	    name);
	return EXIT_USAGE;
}

/* A file of the state that opened as 0, 1 or 2 would be written to by
 * accident. */
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
main(int argc, char *argv[])
{
	int status;

	if (!fill_standard_files())
		return EXIT_PROCESS;
	status = dispatch(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "anchorite: standard output: cannot be written\n");
	return status == EXIT_DONE ? EXIT_STATE : status;
}
