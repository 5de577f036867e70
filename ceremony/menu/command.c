/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ceremony/menu/screen.h"
#include "transfer/media.h"

#define NOT_STARTED 127
#define STOPPED 130

static const struct {
	const char *program;
	int status;
	const char *text;
} statuses[] = {
	{ "anchorite", 0, "done" },
	{ "anchorite", 1, "refused by a rule" },
	{ "anchorite", 2, "it was not asked for in the right form" },
	{ "anchorite", 3, "a file is missing, or not as it must be" },
	{ "anchorite", 4, "a card or reader: missing, locked, or a wrong PIN" },
	{ "anchorite", 5, "the state, a medium, or an output" },
	{ "anchorite", 6, "a helper process failed" },
	{ "anchorite-audit", 0, "in order" },
	{ "anchorite-audit", 1, "there are findings: a rule is broken" },
	{ "anchorite-audit", 2, "it was not asked for in the right form" },
	{ "anchorite-audit", 3,
	    "in order as far as it goes: the anchor was not given" },
	{ "anchorite-audit", 4, "the state, or a file, cannot be read" },
	{ NULL, STOPPED, "stopped by you" },
	{ NULL, NOT_STARTED, "it could not be started" },
};

const char *
command_status(const char *program, int status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		const char *of = statuses[i].program;

		if (statuses[i].status == status &&
		    (of == NULL || strcmp(of, program) == 0))
			return statuses[i].text;
	}
	return status > 128 ? "ended by a signal" : "ended";
}

/* The program of that name, beside this one. */
static bool
find_program(const char *name, char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return false;
	out[n] = '\0';
	slash = strrchr(out, '/');
	if (slash == NULL ||
	    (size_t)(slash - out) + strlen(name) + 2 > PATH_MAX)
		return false;
	strcpy(slash + 1, name);
	return true;
}

/* In the child.  What this menu ignores stays ignored, but for Ctrl-C. */
static _Noreturn void
become(const char *path, const struct order *o, int in, int out, int err)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(in, 0) == -1 || dup2(out, 1) == -1 || dup2(err, 2) == -1)
		_exit(NOT_STARTED);
	execv(path, (char *const *)(uintptr_t)o->word);
	_exit(NOT_STARTED);
}

static pid_t
start(const struct order *o, int in, int out, int err)
{
	char path[PATH_MAX];
	pid_t pid;

	fflush(stdout);
	if (!find_program(o->word[0], path))
		return -1;
	pid = fork();
	if (pid == 0)
		become(path, o, in, out, err);
	return pid;
}

static int
wait_for(pid_t pid)
{
	int status = 0;
	pid_t got;

	do
		got = waitpid(pid, &status, 0);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Its standard output, or both, as a pipe; *from is the end to be read. */
static pid_t
start_piped(const struct order *o, bool errors, int *from)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), pipes[2] = { -1, -1 };
	pid_t pid = -1;

	if (null != -1 && pipe2(pipes, O_CLOEXEC) == 0)
		pid = start(o, null, pipes[1], errors ? pipes[1] : null);
	if (null != -1)
		close(null);
	if (pipes[1] != -1)
		close(pipes[1]);
	*from = pipes[0];
	return pid;
}

static ssize_t
read_some(int fd, char *out, size_t size)
{
	ssize_t n;

	do
		n = read(fd, out, size);
	while (n == -1 && errno == EINTR);
	return n;
}

static int
run_paged(struct room *r, const struct order *o)
{
	struct pager p;
	char text[512];
	int from = -1;
	pid_t pid = start_piped(o, true, &from);
	ssize_t n;

	pager_begin(&p, r);
	while (from != -1 && (n = read_some(from, text, sizeof(text))) > 0)
		pager_put(&p, text, (size_t)n);
	pager_end(&p);
	if (from != -1)
		close(from);
	return pid == -1 ? -1 : wait_for(pid);
}

static void
say_order(const struct order *o)
{
	for (size_t i = 0; i < o->count; i++) {
		bool quote =
		    o->word[i][0] == '\0' || strchr(o->word[i], ' ') != NULL;

		say_part("%s%s%s%s", i == 0 ? "$ " : " ", quote ? "'" : "",
		    o->word[i], quote ? "'" : "");
	}
	say_gap();
	say_gap();
}

int
command_show(struct room *r, const struct order *o)
{
	int status = -1;
	pid_t pid;

	say_order(o);
	if (o->paged) {
		status = run_paged(r, o);
	} else {
		pid = start(o, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO);
		status = pid == -1 ? -1 : wait_for(pid);
	}
	screen_restore();
	say_gap();
	say("-- %s %s: %s (%d).", o->word[0], o->word[1],
	    command_status(o->word[0], status == -1 ? NOT_STARTED : status),
	    status);
	return status;
}

int
command_run(struct room *r, const struct order *o)
{
	int status = command_show(r, o);

	ask_enter(r);
	return status;
}

int
command_first_line(const struct order *o, char *out, size_t size)
{
	char text[512], line[512];
	size_t len = 0;
	bool whole = false;
	int from = -1;
	pid_t pid = start_piped(o, true, &from);
	ssize_t n;

	while (from != -1 && (n = read_some(from, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < n && !whole; i++) {
			whole = text[i] == '\n' || len == sizeof(line);
			if (!whole)
				line[len++] = text[i];
		}
	}
	if (from != -1)
		close(from);
	media_escape(line, len, out, size);
	return pid == -1 ? -1 : wait_for(pid);
}
