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
cell_reaches(struct ceremony *c, const char *who, const char *words)
{
	enum level wanted =
	    c->plan == NULL ? LEVEL_NONE : level_wanted(c->plan);
	enum level most = level_most(who);

	if (level_of(words) >= (wanted < most ? wanted : most))
		return true;
	return ceremony_stop(c, EXIT_REFUSED,
	    "the %s's cell is %s (%s), and the plan asks for %s: use a machine "
	    "whose kernel has it, or have a plan approved that says sandbox: "
	    "{minimum: %s, reason: ...}",
	    who, level_name(level_of(words)), words, level_name(wanted),
	    level_name(level_of(words)));
}

bool
cell_check(struct ceremony *c)
{
	return cell_reaches(c, "operator", c->operator_level) &&
	    cell_reaches(c, "reader", c->reader_level) &&
	    (c->desk == NULL || cell_reaches(c, "media", c->media_level));
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
