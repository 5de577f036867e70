/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_IMAGE_VM_MONITOR_H
#define TESTS_CEREMONY_IMAGE_VM_MONITOR_H

/*
 * QEMU's monitor (QMP) on a Unix socket.  Whatever fails says why on standard
 * error.
 */

#include <stdbool.h>
#include <stdio.h>

#include "tests/ceremony/image/vm_keys.h"
#include "tests/ceremony/image/vm_screen.h"

struct vm_monitor {
	FILE *in;
	int fd;
	const char *path;
};

/* A stream to a Unix socket, once and without waiting; or -1. */
int vm_connect(const char *path);

/* Connect, waiting up to ten seconds for a QEMU that is about to start. */
bool vm_monitor_open(struct vm_monitor *m, const char *path);
void vm_monitor_close(struct vm_monitor *m);

/* Press keys together and let go of them; returns when they were. */
bool vm_monitor_press(struct vm_monitor *m, const struct vm_chord *chord);

/* What the guest's screen shows; freed by the caller, vm_picture_free().  The
 * file PATH.ppm is there for a moment. */
bool vm_monitor_look(struct vm_monitor *m, struct vm_picture *p);

/* Wait for QEMU's end, so many seconds; false when it did not come. */
bool vm_monitor_gone(struct vm_monitor *m, unsigned seconds);

/* A line of QEMU's monitor for people, such as device_add; false, with its words on
 * standard error, unless it does as it is told without a word. */
bool vm_monitor_tell(struct vm_monitor *m, const char *line);

#endif
