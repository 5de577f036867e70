/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_PROCESS_LOOP_H
#define TESTS_CEREMONY_PROCESS_LOOP_H

/* Media for tests: ext4 in a file, behind a loop device.  Where those are not
 * permitted a test is skipped. */

#include <fcntl.h>
#include <ftw.h>
#include <linux/loop.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LOOP_SIZE (8u << 20)
#define LOOP_NOTES "/tmp/anchorite-media-XXXXXX"

struct loop {
	char folder[64]; /* scratch: the image, and what it is filled from */
	char image[96], files[96];
	int fd;
	char name[16]; /* "loop3"; "" while it is not attached */
};

/* It goes with its last descriptor, and so with this program at the latest. */
static inline void
loop_detach(struct loop *l)
{
	if (l->name[0] != '\0')
		close(l->fd);
	l->name[0] = '\0';
}

/* Behind the device of that number, or a free one; false: not permitted. */
static inline bool
loop_attach(struct loop *l, int number, bool read_only)
{
	struct loop_config config = { .fd = 0 };
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	char path[32];
	int fd, ret;

	if (control < 0)
		return false;
	if (number < 0)
		number = ioctl(control, LOOP_CTL_GET_FREE);
	close(control);
	snprintf(path, sizeof(path), "/dev/loop%d", number);
	fd = number < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	config.fd = (unsigned)open(l->image,
	    (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	config.info.lo_flags =
	    LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0);
	ret = ioctl(fd, LOOP_CONFIGURE, &config);
	close((int)config.fd);
	if (ret != 0) {
		close(fd);
		return false;
	}
	l->fd = fd;
	snprintf(l->name, sizeof(l->name), "loop%d", number);
	return true;
}

static inline int
loop_number(const struct loop *l)
{
	return atoi(l->name + 4);
}

static inline void
loop_run(const char *const argv[])
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execv(argv[0], (char **)(uintptr_t)argv);
		_exit(127);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* A scratch folder with an image of zeros, and an empty folder of files. */
static inline void
loop_begin(struct loop *l, const char *image)
{
	int fd;

	memset(l, 0, sizeof(*l));
	strcpy(l->folder, LOOP_NOTES);
	assert_non_null(mkdtemp(l->folder));
	snprintf(l->image, sizeof(l->image), "%s/%s", l->folder, image);
	snprintf(l->files, sizeof(l->files), "%s/files", l->folder);
	assert_int_equal(mkdir(l->files, 0755), 0);
	fd = open(l->image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, LOOP_SIZE), 0);
	close(fd);
}

/* ext4 of these files; without checksums, so that what is forged is read. */
static inline void
loop_format(struct loop *l, const char *label)
{
	const char *const argv[] = { "/usr/sbin/mke2fs", "-q", "-F", "-t",
		"ext4", "-O", "^metadata_csum", "-L", label, "-d", l->files,
		l->image, NULL };

	loop_run(argv);
}

static inline void
loop_put(struct loop *l, const char *name, const char *text)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", l->files, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Octets of the image itself. */
static inline void
loop_poke(struct loop *l, off_t at, const void *data, size_t len)
{
	int fd = open(l->image, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, at), len);
	close(fd);
}

static inline int
loop_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
loop_end(struct loop *l)
{
	loop_detach(l);
	nftw(l->folder, loop_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
