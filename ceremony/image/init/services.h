/* SPDX-License-Identifier: ISC */
/* The programs of the image: who they are, and that they come back. */
#ifndef INIT_SERVICES_H
#define INIT_SERVICES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RESPAWN_MAX 5        /* ends within RESPAWN_WINDOW, then it is enough */
#define RESPAWN_WINDOW 60000 /* milliseconds */
#define SETTLE_QUIET 2000    /* milliseconds without a new device */
#define SETTLE_MAX 10000     /* milliseconds that are waited for that */
#define RESPAWN_DELAY 1000   /* milliseconds between an end and a start */

/* How often a program ended lately.  Starts out as zeros. */
struct respawn {
	unsigned ended;
	uint64_t first; /* when the first of these was, in milliseconds */
};

/*
 * A program ended at now, in milliseconds of any clock that only grows.
 *
 * Returns true if it is to be started again, false if it ended RESPAWN_MAX
 * times within RESPAWN_WINDOW; then counting begins anew.
 */
bool respawn_again(struct respawn *r, uint64_t now);

enum service {
	SERVICE_PCSCD,
	SERVICE_MENU,
	SERVICE_WITNESS,
	SERVICE_COUNT
};

struct services {
	struct {
		pid_t pid;    /* 0: does not run */
		bool asks;    /* what runs is the question whether to go on */
		uint64_t due; /* when to start it */
		struct respawn respawn;
	} one[SERVICE_COUNT];
};

/*
 * Hold the menu until devices have settled: it looks for the boot medium first
 * of all.  To be called before services_start() as long as the menu was never
 * started.
 *
 * begin  when devices could be seen for the first time.
 * last   when one was heard of for the last time.
 */
void services_hold(struct services *s, uint64_t begin, uint64_t last);

/* Start those that are due at now. */
void services_start(struct services *s, uint64_t now);

/*
 * A child of init was reaped; status as of waitpid().
 *
 * Returns false if the person in front of a console asked to power off.
 */
bool services_ended(struct services *s, pid_t pid, int status, uint64_t now);

/* Milliseconds from now until the next start, as poll() takes them. */
int services_wait(const struct services *s, uint64_t now);

/*
 * In a child: its own session with this terminal, opened anew and set to what
 * terminals start with, as its standard streams.  NULL: /dev/null.
 */
bool services_console(const char *tty);

/* execve() with the environment of all that init starts. */
void services_exec(const char *path, const char *const *argv);

/*
 * The user's numbers of a name in a file of the form of passwd(5).  Returns
 * false if it is not there.
 */
bool services_user(const char *file, const char *name, uid_t *uid, gid_t *gid);

#endif
