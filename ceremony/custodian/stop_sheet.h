/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_STOP_SHEET_H
#define CUSTODIAN_STOP_SHEET_H

#include "ceremony/custodian/ceremony.h"

/*
 * One sheet on standard error for a ceremony that stopped after its plan was
 * read: why, what is safe, what is signed, who must come back, the command
 * that goes on, the head to be written down.  It tells what is on disk.
 */
void stop_sheet(const struct ceremony *c);

/* A command as a line for a shell, its words quoted where they must be; words
 * end in NULL, the program's name as it was called comes first.  With env, the
 * variables that say where tokens are come before it.  *out new, free(); NULL:
 * no memory. */
char *stop_sheet_command(bool env, const char *const *words);

#endif
