/* SPDX-License-Identifier: ISC */
/* Which media there are, by sysfs alone: nothing is asked of a daemon, and
 * nothing is mounted for it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transfer/media.h"

#define BLOCKS "class/block"
#define SECTOR 512
#define LINK_MAX_LEN 1023 /* octets of the path a device's link leads to */
#define ATTR_MAX 256      /* octets of an attribute that are read */

static const char *const buses[] = {
	[MEDIA_BUS_OTHER] = "removable",
	[MEDIA_BUS_USB] = "usb",
	[MEDIA_BUS_SD] = "sd",
	[MEDIA_BUS_LOOP] = "loop",
};

const char *
media_bus_name(enum media_bus bus)
{
	return (unsigned)bus < sizeof(buses) / sizeof(buses[0]) ? buses[bus]
								: "?";
}

/* An attribute without blanks around it; its length, or -1. */
static ssize_t
attr_read(int dir, const char *name, char out[ATTR_MAX + 1])
{
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, ATTR_MAX);
	ssize_t start = 0;

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -1;
	while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\n'))
		n--;
	while (start < n && out[start] == ' ')
		start++;
	memmove(out, out + start, (size_t)(n - start));
	n -= start;
	out[n] = '\0';
	return n;
}

static uint64_t
attr_number(int dir, const char *name)
{
	char text[ATTR_MAX + 1];

	if (attr_read(dir, name, text) <= 0)
		return 0;
	return strtoull(text, NULL, 10);
}

static bool
attr_is(int dir, const char *name, const char *want)
{
	char text[ATTR_MAX + 1];

	return attr_read(dir, name, text) >= 0 && strcmp(text, want) == 0;
}

/* Copy an attribute, escaped, if out is still empty. */
static void
attr_text(int dir, const char *name, char out[MEDIA_TEXT_MAX + 1])
{
	char text[ATTR_MAX + 1];
	ssize_t n = attr_read(dir, name, text);

	if (n > 0 && out[0] == '\0')
		media_escape(text, (size_t)n, out, MEDIA_TEXT_MAX + 1);
}

static int
folder_open(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool
exists(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, 0) == 0;
}

/* "8:17" */
static bool
parse_numbers(const char *text, unsigned *major, unsigned *minor)
{
	int end = 0;

	return sscanf(text, "%9u:%9u%n", major, minor, &end) == 2 &&
	    (text[end] == '\0' || text[end] == ' ');
}

