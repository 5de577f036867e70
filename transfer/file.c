/* SPDX-License-Identifier: ISC */
#include "transfer/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_TRIES 100 /* one may be left by each loss of power */

/* Read until the end or size octets; -1 on error. */
static ssize_t
read_all(int fd, uint8_t *data, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, data + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

static bool
write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* close() that leaves errno as it was. */
static void
shut(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}

/* fd is a regular file: read it, one octet further than it said it is long,
 * so that a file that grows meanwhile is noticed. */
static enum transfer_error
read_regular(int fd, size_t max, uint8_t **out, size_t *len)
{
	struct stat st;
	uint8_t *data;
	ssize_t got;

	if (fstat(fd, &st) != 0)
		return TRANSFER_ERR_IO;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return TRANSFER_ERR_IO;
	}
	if ((uintmax_t)st.st_size > max)
		return TRANSFER_ERR_SIZE;
	if ((data = malloc((size_t)st.st_size + 1)) == NULL)
		return TRANSFER_ERR_MEMORY;
	got = read_all(fd, data, (size_t)st.st_size + 1);
	if (got != st.st_size) {
		free(data);
		if (got >= 0)
			errno = EBUSY;
		return TRANSFER_ERR_IO;
	}
	data[got] = '\0';
	*out = data;
	*len = (size_t)got;
	return TRANSFER_OK;
}

/* Open the folder of path; *name becomes what stands behind the last '/'. */
static int
open_folder(int dirfd, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";

	*name = slash == NULL ? path : slash + 1;
	if (slash != NULL) {
		/* "/" is kept; another '/' at the end would lead over a link */
		size_t len = (size_t)(slash - path) + (slash == path);

		if (len >= sizeof(folder)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(folder, path, len);
		folder[len] = '\0';
	}
	/* what a person names may be a link; a folder of a state, or of a
	 * medium, may not lead elsewhere */
	return openat(dirfd, folder,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC |
		(dirfd == AT_FDCWD || path[0] == '/' ? 0 : O_NOFOLLOW));
}

enum transfer_error
file_read(int dirfd, const char *path, size_t max, uint8_t **out, size_t *len)
{
	enum transfer_error ret;
	const char *name = path;
	int folder = -1, fd;

	*out = NULL;
	*len = 0;
	/* not of a path that a person names: a cell may have that file alone */
	if (dirfd != AT_FDCWD && strchr(path, '/') != NULL &&
	    (folder = dirfd = open_folder(dirfd, path, &name)) < 0)
		return TRANSFER_ERR_IO;
	/* O_NONBLOCK: a FIFO must not hold us up before fstat() names it */
	fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	shut(folder);
	if (fd < 0)
		return TRANSFER_ERR_IO;
	ret = read_regular(fd, max, out, len);
	shut(fd);
	return ret;
}

/* Create a new, empty file beside name; its own name goes to temporary. */
static int
create_temporary(int folder, const char *name, mode_t mode,
    char temporary[NAME_MAX + 1])
{
	int fd = -1;

	for (unsigned i = 0; fd < 0 && i < TEMPORARY_TRIES; i++) {
		int n =
		    snprintf(temporary, NAME_MAX + 1, ".%s.%02u.new", name, i);

		if (n < 0 || n > NAME_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		fd = openat(folder, temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fd < 0 && errno != EEXIST)
			return -1;
	}
	return fd;
}

/* Give a file its name if that is free.  vfat and exfat have no links, some
 * network file systems no RENAME_NOREPLACE; each has one of the two. */
static bool
give_name(int folder, const char *temporary, const char *name)
{
	if (renameat2(folder, temporary, folder, name, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	if (linkat(folder, temporary, folder, name, 0) != 0)
		return false;
	unlinkat(folder, temporary, 0);
	return true;
}

/* unlinkat() that leaves errno as it was. */
static void
take_away(int folder, const char *name)
{
	int saved = errno;

	unlinkat(folder, name, 0);
	errno = saved;
}

static enum transfer_error
create_in(int folder, const char *name, const void *data, size_t len,
    mode_t mode)
{
	char temporary[NAME_MAX + 1];
	enum transfer_error ret = TRANSFER_ERR_IO;
	int fd;

	if ((fd = create_temporary(folder, name, mode, temporary)) < 0)
		return TRANSFER_ERR_IO;
	if (!write_all(fd, data, len) || fsync(fd) != 0) {
		take_away(folder, temporary);
		goto out;
	}
	if (!give_name(folder, temporary, name)) {
		if (errno == EEXIST)
			ret = TRANSFER_ERR_EXISTS;
		take_away(folder, temporary);
		goto out;
	}
	if (fsync(folder) != 0) {
		take_away(folder, name);
		goto out;
	}
	ret = TRANSFER_OK;
out:
	shut(fd);
	return ret;
}

enum transfer_error
file_create(int dirfd, const char *path, const void *data, size_t len,
    mode_t mode)
{
	enum transfer_error ret;
	const char *name;
	struct stat st;
	int folder;

	if ((folder = open_folder(dirfd, path, &name)) < 0)
		return TRANSFER_ERR_IO;
	/* a first look spares the writing; give_name() is what decides */
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		ret = TRANSFER_ERR_EXISTS;
	else
		ret = create_in(folder, name, data, len, mode);
	shut(folder);
	return ret;
}

int
file_memfd(const void *data, size_t len)
{
	int fd = memfd_create("anchorite", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (!write_all(fd, data, len) || lseek(fd, 0, SEEK_SET) != 0 ||
	    fcntl(fd, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) !=
		0) {
		shut(fd);
		return -1;
	}
	return fd;
}
