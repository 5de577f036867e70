/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/cell.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define FACTORY "-factory"

bool
cell_enter(bool rehearsal, char level[SANDBOX_LEVEL_MAX])
{
	char path[PATH_MAX] = "";
	struct sandbox_path paths[] = { { NULL, SANDBOX_EXECUTE },
		{ NULL, 0 } };
	ssize_t n =
	    readlink("/proc/self/exe", path, sizeof(path) - sizeof(FACTORY));

	if (rehearsal && n > 0) {
		snprintf(path + n, sizeof(path) - (size_t)n, FACTORY);
		paths[0].path = path;
	}
	return sandbox_enter(SANDBOX_OPERATOR, paths, level,
		   SANDBOX_LEVEL_MAX) == 0;
}

bool
cell_look(const char *path)
{
	const struct sandbox_path paths[] = { { path, SANDBOX_READ },
		{ NULL, 0 } };
	char level[SANDBOX_LEVEL_MAX];

	if (sandbox_open_first() &&
	    sandbox_enter(SANDBOX_AUDITOR, paths, level, sizeof(level)) == 0)
		return true;
	fprintf(stderr, "anchorite: limits cannot be set\n");
	return false;
}
