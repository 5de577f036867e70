/* SPDX-License-Identifier: ISC */
/*
 * tool_liar: stands in for a helper process.  It starts the honest one, which
 * lies beside it under its own name and ".honest", passes messages on both
 * ways with their descriptors, and tells one lie, which stands in the file of
 * its own name and ".lie", in words:
 *
 *	KIND N LIE [ARGUMENT...]	of the N-th message of a kind to come from it
 *
 *	flip AT [BIT]		the lowest bit (0), or another, of the octet there
 *				(-1: the last)
 *	splice AT COUNT HEX	these octets instead of so many there
 *	cut COUNT		without so many octets at its end
 *	claim			its header says one octet more than there are
 *	kind KIND		under another kind
 *	put FILE		its one field of octets is what FILE holds
 *	file FILE		what FILE holds instead of the file it announces
 *	descriptor		with a descriptor
 *	twice, skip, late	sent twice; not at all; after the next one
 *	end			the process ends instead
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ceremony/process/message.h"
#include "ceremony/process/spawn.h"

#define HEADER 6 /* kind as 2 octets, length as 4, big endian */
#define WORDS_MAX 6
#define PART_SIZE 16384u

/* A message as it is on the wire. */
struct raw {
	uint8_t data[HEADER + MESSAGE_MAX];
	size_t len;
	int fd;
};
struct liar {
	char words[WORDS_MAX][PATH_MAX];
	long left;     /* messages of the kind until the lie */
	size_t eat;    /* octets of PARTs that the lie replaced */
	int honest;    /* socket */
	struct raw in; /* what is passed on */
	struct raw kept;
	bool keeps;
};

static _Noreturn void
give_up(const char *what)
{
	fprintf(stderr, "tool_liar: %s: %s\n", what, strerror(errno));
	_exit(99);
}

static unsigned
kind_of(const struct raw *m)
{
	return m->len < HEADER ? MSG_NONE
			       : (unsigned)m->data[0] << 8 | m->data[1];
}

static unsigned
kind_named(const char *name)
{
	for (unsigned k = 1; k < MSG_KIND_COUNT; k++) {
		if (strcmp(message_row(k)->name, name) == 0)
			return k;
	}
	errno = EINVAL;
	give_up(name);
}

/* Write the header anew for what the message has grown to. */
static void
head(struct raw *m, unsigned kind, size_t claimed)
{
	m->data[0] = (uint8_t)(kind >> 8);
	m->data[1] = (uint8_t)kind;
	for (int i = 0; i < 4; i++)
		m->data[2 + i] = (uint8_t)(claimed >> (24 - 8 * i));
}

/* ---- the wire ------------------------------------------------------------ */

