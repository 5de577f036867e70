/* SPDX-License-Identifier: ISC */
/*
 * A shell beside the ceremony, for a plan that has one: this program opens
 * none.  It asks the bootable image's init, which opens it on another console
 * and closes it when the connection ends, whatever ends this process.
 *
 * The connection is made only for a plan that asks, so from within the cell;
 * the operator's role may connect to unix sockets, which pcscd needs too.
 */
#include "ceremony/custodian/shell.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ceremony/custodian/ceremony.h"

#define ANSWER_SECONDS 10
#define ANSWER_MAX 200

static const char where[] = "on the third console (Alt-F3)";

/* A socket connected to init in *fd, -1 where there is none. */
static bool
find_init(struct ceremony *c, int *fd)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(c->control);

	*fd = -1;
	if (len >= sizeof(to.sun_path))
		return ceremony_stop(c, EXIT_INPUT,
		    "--control: too long for the name of a socket");
	memcpy(to.sun_path, c->control, len + 1);
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (*fd != -1 &&
	    connect(*fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return true;
	if (*fd != -1) {
		int err = errno;
		close(*fd);
		*fd = -1;
		errno = err;
	}
	return errno == ENOENT || errno == ENOTDIR ||
	    ceremony_stop(c, EXIT_PROCESS,
		"%s: no shell can be asked for, which the plan has: %s: "
		"nothing was recorded",
		c->control, strerror(errno));
}

/* "ok", or anything else, shown as it may be; the length of what came. */
static bool
hear(int fd, char answer[ANSWER_MAX + 1])
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t n = -1;

	if (people_wait(&pfd, 1, ANSWER_SECONDS))
		n = recv(fd, answer, ANSWER_MAX, MSG_DONTWAIT);
	answer[n < 0 ? 0 : n] = '\0';
	for (char *at = answer; *at != '\0'; at++) {
		if (*at < ' ' || *at > '~')
			*at = '?';
	}
	return n == 2 && strcmp(answer, "ok") == 0;
}

static bool
ask(struct ceremony *c)
{
	static const char request[] = "shell";
	char answer[ANSWER_MAX + 1] = "";

	if (send(c->shell_fd, request, strlen(request), MSG_NOSIGNAL) ==
		(ssize_t)strlen(request) &&
	    hear(c->shell_fd, answer))
		return true;
	shell_close(c);
	if (people_interrupted())
		return ceremony_stop(c, EXIT_STOPPED,
		    "stopped before the shell was open: nothing was recorded");
	return ceremony_stop(c, EXIT_PROCESS,
	    "the machine opened no shell, which the plan has: %s: nothing was "
	    "recorded",
	    answer[0] == '\0' ? "no answer" : answer);
}

bool
shell_open(struct ceremony *c)
{
	if (c->plan->shell.reason[0] == '\0')
		return true;
	if (c->rehearsal) {
		people_say(c->people,
		    "the plan has a shell %s: a rehearsal opens none", where);
		return true;
	}
	if (!find_init(c, &c->shell_fd))
		return false;
	if (c->shell_fd == -1) {
		people_say(c->people,
		    "the plan has a shell %s: none was opened here, since no "
		    "init listens at %s",
		    where, c->control);
		return true;
	}
	if (!ask(c))
		return false;
	people_say(c->people,
	    "a shell is open %s until this program ends, because: %s", where,
	    c->plan->shell.reason);
	return true;
}

void
shell_close(struct ceremony *c)
{
	if (c->shell_fd != -1)
		close(c->shell_fd);
	c->shell_fd = -1;
}
