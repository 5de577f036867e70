/* SPDX-License-Identifier: ISC */
/* What the kernel is told by files, and what it must say of itself. */
#ifndef INIT_SETTINGS_H
#define INIT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

/* A file's text without its line feed; empty if false, with errno. */
bool setting_get(const char *file, char *out, size_t size);

/* Write a text to a file that is there.  False with errno. */
bool setting_put(const char *file, const char *text);

/* Does a file hold this value, but for a line feed? */
bool setting_is(const char *file, const char *value);

/* Write a value, and read it back.  False with errno, 0 if it did not stay. */
bool setting_make(const char *file, const char *value);

/*
 * Is a word one of those of a text that are parted by blanks?
 */
bool setting_word(const char *text, const char *word);

/*
 * Is a file's line, /proc/cmdline, word for word that of another?  A boot loader
 * may have put its BOOT_IMAGE=... before it.
 */
bool setting_line(const char *file, const char *wanted);

/*
 * Make all settings, and look at what the machine was started with: its
 * line, lockdown, no swap, no network.
 *
 * why  on failure what is not as it must be; SETTINGS_WHY_MAX octets are
 *      enough.
 *
 * Returns true, or false with errno, or 0 where no call failed.
 */
#define SETTINGS_WHY_MAX 128
bool settings_make(char *why, size_t size);

#endif
