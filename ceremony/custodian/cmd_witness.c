/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/commands.h"
#include "ceremony/menu/witness.h"

int
cmd_witness(const struct command *self, int argc, char *argv[])
{
	const char *at = WITNESS_SOCKET;
	const struct option_row rows[] = { { "--at", &at, 0 },
		{ NULL, NULL, 0 } };
	int status = command_options(self, &argc, argv, rows);

	if (status != 0)
		return status;
	if (argc != 0)
		return command_usage(self);
	switch (witness_run(at)) {
	case WITNESS_PATH:
		fprintf(stderr,
		    "anchorite: %s: no name for a socket, or something else "
		    "is there: name another with --at\n",
		    at);
		return EXIT_STATE;
	case WITNESS_BUSY:
		fprintf(stderr,
		    "anchorite: %s: another witness listens there: name "
		    "another with --at\n",
		    at);
		return EXIT_STATE;
	case WITNESS_SOCKET_FAILED:
		fprintf(stderr, "anchorite: %s: %s\n", at, strerror(errno));
		return EXIT_STATE;
	case WITNESS_CELL:
		fprintf(stderr, "anchorite: limits cannot be set\n");
		return EXIT_PROCESS;
	case WITNESS_OUTPUT:
		fprintf(stderr,
		    "anchorite: standard output: cannot be written\n");
		return EXIT_STATE;
	}
	return EXIT_PROCESS;
}
