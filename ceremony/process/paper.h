/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_PAPER_H
#define PROCESS_PAPER_H

#include <stdbool.h>
#include <stddef.h>

#include "smartcard/secret.h"

/*
 * S or B on paper: words shown on a terminal to one custodian at a time, written
 * down by hand and typed back whole; later typed in again.  The terminal is
 * cleared before and after.  Nothing else ever sees the words.
 */
#define PAPER_NAME_MAX 64

/* Show mnemonics[i] of the secret `which` to names[i], one after the other.  False: the terminal
 * ended, or a custodian could not type the words back in five tries. */
bool paper_give(int tty, char which, const char (*names)[PAPER_NAME_MAX + 1],
    struct secret *const *mnemonics, size_t count);
/* Take shares until an empty line; a word that is not on the list, or a line
 * whose checksum is wrong, is told by its place and typed again.  Returns how
 * many; shares[] are new, secret_free(). */
size_t paper_take(int tty, char which, struct secret *shares[], size_t max);

#endif
