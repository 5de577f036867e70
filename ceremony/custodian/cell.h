/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_CELL_H
#define CUSTODIAN_CELL_H

#include <stdbool.h>

#include "ceremony/custodian/ceremony.h"
#include "ceremony/process/sandbox.h"
#include "ceremony/record/level.h"

/* Enter the cell of the operator's process, which starts its helpers and, when
 * a rehearsal makes up what stations send, the factory's program.  What must
 * not be in it, like anchorite-media, is started before.  False: it could not
 * be had; level as sandbox_enter() has it. */
bool cell_enter(bool rehearsal, char level[SANDBOX_LEVEL_MAX]);

/*
 * Whether a process reached what the plan asks for, as far as it can
 * (level_most()).  True while no plan is known.  Stops the ceremony.
 *
 * who    "operator", "reader": whose level these words are.
 */
bool cell_reaches(struct ceremony *c, const char *who, const char *words);
/* The same for those that were there before the plan was known: the operator's
 * process, the reader that read it, and anchorite-media if it was started. */
bool cell_check(struct ceremony *c);
/* For a command that looks at a file or folder and does no more: the auditor's
 * cell.  False, with a sentence on standard error: it could not be had. */
bool cell_look(const char *path);

#endif
