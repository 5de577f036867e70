/* SPDX-License-Identifier: ISC */
/*
 * Preloaded (LD_PRELOAD) into anchorite: a medium that fails.  The file that
 * FAULTS names holds the number of a loop device, once there is one: from then
 * on nothing of that device can be synced.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LOOP_MAJOR 7

static bool
fails(int fd)
{
	const char *path = getenv("FAULTS");
	int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	char text[16] = "";
	struct stat st;
	ssize_t n;

	if (file < 0)
		return false;
	n = read(file, text, sizeof(text) - 1);
	close(file);
	return n > 0 && fstat(fd, &st) == 0 &&
	    st.st_dev == makedev(LOOP_MAJOR, (unsigned)atoi(text));
}

int
fsync(int fd)
{
	if (!fails(fd))
		return (int)syscall(SYS_fsync, fd);
	errno = EIO;
	return -1;
}
