/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_MOUNTINFO_H
#define PROCESS_MOUNTINFO_H

#define MOUNTINFO_MAX (1u << 20) /* octets of /proc/self/mountinfo */

/* What this process sees mounted, proc(5), ended by NUL, the caller's to free;
 * NULL when it cannot be read or is longer than MOUNTINFO_MAX. */
char *mountinfo_read(void);

#endif
