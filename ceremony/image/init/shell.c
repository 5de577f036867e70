/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/shell.h"

#include <fcntl.h>
#include <linux/vt.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ceremony/image/init/confine.h"
#include "ceremony/image/init/console.h"
#include "ceremony/image/init/services.h"

#define SHELL "/usr/libexec/anchorite/shell" /* busybox: argv[0] is its part */
#define TTY "/dev/tty3"
#define NUMBER 3 /* of that console */

static void
run(void)
{
	static const char *const argv[] = { "sh", NULL };
	sigset_t none;

	sigemptyset(&none);
	if (services_console(TTY) && chdir("/run/anchorite") == 0 &&
	    confine_shell() && sigprocmask(SIG_SETMASK, &none, NULL) == 0)
		services_exec(SHELL, argv);
	_exit(127);
}

pid_t
shell_start(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL,
	    NULL, NULL, NULL);

	if (pid == 0)
		run();
	return pid;
}

void
shell_clear(void)
{
	static const char clear[] = "\033c\033[3J";
	struct vt_stat seen = { 0 };
	int fd;

	fd = open(TTY, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return;
	if (write(fd, clear, sizeof(clear) - 1) == -1)
		console_log("the shell's console was not cleared");
	if (ioctl(fd, VT_GETSTATE, &seen) == 0 && seen.v_active == NUMBER)
		ioctl(fd, VT_ACTIVATE, 1);
	close(fd);
}
