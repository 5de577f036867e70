/* SPDX-License-Identifier: ISC */
/* The power fails: the ceremony is held by a process of its own, which ends
 * itself by SIGKILL at a record; then people go on. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ceremony/custodian/drill.h"
#include "ceremony/custodian/state_view.h"

#define TRIES 3
#define COMMAND_MAX 4096

/* Until the process that holds the ceremony has ended, and then its helpers,
 * which come to us when it dies: nothing of it is left when people go on. */
static int
wait_all(pid_t pid)
{
	int status = 0, got = 0;
	pid_t one;

	do {
		one = waitpid(-1, &status, 0);
		if (one == pid)
			got = status;
	} while (one != -1 || errno == EINTR);
	return got;
}

/* Where it was, as the disk tells. */
static void
look(struct drill *d, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct state_view v;

	if (state_view_open(&v, fd)) {
		d->at_line = v.history->lines;
		d->at_step = history_step(v.history, d->at_kind);
		snprintf(d->ceremony, sizeof(d->ceremony), "%s",
		    v.history->ceremony);
	}
	state_view_close(&v);
	if (fd != -1)
		close(fd);
}

/* People give the command themselves, and are shown it in the end.  Where they
 * stop, the ceremony stops at its first question. */
static void
ask_command(struct drill *d, const char *command, struct people *people)
{
	char typed[COMMAND_MAX];

	for (unsigned i = 1; i <= TRIES; i++) {
		if (!people_ask(people,
			"The power is back, and a shell waits.  Which command "
			"goes on?\n$ ",
			typed, sizeof(typed)))
			return;
		if (drill_same_command(typed, command)) {
			d->tries = i;
			return;
		}
		people_say(people, "  drill: not this one");
	}
	people_say(people, "  drill: it is the one you began with:\n  %s",
	    command);
}

/* The status of the ceremony, unless d->happened says that it was cut off. */
static int
until_power_fails(struct drill *d, const struct ceremony_files *files,
    struct people *people)
{
	int status;
	pid_t pid;

	fflush(stdout);
	fflush(stderr);
	pid = fork();
	if (pid == 0) {
		status = (int)ceremony_run(files, true, people);
		fflush(stdout);
		_exit(status);
	}
	status = pid == -1 ? -1 : wait_all(pid);
	d->at = drill_clock();
	if (status != -1 && WIFEXITED(status))
		return WEXITSTATUS(status);
	d->happened =
	    status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (!d->happened)
		fprintf(stderr,
		    "anchorite: the process of the ceremony %s; run the same "
		    "plan again\n",
		    pid == -1 ? "does not start" : "ended in a fault");
	return EXIT_PROCESS;
}

int
drill_power(struct drill *d, const struct ceremony_files *files,
    struct people *people)
{
	int status = EXIT_PROCESS;

	d->power_on = true;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == 0)
		status = until_power_fails(d, files, people);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	d->power_on = false;
	if (!d->happened)
		return status;
	look(d, files->state);
	people_say(people, "drill power: the power failed");
	if (d->by_hand)
		ask_command(d, files->resume, people);
	return (int)ceremony_run(files, true, people);
}
