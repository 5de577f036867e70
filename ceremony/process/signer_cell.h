/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_SIGNER_CELL_H
#define PROCESS_SIGNER_CELL_H

#include <stdbool.h>
#include <stddef.h>

#include "ceremony/process/sandbox.h"

/*
 * A signer's cell comes in two steps, since it learns from its first messages
 * what it is for: at the start it keeps what any signer may need, and nothing
 * foreign has come; then it is made narrower, before the first word to a token
 * or the first word of a secret.
 */

/* The first step; level as sandbox_enter() has it. */
bool signer_cell_enter(char *level, size_t size);
/* The second, for this module, which is loaded: its name or path. */
bool signer_cell_module(const char *name);
/* The second, for who asks pcscd only, and for who keeps S or B. */
bool signer_cell_watch(void);
bool signer_cell_paper(void);

/* The folder of SoftHSM's tokens that a configuration names, or false.
 *
 * text  of softhsm2.conf: lines "name = value"; a "#" begins a comment. */
bool softhsm_folder(const char *text, char *out, size_t size);

#endif
