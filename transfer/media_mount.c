/* SPDX-License-Identifier: ISC */
/* A device of the list as a port: looked at, mounted, let go. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "transfer/media_path.h"
#include "transfer/media_use.h"

#define DEV_PATH_SIZE (sizeof("/dev/") + MEDIA_DEV_MAX)

static void
dev_path(const struct media_device *d, char out[DEV_PATH_SIZE])
{
	snprintf(out, DEV_PATH_SIZE, "/dev/%s", d->name);
}

static enum transfer_error
refuse(struct transfer_fault *fault, const char *text)
{
	return transfer_refuse(fault, TRANSFER_ERR_IO, "%s", text);
}

static enum transfer_error
failed(struct transfer_fault *fault, int number)
{
	if (number == ENOENT) /* of the device, not of a file */
		number = ENODEV;
	return refuse(fault,
	    number == EBUSY
		? "is in use: what has mounted it must let it go first"
		: media_path_reason(number));
}

/* Is fd the device that was found?  A number may have been given anew. */
static enum transfer_error
same_device(const struct media_device *d, int fd, struct transfer_fault *fault)
{
	uint64_t size = 0, seq = 0;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return failed(fault, errno);
	if (!S_ISBLK(st.st_mode) || major(st.st_rdev) != d->major ||
	    minor(st.st_rdev) != d->minor)
		return refuse(fault, "is another device now: look again");
	if (ioctl(fd, BLKGETSIZE64, &size) != 0)
		return failed(fault, errno);
	if (size == 0)
		return failed(fault, ENOMEDIUM);
	if (d->diskseq != 0 && ioctl(fd, BLKGETDISKSEQ, &seq) == 0 &&
	    seq != d->diskseq)
		return refuse(fault,
		    "was taken out or swapped meanwhile: look again");
	if (size != d->size)
		return refuse(fault, "has another size now: look again");
	return TRANSFER_OK;
}

enum transfer_error
media_device_open(const struct media_device *d, int flags, int *fd,
    struct transfer_fault *fault)
{
	char path[DEV_PATH_SIZE];
	enum transfer_error ret;

	dev_path(d, path);
	*fd = open(path, flags | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0)
		return failed(fault, errno);
	if ((ret = same_device(d, *fd, fault)) != TRANSFER_OK) {
		close(*fd);
		*fd = -1;
	}
	return ret;
}

/* Open the device; nobody else has it mounted. */
static enum transfer_error
device_open(const struct media_device *d, int *fd, struct transfer_fault *fault)
{
	return media_device_open(d, O_RDONLY | O_EXCL, fd, fault);
}

static bool
read_device(void *arg, uint64_t at, void *out, size_t len)
{
	const int *fd = arg;

	return pread(*fd, out, len, (off_t)at) == (ssize_t)len;
}

static enum transfer_error
look(const struct media_device *d, int fd, struct media_fs *fs,
    struct transfer_fault *fault)
{
	struct media_source s = { read_device, &fd, d->size };

	/* what the kernel kept of a medium that was here before goes */
	ioctl(fd, BLKFLSBUF, 0);
	errno = EIO;
	return media_fs_look(&s, fs) ? TRANSFER_OK : failed(fault, errno);
}

enum transfer_error
media_device_look(struct media_device *d, struct transfer_fault *fault)
{
	enum transfer_error ret;
	int fd = -1;

	memset(&d->fs, 0, sizeof(d->fs));
	d->fs.kind = MEDIA_FS_UNKNOWN;
	if ((ret = device_open(d, &fd, fault)) != TRANSFER_OK)
		return ret;
	ret = look(d, fd, &d->fs, fault);
	close(fd);
	return ret;
}

static enum transfer_error
same_fs(const struct media_device *d, int fd, struct transfer_fault *fault)
{
	struct media_fs now;
	enum transfer_error ret = look(d, fd, &now, fault);

	if (ret != TRANSFER_OK)
		return ret;
	if (now.kind != d->fs.kind || strcmp(now.uuid, d->fs.uuid) != 0 ||
	    strcmp(now.label, d->fs.label) != 0)
		return refuse(fault,
		    "holds something else than before: it was swapped; look "
		    "again");
	return TRANSFER_OK;
}

enum transfer_error
media_device_check(const struct media_device *d, bool writable,
    struct transfer_fault *fault)
{
	enum transfer_error ret;
	int fd = -1, protected = 0;

	if (d->image)
		return refuse(fault,
		    "it is the image that machines start from");
	if (d->in_use)
		return failed(fault, EBUSY);
	if ((ret = device_open(d, &fd, fault)) != TRANSFER_OK)
		return ret;
	ret = same_fs(d, fd, fault);
	if (ret == TRANSFER_OK && writable &&
	    (d->read_only || ioctl(fd, BLKROGET, &protected) != 0 ||
		protected != 0))
		ret = failed(fault, EROFS);
	close(fd);
	return ret;
}

