/* SPDX-License-Identifier: ISC */
#include "ceremony/record/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer/file.h"
#include "transfer/text.h"

#define FOLDER "objects"
#define NAME_SIZE TEXT_HEX_SIZE(32)

static enum record_error
io_fail(const char *name, const char *what, struct record_fault *fault)
{
	int number = errno;

	return record_fail(fault, record_errno(number),
	    FOLDER "/%s: cannot %s: %s", name, what, strerrordesc_np(number));
}

static int
open_folder(int dirfd)
{
	return openat(dirfd, FOLDER,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The folder, made when absent; its name must outlive a crash as well.  Whoever
 * made it may have been stopped before it was synced. */
static int
make_folder(int dirfd)
{
	if (mkdirat(dirfd, FOLDER, 0700) != 0 && errno != EEXIST)
		return -1;
	if (fsync(dirfd) != 0)
		return -1;
	return open_folder(dirfd);
}

static enum record_error
read_object(int folder, const char *name, uint8_t **out, size_t *len,
    struct record_fault *fault)
{
	switch (file_read(folder, name, OBJECT_MAX, out, len)) {
	case TRANSFER_OK:
		return RECORD_OK;
	case TRANSFER_ERR_MEMORY:
		return record_fail(fault, RECORD_ERR_MEMORY,
		    FOLDER "/%s: out of memory", name);
	case TRANSFER_ERR_SIZE:
		return record_fail(fault, RECORD_ERR_FORM,
		    FOLDER "/%s: larger than an object can be", name);
	default:
		break;
	}
	if (errno == ENOENT)
		return record_fail(fault, RECORD_ERR_MISSING,
		    FOLDER "/%s: there is none", name);
	return io_fail(name, "read it", fault);
}

/* The name is taken: fine if by the same octets.  Whoever wrote them may have
 * been stopped before the folder was synced. */
static enum record_error
compare(int folder, const char *name, const void *data, size_t len,
    struct record_fault *fault)
{
	uint8_t *there = NULL;
	size_t there_len = 0;
	enum record_error ret;

	ret = read_object(folder, name, &there, &there_len, fault);
	if (ret == RECORD_OK &&
	    (there_len != len || memcmp(there, data, len) != 0))
		ret = record_fail(fault, RECORD_ERR_CHAIN,
		    FOLDER "/%s: its contents do not match its name", name);
	if (ret == RECORD_OK && fsync(folder) != 0)
		ret = io_fail(name, "sync its folder", fault);
	free(there);
	return ret;
}

static enum record_error
put_in(int folder, const char *name, const void *data, size_t len,
    struct record_fault *fault)
{
	switch (file_create(folder, name, data, len, 0400)) {
	case TRANSFER_OK:
		return RECORD_OK;
	case TRANSFER_ERR_EXISTS:
		return compare(folder, name, data, len, fault);
	default:
		return io_fail(name, "write it", fault);
	}
}

enum record_error
object_put(int dirfd, const void *data, size_t len, uint8_t digest[32],
    struct record_fault *fault)
{
	enum record_error ret;
	uint8_t hash[32];
	char name[NAME_SIZE];
	int folder;

	if (len > OBJECT_MAX)
		return record_fail(fault, RECORD_ERR_ARGUMENT,
		    FOLDER ": larger than an object can be");
	if (SHA256(data, len, hash) == NULL)
		return record_fail(fault, RECORD_ERR_MEMORY,
		    FOLDER ": out of memory");
	text_hex(hash, sizeof(hash), name);
	if ((folder = make_folder(dirfd)) < 0)
		return io_fail(name, "open its folder", fault);
	ret = put_in(folder, name, data, len, fault);
	close(folder);
	if (ret == RECORD_OK && digest != NULL)
		memcpy(digest, hash, sizeof(hash));
	return ret;
}

static enum record_error
get_in(int folder, const uint8_t digest[32], const char *name, uint8_t **out,
    size_t *len, struct record_fault *fault)
{
	enum record_error ret;
	uint8_t hash[32];

	if ((ret = read_object(folder, name, out, len, fault)) != RECORD_OK)
		return ret;
	if (SHA256(*out, *len, hash) != NULL && memcmp(hash, digest, 32) == 0)
		return RECORD_OK;
	free(*out);
	*out = NULL;
	*len = 0;
	return record_fail(fault, RECORD_ERR_CHAIN,
	    FOLDER "/%s: its contents do not match its name", name);
}

enum record_error
object_get(int dirfd, const uint8_t digest[32], uint8_t **out, size_t *len,
    struct record_fault *fault)
{
	enum record_error ret;
	char name[NAME_SIZE];
	int folder;

	*out = NULL;
	*len = 0;
	text_hex(digest, 32, name);
	folder = open_folder(dirfd);
	if (folder < 0 && errno == ENOENT)
		return record_fail(fault, RECORD_ERR_MISSING,
		    FOLDER "/%s: there is none", name);
	if (folder < 0)
		return io_fail(name, "open its folder", fault);
	ret = get_in(folder, digest, name, out, len, fault);
	close(folder);
	return ret;
}
