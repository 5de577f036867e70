/* SPDX-License-Identifier: ISC */
/* What no process of the image can do, root or not. */
#ifndef INIT_CONFINE_H
#define INIT_CONFINE_H

#include <stdbool.h>

/*
 * The filter of system calls that every process of the image has.  Forbidden
 * calls fail with EPERM; calls of other architectures end the process.
 * Needs no_new_privs or CAP_SYS_ADMIN.  Returns false with errno.
 */
bool confine_filter(void);

/*
 * Everything that init lays on itself, and thereby on all that it starts: no
 * core files, no new privileges, capabilities cut down, the filter.  After it
 * no module can be loaded.  Returns NULL, or what failed, with errno.
 */
const char *confine_all(void);

/*
 * In a child of init: give up what only init needs, among that to take a mount
 * off.  Returns false with errno.
 */
bool confine_child(void);

/*
 * The same in the shell's, and what would let it reach beyond its end: mounts.
 */
bool confine_shell(void);

#endif
