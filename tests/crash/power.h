/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CRASH_POWER_H
#define TESTS_CRASH_POWER_H

/*
 * What the processes of one run and tool_power share: a file that is mapped,
 * $POWER/control.  Everything that changes the state folder or a token is an
 * event with a number; before the chosen one the power fails.
 *
 * Beside it lies what is known to be on the disk: data/<inode>, a file's octets
 * at its last fsync; folder/<inode>, a folder's names at its last fsync, in
 * lines of inode, 'd' or 'f', name; keep/<inode>, links that keep the number
 * of a removed file from being given out again.  folder/0 is the folder that
 * holds the state folder, of which only that name counts.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#define POWER_EVENTS 16384

struct power_event {
	char op[24];
	char what[104];
};
struct power {
	atomic_ulong count;  /* events so far */
	unsigned long point; /* the power fails before this one; 0: never */
	atomic_bool dark;    /* it has failed */
	char root[PATH_MAX]; /* the state folder */
	/* the last write, as long as no fsync followed it */
	struct {
		ino_t ino;
		off_t at;
		atomic_size_t len; /* 0: there is none */
		char path[PATH_MAX];
	} last;
	struct power_event events[POWER_EVENTS];
};

/* A path below the folder of the run; false when it is too long. */
static inline bool
power_path(char out[PATH_MAX], const char *base, const char *kind, ino_t ino)
{
	int n = snprintf(out, PATH_MAX, "%s/%s/%llu", base, kind,
	    (unsigned long long)ino);

	return n > 0 && n < PATH_MAX;
}

/* The control block of $POWER; NULL when there is none. */
static inline struct power *
power_map(const char *base)
{
	char path[PATH_MAX];
	void *p = MAP_FAILED;
	int fd, n;

	if (base == NULL)
		return NULL;
	n = snprintf(path, sizeof(path), "%s/control", base);
	if (n < 0 || n >= PATH_MAX)
		return NULL;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd != -1) {
		p = mmap(NULL, sizeof(struct power), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
		close(fd);
	}
	return p == MAP_FAILED ? NULL : p;
}

/* Called before the event happens.  All processes of the run are in one
 * process group, made for it. */
static inline void
power_event(struct power *p, const char *op, const char *what)
{
	unsigned long n = atomic_fetch_add(&p->count, 1) + 1;
	struct power_event *e = &p->events[n < POWER_EVENTS ? n : 0];

	if (n == p->point)
		atomic_store(&p->dark, true);
	if (atomic_load(&p->dark)) {
		kill(0, SIGKILL);
		_exit(137);
	}
	memcpy(e->op, op, strnlen(op, sizeof(e->op) - 1));
	memcpy(e->what, what, strnlen(what, sizeof(e->what) - 1));
}

#endif
