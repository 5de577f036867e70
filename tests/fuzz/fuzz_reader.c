/* SPDX-License-Identifier: ISC */
/*
 * The operator's process with a reader that was taken over.  This file stands in
 * for spawn.c: a "reader" is the other end of a socketpair, in which a READY
 * and the input's messages already lie when a job asks for them.
 *
 * The first octet chooses the job.  Then each message is a kind, a word of
 * flags, a length of two octets and so much payload: flag 1 has the header claim
 * one octet more, 2 sends a descriptor, 4 sends the octets without a header.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/inputs.h"
#include "transfer/file.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define HEADER 6
#define NAME "file"
#define LEVEL "nocore,nodump,nonewprivs,limits,landlock,seccomp"

static const uint8_t *input;
static size_t left;
static int other = -1; /* the reader's end */
static char folder[] = "/tmp/fuzz_reader.XXXXXX", path[64];

/* ---- instead of spawn.c --------------------------------------------------------- */

const char *
spawn_name(enum spawn_what what)
{
	(void)what;
	return "reader";
}

bool
spawn_libexec(char *out, size_t size)
{
	(void)out;
	(void)size;
	return false;
}

const char *
spawn_ending(const struct child *c)
{
	(void)c;
	return "has ended";
}

int
spawn_end(struct child *c)
{
	if (c->sock != -1)
		close(c->sock);
	if (other != -1)
		close(other);
	c->sock = other = -1;
	c->pid = -1;
	return 0;
}

int
spawn_kill(struct child *c)
{
	return spawn_end(c);
}

static bool
packet(const uint8_t *data, size_t len, int fd)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .buf = { 0 } };

	if (fd != -1) {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(other, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* The next message of the input; false: that was all, or the socket is full. */
static bool
say_next(void)
{
	static uint8_t out[HEADER + MESSAGE_MAX];
	uint8_t flags;
	size_t n, claim;

	if (left < 4)
		return false;
	flags = input[1];
	n = (size_t)input[2] << 8 | input[3];
	if (n > left - 4)
		n = left - 4;
	claim = n + (flags & 1);
	out[0] = 0;
	out[1] = (uint8_t)(input[0] % (MSG_KIND_COUNT + 1));
	out[2] = 0;
	out[3] = (uint8_t)(claim >> 16);
	out[4] = (uint8_t)(claim >> 8);
	out[5] = (uint8_t)claim;
	memcpy(out + HEADER, input + 4, n);
	input += 4 + n;
	left -= 4 + n;
	if ((flags & 4) != 0)
		return packet(out + HEADER, n, -1);
	return packet(out, HEADER + n, (flags & 2) != 0 ? 0 : -1);
}

bool
spawn_child(enum spawn_what what, struct child *out)
{
	static struct message ready;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		abort();
	*out = (struct child){ .pid = 1, .sock = pair[0], .what = what };
	other = pair[1];
	message_start(&ready, MSG_READY);
	message_put_text(&ready, LEVEL);
	if (channel_send(other, &ready) != CHANNEL_OK)
		abort();
	while (say_next())
		continue;
	/* then it has ended, but still takes what it is told */
	shutdown(other, SHUT_WR);
	return true;
}

/* ---- jobs ----------------------------------------------------------------------- */

static void
job_plan(struct ceremony *c)
{
	if (plan_file_load(c, path) && c->plan == NULL)
		abort();
}

static void
job_station(struct ceremony *c)
{
	struct station_view out;

	input_station(c, NAME, &out);
}

static void
job_request(struct ceremony *c)
{
	struct request_view out;

	input_request(c, NAME, &out);
	input_request_clear(&out);
}

static void
job_backup(struct ceremony *c)
{
	static struct backup_file out;
	uint8_t *file = NULL;
	size_t len;

	input_backup(c, NAME, &out, &file, &len);
	free(file);
}

static void
job_csr(struct ceremony *c)
{
	struct csr_view out;

	input_csr(c, NAME, &out);
	input_csr_clear(&out);
}

static void (*const jobs[])(struct ceremony *c) = { job_plan, job_station,
	job_request, job_backup, job_csr };

static void
clean(void)
{
	unlink(path);
	rmdir(folder);
}

/* A folder with a file, which no reader reads. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int fd;

	(void)argc;
	(void)argv;
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/%s", folder, NAME);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, "x", 1) != 1 || close(fd) != 0)
		return 1;
	return atexit(clean);
}

/* Whatever comes, it ends in a sentence, or in a result that makes sense. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct ceremony c;
	static struct people people;

	if (len == 0)
		return 0;
	memset(&c, 0, sizeof(c));
	message_start(&c.in, MSG_NONE);
	message_start(&c.out, MSG_NONE);
	c.people = &people;
	c.in_path = folder;
	c.history = history_new();
	c.state_fd = c.out_fd = -1;
	c.in_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	input = data + 1;
	left = len - 1;
	jobs[data[0] % (sizeof(jobs) / sizeof(jobs[0]))](&c);
	if (c.status != EXIT_DONE && c.why[0] == '\0')
		abort();
	close(c.in_fd);
	plan_free(c.plan);
	free(c.plan_file);
	history_free(c.history);
	message_clear(&c.in);
	message_clear(&c.out);
	return 0;
}
