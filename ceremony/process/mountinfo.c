/* SPDX-License-Identifier: ISC */
#include "ceremony/process/mountinfo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* A file of /proc has no size. */
char *
mountinfo_read(void)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(MOUNTINFO_MAX + 1);
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
	text[len] = '\0';
	return text;
}
