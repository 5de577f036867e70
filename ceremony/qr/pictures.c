/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/pictures.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer/picture.h"

#define CHUNK 65536 /* octets copied at once */

void
pictures_clear(struct pictures *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->names[i]);
	free(p->names);
	memset(p, 0, sizeof(*p));
}

static int
by_name(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static bool
is_file(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode);
}

static enum pictures_error
add(struct pictures *p, int dirfd, const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return PICTURES_OK;
	if (p->count + p->others >= PICTURES_MAX)
		return PICTURES_ERR_MANY;
	if (!is_file(dirfd, name)) {
		p->others++;
		return PICTURES_OK;
	}
	p->names[p->count] = strdup(name);
	if (p->names[p->count] == NULL)
		return PICTURES_ERR_MEMORY;
	p->count++;
	return PICTURES_OK;
}

enum pictures_error
pictures_list(int dirfd, struct pictures *out)
{
	enum pictures_error err = PICTURES_ERR_IO;
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;

	memset(out, 0, sizeof(*out));
	if (dir == NULL)
		goto out;
	out->names = calloc(PICTURES_MAX, sizeof(*out->names));
	err = out->names == NULL ? PICTURES_ERR_MEMORY : PICTURES_OK;
	for (errno = 0; err == PICTURES_OK && (e = readdir(dir)) != NULL;
	     errno = 0)
		err = add(out, dirfd, e->d_name);
	if (err == PICTURES_OK && errno != 0)
		err = PICTURES_ERR_IO;
out:
	if (err == PICTURES_OK)
		qsort(out->names, out->count, sizeof(*out->names), by_name);
	else
		pictures_clear(out);
	if (dir != NULL)
		closedir(dir);
	else if (fd != -1)
		close(fd);
	return err;
}

/* Until the end, or one octet over the limit. */
static bool
copy(int from, int to, size_t *len)
{
	uint8_t buf[CHUNK];

	for (*len = 0; *len <= PICTURE_FILE_MAX;) {
		ssize_t n = read(from, buf, sizeof(buf));

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		for (ssize_t at = 0, put; at < n; at += put) {
			put = write(to, buf + at, (size_t)(n - at));
			if (put == -1)
				return false;
		}
		*len += (size_t)n;
	}
	errno = EFBIG;
	return false;
}

int
picture_copy(int fd, size_t *len)
{
	struct stat st;
	int out, error;

	if (fstat(fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_size > PICTURE_FILE_MAX) {
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		return -1;
	}
	out = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (out == -1)
		return -1;
	if (copy(fd, out, len) &&
	    fcntl(out, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
		return out;
	error = errno;
	close(out);
	errno = error;
	return -1;
}

int
picture_open(int dirfd, const char *name, size_t *len)
{
	int fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int out, error;

	if (fd == -1)
		return -1;
	out = picture_copy(fd, len);
	error = errno;
	close(fd);
	errno = error;
	return out;
}
