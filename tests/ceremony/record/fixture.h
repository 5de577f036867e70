/* SPDX-License-Identifier: ISC */
#ifndef TESTS_RECORD_FIXTURE_H
#define TESTS_RECORD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A scratch state folder: cmocka's setup and teardown of one case. */
struct folder {
	char path[256];
	int fd;
};

static inline int
folder_setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));
	const char *build = getenv("BUILD");

	if (f == NULL)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/record-XXXXXX",
	    build != NULL ? build : "/tmp");
	if (mkdtemp(f->path) == NULL)
		return -1;
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return f->fd < 0 ? -1 : 0;
}

static inline int
folder_remove(const char *path, const struct stat *st, int flag,
    struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* Lift what file_limit() set: output may go to a file too. */
static inline void
file_unlimit(void)
{
	struct rlimit r;

	getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_FSIZE, &r);
}

/* From here on no file grows beyond size octets: writing more is EFBIG. */
static inline void
file_limit(size_t size)
{
	struct rlimit r;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static inline int
folder_teardown(void **state)
{
	struct folder *f = *state;

	file_unlimit();
	close(f->fd);
	nftw(f->path, folder_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

static inline void
file_put(const struct folder *f, const char *name, const void *data, size_t len)
{
	int fd =
	    openat(f->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

/* Contents, NUL-terminated; new. */
static inline char *
file_get(const struct folder *f, const char *name, size_t *len)
{
	int fd = openat(f->fd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	data = calloc(1, (size_t)st.st_size + 1);
	assert_non_null(data);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	close(fd);
	*len = (size_t)st.st_size;
	return data;
}

static inline void
file_assert(const struct folder *f, const char *name, const char *want)
{
	size_t len;
	char *data = file_get(f, name, &len);

	assert_string_equal(data, want);
	assert_int_equal(len, strlen(want));
	free(data);
}

#endif
