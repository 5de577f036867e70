/* SPDX-License-Identifier: ISC */
/* One file from a medium, one file to a medium. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer/file.h"
#include "transfer/media_path.h"
#include "transfer/media_use.h"
#include "transfer/text.h"

#define CHUNK (64u << 10)
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* ---- reading --------------------------------------------------------------- */

static enum transfer_error
io_fail(struct transfer_fault *fault)
{
	return transfer_refuse(fault, TRANSFER_ERR_IO, "%s",
	    media_path_reason(errno));
}

static enum transfer_error
changed(struct transfer_fault *fault)
{
	return transfer_refuse(fault, TRANSFER_ERR_IO,
	    "changed while it was read: nothing of it is used");
}

/* All of len, or false with errno. */
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

/* From fd to memfd until its end, or one octet beyond what it said. */
static enum transfer_error
copy(int fd, int memfd, uint64_t size, uint8_t sha256[32],
    struct transfer_fault *fault)
{
	uint8_t *buf = malloc(CHUNK);
	enum transfer_error ret = TRANSFER_OK;
	uint64_t got = 0;
	SHA256_CTX sha;

	if (buf == NULL)
		return transfer_refuse(fault, TRANSFER_ERR_MEMORY,
		    "out of memory");
	SHA256_Init(&sha);
	while (ret == TRANSFER_OK && got <= size) {
		ssize_t n = read(fd, buf, CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			break;
		if (n < 0 || !write_all(memfd, buf, (size_t)n)) {
			ret = io_fail(fault);
			break;
		}
		SHA256_Update(&sha, buf, (size_t)n);
		got += (uint64_t)n;
	}
	free(buf);
	SHA256_Final(sha256, &sha);
	if (ret == TRANSFER_OK && got != size)
		ret = changed(fault);
	return ret;
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* What an open thing is, before it is read. */
static enum transfer_error
check_file(int fd, size_t max, struct stat *st, struct transfer_fault *fault)
{
	if (fstat(fd, st) != 0)
		return io_fail(fault);
	if (S_ISDIR(st->st_mode))
		return transfer_refuse(fault, TRANSFER_ERR_IO, "%s",
		    media_path_reason(EISDIR));
	if (!S_ISREG(st->st_mode))
		return transfer_refuse(fault, TRANSFER_ERR_IO,
		    "not a file: devices, FIFOs and sockets are not read");
	if (st->st_size < 0 || (uint64_t)st->st_size > max)
		return transfer_refuse(fault, TRANSFER_ERR_SIZE,
		    "%llu octets: larger than the %zu that are taken",
		    (unsigned long long)st->st_size, max);
	return TRANSFER_OK;
}

static enum transfer_error
read_open(int fd, size_t max, int memfd, uint64_t *size, uint8_t sha256[32],
    struct transfer_fault *fault)
{
	struct stat before, after;
	enum transfer_error ret;

	if ((ret = check_file(fd, max, &before, fault)) != TRANSFER_OK ||
	    (ret = copy(fd, memfd, (uint64_t)before.st_size, sha256, fault)) !=
		TRANSFER_OK)
		return ret;
	if (fstat(fd, &after) != 0)
		return io_fail(fault);
	if (after.st_size != before.st_size ||
	    !same_time(&after.st_mtim, &before.st_mtim) ||
	    !same_time(&after.st_ctim, &before.st_ctim))
		return changed(fault);
	if (lseek(memfd, 0, SEEK_SET) != 0 ||
	    fcntl(memfd, F_ADD_SEALS, SEALS) != 0)
		return io_fail(fault);
	*size = (uint64_t)before.st_size;
	return TRANSFER_OK;
}

/* A node that only exists to be opened is looked at before. */
static enum transfer_error
read_path(int root, const char *path, size_t max, int memfd, uint64_t *size,
    uint8_t sha256[32], struct transfer_fault *fault)
{
	enum transfer_error ret;
	struct stat st;
	int fd = -1;

	ret = media_path_open(root, path, O_PATH, &fd, fault);
	if (ret != TRANSFER_OK)
		return ret;
	if (fstat(fd, &st) == 0 && S_ISLNK(st.st_mode))
		ret = transfer_refuse(fault, TRANSFER_ERR_IO, "%s",
		    media_path_reason(ELOOP));
	else
		ret = check_file(fd, max, &st, fault);
	close(fd);
	if (ret == TRANSFER_OK)
		ret = media_path_open(root, path, 0, &fd, fault);
	if (ret != TRANSFER_OK)
		return ret;
	ret = read_open(fd, max, memfd, size, sha256, fault);
	close(fd);
	return ret;
}

enum transfer_error
media_read(const struct media_port *port, const char *path, size_t max,
    int *memfd, uint64_t *size, uint8_t sha256[32],
    struct transfer_fault *fault)
{
	enum transfer_error ret, end;
	int root = -1, fd;

	*memfd = -1;
	if (max > MEDIA_FILE_MAX)
		max = MEDIA_FILE_MAX;
	if ((ret = media_path_check(path, fault)) != TRANSFER_OK)
		return ret;
	fd = memfd_create("anchorite", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return transfer_refuse(fault, TRANSFER_ERR_MEMORY,
		    "memory file: %s", strerrordesc_np(errno));
	ret = port->mount(port->arg, false, &root, fault);
	if (ret == TRANSFER_OK) {
		ret = read_path(root, path, max, fd, size, sha256, fault);
		end = port->unmount(port->arg, root,
		    ret == TRANSFER_OK ? fault : NULL);
		ret = ret == TRANSFER_OK ? end : ret;
	}
	if (ret == TRANSFER_OK)
		*memfd = fd;
	else
		close(fd);
	return ret;
}

/* ---- writing --------------------------------------------------------------- */

bool
media_name_valid(const char *name)
{
	return text_is_printable(name, MEDIA_NAME_MAX) &&
	    strchr(name, '/') == NULL && name[0] != '.';
}

static enum transfer_error
create(int root, const char *name, const uint8_t *data, size_t len,
    struct transfer_fault *fault)
{
	enum transfer_error ret = file_create(root, name, data, len, 0644);

	if (ret == TRANSFER_ERR_EXISTS)
		return transfer_refuse(fault, ret,
		    "is there already and is not overwritten");
	if (ret != TRANSFER_OK)
		return transfer_refuse(fault, ret,
		    "not written: %s; nothing of it is on the medium",
		    media_path_reason(errno));
	if (syncfs(root) != 0)
		return transfer_refuse(fault, TRANSFER_ERR_IO,
		    "not all of it reached the medium: %s; what stands there "
		    "is not to be used",
		    media_path_reason(errno));
	return TRANSFER_OK;
}

static enum transfer_error
compare(int root, const char *name, const uint8_t *data, size_t len,
    struct transfer_fault *fault)
{
	uint8_t *there = NULL;
	size_t there_len = 0;
	enum transfer_error ret =
	    file_read(root, name, len, &there, &there_len);
	int number = errno;

	if (ret == TRANSFER_ERR_IO)
		return transfer_refuse(fault, ret,
		    "written, but does not read back: %s; it is not to be used",
		    media_path_reason(number));
	if (ret == TRANSFER_OK &&
	    (there_len != len || memcmp(there, data, len) != 0))
		ret = TRANSFER_ERR_SIZE;
	free(there);
	if (ret == TRANSFER_ERR_SIZE)
		return transfer_refuse(fault, TRANSFER_ERR_IO,
		    "written, but other octets read back: the medium is not to "
		    "be used");
	return ret == TRANSFER_OK
	    ? ret
	    : transfer_refuse(fault, ret, "written, but not compared: %s",
		  transfer_strerror(ret));
}

/* Say of a fault that comes after the writing that the file stands there. */
static enum transfer_error
uncompared(enum transfer_error err, struct transfer_fault *fault)
{
	char why[sizeof(fault->text)];

	if (err == TRANSFER_OK || fault == NULL)
		return err;
	memcpy(why, fault->text, sizeof(why));
	return transfer_refuse(fault, err,
	    "written, but not compared: %.120s; it is not to be used", why);
}

enum transfer_error
media_write(const struct media_port *port, const char *name,
    const uint8_t *data, size_t len, struct transfer_fault *fault)
{
	enum transfer_error ret, end;
	int root = -1;

	if (!media_name_valid(name))
		return transfer_refuse(fault, TRANSFER_ERR_FIELD,
		    "not a name for a file on a medium");
	if ((ret = port->mount(port->arg, true, &root, fault)) != TRANSFER_OK)
		return ret;
	ret = create(root, name, data, len, fault);
	end = port->unmount(port->arg, root, ret == TRANSFER_OK ? fault : NULL);
	if (ret != TRANSFER_OK)
		return ret;
	if (end != TRANSFER_OK)
		return uncompared(end, fault);
	if ((ret = port->mount(port->arg, false, &root, fault)) != TRANSFER_OK)
		return uncompared(ret, fault);
	ret = compare(root, name, data, len, fault);
	end = port->unmount(port->arg, root, ret == TRANSFER_OK ? fault : NULL);
	return ret == TRANSFER_OK ? uncompared(end, fault) : ret;
}
