/* SPDX-License-Identifier: ISC */
/* The one shell, where a plan opens it. */
#ifndef INIT_SHELL_H
#define INIT_SHELL_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Start a shell on its console (/dev/tty3), as the first process of a
 * namespace of processes: when it is ended the kernel ends all that it
 * started, whatever that did to get away.  A way into another namespace
 * (setns) is closed by the filter.
 *
 * Returns its process as init sees it, or -1 with errno.
 */
pid_t shell_start(void);

/* When it has ended for good: clear its console and leave it. */
void shell_clear(void);

#endif
