/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_SPAWN_H
#define PROCESS_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ceremony/process/channel.h"

/*
 * A child process of ours: its own executable, exec'd, with its end of a
 * SOCK_SEQPACKET socketpair as descriptor SPAWN_FD and nothing else open but
 * /dev/null as standard input and output, and standard error.
 */
#define SPAWN_FD 3

enum spawn_what {
	SPAWN_READER,
	SPAWN_SIGNER,
	SPAWN_MEDIA,
	SPAWN_MEDIA_PREPARE /* the same, to make state media alone */
};
struct child {
	pid_t pid;
	int sock;
	enum spawn_what what;
	int64_t left_ms; /* its user's: how long it is waited for yet, in all */
};
/* "reader", "signer": what people read of it. */
const char *spawn_name(enum spawn_what what);
/* The folder of the helper executables: ../libexec/anchorite beside the
 * folder of the running program.  False when it cannot be told. */
bool spawn_libexec(char *out, size_t size);
/* Start one.  Only SOFTHSM2_CONF, OPENSC_CONF and sanitizer options pass
 * through its environment.  False: errno says. */
bool spawn_child(enum spawn_what what, struct child *out);
/* Close the channel, which ends the child, and wait for it; one that has not
 * ended after a second is killed.  Returns its wait status, or -1. */
int spawn_end(struct child *c);
/* How one ended that closed its channel, as the words behind "the reader": "was
 * ended by its cell (SIGSYS)" for a system call or a file that it may not have.
 * It is still to be waited for with spawn_end(). */
const char *spawn_ending(const struct child *c);
/* As spawn_end(), at once, for one that has nothing to lose and may not listen. */
int spawn_kill(struct child *c);

#endif