/* The kernel lets nobody have a disk alone of which a part is in use. */
enum transfer_error
media_device_alone(const struct media_device *d, struct transfer_fault *fault)
{
	char path[DEV_PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", d->disk);
	fd = open(path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return failed(fault, errno);
	close(fd);
	return TRANSFER_OK;
}

/* ---- mounting -------------------------------------------------------------- */

enum transfer_error
media_namespace(struct transfer_fault *fault)
{
	if (unshare(CLONE_NEWNS) == 0 &&
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return TRANSFER_OK;
	return refuse(fault,
	    "mounting is not permitted here: run as root, or name a folder");
}

/*
 * What each file system is told besides.  A superblock of ext4 may ask for a
 * panic on errors, so we say what is done; its journal is not replayed when
 * it is only read, so that reading changes nothing.
 */
static const struct option {
	enum media_fs_kind kind;
	bool reading; /* only for that */
	bool must;
	const char *key, *value;
} options[] = {
	{ MEDIA_FS_EXT4, false, true, "errors", "remount-ro" },
	{ MEDIA_FS_EXT4, true, true, "noload", NULL },
	{ MEDIA_FS_VFAT, false, false, "utf8", "1" },
};

static int
set_option(int fs, const char *key, const char *value)
{
	return value == NULL ? fsconfig(fs, FSCONFIG_SET_FLAG, key, NULL, 0)
			     : fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

static int
set_options(int fs, const struct media_device *d, bool writable)
{
	char path[DEV_PATH_SIZE];

	dev_path(d, path);
	if (set_option(fs, "source", path) != 0 ||
	    (!writable && set_option(fs, "ro", NULL) != 0))
		return -1;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct option *o = &options[i];

		if (o->kind != d->fs.kind || (o->reading && writable))
			continue;
		if (set_option(fs, o->key, o->value) != 0 && o->must)
			return -1;
	}
	return 0;
}

static enum transfer_error
mount_refused(const struct media_device *d, int number,
    struct transfer_fault *fault)
{
	switch (number) {
	case EPERM:
	case EACCES:
		return refuse(fault,
		    "mounting is not permitted here: run as root, or name a "
		    "folder");
	case EINVAL:
	case EUCLEAN:
	case EBADMSG:
	case EFBIG:
	case EOVERFLOW:
		return transfer_refuse(fault, TRANSFER_ERR_IO,
		    "the kernel refuses its %s file system: damaged or forged",
		    media_fs_name(d->fs.kind));
	default:
		return failed(fault, number);
	}
}

/* Its root folder, opened for more than a path leads to: what fsmount() gives
 * is O_PATH.  The mount goes with the last descriptor of anything in it. */
static int
open_root(int fs, unsigned flags)
{
	int mounted = fsmount(fs, FSMOUNT_CLOEXEC, flags), root, number;

	if (mounted < 0)
		return -1;
	root = openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	number = errno;
	close(mounted);
	errno = number;
	return root;
}

/* A mount that stands in no folder: its descriptor is the only way to it. */
static enum transfer_error
mount_detached(const struct media_device *d, bool writable, int *root,
    struct transfer_fault *fault)
{
	unsigned flags = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID |
	    MOUNT_ATTR_NOEXEC | (writable ? 0 : MOUNT_ATTR_RDONLY);
	int fs = fsopen(media_fs_name(d->fs.kind), FSOPEN_CLOEXEC);
	int number = errno;

	*root = -1;
	if (fs < 0 && number == ENODEV)
		return transfer_refuse(fault, TRANSFER_ERR_IO,
		    "this kernel has no %s: take a medium of another kind",
		    media_fs_name(d->fs.kind));
	if (fs < 0)
		return mount_refused(d, number, fault);
	if (set_options(fs, d, writable) == 0 &&
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		*root = open_root(fs, flags);
	number = errno;
	close(fs);
	return *root >= 0 ? TRANSFER_OK : mount_refused(d, number, fault);
}

/* What was mounted is the device that was looked at. */
static enum transfer_error
mounted_device(const struct media_device *d, int root,
    struct transfer_fault *fault)
{
	struct stat st;

	if (fstat(root, &st) == 0 && st.st_dev == makedev(d->major, d->minor))
		return TRANSFER_OK;
	return refuse(fault, "was swapped while it was mounted: look again");
}

static enum transfer_error
port_mount(void *arg, bool writable, int *root, struct transfer_fault *fault)
{
	const struct media_device *d = arg;
	enum transfer_error ret;

	*root = -1;
	if (!media_fs_usable(d->fs.kind))
		return transfer_refuse(fault, TRANSFER_ERR_IO,
		    "%s: it has no file system that is mounted",
		    media_fs_name(d->fs.kind));
	if (d->fs.oversize)
		return refuse(fault,
		    "says that it is larger than its device: cut off, or "
		    "forged");
	if ((ret = media_device_check(d, writable, fault)) != TRANSFER_OK)
		return ret;
	if (writable && d->fs.kind == MEDIA_FS_ISO9660)
		return failed(fault, EROFS);
	if ((ret = mount_detached(d, writable, root, fault)) != TRANSFER_OK)
		return ret;
	if ((ret = mounted_device(d, *root, fault)) != TRANSFER_OK) {
		close(*root);
		*root = -1;
	}
	return ret;
}

static enum transfer_error
port_unmount(void *arg, int root, struct transfer_fault *fault)
{
	const struct media_device *d = arg;
	bool synced = syncfs(root) == 0;
	int number = errno, fd = -1;
	enum transfer_error ret;

	close(root);
	if (!synced)
		return failed(fault, number);
	if ((ret = device_open(d, &fd, fault)) == TRANSFER_OK)
		close(fd);
	return ret;
}

void
media_device_port(struct media_device *d, struct media_port *out)
{
	*out = (struct media_port){ .mount = port_mount,
		.unmount = port_unmount,
		.arg = d };
}
