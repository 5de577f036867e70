/* SPDX-License-Identifier: ISC */
#include "ceremony/record/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer/file.h"
#include "transfer/text.h"

#define OBJECTS "objects"
#define COPIES "copies"
#define NAME_SIZE TEXT_HEX_SIZE(32)

/* A folder of objects while it is open. */
struct store {
	const char *name;
	int fd;
};

static enum record_error
io_fail(const struct store *s, const char *name, const char *what,
    struct record_fault *fault)
{
	int number = errno;

	return record_fail(fault, record_errno(number), "%s/%s: cannot %s: %s",
	    s->name, name, what, strerrordesc_np(number));
}

static bool
open_folder(int dirfd, struct store *s)
{
	s->fd = openat(dirfd, s->name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return s->fd >= 0;
}

/* The folder, made when absent; its name must outlive a crash as well.  Whoever
 * made it may have been stopped before it was synced. */
static bool
make_folder(int dirfd, struct store *s)
{
	if (mkdirat(dirfd, s->name, 0700) != 0 && errno != EEXIST)
		return false;
	return fsync(dirfd) == 0 && open_folder(dirfd, s);
}

static enum record_error
read_object(const struct store *s, const char *name, uint8_t **out, size_t *len,
    struct record_fault *fault)
{
	switch (file_read(s->fd, name, OBJECT_MAX, out, len)) {
	case TRANSFER_OK:
		return RECORD_OK;
	case TRANSFER_ERR_MEMORY:
		return record_fail(fault, RECORD_ERR_MEMORY,
		    "%s/%s: out of memory", s->name, name);
	case TRANSFER_ERR_SIZE:
		return record_fail(fault, RECORD_ERR_FORM,
		    "%s/%s: larger than an object can be", s->name, name);
	default:
		break;
	}
	if (errno == ENOENT)
		return record_fail(fault, RECORD_ERR_MISSING,
		    "%s/%s: there is none", s->name, name);
	return io_fail(s, name, "read it", fault);
}

/* The name is taken: fine if by the same octets.  Whoever wrote them may have
 * been stopped before the folder was synced. */
static enum record_error
compare(const struct store *s, const char *name, const void *data, size_t len,
    struct record_fault *fault)
{
	uint8_t *there = NULL;
	size_t there_len = 0;
	enum record_error ret;

	ret = read_object(s, name, &there, &there_len, fault);
	if (ret == RECORD_OK &&
	    (there_len != len || memcmp(there, data, len) != 0))
		ret = record_fail(fault, RECORD_ERR_CHAIN,
		    "%s/%s: its contents do not match its name", s->name, name);
	if (ret == RECORD_OK && fsync(s->fd) != 0)
		ret = io_fail(s, name, "sync its folder", fault);
	free(there);
	return ret;
}

static enum record_error
put_in(const struct store *s, const char *name, const void *data, size_t len,
    struct record_fault *fault)
{
	switch (file_create(s->fd, name, data, len, 0400)) {
	case TRANSFER_OK:
		return RECORD_OK;
	case TRANSFER_ERR_EXISTS:
		return compare(s, name, data, len, fault);
	default:
		return io_fail(s, name, "write it", fault);
	}
}

static enum record_error
put(int dirfd, struct store *s, const void *data, size_t len,
    uint8_t digest[32], struct record_fault *fault)
{
	enum record_error ret;
	uint8_t hash[32];
	char name[NAME_SIZE];

	if (len > OBJECT_MAX)
		return record_fail(fault, RECORD_ERR_ARGUMENT,
		    "%s: larger than an object can be", s->name);
	if (SHA256(data, len, hash) == NULL)
		return record_fail(fault, RECORD_ERR_MEMORY,
		    "%s: out of memory", s->name);
	text_hex(hash, sizeof(hash), name);
	if (!make_folder(dirfd, s))
		return io_fail(s, name, "open its folder", fault);
	ret = put_in(s, name, data, len, fault);
	close(s->fd);
	if (ret == RECORD_OK && digest != NULL)
		memcpy(digest, hash, sizeof(hash));
	return ret;
}

enum record_error
object_put(int dirfd, const void *data, size_t len, uint8_t digest[32],
    struct record_fault *fault)
{
	struct store s = { .name = OBJECTS };

	return put(dirfd, &s, data, len, digest, fault);
}

enum record_error
object_put_copy(int dirfd, const void *data, size_t len,
    struct record_fault *fault)
{
	struct store s = { .name = COPIES };

	return put(dirfd, &s, data, len, NULL, fault);
}

static enum record_error
get_in(const struct store *s, const uint8_t digest[32], const char *name,
    uint8_t **out, size_t *len, struct record_fault *fault)
{
	enum record_error ret;
	uint8_t hash[32];

	if ((ret = read_object(s, name, out, len, fault)) != RECORD_OK)
		return ret;
	if (SHA256(*out, *len, hash) != NULL && memcmp(hash, digest, 32) == 0)
		return RECORD_OK;
	free(*out);
	*out = NULL;
	*len = 0;
	return record_fail(fault, RECORD_ERR_CHAIN,
	    "%s/%s: its contents do not match its name", s->name, name);
}

static enum record_error
get(int dirfd, struct store *s, const uint8_t digest[32], uint8_t **out,
    size_t *len, struct record_fault *fault)
{
	enum record_error ret;
	char name[NAME_SIZE];

	*out = NULL;
	*len = 0;
	text_hex(digest, 32, name);
	if (!open_folder(dirfd, s) && errno == ENOENT)
		return record_fail(fault, RECORD_ERR_MISSING,
		    "%s/%s: there is none", s->name, name);
	if (s->fd < 0)
		return io_fail(s, name, "open its folder", fault);
	ret = get_in(s, digest, name, out, len, fault);
	close(s->fd);
	return ret;
}

enum record_error
object_get(int dirfd, const uint8_t digest[32], uint8_t **out, size_t *len,
    struct record_fault *fault)
{
	struct store s = { .name = OBJECTS };

	return get(dirfd, &s, digest, out, len, fault);
}

enum record_error
object_get_copy(int dirfd, const uint8_t digest[32], uint8_t **out, size_t *len,
    struct record_fault *fault)
{
	struct store s = { .name = COPIES };

	return get(dirfd, &s, digest, out, len, fault);
}
