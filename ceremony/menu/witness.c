/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/witness.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ceremony/menu/witness_show.h"
#include "ceremony/process/sandbox.h"

#define BACKLOG 1

/* ---- the socket ---------------------------------------------------------------- */

/* Whether somebody listens there. */
static bool
answered(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool yes = fd != -1 &&
	    (connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 ||
		errno == EAGAIN);

	if (fd != -1)
		close(fd);
	return yes;
}

/* A socket that one before left behind goes; anything else stays. */
static bool
make_room(const struct sockaddr_un *at, enum witness_outcome *why)
{
	struct stat st;

	*why = WITNESS_SOCKET_FAILED;
	if (lstat(at->sun_path, &st) == -1)
		return errno == ENOENT;
	if (S_ISSOCK(st.st_mode) && !answered(at))
		return unlink(at->sun_path) == 0;
	*why = S_ISSOCK(st.st_mode) ? WITNESS_BUSY : WITNESS_PATH;
	return false;
}

/* The socket, or -1. */
static int
listen_at(const char *path, enum witness_outcome *why)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	mode_t mask;
	int fd;

	*why = WITNESS_PATH;
	if (len >= sizeof(at.sun_path))
		return -1;
	memcpy(at.sun_path, path, len + 1);
	if (!make_room(&at, why))
		return -1;
	mask = umask(077);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1 &&
	    (bind(fd, (const struct sockaddr *)&at, sizeof(at)) == -1 ||
		listen(fd, BACKLOG) == -1)) {
		close(fd);
		fd = -1;
	}
	umask(mask);
	return fd;
}

/* ---- one sender ---------------------------------------------------------------- */

struct sender {
	int fd;
	size_t len; /* octets read that are no whole line yet */
	char text[LINK_LINE_MAX];
};

bool
witness_greeting(const char *line, size_t len, uint64_t *stood)
{
	size_t at = strlen(WITNESS_GREETING), digits = at;

	*stood = 0;
	if (len > WITNESS_GREETING_MAX || len < at ||
	    memcmp(line, WITNESS_GREETING, at) != 0)
		return false;
	for (; at < len && line[at] >= '0' && line[at] <= '9'; at++) {
		if (*stood > UINT32_MAX)
			return false;
		*stood = *stood * 10 + (uint64_t)(line[at] - '0');
	}
	return at > digits && at + 1 == len && line[at] == '\n';
}

/* The next line, with its LF, in s->text; 0 at the end, or with a line that is
 * none, for which *long_line is set. */
static size_t
next_line(struct sender *s, size_t *taken, bool *long_line)
{
	const char *end;
	ssize_t n;

	memmove(s->text, s->text + *taken, s->len -= *taken);
	*taken = 0;
	while ((end = memchr(s->text, '\n', s->len)) == NULL) {
		if (s->len == sizeof(s->text)) {
			*long_line = true;
			return 0;
		}
		n = read(s->fd, s->text + s->len, sizeof(s->text) - s->len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		s->len += (size_t)n;
	}
	return *taken = (size_t)(end - s->text) + 1;
}

/* False: nothing can be shown any more. */
static bool
serve(struct witness_show *w, struct sender *s)
{
	size_t taken = 0, len;
	bool long_line = false;
	uint64_t stood;

	s->len = 0;
	len = next_line(s, &taken, &long_line);
	if (!witness_greeting(s->text, len, &stood)) {
		witness_show_note(w,
		    "somebody came who is no ceremony's program: turned away");
		return !ferror(w->out);
	}
	witness_show_begin(w, stood);
	while ((len = next_line(s, &taken, &long_line)) > 0) {
		if (!witness_show_line(w, s->text, len) || ferror(w->out))
			return !ferror(w->out);
	}
	if (long_line)
		witness_show_alarm(w, "A LINE IS LONGER THAN ANY CAN BE", "");
	else
		witness_show_end(w);
	return !ferror(w->out);
}

/* ---- the process ---------------------------------------------------------------- */

static enum witness_outcome
accept_all(struct witness_show *w, int listening)
{
	struct sender s;

	for (;;) {
		s.fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		if (s.fd == -1 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (s.fd == -1)
			return WITNESS_SOCKET_FAILED;
		if (!serve(w, &s))
			return WITNESS_OUTPUT;
		close(s.fd);
	}
}

enum witness_outcome
witness_run(const char *path)
{
	struct witness_show w = { .out = stdout };
	char level[SANDBOX_LEVEL_MAX];
	enum witness_outcome why;
	int listening;

	/* there is nothing to be saved: a signal is the end */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	listening = listen_at(path, &why);
	if (listening == -1)
		return why;
	/* said before the cell: a stream gets its buffer with its first line */
	witness_show_note(&w,
	    "witness: the transcript of a ceremony is shown here as it grows");
	if (!sandbox_open_first() ||
	    sandbox_enter(SANDBOX_WITNESS, NULL, level, sizeof(level)) != 0)
		return WITNESS_CELL;
	return accept_all(&w, listening);
}
