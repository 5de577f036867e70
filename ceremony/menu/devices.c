/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/devices.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define MOUNTINFO_MAX (1u << 20) /* octets of /proc/self/mountinfo */

/* All of it, ended by NUL: a file of /proc has no size; or NULL. */
static char *
read_mountinfo(void)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : calloc(1, MOUNTINFO_MAX + 1);
	size_t len = 0;
	ssize_t n = text == NULL ? -1 : 1;

	while (n > 0 && len < MOUNTINFO_MAX) {
		n = read(fd, text + len, MOUNTINFO_MAX - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
	if (n < 0 || len == MOUNTINFO_MAX) {
		free(text);
		return NULL;
	}
	return text;
}

bool
devices_find(bool loops, struct media_device out[MEDIA_MAX], size_t *count)
{
	char *mountinfo = read_mountinfo();
	int sysfs = open("/sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	*count = 0;
	ok = mountinfo != NULL && sysfs != -1 &&
	    media_find(sysfs, mountinfo, loops, out, MEDIA_MAX, count) !=
		TRANSFER_ERR_IO;
	if (sysfs != -1)
		close(sysfs);
	free(mountinfo);
	return ok;
}