union control {
	char buf[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static bool
hear(int sock, struct raw *m)
{
	struct iovec iov = { m->data, sizeof(m->data) };
	union control control;
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf) };
	ssize_t n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	m->fd = -1;
	if (c != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(&m->fd, CMSG_DATA(c), sizeof(m->fd));
	m->len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static void
tell(int sock, struct raw *m)
{
	struct iovec iov = { m->data, m->len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control = { .buf = { 0 } };

	if (m->fd != -1) {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &m->fd, sizeof(m->fd));
	}
	if (sendmsg(sock, &msg, MSG_NOSIGNAL) == -1)
		_exit(0); /* nobody listens */
	if (m->fd > 2)
		close(m->fd);
	m->fd = -1;
}

/* ---- lies ---------------------------------------------------------------- */

static void
splice_in(struct raw *m, size_t at, size_t count, const uint8_t *data,
    size_t len)
{
	at += HEADER;
	if (at + count > m->len || m->len - count + len > sizeof(m->data)) {
		errno = ERANGE;
		give_up("splice");
	}
	memmove(m->data + at + len, m->data + at + count, m->len - at - count);
	memcpy(m->data + at, data, len);
	m->len = m->len - count + len;
	head(m, kind_of(m), m->len - HEADER);
}

static size_t
read_all(const char *path, uint8_t *out, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL)
		give_up(path);
	n = fread(out, 1, size, f);
	fclose(f);
	if (n == size)
		give_up(path);
	return n;
}

static void
lie_flip(struct liar *l)
{
	long at = strtol(l->words[3], NULL, 10);
	size_t i = at < 0 ? l->in.len - (size_t)-at : HEADER + (size_t)at;

	if (i < HEADER || i >= l->in.len) {
		errno = ERANGE;
		give_up("flip");
	}
	l->in.data[i] ^= (uint8_t)(1u << (strtoul(l->words[4], NULL, 10) & 7));
	tell(SPAWN_FD, &l->in);
}

static void
lie_splice(struct liar *l)
{
	uint8_t data[PATH_MAX / 2];
	size_t len = 0;

	for (const char *hex = l->words[5]; hex[0] != '\0'; hex += 2) {
		unsigned octet;
		if (sscanf(hex, "%2x", &octet) != 1)
			give_up(hex);
		data[len++] = (uint8_t)octet;
	}
	splice_in(&l->in, strtoul(l->words[3], NULL, 10),
	    strtoul(l->words[4], NULL, 10), data, len);
	tell(SPAWN_FD, &l->in);
}

static void
lie_cut(struct liar *l)
{
	size_t count = strtoul(l->words[3], NULL, 10);

	splice_in(&l->in, l->in.len - HEADER - count, count,
	    (const uint8_t *)"", 0);
	tell(SPAWN_FD, &l->in);
}

static void
lie_claim(struct liar *l)
{
	head(&l->in, kind_of(&l->in), l->in.len - HEADER + 1);
	tell(SPAWN_FD, &l->in);
}

static void
lie_kind(struct liar *l)
{
	head(&l->in, kind_named(l->words[3]), l->in.len - HEADER);
	tell(SPAWN_FD, &l->in);
}

static void
lie_put(struct liar *l)
{
	uint8_t data[4 + 8192];
	size_t len = read_all(l->words[3], data + 4, sizeof(data) - 4);

	for (int i = 0; i < 4; i++)
		data[i] = (uint8_t)(len >> (24 - 8 * i));
	splice_in(&l->in, 0, l->in.len - HEADER, data, 4 + len);
	tell(SPAWN_FD, &l->in);
}

static void
tell_message(const struct message *m)
{
	static struct raw raw;

	raw.len = HEADER + m->len;
	raw.fd = -1;
	memcpy(raw.data + HEADER, m->data, m->len);
	head(&raw, m->kind, m->len);
	tell(SPAWN_FD, &raw);
}

/* Another file; the PARTs of the honest one are passed over. */
static void
lie_file(struct liar *l)
{
	static uint8_t data[1 << 20];
	static struct message m;
	size_t len = read_all(l->words[3], data, sizeof(data));

	l->eat = 0;
	for (int i = 0; i < 8; i++)
		l->eat = l->eat << 8 | l->in.data[HEADER + i];
	message_start(&m, MSG_FILE);
	message_put_number(&m, len);
	tell_message(&m);
	for (size_t at = 0; at < len; at += PART_SIZE) {
		message_start(&m, MSG_PART);
		message_put_octets(&m, data + at,
		    len - at < PART_SIZE ? len - at : PART_SIZE);
		tell_message(&m);
	}
}

static void
lie_descriptor(struct liar *l)
{
	l->in.fd = STDIN_FILENO;
	tell(SPAWN_FD, &l->in);
}

static void
lie_twice(struct liar *l)
{
	tell(SPAWN_FD, &l->in);
	tell(SPAWN_FD, &l->in);
}

static void
lie_skip(struct liar *l)
{
	(void)l;
}

static void
lie_late(struct liar *l)
{
	l->kept = l->in;
	l->keeps = true;
}

static _Noreturn void
lie_end(struct liar *l)
{
	(void)l;
	_exit(0);
}

static const struct {
	const char *name;
	void (*tell)(struct liar *l);
} lies[] = {
	{ "flip", lie_flip },
	{ "splice", lie_splice },
	{ "cut", lie_cut },
	{ "claim", lie_claim },
	{ "kind", lie_kind },
	{ "put", lie_put },
	{ "file", lie_file },
	{ "descriptor", lie_descriptor },
	{ "twice", lie_twice },
	{ "skip", lie_skip },
	{ "late", lie_late },
	{ "end", lie_end },
};

static void
lie(struct liar *l)
{
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		if (strcmp(lies[i].name, l->words[2]) == 0) {
			lies[i].tell(l);
			return;
		}
	}
	errno = EINVAL;
	give_up(l->words[2]);
}

/* ---- between the two ----------------------------------------------------- */

/* What the honest process says. */
static void
pass_on(struct liar *l)
{
	if (l->eat > 0 && kind_of(&l->in) == MSG_PART) {
		l->eat -= l->in.len - HEADER - 4;
		return;
	}
	if (l->left > 0 && kind_of(&l->in) == kind_named(l->words[0]) &&
	    --l->left == 0) {
		lie(l);
		return;
	}
	tell(SPAWN_FD, &l->in);
	if (l->keeps)
		tell(SPAWN_FD, &l->kept);
	l->keeps = false;
}

static void
read_lie(struct liar *l, const char *self)
{
	char path[PATH_MAX + 8];
	FILE *f;
	int n = 0;

	snprintf(path, sizeof(path), "%s.lie", self);
	f = fopen(path, "re");
	if (f == NULL)
		give_up(path);
	while (n < WORDS_MAX && fscanf(f, "%4095s", l->words[n]) == 1)
		n++;
	fclose(f);
	l->left = strtol(l->words[1], NULL, 10);
}

static void
start_honest(struct liar *l, const char *self, char *argv[])
{
	char path[PATH_MAX + 8];
	int pair[2];
	pid_t pid;

	snprintf(path, sizeof(path), "%s.honest", self);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		give_up("socketpair");
	pid = fork();
	if (pid == -1)
		give_up("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(pair[1], SPAWN_FD);
		execv(path, argv);
		give_up(path);
	}
	close(pair[1]);
	l->honest = pair[0];
}

int
main(int argc, char *argv[])
{
	static struct liar l;
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)argc;
	if (n <= 0)
		give_up("/proc/self/exe");
	self[n] = '\0';
	read_lie(&l, self);
	start_honest(&l, self, argv);
	for (;;) {
		struct pollfd pfd[2] = { { .fd = SPAWN_FD, .events = POLLIN },
			{ .fd = l.honest, .events = POLLIN } };
		if (poll(pfd, 2, -1) == -1)
			give_up("poll");
		if (pfd[1].revents != 0) {
			if (!hear(l.honest, &l.in))
				break;
			pass_on(&l);
		} else if (!hear(SPAWN_FD, &l.in)) {
			break;
		} else {
			tell(l.honest, &l.in);
		}
	}
	/* the token is put away before the next process may want it */
	shutdown(l.honest, SHUT_RDWR);
	wait(NULL);
	return 0;
}
