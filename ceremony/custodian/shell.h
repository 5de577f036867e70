/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_SHELL_H
#define CUSTODIAN_SHELL_H

#include <stdbool.h>

struct ceremony;

/* Where the bootable image's init listens for what it is asked. */
#define SHELL_CONTROL "/run/anchorite/init"

/*
 * Have init open the shell that the plan asks for, on the third console, and
 * hold the connection, whose end is the shell's.  Without such a key in the
 * plan, in a rehearsal, and where no init listens, nothing is asked; people are
 * told which.  False: it was refused, or not answered in time, and the ceremony
 * stops.  Errors: PROCESS, INPUT (c->control is too long for a socket's name).
 */
bool shell_open(struct ceremony *c);
/* The end of it. */
void shell_close(struct ceremony *c);

#endif
