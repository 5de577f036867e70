/* SPDX-License-Identifier: ISC */
/* What the kernel is told by files, and what it must say of itself. */
#ifndef INIT_SETTINGS_H
#define INIT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

/* Does a file hold this value, but for a line feed? */
bool setting_is(const char *file, const char *value);

/* Write a value, and read it back.  False with errno, 0 if it did not stay. */
bool setting_make(const char *file, const char *value);

/*
 * Is a word one of those of a text that are parted by blanks?  The kernel's
 * command line is such a text.
 */
bool setting_word(const char *text, const char *word);

/*
 * Make all settings, and look at what the machine was started with: memory
 * that is cleared, lockdown, no swap, no network.
 *
 * why  on failure what is not as it must be; SETTINGS_WHY_MAX octets are
 *      enough.
 *
 * Returns true, or false with errno, or 0 where no call failed.
 */
#define SETTINGS_WHY_MAX 128
bool settings_make(char *why, size_t size);

#endif
