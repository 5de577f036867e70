/* SPDX-License-Identifier: ISC */
/* Preloaded (LD_PRELOAD) into a signer of a test: its cell has the folders of
 * WIDEN, with ":" between them, besides its own. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/ceremony/process/widen.h"

bool
widen_path(size_t i, char path[PATH_MAX])
{
	const char *at = getenv("WIDEN");

	for (; at != NULL && i > 0; i--) {
		at = strchr(at, ':');
		at = at == NULL ? NULL : at + 1;
	}
	return at != NULL &&
	    snprintf(path, PATH_MAX, "%.*s", (int)strcspn(at, ":"), at) > 0;
}
