/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/power.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "ceremony/image/init/console.h"
#include "ceremony/image/init/mounts.h"

#define SECONDS_TO_READ 3 /* the last line stands so long */
#define DEPTH_MAX 64      /* folders in folders */
#define CONSOLES 3        /* that programs were given */
#define TEXT_LINES 512    /* 32 KiB of lines of 80 characters, and more */
#define TRIES 50          /* to see all others gone, 0.1 s apart */

static bool empty_at(int folder, unsigned depth);

static bool
remove_at(int folder, const char *name, dev_t device, unsigned depth)
{
	struct stat st;
	int fd;
	bool ok = true;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT;
	if (S_ISDIR(st.st_mode)) {
		if (st.st_dev != device || depth == DEPTH_MAX)
			return false;
		fd = openat(folder, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		ok = fd != -1 && empty_at(fd, depth + 1);
		return unlinkat(folder, name, AT_REMOVEDIR) == 0 && ok;
	}
	if (S_ISREG(st.st_mode) &&
	    (fd = openat(folder, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)) !=
		-1) {
		ok = ftruncate(fd, 0) == 0;
		close(fd);
	}
	return unlinkat(folder, name, 0) == 0 && ok;
}

/* Takes the descriptor. */
static bool
empty_at(int folder, unsigned depth)
{
	struct stat st;
	struct dirent *e;
	bool ok = fstat(folder, &st) == 0;
	DIR *d = fdopendir(folder);

	if (d == NULL) {
		close(folder);
		return false;
	}
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (!remove_at(folder, e->d_name, st.st_dev, depth))
			ok = false;
	}
	closedir(d);
	return ok;
}

bool
power_empty(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd != -1 && empty_at(fd, 0);
}

static void
wait_tenth(void)
{
	struct timespec ts = { 0, 100000000 };

	nanosleep(&ts, NULL);
}

/* As first process, everyone but ourselves. */
static void
end_everyone(void)
{
	kill(-1, SIGKILL);
	for (unsigned i = 0; i < TRIES; i++) {
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			continue;
		if (pid == -1 && errno == ECHILD)
			return;
		wait_tenth();
	}
	console_log("some processes did not end");
}

/* A screen in text mode scrolls through its adapter's memory, and leaves there
 * what went off it: empty lines go through all of that, too. */
static bool
clear(int fd)
{
	static const char erase[] = "\033c\033[H\033[2J\033[3J";
	char lines[TEXT_LINES];

	memset(lines, '\n', sizeof(lines));
	return write(fd, erase, sizeof(erase) - 1) == sizeof(erase) - 1 &&
	    write(fd, lines, sizeof(lines)) == sizeof(lines) &&
	    write(fd, erase, sizeof(erase) - 1) == sizeof(erase) - 1;
}

static int
open_console(int number)
{
	char path[16];

	snprintf(path, sizeof(path), "/dev/tty%d", number);
	return open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

/* A console that shows a picture does not let others be seen, and one that was
 * held (Ctrl-S, Scroll Lock) takes no line: it is let go of, and keys do nothing
 * from here on. */
static void
take_consoles(void)
{
	struct vt_mode by_kernel = { .mode = VT_AUTO };

	for (int i = 1; i <= CONSOLES; i++) {
		int fd = open_console(i);

		if (fd == -1)
			continue;
		ioctl(fd, KDSETMODE, KD_TEXT);
		ioctl(fd, VT_SETMODE, &by_kernel);
		ioctl(fd, KDSKBMODE, K_OFF);
		/* either alone leaves one held that a key held */
		tcflow(fd, TCOOFF);
		tcflow(fd, TCOON);
		close(fd);
	}
}

/* It happens soon, but not at once. */
static void
show(int first, unsigned number)
{
	struct vt_stat seen = { 0 };

	ioctl(first, VT_ACTIVATE, number);
	for (unsigned i = 0; i < TRIES; i++) {
		if (ioctl(first, VT_GETSTATE, &seen) != 0 ||
		    seen.v_active == number)
			return;
		wait_tenth();
	}
}

/* What stands on screens, and what scrolled off them, was secret too. */
static void
clear_screens(void)
{
	int first = open_console(1);

	if (first == -1)
		return;
	take_consoles();
	show(first, 1);
	for (int i = CONSOLES; i > 0; i--) {
		int fd = open_console(i);

		if (fd == -1 || !clear(fd))
			console_log("console %d was not cleared", i);
		if (fd != -1)
			close(fd);
	}
	/* what was kept of the first when it was last not seen is written
	 * over when it is not seen again */
	show(first, 2);
	show(first, 1);
	ioctl(first, VT_DISALLOCATE, 0); /* all but the one that is seen */
	close(first);
}

static void
drop_caches(void)
{
	int fd = -1;

	sync();
	if (mounts_open())
		fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	if (fd == -1 || write(fd, "3\n", 2) != 2)
		console_log("caches were not dropped");
	if (fd != -1)
		close(fd);
}

noreturn void
power_down(enum power_end end)
{
	struct timespec ts = { SECONDS_TO_READ, 0 };

	if (getpid() != 1)
		abort();
	end_everyone();
	clear_screens();
	console_say("all programs have ended; memory is being cleared");
	mounts_undo();
	drop_caches();
	console_log("down");
	console_say("it is safe to take the media out");
	nanosleep(&ts, NULL);
	reboot(end == POWER_RESTART ? RB_AUTOBOOT : RB_POWER_OFF);
	console_say("the machine does not turn itself off: use its switch");
	for (;;)
		pause();
}
