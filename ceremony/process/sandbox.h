/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_SANDBOX_H
#define PROCESS_SANDBOX_H

#include <stddef.h>

enum sandbox_role {
	SANDBOX_OPERATOR,
	SANDBOX_READER,
	SANDBOX_SIGNER
};

/*
 * Give up what a role does not need, before it reads its first message: no
 * core dumps, not traceable, no new privileges; a reader also memory and CPU
 * limits, no file creation and no further descriptors.  level gets what was
 * reached, as words for the transcript: "nocore,nodump,nonewprivs,limits".
 * Returns 0, or -1 when any of it could not be had (level says how far).
 */
int sandbox_enter(enum sandbox_role role, char *level, size_t size);

#endif
