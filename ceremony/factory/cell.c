/* SPDX-License-Identifier: ISC */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/factory/command.h"
#include "ceremony/factory/say.h"
#include "ceremony/process/sandbox.h"

#define MAKE (SANDBOX_READ | SANDBOX_WRITE)

/* The paths of a cell; those of folders are its own, free(). */
struct cell {
	struct sandbox_path *paths;
	size_t count;
	char *folders[COMMAND_OPTIONS_MAX];
};

static void
add(struct cell *c, const char *path, unsigned rights)
{
	c->paths[c->count++] = (struct sandbox_path){ path, rights };
}

static bool
add_option(struct cell *c, size_t i, const struct option_row *row,
    const char *value)
{
	if (value == NULL || row->place == PLACE_NONE)
		return true;
	if (row->place == PLACE_READ) {
		add(c, value, SANDBOX_READ);
		return true;
	}
	c->folders[i] = strdup(value);
	if (c->folders[i] == NULL)
		return false;
	add(c, dirname(c->folders[i]), MAKE);
	return true;
}

static bool
collect(struct cell *c, const struct command *cmd, const struct arguments *args)
{
	c->paths = calloc(COMMAND_OPTIONS_MAX + args->operand_count + 1,
	    sizeof(*c->paths));
	if (c->paths == NULL)
		return false;
	for (size_t i = 0; cmd->options[i].name != NULL; i++) {
		if (!add_option(c, i, &cmd->options[i], args->option[i]))
			return false;
	}
	for (size_t i = 0; i < args->operand_count; i++)
		add(c, args->operands[i], SANDBOX_READ);
	return true;
}

bool
command_cell(const struct command *cmd, const struct arguments *args)
{
	char level[SANDBOX_LEVEL_MAX];
	struct cell c = { .paths = NULL };
	bool ok = collect(&c, cmd, args) && sandbox_open_first() &&
	    sandbox_enter(SANDBOX_FACTORY, c.paths, level, sizeof(level)) == 0;

	for (size_t i = 0; i < COMMAND_OPTIONS_MAX; i++)
		free(c.folders[i]);
	free(c.paths);
	if (!ok)
		say_error("%s: its cell cannot be closed", cmd->name);
	return ok;
}
