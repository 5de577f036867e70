/* SPDX-License-Identifier: ISC */
#ifndef MENU_CONTROL_H
#define MENU_CONTROL_H

#include <stddef.h>

/* Asking the first process of the image: one text, one answer, "ok" or
 * "no: why", over a SOCK_SEQPACKET socket. */
#define CONTROL_SOCKET "init" /* in the folder in memory */
#define CONTROL_WHY 200
#define CONTROL_SECONDS 20 /* that an answer is waited for */

enum control_answer {
	CONTROL_OK,
	CONTROL_NO,     /* it refuses, and says why */
	CONTROL_ABSENT, /* there is no such socket: not in the image */
	CONTROL_FAULT,  /* nobody answers, or out of form */
};
/* why: printable, with CONTROL_NO and CONTROL_FAULT. */
enum control_answer
control_ask(const char *path, const char *text, char why[CONTROL_WHY]);

#endif
