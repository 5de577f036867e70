/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/commands.h"
#include "ceremony/menu/menu.h"

int
cmd_menu(const struct command *self, int argc, char *argv[])
{
	struct menu_options o = { .root = MENU_ROOT,
		.system = "",
		.module = "opensc" };
	const char *loop = NULL;
	const struct option_row rows[] = { { "--root", &o.root, 0 },
		{ "--system", &o.system, 0 }, { "--module", &o.module, 0 },
		{ "--loop", &loop, 1 }, { NULL, NULL, 0 } };
	int status = command_options(self, &argc, argv, rows);

	if (status != 0)
		return status;
	if (argc != 0)
		return command_usage(self);
	o.loops = loop != NULL;
	switch (menu_run(&o)) {
	case MENU_DONE:
		return EXIT_DONE;
	case MENU_TERMINAL:
		fprintf(stderr,
		    "anchorite: no terminal: the menu is read and "
		    "answered there\n");
		break;
	case MENU_FOLDER:
		fprintf(stderr, "anchorite: %s: cannot be used: %s\n", o.root,
		    strerror(errno));
		break;
	}
	return EXIT_STATE;
}
