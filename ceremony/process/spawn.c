/* SPDX-License-Identifier: ISC */
#include "ceremony/process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_MS 1000 /* patience with a child whose channel was closed */

static const char *const executables[] = {
	[SPAWN_READER] = "anchorite-reader",
	[SPAWN_SIGNER] = "anchorite-signer",
	[SPAWN_MEDIA] = "anchorite-media",
	[SPAWN_MEDIA_PREPARE] = "anchorite-media",
};
/* What its arguments say besides its name. */
static const char *const modes[] = {
	[SPAWN_MEDIA_PREPARE] = "prepare",
};
static const struct {
	int signal;
	const char *text;
} endings[] = {
	{ SIGSYS, "was ended by its cell (SIGSYS)" },
	{ SIGXCPU, "used up its processor time (SIGXCPU)" },
	{ SIGXFSZ, "wanted to write a file (SIGXFSZ)" },
	{ SIGSEGV, "ended in a fault (SIGSEGV)" },
	{ SIGBUS, "ended in a fault (SIGBUS)" },
	{ SIGILL, "ended in a fault (SIGILL)" },
	{ SIGFPE, "ended in a fault (SIGFPE)" },
	{ SIGABRT, "ended in a fault (SIGABRT)" },
	{ SIGKILL, "was killed (SIGKILL)" },
};
static const char *const passed_on[] = { "SOFTHSM2_CONF", "OPENSC_CONF",
	"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS" };
#define PASSED_ON (sizeof(passed_on) / sizeof(passed_on[0]))

const char *
spawn_name(enum spawn_what what)
{
	return strchr(executables[what], '-') + 1;
}

bool
spawn_libexec(char *out, size_t size)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return false;
	self[n] = '\0';
	for (int i = 0; i < 2; i++) { /* the program, then its folder */
		char *slash = strrchr(self, '/');
		if (slash == NULL)
			return false;
		*slash = '\0';
	}
	return snprintf(out, size, "%s/libexec/anchorite", self) < (int)size;
}

/* The child's environment; strings are new. */
static bool
environment(char *env[PASSED_ON + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < PASSED_ON; i++) {
		const char *value = getenv(passed_on[i]);
		if (value == NULL)
			continue;
		if (asprintf(&env[n++], "%s=%s", passed_on[i], value) == -1)
			return false;
	}
	env[n] = NULL;
	return true;
}

/* In the child, after fork: only async-signal-safe calls. */
static _Noreturn void
become(const char *path, char *const argv[], char *const env[], int sock,
    pid_t parent)
{
	int null = open("/dev/null", O_RDWR);

	/* dup2 must not step on either, nor leave one close-on-exec */
	null = fcntl(null, F_DUPFD, SPAWN_FD + 1);
	sock = fcntl(sock, F_DUPFD, SPAWN_FD + 1);
	/* the terminal's Ctrl-C is for the operator's process alone */
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(126);
	if (null == -1 || sock == -1 || dup2(sock, SPAWN_FD) == -1 ||
	    dup2(null, 0) == -1 || dup2(null, 1) == -1)
		_exit(126);
	if (syscall(SYS_close_range, SPAWN_FD + 1, ~0U, 0) == -1)
		_exit(126);
	execve(path, argv, env);
	_exit(127);
}

bool
spawn_child(enum spawn_what what, struct child *out)
{
	char folder[PATH_MAX], *path = NULL;
	const char *mode = (size_t)what < sizeof(modes) / sizeof(modes[0])
	    ? modes[what]
	    : NULL;
	char *argv[] = { (char *)(uintptr_t)executables[what],
		(char *)(uintptr_t)mode, NULL };
	char *env[PASSED_ON + 1] = { NULL };
	int pair[2] = { -1, -1 };
	pid_t parent = getpid();
	bool ok = false;

	out->pid = -1;
	out->sock = -1;
	out->what = what;
	if (!spawn_libexec(folder, sizeof(folder)) || !environment(env) ||
	    asprintf(&path, "%s/%s", folder, executables[what]) == -1) {
		path = NULL;
		goto out;
	}
	if (access(path, X_OK) == -1 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		goto out;
	out->pid = fork();
	if (out->pid == 0)
		become(path, argv, env, pair[1], parent);
	if (out->pid == -1)
		goto out;
	out->sock = pair[0];
	pair[0] = -1;
	ok = true;
out:
	for (int i = 0; i < 2; i++) {
		if (pair[i] != -1)
			close(pair[i]);
	}
	for (size_t i = 0; i < PASSED_ON; i++)
		free(env[i]);
	free(path);
	return ok;
}

static bool
ends_in_time(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };
	bool ended;

	if (pidfd == -1)
		return false;
	ended = poll(&pfd, 1, END_MS) == 1;
	close(pidfd);
	return ended;
}

const char *
spawn_ending(const struct child *c)
{
	siginfo_t info = { .si_pid = 0 };

	if (c->pid <= 0 || !ends_in_time(c->pid) ||
	    waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOWAIT) == -1)
		return "closed its channel";
	if (info.si_code == CLD_EXITED)
		return "has ended";
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (endings[i].signal == info.si_status)
			return endings[i].text;
	}
	return "was ended by a signal";
}

int
spawn_kill(struct child *c)
{
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
	return spawn_end(c);
}

int
spawn_end(struct child *c)
{
	int status = -1;
	pid_t pid;

	if (c->sock != -1)
		close(c->sock);
	c->sock = -1;
	if (c->pid <= 0)
		return -1;
	if (!ends_in_time(c->pid))
		kill(c->pid, SIGKILL);
	/* who was started before our cell may not be killed from within it, and
	 * nobody who hangs in a driver: it goes when it sees its channel */
	ends_in_time(c->pid);
	do
		pid = waitpid(c->pid, &status, WNOHANG);
	while (pid == -1 && errno == EINTR);
	c->pid = -1;
	return pid <= 0 ? -1 : status;
}
