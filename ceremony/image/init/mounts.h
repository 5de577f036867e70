/* SPDX-License-Identifier: ISC */
/* File systems of the image: all of them in memory. */
#ifndef INIT_MOUNTS_H
#define INIT_MOUNTS_H

#include <stdbool.h>

/*
 * Mount what the image needs and make its root read-only.  Called first.
 *
 * failed  on failure the folder that it was about, else untouched.
 *
 * Returns true, or false with errno.
 */
bool mounts_make(const char **failed);

/*
 * Make the kernel's settings (/proc/sys) and its emergency keys
 * (/proc/sysrq-trigger, that its setting does not bind) read-only, root or not:
 * some settings name a program that the kernel would start, outside of all that
 * confines ours.  Who lacks CAP_SYS_ADMIN cannot undo it.  Returns false with
 * errno.
 */
bool mounts_close(void);

/* Undo that for the settings. */
bool mounts_open(void);

/*
 * Remove what lies in the memory file systems and take them off.  What cannot
 * be removed or taken off is written into the kernel's log.
 */
void mounts_undo(void);

#endif
