/* SPDX-License-Identifier: ISC */
#ifndef TESTS_TRANSFER_MEDIA_FOLDER_H
#define TESTS_TRANSFER_MEDIA_FOLDER_H

/* A folder in the place of a medium, which fails when it is told to.  Include
 * it once in a program: it stands before some of the C library. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "transfer/media_use.h"

enum failing {
	FAIL_NOTHING,
	FAIL_READ,
	FAIL_WRITE,
	FAIL_FSYNC,
	FAIL_SYNCFS,
	FAIL_READDIR
};
static enum failing failing;
static int failing_errno;
static void (*while_reading)(void); /* runs before the first read */

/* These stand before the C library's own for the whole program; of all files
 * only those of the medium fail, which are the regular ones we do not map. */
ssize_t
read(int fd, void *buf, size_t n)
{
	void (*hook)(void) = while_reading;

	while_reading = NULL;
	if (hook != NULL)
		hook();
	if (failing == FAIL_READ) {
		errno = failing_errno;
		return -1;
	}
	return syscall(SYS_read, fd, buf, n);
}

ssize_t
write(int fd, const void *buf, size_t n)
{
	if (failing == FAIL_WRITE) {
		errno = failing_errno;
		return -1;
	}
	return syscall(SYS_write, fd, buf, n);
}

int
fsync(int fd)
{
	if (failing == FAIL_FSYNC) {
		errno = failing_errno;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int
syncfs(int fd)
{
	if (failing == FAIL_SYNCFS) {
		errno = failing_errno;
		return -1;
	}
	return (int)syscall(SYS_syncfs, fd);
}

struct dirent *
readdir(DIR *d)
{
	static struct dirent *(*next)(DIR *);

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "readdir");
	if (failing == FAIL_READDIR) {
		errno = failing_errno;
		return NULL;
	}
	return next(d);
}

struct medium {
	char path[64], away[80];
	unsigned mounts, unmounts; /* so far */
	unsigned bad_mount, bad_unmount;
	const char *why;
	void (*before)(struct medium *m); /* before the second mount */
};
static struct medium medium;

static inline enum transfer_error
folder_mount(void *arg, bool writable, int *root, struct transfer_fault *fault)
{
	struct medium *m = arg;

	(void)writable;
	*root = -1;
	if (++m->mounts == m->bad_mount)
		return transfer_refuse(fault, TRANSFER_ERR_IO, "%s", m->why);
	if (m->mounts == 2 && m->before != NULL)
		m->before(m);
	*root = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(*root >= 0);
	return TRANSFER_OK;
}

static inline enum transfer_error
folder_unmount(void *arg, int root, struct transfer_fault *fault)
{
	struct medium *m = arg;

	assert_int_equal(close(root), 0);
	if (++m->unmounts == m->bad_unmount)
		return transfer_refuse(fault, TRANSFER_ERR_IO, "%s", m->why);
	return TRANSFER_OK;
}

static inline struct media_port
port(void)
{
	return (struct media_port){ folder_mount, folder_unmount, &medium };
}

static inline int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level == 0 ? 0 : remove(path);
}

static inline int
fresh(void **state)
{
	(void)state;
	if (medium.path[0] == '\0') {
		snprintf(medium.path, sizeof(medium.path),
		    "/tmp/anchorite-medium.XXXXXX");
		assert_non_null(mkdtemp(medium.path));
	}
	nftw(medium.path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	medium.mounts = medium.unmounts = 0;
	medium.bad_mount = medium.bad_unmount = 0;
	medium.why = "";
	medium.before = NULL;
	failing = FAIL_NOTHING;
	while_reading = NULL;
	return 0;
}

static inline const char *
at(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", medium.path, name);
	return path;
}

static inline void
put(const char *name, const char *text)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(syscall(SYS_write, fd, text, strlen(text)),
	    strlen(text));
	close(fd);
}

static inline void
make_link(const char *name, const char *to)
{
	assert_int_equal(symlink(to, at(name)), 0);
}

static inline void
nothing(void)
{
}

static inline void
expect_file(const char *name, const char *text, size_t max)
{
	struct transfer_fault fault = { .text = "" };
	struct media_port p = port();
	char got[64] = "";
	uint64_t size = 0;
	uint8_t digest[32];
	int fd = -1;

	assert_int_equal(media_read(&p, name, max, &fd, &size, digest, &fault),
	    TRANSFER_OK);
	assert_int_equal(size, strlen(text));
	assert_int_equal(syscall(SYS_read, fd, got, sizeof(got)), size);
	assert_string_equal(got, text);
	assert_int_equal(fcntl(fd, F_GET_SEALS),
	    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	assert_int_equal(syscall(SYS_write, fd, "x", (size_t)1), -1);
	close(fd);
}

static inline int
done(void **state)
{
	fresh(state);
	return rmdir(medium.path);
}

#endif
