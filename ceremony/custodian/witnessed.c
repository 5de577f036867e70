/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/witnessed.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "ceremony/custodian/ceremony.h"
#include "ceremony/menu/witness.h"

#define WAIT_MS 2000 /* for one who is slow, at the beginning and at the end */

static void
gone(struct ceremony *c, const char *why)
{
	struct witnessed *w = &c->witnessed;

	people_say(c->people,
	    "witness at %s: %s: the ceremony goes on without one", w->at, why);
	if (w->fd != -1)
		close(w->fd);
	w->fd = -1;
}

static uint64_t
lines(const struct ceremony *c)
{
	return c->transcript == NULL ? 0 : transcript_count(c->transcript);
}

/* Whatever is taken at once; true when that is all. */
static bool
pump(struct ceremony *c)
{
	struct witnessed *w = &c->witnessed;

	while (w->fd != -1 && w->next < lines(c)) {
		size_t len;
		const char *line =
		    transcript_line(c->transcript, w->next, &len);
		ssize_t n = send(w->fd, line + w->sent, len - w->sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return false;
		if (n == -1) {
			gone(c, "gone");
			return true;
		}
		w->sent += (size_t)n;
		if (w->sent == len) {
			w->next++;
			w->sent = 0;
		}
	}
	return true;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The same, with a little patience. */
static bool
settle(struct ceremony *c)
{
	int64_t end = now_ms() + WAIT_MS, left;

	while (!pump(c)) {
		struct pollfd pfd = { .fd = c->witnessed.fd,
			.events = POLLOUT };

		left = end - now_ms();
		if (left <= 0 || poll(&pfd, 1, (int)left) == 0)
			return false;
	}
	return true;
}

static void
say_late(struct ceremony *c)
{
	if (!c->witnessed.late)
		people_say(c->people,
		    "witness at %s: does not read: the ceremony goes on, and "
		    "sends what it takes later",
		    c->witnessed.at);
	c->witnessed.late = true;
}

static bool
call(struct ceremony *c)
{
	struct witnessed *w = &c->witnessed;
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char greeting[WITNESS_GREETING_MAX];
	size_t len = strlen(w->at);
	int n;

	errno = ENAMETOOLONG;
	if (len >= sizeof(to.sun_path))
		return false;
	memcpy(to.sun_path, w->at, len + 1);
	w->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->fd == -1 ||
	    connect(w->fd, (const struct sockaddr *)&to, sizeof(to)) == -1)
		return false;
	n = snprintf(greeting, sizeof(greeting),
	    WITNESS_GREETING "%" PRIu64 "\n", lines(c));
	return send(w->fd, greeting, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    n;
}

void
witnessed_begin(struct ceremony *c)
{
	if (c->witnessed.at == NULL)
		return;
	if (!call(c))
		gone(c, strerror(errno));
	else if (!settle(c))
		say_late(c);
}

void
witnessed_again(struct ceremony *c)
{
	struct witnessed *w = &c->witnessed;

	if (w->at == NULL || w->fd != -1)
		return;
	w->next = w->sent = 0;
	w->late = false;
	if (!call(c)) {
		if (w->fd != -1)
			close(w->fd);
		w->fd = -1;
		return;
	}
	people_say(c->people, "witness at %s: follows again", w->at);
	if (!settle(c))
		say_late(c);
}

void
witnessed_send(struct ceremony *c)
{
	if (!pump(c))
		say_late(c);
}

void
witnessed_end(struct ceremony *c)
{
	struct witnessed *w = &c->witnessed;

	if (w->fd == -1)
		return;
	if (!settle(c))
		gone(c, "has not read everything");
	if (w->fd != -1)
		close(w->fd);
	w->fd = -1;
}
