/* SPDX-License-Identifier: ISC */
#include "transfer/media_path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "transfer/media_use.h"

static const struct {
	int number;
	const char *text;
} reasons[] = {
	{ ELOOP, "a link: links on media are not followed" },
	{ EXDEV, "leads off the medium" },
	{ ENOENT, "is not there" },
	{ ENOTDIR, "is not a folder" },
	{ EISDIR, "is a folder, not a file" },
	{ ENOSPC, "the medium is full: take another one" },
	{ EDQUOT, "the medium is full: take another one" },
	{ EFBIG, "too large for this medium: take another one" },
	{ EROFS,
	    "the medium is write-protected: move its switch, or take "
	    "another one" },
	{ EIO, "the medium fails to read or write: take another one" },
	{ ENODEV, "the medium is gone: put it in again" },
	{ ENXIO, "the medium is gone: put it in again" },
	{ ENOMEDIUM, "the medium is gone: put it in again" },
	{ EUCLEAN, "the file system on the medium is damaged" },
	{ EBADMSG, "the file system on the medium is damaged" },
	{ ENAMETOOLONG, "the name is too long for this medium" },
	{ EINVAL, "the medium cannot hold that name" },
};

const char *
media_path_reason(int number)
{
	const char *text = strerrordesc_np(number);

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].number == number)
			return reasons[i].text;
	}
	return text == NULL ? "failed" : text;
}

static bool
part_valid(const char *part, size_t len)
{
	return len > 0 && len <= MEDIA_NAME_MAX &&
	    !(len <= 2 && memcmp(part, "..", len) == 0);
}

enum transfer_error
media_path_check(const char *path, struct transfer_fault *fault)
{
	size_t len = strlen(path);

	if (strcmp(path, ".") == 0)
		return TRANSFER_OK;
	for (const char *part = path; len <= MEDIA_PATH_MAX;) {
		size_t n = strcspn(part, "/");

		if (!part_valid(part, n))
			break;
		if (part[n] == '\0')
			return TRANSFER_OK;
		part += n + 1;
	}
	return transfer_refuse(fault, TRANSFER_ERR_FIELD,
	    "not a path on a medium: names with '/' between, %d octets at most",
	    MEDIA_PATH_MAX);
}

enum transfer_error
media_path_open(int root, const char *path, int flags, int *fd,
    struct transfer_fault *fault)
{
	/* O_NONBLOCK: a FIFO must not hold us up before fstat() names it */
	int more = (flags & O_PATH) != 0 ? 0 : O_NONBLOCK | O_NOCTTY;
	struct open_how how = { .flags = (uint64_t)(O_RDONLY | O_NOFOLLOW |
				    O_CLOEXEC | more | flags),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV };

	*fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (*fd >= 0)
		return TRANSFER_OK;
	return transfer_refuse(fault, TRANSFER_ERR_IO, "%s",
	    media_path_reason(errno));
}
