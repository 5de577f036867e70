/* SPDX-License-Identifier: ISC */
#include "ceremony/process/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* On the wire: kind as 2 octets, payload length as 4, big endian. */
#define HEADER_SIZE 6

const char *
channel_strerror(enum channel_error err)
{
	switch (err) {
	case CHANNEL_OK:
		return "no error";
	case CHANNEL_ERR_CLOSED:
		return "the process has ended";
	case CHANNEL_ERR_TIMEOUT:
		return "the process does not answer";
	case CHANNEL_ERR_KIND:
		return "the process sent a message of the wrong kind";
	case CHANNEL_ERR_SIZE:
		return "the process sent a message of the wrong size";
	case CHANNEL_ERR_STATE:
		return "the process sent a message out of turn";
	case CHANNEL_ERR_FD:
		return "the process sent a message with the wrong descriptor";
	case CHANNEL_ERR_IO:
		return "the connection to the process failed";
	}
	return "unknown error";
}

union control {
	char buf[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static void
control_put(struct msghdr *msg, union control *control, int fd)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	msg->msg_control = control->buf;
	msg->msg_controllen = sizeof(control->buf);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
}

/*
 * The one descriptor that came, or -1.  The buffer is as long as CMSG_SPACE
 * makes it, so that two may have come: whatever came beside the one is closed,
 * and false.
 */
static bool
control_get(struct msghdr *msg, int *fd)
{
	bool ok = (msg->msg_flags & MSG_CTRUNC) == 0;

	*fd = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(*fd);
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		ok = ok && count == 1 && *fd == -1;
		for (size_t i = 0; i < count; i++) {
			int got;
			memcpy(&got, CMSG_DATA(c) + i * sizeof(got),
			    sizeof(got));
			if (ok)
				*fd = got;
			else
				close(got);
		}
	}
	return ok;
}

enum channel_error
channel_send(int sock, const struct message *m)
{
	const struct message_row *row = message_row(m->kind);
	uint8_t header[HEADER_SIZE] = { (uint8_t)(m->kind >> 8),
		(uint8_t)m->kind, (uint8_t)(m->len >> 24),
		(uint8_t)(m->len >> 16), (uint8_t)(m->len >> 8),
		(uint8_t)m->len };
	struct iovec iov[2] = { { header, sizeof(header) },
		{ (void *)(uintptr_t)m->data, m->len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	union control control;
	ssize_t n;

	if (row == NULL || m->bad || m->len > row->max)
		return CHANNEL_ERR_SIZE;
	if (row->has_fd != (m->fd != -1))
		return CHANNEL_ERR_FD;
	if (m->fd != -1)
		control_put(&msg, &control, m->fd);
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EPIPE || errno == ECONNRESET
		    ? CHANNEL_ERR_CLOSED
		    : CHANNEL_ERR_IO;
	return CHANNEL_OK;
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Wait for something to read; signals do not lengthen the time. */
static enum channel_error
wait_readable(int sock, int timeout_ms)
{
	int64_t end = timeout_ms < 0 ? 0 : now_ms() + timeout_ms;
	struct pollfd pfd = { .fd = sock, .events = POLLIN };

	for (;;) {
		int64_t left = timeout_ms < 0 ? -1 : end - now_ms();
		if (timeout_ms >= 0 && left < 0)
			left = 0;
		int n = poll(&pfd, 1, (int)left);
		if (n > 0)
			return CHANNEL_OK;
		if (n == 0)
			return CHANNEL_ERR_TIMEOUT;
		if (errno != EINTR)
			return CHANNEL_ERR_IO;
	}
}

static enum channel_error
receive(int sock, struct message *m, unsigned *kind, size_t *claimed)
{
	uint8_t header[HEADER_SIZE];
	struct iovec iov[2] = { { header, sizeof(header) },
		{ m->data, sizeof(m->data) } };
	union control control;
	struct msghdr msg = { .msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf) };
	ssize_t n;

	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == 0 || (n == -1 && errno == ECONNRESET))
		return CHANNEL_ERR_CLOSED;
	if (n == -1)
		return CHANNEL_ERR_IO;
	if (n > HEADER_SIZE)
		m->len = (size_t)n - HEADER_SIZE;
	if (!control_get(&msg, &m->fd))
		return CHANNEL_ERR_FD;
	if (n < HEADER_SIZE || (msg.msg_flags & MSG_TRUNC) != 0)
		return CHANNEL_ERR_SIZE;
	*kind = (unsigned)header[0] << 8 | header[1];
	*claimed = (size_t)header[2] << 24 | (size_t)header[3] << 16 |
	    (size_t)header[4] << 8 | header[5];
	return CHANNEL_OK;
}

static enum channel_error
permitted(const struct message *m, unsigned kind, size_t claimed, bool to_child,
    unsigned state)
{
	const struct message_row *row = message_row(kind);

	if (row == NULL || row->to_child != to_child)
		return CHANNEL_ERR_KIND;
	if (claimed != m->len || m->len > row->max)
		return CHANNEL_ERR_SIZE;
	if (row->has_fd != (m->fd != -1))
		return CHANNEL_ERR_FD;
	if (to_child && (row->when & state) == 0)
		return CHANNEL_ERR_STATE;
	return CHANNEL_OK;
}

enum channel_error
channel_recv(int sock, struct message *m, int timeout_ms, bool to_child,
    unsigned state)
{
	enum channel_error err;
	unsigned kind = MSG_NONE;
	size_t claimed = 0;

	message_start(m, MSG_NONE);
	err = wait_readable(sock, timeout_ms);
	if (err == CHANNEL_OK)
		err = receive(sock, m, &kind, &claimed);
	if (err == CHANNEL_OK)
		err = permitted(m, kind, claimed, to_child, state);
	if (err != CHANNEL_OK) {
		message_clear(m);
		return err;
	}
	m->kind = (enum message_kind)kind;
	return CHANNEL_OK;
}

enum channel_error
channel_recv_within(int sock, struct message *m, int timeout_ms,
    int64_t *left_ms)
{
	int64_t from = now_ms();
	int wait = *left_ms < timeout_ms ? (int)*left_ms : timeout_ms;
	enum channel_error err = channel_recv(sock, m, wait, false, 0);

	*left_ms -= now_ms() - from;
	if (*left_ms < 0)
		*left_ms = 0;
	return err;
}
