/* SPDX-License-Identifier: ISC */
/* Making a state medium. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ceremony/process/media.h"
#include "transfer/media_path.h"
#include "transfer/media_use.h"

#define MKFS "/usr/sbin/mke2fs"
#define WIPE_SIZE (1u << 20) /* octets at each end that older marks are in */
#define PATH_SIZE (sizeof("/dev/") + MEDIA_DEV_MAX)

static bool
write_zeros(int fd, uint64_t at, uint64_t size)
{
	static const uint8_t zeros[4096];

	for (uint64_t end = at + size; at < end;) {
		size_t n = end - at < sizeof(zeros) ? (size_t)(end - at)
						    : sizeof(zeros);
		ssize_t done = pwrite(fd, zeros, n, (off_t)at);

		if (done <= 0)
			return false;
		at += (uint64_t)done;
	}
	return true;
}

/* Neither a superblock nor a partition table of before is to be found. */
static enum transfer_error
wipe(const struct media_device *d, struct transfer_fault *fault)
{
	uint64_t size = d->size < WIPE_SIZE ? d->size : WIPE_SIZE;
	enum transfer_error ret;
	int fd = -1;

	ret = media_device_open(d, O_RDWR | O_EXCL, &fd, fault);
	if (ret != TRANSFER_OK)
		return ret;
	if (!write_zeros(fd, 0, size) ||
	    !write_zeros(fd, d->size - size, size) || fsync(fd) != 0)
		ret = transfer_refuse(fault, TRANSFER_ERR_IO,
		    "cannot be erased: %s", media_path_reason(errno));
	else if (!d->partition)
		ioctl(fd, BLKRRPART); /* a loop device has no table to read */
	close(fd);
	return ret;
}

/* Its arguments are fixed but for the device and the label. */
static bool
run_mkfs(const char *path, const char *label)
{
	const char *const argv[] = { "mke2fs", "-q", "-F", "-F", "-t", "ext4",
		"-m", "0", "-e", "remount-ro", "-E",
		"lazy_itable_init=0,lazy_journal_init=0,nodiscard", "-L", label,
		path, NULL };
	const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		NULL };
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		/* its words are not ours: nobody reads them */
		int null = open("/dev/null", O_RDWR);
		if (null < 0 || dup2(null, STDERR_FILENO) < 0)
			_exit(126);
		execve(MKFS, (char **)(uintptr_t)argv, (char **)(uintptr_t)env);
		_exit(127);
	}
	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return status == 0;
}

/* The folder of the state, on the new file system. */
static enum transfer_error
make_folder(const struct media_port *port, struct transfer_fault *fault)
{
	enum transfer_error ret, end;
	int root = -1;

	if ((ret = port->mount(port->arg, true, &root, fault)) != TRANSFER_OK)
		return ret;
	if (mkdirat(root, MEDIA_STATE_FOLDER, 0700) != 0 || fsync(root) != 0)
		ret = transfer_refuse(fault, TRANSFER_ERR_IO,
		    MEDIA_STATE_FOLDER ": %s", media_path_reason(errno));
	end = port->unmount(port->arg, root, ret == TRANSFER_OK ? fault : NULL);
	return ret == TRANSFER_OK ? end : ret;
}

/* Everything again as somebody who comes later finds it. */
static enum transfer_error
look_again(struct media_device *d, const char *label,
    struct transfer_fault *fault)
{
	struct media_listing l = { .count = 0 };
	struct media_port port;
	enum transfer_error ret;
	bool there = false;

	media_device_port(d, &port);
	if ((ret = media_device_look(d, fault)) != TRANSFER_OK ||
	    (ret = media_list(&port, ".", &l, fault)) != TRANSFER_OK)
		return ret;
	for (size_t i = 0; i < l.count; i++)
		there = there ||
		    (strcmp(l.entries[i].name, MEDIA_STATE_FOLDER) == 0 &&
			l.entries[i].kind == MEDIA_ENTRY_FOLDER);
	media_listing_clear(&l);
	if (there && d->fs.kind == MEDIA_FS_EXT4 &&
	    strcmp(d->fs.label, label) == 0)
		return TRANSFER_OK;
	return transfer_refuse(fault, TRANSFER_ERR_IO,
	    "what was made on it is not there: take another one");
}

/* mke2fs goes by the name: whoever calls has the device open meanwhile, so that
 * no other one gets it. */
static enum transfer_error
make_fs(struct media_device *d, const char *label, struct transfer_fault *fault)
{
	enum transfer_error ret;
	struct media_port port;
	char path[PATH_SIZE];

	if (access(MKFS, X_OK) != 0)
		return transfer_refuse(fault, TRANSFER_ERR_IO,
		    MKFS ": is not there: install e2fsprogs");
	if ((ret = wipe(d, fault)) != TRANSFER_OK)
		return ret;
	snprintf(path, sizeof(path), "/dev/%s", d->name);
	if (!run_mkfs(path, label))
		return transfer_refuse(fault, TRANSFER_ERR_IO,
		    "mke2fs failed: too small, or the medium fails");
	if ((ret = media_device_look(d, fault)) != TRANSFER_OK)
		return ret;
	media_device_port(d, &port);
	if ((ret = make_folder(&port, fault)) != TRANSFER_OK)
		return ret;
	return look_again(d, label, fault);
}

static enum transfer_error
make(struct media_device *d, const char *label, struct transfer_fault *fault)
{
	enum transfer_error ret;
	int held = -1;

	if ((ret = media_device_open(d, O_RDONLY, &held, fault)) != TRANSFER_OK)
		return ret;
	if ((ret = media_device_check(d, true, fault)) == TRANSFER_OK &&
	    (ret = media_device_alone(d, fault)) == TRANSFER_OK)
		ret = make_fs(d, label, fault);
	close(held);
	return ret;
}

void
media_prepare(struct media *m, struct media_device *d, const char *label)
{
	struct transfer_fault fault = { .text = "" };

	if (make(d, label, &fault) != TRANSFER_OK) {
		media_fault(m, FAULT_MEDIA, "medium %s: %s", d->name,
		    fault.text);
		return;
	}
	message_start(&m->out, MSG_OK);
	media_send(m);
}
