/* SPDX-License-Identifier: ISC */
/*
 * tool_kill FILE LINES COMMAND...: run the command and kill it, as a loss of
 * power would, as soon as FILE has so many lines; one that ends earlier ends
 * this with its own status, one that was killed with 137.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct tail {
	const char *path;
	int fd;
	long lines;
};

/* Count what was added since the last look. */
static long
lines_of(struct tail *t)
{
	char buf[65536];
	ssize_t n;

	if (t->fd == -1)
		t->fd = open(t->path, O_RDONLY | O_CLOEXEC);
	while (t->fd != -1 && (n = read(t->fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			t->lines += buf[i] == '\n';
	}
	return t->lines;
}

static int
watch(pid_t pid, struct tail *t, long lines)
{
	int status = 0;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0) {
		if (lines_of(t) < lines)
			continue;
		kill(pid, SIGKILL);
		do
			got = waitpid(pid, &status, 0);
		while (got == -1 && errno == EINTR);
		break;
	}
	if (got != pid)
		return 126;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char *argv[])
{
	struct tail t = { .fd = -1 };
	pid_t pid;

	if (argc < 4) {
		fprintf(stderr, "usage: tool_kill FILE LINES COMMAND...\n");
		return 2;
	}
	t.path = argv[1];
	pid = fork();
	if (pid == 0) {
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	return pid == -1 ? 126 : watch(pid, &t, strtol(argv[2], NULL, 10));
}
