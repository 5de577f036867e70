/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ceremony/factory/progress.h"

enum {
	IN,
	OUT,
	ERR,
	PIPES
};
#define READ_END 0
#define WRITE_END 1

/* Octets that come through a pipe; what does not fit is read and dropped. */
struct channel {
	int fd;
	uint8_t *data;
	size_t size, len;
	bool over;
};

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool
open_pipes(int pipes[PIPES][2])
{
	memset(pipes, -1, sizeof(int[PIPES][2]));
	for (int i = 0; i < PIPES; i++) {
		if (pipe2(pipes[i], O_CLOEXEC) != 0)
			return false;
	}
	/* what outlives the hook may keep its pipes open */
	return fcntl(pipes[OUT][READ_END], F_SETFL, O_NONBLOCK) == 0 &&
	    fcntl(pipes[ERR][READ_END], F_SETFL, O_NONBLOCK) == 0;
}

static void
close_pipes(int pipes[PIPES][2])
{
	for (int i = 0; i < PIPES; i++) {
		shut(&pipes[i][READ_END]);
		shut(&pipes[i][WRITE_END]);
	}
}

/* The question fits the pipe's buffer, so that writing it before there is a
 * reader neither blocks nor raises SIGPIPE.  An error number. */
static int
ask(int pipes[PIPES][2], const char *question)
{
	size_t len = strlen(question);
	int err = EMSGSIZE;

	if (len <= HOOK_QUESTION_MAX)
		err = write(pipes[IN][WRITE_END], question, len) == (ssize_t)len
		    ? 0
		    : errno;
	shut(&pipes[IN][WRITE_END]);
	return err;
}

static int
set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	return posix_spawnattr_setflags(attr,
	    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
		POSIX_SPAWN_SETSIGDEF);
}

static int
set_files(posix_spawn_file_actions_t *files, int pipes[PIPES][2])
{
	int err = posix_spawn_file_actions_adddup2(files, pipes[IN][READ_END],
	    STDIN_FILENO);

	if (err == 0)
		err = posix_spawn_file_actions_adddup2(files,
		    pipes[OUT][WRITE_END], STDOUT_FILENO);
	if (err == 0)
		err = posix_spawn_file_actions_adddup2(files,
		    pipes[ERR][WRITE_END], STDERR_FILENO);
	if (err == 0)
		err = posix_spawn_file_actions_addclosefrom_np(files,
		    STDERR_FILENO + 1);
	return err;
}

/* An error number; 0: *pid runs. */
static int
start(const char *program, int pipes[PIPES][2], pid_t *pid)
{
	char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", lang[] = "LC_ALL=C";
	char *const argv[] = { (char *)(uintptr_t)program, NULL };
	char *const envp[] = { path, lang, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int err;

	if ((err = posix_spawn_file_actions_init(&files)) != 0)
		return err;
	if ((err = posix_spawnattr_init(&attr)) == 0) {
		err = set_attributes(&attr);
		if (err == 0)
			err = set_files(&files, pipes);
		if (err == 0)
			err = posix_spawn(pid, program, &files, &attr, argv,
			    envp);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&files);
	return err;
}

/* Take what is there; false at the end of the pipe. */
static bool
take(struct channel *c)
{
	uint8_t more[256];
	ssize_t n = read(c->fd, more, sizeof(more));
	size_t room = c->size - c->len;

	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN);
	if ((size_t)n > room) {
		c->over = true;
		n = (ssize_t)room;
	}
	memcpy(c->data + c->len, more, (size_t)n);
	c->len += (size_t)n;
	return true;
}

/* Take what is left in the pipe when the hook is gone. */
static void
drain(struct channel *c)
{
	size_t before;

	do {
		before = c->len;
	} while (c->fd >= 0 && take(c) && c->len > before);
}

/* Serve both channels until the process ends (true) or time is up. */
static bool
serve(int pidfd, struct channel *out, struct channel *err, int timeout_ms)
{
	int64_t deadline = progress_now() + timeout_ms;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = pidfd, .events = POLLIN },
			{ .fd = out->fd, .events = POLLIN },
			{ .fd = err->fd, .events = POLLIN },
		};
		int64_t left = deadline - progress_now();

		if (left <= 0)
			return false;
		if (poll(fds, 3, (int)left) < 0 && errno != EINTR)
			return false;
		if (fds[1].revents != 0 && !take(out))
			out->fd = -1; /* poll() passes over it from now on */
		if (fds[2].revents != 0 && !take(err))
			err->fd = -1;
		if (fds[0].revents != 0)
			return true;
	}
}

static enum hook_end
judge(int status, const struct channel *out, int *detail)
{
	if (WIFSIGNALED(status)) {
		*detail = WTERMSIG(status);
		return HOOK_KILLED;
	}
	if (WEXITSTATUS(status) != 0) {
		*detail = WEXITSTATUS(status);
		return HOOK_FAILED;
	}
	if (out->over)
		return HOOK_TOO_LONG;
	return out->len == 0 ? HOOK_SILENT : HOOK_ANSWERED;
}

/* The process runs: follow it to its end, and see that nothing of its group
 * stays behind. */
static void
follow(pid_t pid, int pipes[PIPES][2], int timeout_ms, struct hook_answer *a)
{
	struct channel out = { .fd = pipes[OUT][READ_END],
		.data = a->data,
		.size = sizeof(a->data) };
	struct channel err = { .fd = pipes[ERR][READ_END],
		.data = (uint8_t *)a->complaint,
		.size = sizeof(a->complaint) - 1 };
	int pidfd = pidfd_open(pid, 0), status = 0;
	bool ended = pidfd >= 0 && serve(pidfd, &out, &err, timeout_ms);

	drain(&out);
	drain(&err);
	kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	a->len = out.len;
	a->end = ended ? judge(status, &out, &a->detail) : HOOK_TIMEOUT;
	shut(&pidfd);
}

void
hook_run(const char *program, const char *question, int timeout_ms,
    struct hook_answer *out)
{
	int pipes[PIPES][2], err;
	pid_t pid = -1;

	memset(out, 0, sizeof(*out));
	err = open_pipes(pipes) ? ask(pipes, question) : errno;
	if (err == 0)
		err = start(program, pipes, &pid);
	shut(&pipes[IN][READ_END]);
	shut(&pipes[OUT][WRITE_END]);
	shut(&pipes[ERR][WRITE_END]);
	if (err == 0) {
		follow(pid, pipes, timeout_ms, out);
	} else {
		out->end = HOOK_NOT_STARTED;
		out->detail = err;
	}
	close_pipes(pipes);
}

void
hook_describe(const struct hook_answer *a, char *text, size_t size)
{
	switch (a->end) {
	case HOOK_ANSWERED:
		snprintf(text, size, "answered");
		return;
	case HOOK_NOT_STARTED:
		snprintf(text, size, "cannot be started: %s",
		    strerror(a->detail));
		return;
	case HOOK_FAILED:
		snprintf(text, size, "exited with status %d", a->detail);
		return;
	case HOOK_KILLED:
		snprintf(text, size, "was killed by signal %d", a->detail);
		return;
	case HOOK_TIMEOUT:
		snprintf(text, size, "gave no answer in time");
		return;
	case HOOK_SILENT:
		snprintf(text, size, "gave no answer");
		return;
	case HOOK_TOO_LONG:
		snprintf(text, size, "gave more than %d octets",
		    HOOK_ANSWER_MAX);
		return;
	}
	snprintf(text, size, "failed");
}