/* Is device major:minor the third field of any line? */
static bool
is_mounted(const char *mountinfo, unsigned major, unsigned minor)
{
	const char *line = mountinfo;

	while (line != NULL && *line != '\0') {
		unsigned a = 0, b = 0;
		int at = 0;

		if (sscanf(line, "%*u %*u %n", &at) == 0 && at > 0 &&
		    parse_numbers(line + at, &a, &b) && a == major &&
		    b == minor)
			return true;
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	return false;
}

/* A disk and what is below it: partitions are folders with a "partition". */
static bool
disk_in_use(int disk, const char *mountinfo)
{
	char text[ATTR_MAX + 1];
	unsigned major, minor;
	bool used = attr_read(disk, "dev", text) > 0 &&
	    parse_numbers(text, &major, &minor) &&
	    is_mounted(mountinfo, major, minor);
	int again = folder_open(disk, ".");
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *e;

	while (!used && d != NULL && (e = readdir(d)) != NULL) {
		int part =
		    e->d_name[0] == '.' ? -1 : folder_open(disk, e->d_name);
		if (part < 0)
			continue;
		used = exists(part, "partition") &&
		    attr_read(part, "dev", text) > 0 &&
		    parse_numbers(text, &major, &minor) &&
		    is_mounted(mountinfo, major, minor);
		close(part);
	}
	if (d != NULL)
		closedir(d);
	else if (again >= 0)
		close(again);
	return used;
}

/* Model and serial: of the device itself, else of the USB device, some folders
 * above it. */
static void
identify(int disk, struct media_device *d)
{
	char vendor[MEDIA_TEXT_MAX + 1] = "", model[MEDIA_TEXT_MAX + 1] = "";
	int dir = folder_open(disk, "device");

	attr_text(disk, "serial", d->serial);
	attr_text(dir, "vendor", vendor);
	attr_text(dir, "model", model);
	attr_text(dir, "name", model); /* an SD card */
	snprintf(d->model, sizeof(d->model), "%.20s%s%.43s", vendor,
	    vendor[0] != '\0' && model[0] != '\0' ? " " : "", model);
	for (int i = 0; dir >= 0 && i < MEDIA_DEPTH_MAX; i++) {
		int up = folder_open(dir, "..");

		attr_text(dir, "serial", d->serial);
		bool last = d->serial[0] != '\0' || exists(dir, "idVendor");
		close(dir);
		dir = up;
		if (last)
			break;
	}
	if (dir >= 0)
		close(dir);
}

/* A loop device has no serial: the name of the file behind it stands for it. */
static void
identify_loop(int disk, struct media_device *d)
{
	char path[ATTR_MAX + 1];
	const char *slash;

	snprintf(d->model, sizeof(d->model), "loop device");
	if (attr_read(disk, "loop/backing_file", path) <= 0)
		return;
	slash = strrchr(path, '/');
	slash = slash == NULL ? path : slash + 1;
	media_escape(slash, strlen(slash), d->serial, sizeof(d->serial));
}

/* By where the device hangs; false: it is built in, or not a disk. */
static bool
classify(int disk, const char *path, bool loops, struct media_device *d)
{
	if (strstr(path, "/virtual/") != NULL) {
		d->bus = MEDIA_BUS_LOOP;
		return loops && strncmp(d->disk, "loop", 4) == 0 &&
		    exists(disk, "loop/backing_file");
	}
	if (strstr(path, "/mmc_host/") != NULL) {
		d->bus = MEDIA_BUS_SD;
		return attr_is(disk, "device/type", "SD");
	}
	d->bus = strstr(path, "/usb") != NULL ? MEDIA_BUS_USB : MEDIA_BUS_OTHER;
	return d->bus == MEDIA_BUS_USB || attr_is(disk, "removable", "1");
}

/* The last part of the path but `back`. */
static bool
path_part(const char *path, int back, char out[MEDIA_DEV_MAX + 1])
{
	size_t end = strlen(path), start;

	for (;; back--) {
		for (start = end; start > 0 && path[start - 1] != '/'; start--)
			;
		if (back == 0 || start == 0)
			break;
		end = start - 1;
	}
	if (end == start || end - start > MEDIA_DEV_MAX)
		return false;
	memcpy(out, path + start, end - start);
	out[end - start] = '\0';
	return true;
}

/* A disk's folder is its partitions' parent. */
static bool
fill(int dir, int disk, const char *path, const char *mountinfo, bool loops,
    struct media_device *d)
{
	char text[ATTR_MAX + 1];

	d->partition = exists(dir, "partition");
	if (!path_part(path, 0, d->name) ||
	    !path_part(path, d->partition ? 1 : 0, d->disk) ||
	    !classify(disk, path, loops, d) ||
	    attr_read(dir, "dev", text) <= 0 ||
	    !parse_numbers(text, &d->major, &d->minor))
		return false;
	d->size = attr_number(dir, "size");
	if (d->size == 0 || d->size > UINT64_MAX / SECTOR)
		return false;
	d->size *= SECTOR;
	d->diskseq = attr_number(disk, "diskseq");
	d->read_only = attr_is(dir, "ro", "1") || attr_is(disk, "ro", "1");
	d->in_use = disk_in_use(disk, mountinfo);
	if (d->bus == MEDIA_BUS_LOOP)
		identify_loop(disk, d);
	else
		identify(disk, d);
	return true;
}

static bool
look_at(int blocks, const char *name, const char *mountinfo, bool loops,
    struct media_device *out)
{
	char path[LINK_MAX_LEN + 1];
	ssize_t n = readlinkat(blocks, name, path, sizeof(path) - 1);
	int dir = folder_open(blocks, name), disk = -1;
	bool ok = false;

	memset(out, 0, sizeof(*out));
	if (n > 0 && dir >= 0) {
		path[n] = '\0';
		disk = folder_open(dir, exists(dir, "partition") ? ".." : ".");
	}
	if (disk >= 0)
		ok = fill(dir, disk, path, mountinfo, loops, out);
	for (int i = 0; i < 2; i++) {
		int fd = i == 0 ? dir : disk;
		if (fd >= 0)
			close(fd);
	}
	return ok;
}

static int
by_name(const void *a, const void *b)
{
	const struct media_device *x = a, *y = b;

	return strverscmp(x->name, y->name);
}

enum transfer_error
media_find(int sysfs_fd, const char *mountinfo, bool loops,
    struct media_device *out, size_t max, size_t *count)
{
	int blocks = folder_open(sysfs_fd, BLOCKS);
	DIR *d = blocks < 0 ? NULL : fdopendir(blocks);
	enum transfer_error ret = TRANSFER_OK;
	struct dirent *e;

	*count = 0;
	if (d == NULL) {
		if (blocks >= 0)
			close(blocks);
		return TRANSFER_ERR_IO;
	}
	while (ret == TRANSFER_OK && (e = readdir(d)) != NULL) {
		struct media_device one;

		if (e->d_name[0] == '.' ||
		    !look_at(blocks, e->d_name, mountinfo, loops, &one))
			continue;
		if (*count == max)
			ret = TRANSFER_ERR_SIZE;
		else
			out[(*count)++] = one;
	}
	closedir(d);
	qsort(out, *count, sizeof(*out), by_name);
	return ret;
}
