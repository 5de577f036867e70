/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <poll.h>
#include <sys/wait.h>

#include "tests/ceremony/process/driver.h"

#define HEADER 6
#define FDS_MAX 3
#define DRIP_MS 5
#define DRIPS_MAX 2000

/* One message on the wire as it should not be, and how it is received. */
struct wire {
	const char *name;
	unsigned kind;
	size_t len;     /* octets of payload sent */
	size_t claimed; /* and said to follow */
	size_t fds;
	bool to_child;
	unsigned state;
	enum channel_error want;
};

static void
pair_new(int pair[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
}

static void
pair_close(int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

static size_t
open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static void
attach(struct msghdr *msg, char *control, size_t fds)
{
	int given[FDS_MAX] = { 0, 1, 2 };
	struct cmsghdr *c;

	if (fds == 0)
		return;
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(fds * sizeof(int));
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(fds * sizeof(int));
	memcpy(CMSG_DATA(c), given, fds * sizeof(int));
}

/* Send raw octets; size 0: a whole message with header. */
static void
send_wire(int sock, const struct wire *w)
{
	_Alignas(
	    struct cmsghdr) char control[CMSG_SPACE(FDS_MAX * sizeof(int))] = {
		0
	};
	uint8_t *data = calloc(1, HEADER + w->len);
	struct iovec iov = { data, HEADER + w->len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	assert_non_null(data);
	data[0] = (uint8_t)(w->kind >> 8);
	data[1] = (uint8_t)w->kind;
	for (int i = 0; i < 4; i++)
		data[2 + i] = (uint8_t)(w->claimed >> (24 - 8 * i));
	attach(&msg, control, w->fds);
	assert_int_equal(sendmsg(sock, &msg, 0), HEADER + w->len);
	free(data);
}

static const struct wire wires[] = {
	{ "good", MSG_OK, 0, 0, 0, false, 0, CHANNEL_OK },
	{ "good, to a child", MSG_LOGIN, 10, 10, 0, true, STATE_OPEN,
	    CHANNEL_OK },
	{ "good, with a descriptor", MSG_READ_PLAN, 0, 0, 1, true, STATE_IDLE,
	    CHANNEL_OK },
	{ "at the limit", MSG_NOTE, 4 + 128 + 4 + 1024, 4 + 128 + 4 + 1024, 0,
	    true, STATE_LOGIN, CHANNEL_OK },
	{ "kind 0", MSG_NONE, 0, 0, 0, false, 0, CHANNEL_ERR_KIND },
	{ "kind behind the last", MSG_KIND_COUNT, 0, 0, 0, false, 0,
	    CHANNEL_ERR_KIND },
	{ "kind of 16 bits", 0xffff, 0, 0, 0, true, STATE_IDLE,
	    CHANNEL_ERR_KIND },
	{ "answer sent to a child", MSG_OK, 0, 0, 0, true, STATE_IDLE,
	    CHANNEL_ERR_KIND },
	{ "order sent to the operator", MSG_LOGIN, 10, 10, 0, false, 0,
	    CHANNEL_ERR_KIND },
	{ "less than claimed", MSG_LOGIN, 10, 11, 0, true, STATE_OPEN,
	    CHANNEL_ERR_SIZE },
	{ "more than claimed", MSG_LOGIN, 10, 9, 0, true, STATE_OPEN,
	    CHANNEL_ERR_SIZE },
	{ "4 GiB claimed", MSG_LOGIN, 10, 0xffffffff, 0, true, STATE_OPEN,
	    CHANNEL_ERR_SIZE },
	{ "over its row's limit", MSG_LOGIN, 69, 69, 0, true, STATE_OPEN,
	    CHANNEL_ERR_SIZE },
	{ "over any limit", MSG_PART, MESSAGE_MAX + 1, MESSAGE_MAX + 1, 0,
	    false, 0, CHANNEL_ERR_SIZE },
	{ "out of state", MSG_LOGIN, 10, 10, 0, true, STATE_IDLE | STATE_LOGIN,
	    CHANNEL_ERR_STATE },
	{ "in no state", MSG_OPEN, 10, 10, 0, true, 0, CHANNEL_ERR_STATE },
	{ "descriptor missing", MSG_READ_PLAN, 0, 0, 0, true, STATE_IDLE,
	    CHANNEL_ERR_FD },
	{ "descriptor not wanted", MSG_LOGIN, 10, 10, 1, true, STATE_OPEN,
	    CHANNEL_ERR_FD },
	{ "descriptor to the operator", MSG_OK, 0, 0, 1, false, 0,
	    CHANNEL_ERR_FD },
	{ "two descriptors", MSG_READ_PLAN, 0, 0, 2, true, STATE_IDLE,
	    CHANNEL_ERR_FD },
	{ "three descriptors", MSG_READ_PLAN, 0, 0, 3, true, STATE_IDLE,
	    CHANNEL_ERR_FD },
	{ "two descriptors where none belongs", MSG_LOGIN, 10, 10, 2, true,
	    STATE_OPEN, CHANNEL_ERR_FD },
};

/* Each as it says, and no descriptor of a refused message stays open. */
static void
received(void **state)
{
	struct message *m = calloc(1, sizeof(*m));

	(void)state;
	assert_non_null(m);
	for (size_t i = 0; i < sizeof(wires) / sizeof(wires[0]); i++) {
		const struct wire *w = &wires[i];
		int pair[2];
		size_t before;
		enum channel_error err;

		pair_new(pair);
		before = open_descriptors();
		send_wire(pair[0], w);
		err = channel_recv(pair[1], m, 0, w->to_child, w->state);
		if (err != w->want)
			fail_msg("%s: %s", w->name, channel_strerror(err));
		assert_int_equal(m->kind, err == CHANNEL_OK ? w->kind : 0);
		assert_int_equal(m->len, err == CHANNEL_OK ? w->len : 0);
		message_clear(m);
		if (open_descriptors() != before)
			fail_msg("%s: a descriptor is left", w->name);
		pair_close(pair);
	}
	free(m);
}

static void
shorter_than_a_header(void **state)
{
	struct message *m = calloc(1, sizeof(*m));
	int pair[2];

	(void)state;
	assert_non_null(m);
	pair_new(pair);
	for (size_t len = 1; len < HEADER; len++) {
		assert_int_equal(send(pair[0], "\0\2\0\0\0\0", len, 0), len);
		assert_int_equal(channel_recv(pair[1], m, 0, false, 0),
		    CHANNEL_ERR_SIZE);
	}
	pair_close(pair);
	free(m);
}

/* The other side ends, before and after it has said something. */
static void
peer_dies(void **state)
{
	struct message *m = calloc(1, sizeof(*m));
	int pair[2];

	(void)state;
	assert_non_null(m);
	pair_new(pair);
	message_start(m, MSG_OK);
	assert_int_equal(channel_send(pair[0], m), CHANNEL_OK);
	close(pair[0]);
	assert_int_equal(channel_recv(pair[1], m, -1, false, 0), CHANNEL_OK);
	assert_int_equal(channel_recv(pair[1], m, -1, false, 0),
	    CHANNEL_ERR_CLOSED);
	message_start(m, MSG_OK);
	assert_int_equal(channel_send(pair[1], m), CHANNEL_ERR_CLOSED);
	close(pair[1]);
	free(m);
}

static void
peer_hangs(void **state)
{
	struct message *m = calloc(1, sizeof(*m));
	int pair[2];

	(void)state;
	assert_non_null(m);
	pair_new(pair);
	assert_int_equal(channel_recv(pair[1], m, 0, false, 0),
	    CHANNEL_ERR_TIMEOUT);
	assert_int_equal(channel_recv(pair[1], m, 5, false, 0),
	    CHANNEL_ERR_TIMEOUT);
	pair_close(pair);
	free(m);
}

/* One message after another, each in good time, and no end of them. */
static void
drip(int sock)
{
	static struct message m;
	enum channel_error err;

	message_start(&m, MSG_OK);
	do {
		poll(NULL, 0, DRIP_MS);
		err = channel_send(sock, &m);
	} while (err == CHANNEL_OK);
}

static void
peer_drips(void **state)
{
	enum channel_error err = CHANNEL_OK;
	int64_t left = DRIP_MS * 20;
	static struct message m;
	int pair[2], status = -1;
	pid_t pid;

	(void)state;
	pair_new(pair);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(pair[0]);
		drip(pair[1]);
		_exit(0);
	}
	close(pair[1]);
	for (unsigned n = 0; n < DRIPS_MAX && err == CHANNEL_OK; n++)
		err = channel_recv_within(pair[0], &m, 60000, &left);
	assert_int_equal(err, CHANNEL_ERR_TIMEOUT);
	assert_int_equal(left, 0);
	close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* What it has left is the reader's own: one that is quick keeps it. */
static void
within_time(void **state)
{
	static struct message m;
	int64_t left = 60000;
	int pair[2];

	(void)state;
	pair_new(pair);
	message_start(&m, MSG_OK);
	assert_int_equal(channel_send(pair[1], &m), CHANNEL_OK);
	assert_int_equal(channel_recv_within(pair[0], &m, 60000, &left),
	    CHANNEL_OK);
	assert_int_equal(m.kind, MSG_OK);
	assert_true(left > 0 && left <= 60000);
	/* nothing comes: the shorter of both is waited for */
	left = 60000;
	assert_int_equal(channel_recv_within(pair[0], &m, 1, &left),
	    CHANNEL_ERR_TIMEOUT);
	assert_true(left > 0 && left < 60000);
	pair_close(pair);
}

static void
no_socket(void **state)
{
	struct message *m = calloc(1, sizeof(*m));
	int fd = dup(0);

	(void)state;
	assert_non_null(m);
	message_start(m, MSG_OK);
	assert_int_equal(channel_send(fd, m), CHANNEL_ERR_IO);
	close(fd);
	assert_int_equal(channel_send(fd, m), CHANNEL_ERR_IO);
	assert_int_equal(channel_recv(fd, m, 0, false, 0), CHANNEL_ERR_IO);
	free(m);
}

/* What is not fit to be sent is not sent. */
static void
not_sent(void **state)
{
	struct message *m = calloc(1, sizeof(*m));
	int pair[2];

	(void)state;
	assert_non_null(m);
	pair_new(pair);
	message_start(m, MSG_NONE);
	assert_int_equal(channel_send(pair[0], m), CHANNEL_ERR_SIZE);
	message_start(m, MSG_LOGIN);
	m->len = 69;
	assert_int_equal(channel_send(pair[0], m), CHANNEL_ERR_SIZE);
	message_start(m, MSG_LOGIN);
	m->bad = true;
	assert_int_equal(channel_send(pair[0], m), CHANNEL_ERR_SIZE);
	message_start(m, MSG_READ_PLAN);
	assert_int_equal(channel_send(pair[0], m), CHANNEL_ERR_FD);
	message_start(m, MSG_OK);
	m->fd = 0;
	assert_int_equal(channel_send(pair[0], m), CHANNEL_ERR_FD);
	assert_int_equal(channel_recv(pair[1], m, 0, false, 0),
	    CHANNEL_ERR_TIMEOUT);
	pair_close(pair);
	free(m);
}

static void
descriptor_arrives(void **state)
{
	struct message *m = calloc(1, sizeof(*m));
	int pair[2], pipes[2];
	char c = 'x';

	(void)state;
	assert_non_null(m);
	pair_new(pair);
	assert_int_equal(pipe(pipes), 0);
	message_start(m, MSG_READ_PLAN);
	m->fd = pipes[1];
	assert_int_equal(channel_send(pair[0], m), CHANNEL_OK);
	assert_int_equal(channel_recv(pair[1], m, 0, true, STATE_IDLE),
	    CHANNEL_OK);
	assert_true(m->fd != pipes[1]);
	assert_int_equal(write(m->fd, &c, 1), 1);
	assert_int_equal(read(pipes[0], &c, 1), 1);
	message_clear(m);
	close(pipes[0]);
	close(pipes[1]);
	pair_close(pair);
	free(m);
}

static void
texts(void **state)
{
	(void)state;
	for (int e = CHANNEL_OK; e <= CHANNEL_ERR_IO; e++)
		assert_string_not_equal(channel_strerror((enum channel_error)e),
		    "unknown error");
	assert_string_equal(channel_strerror((enum channel_error)99),
	    "unknown error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(received),
		cmocka_unit_test(shorter_than_a_header),
		cmocka_unit_test(peer_dies),
		cmocka_unit_test(peer_hangs),
		cmocka_unit_test(peer_drips),
		cmocka_unit_test(within_time),
		cmocka_unit_test(no_socket),
		cmocka_unit_test(not_sent),
		cmocka_unit_test(descriptor_arrives),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
