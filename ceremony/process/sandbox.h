/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_SANDBOX_H
#define PROCESS_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The cells of our processes.  What each may do stands in three tables: limits
 * in sandbox.c, system calls in sandbox_calls.c, files in sandbox_files.c.
 */
enum sandbox_role {
	SANDBOX_OPERATOR, /* anchorite; its children inherit what it gave up */
	SANDBOX_READER,   /* one foreign file: its descriptors and memory */
	SANDBOX_SIGNER,   /* before its module is known */
	SANDBOX_MEDIA,    /* mounts; started before the operator's cell */
	SANDBOX_AUDITOR,
	SANDBOX_FACTORY,
	SANDBOX_WITNESS, /* its socket, and who connects to it */
	/* a signer, narrowed once it knows what it is for */
	SANDBOX_SOFT,  /* SoftHSM, or any module that needs no pcscd */
	SANDBOX_CARD,  /* a module that talks to pcscd, and who watches cards */
	SANDBOX_PAPER, /* keeps S or B: no file, no socket */
	SANDBOX_ROLE_COUNT
};

/* What a role may do below a folder, or with a file, besides its own table. */
enum sandbox_right {
	SANDBOX_READ = 1 << 0,
	SANDBOX_WRITE = 1 << 1, /* and create, rename, remove */
	SANDBOX_EXECUTE = 1 << 2,
};
struct sandbox_path {
	const char *path; /* one that is not there is passed over */
	unsigned rights;  /* enum sandbox_right */
};

#define SANDBOX_LEVEL_MAX 100 /* characters of a level */

/*
 * Give up what a role does not need: open first, enter second, read foreign
 * octets third.
 *
 * paths  what the role may open besides its own rows; ended by a row without a
 *        path, or NULL.
 * level  what was reached, as words for the transcript, in this order:
 *        "nocore,nodump,nonewprivs,limits,landlock,seccomp".  `limits` is a
 *        reader's alone; a kernel that has no Landlock, or no seccomp, leaves
 *        its word out, and who needs it compares (ceremony/record/level.h).
 *
 * A process may enter again, into a narrower role; nothing comes back.
 * Returns 0, or -1 when it could not be had (level says how far).
 */
int sandbox_enter(enum sandbox_role role, const struct sandbox_path *paths,
    char *level, size_t size);

/* For a cell without files: what libraries open once they are used is opened
 * now, which is the time zone for gmtime_r(); OpenSSL's configuration, which
 * could have it load code, is not read any more.  False: out of memory. */
bool sandbox_open_first(void);

/* For sandbox.c.  1: reached; 0: this kernel has it not; -1: it failed. */
int sandbox_files(enum sandbox_role role, const struct sandbox_path *paths);
int sandbox_calls(enum sandbox_role role);

#endif
