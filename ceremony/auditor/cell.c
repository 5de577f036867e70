/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "ceremony/auditor/commands.h"
#include "ceremony/process/sandbox.h"

bool
cell_enter(const char *path)
{
	const struct sandbox_path paths[] = { { path, SANDBOX_READ },
		{ NULL, 0 } };
	char level[SANDBOX_LEVEL_MAX];

	if (sandbox_open_first() &&
	    sandbox_enter(SANDBOX_AUDITOR, paths, level, sizeof(level)) == 0)
		return true;
	fprintf(stderr, "anchorite-audit: its cell cannot be closed\n");
	return false;
}
