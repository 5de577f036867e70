/* SPDX-License-Identifier: ISC */
/* The way down. */
#ifndef INIT_POWER_H
#define INIT_POWER_H

#include <stdbool.h>
#include <stdnoreturn.h>

enum power_end {
	POWER_OFF,
	POWER_RESTART
};

/*
 * Remove everything below a folder, and not the folder; what is mounted inside
 * is left alone.  Files are made empty first, so that a name that stays keeps
 * no octet.
 *
 * Returns true if nothing is left.
 */
bool power_empty(const char *folder);

/*
 * End all processes, remove what lies in memory's file systems, take off what
 * is mounted, let go of caches, then say that media may be taken out and end
 * the machine.  Pages are zeroed by the kernel as they are freed
 * (init_on_free=1), so the order decides what stays in memory: a file that is
 * open, or mounted over, is not freed.
 *
 * Only the first process of the image may call it.
 */
noreturn void power_down(enum power_end end);

#endif
