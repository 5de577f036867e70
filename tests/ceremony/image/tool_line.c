/* SPDX-License-Identifier: ISC */
/*
 * tool_line SOCKET SECONDS COMMAND   run it by the guest's shell of inside.sh,
 *                                    on the other end of a serial line
 *
 * What it prints comes to standard output; its status is the status.  Waits so
 * many seconds until the shell is there, and as many for the command; 125 when
 * that was not enough.
 *
 * A request is a line "TAG COMMAND".  What belongs to it ends in the octet RS
 * and "TAG STATUS"; what ends otherwise belongs to an earlier one.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/ceremony/image/vm_monitor.h"

#define LATE 125
#define RS '\036'
#define TEXT_MAX (1u << 20)   /* octets of an answer */
#define LINE_MAX_OCTETS 4000u /* a terminal's line has room for 4095 */
#define AGAIN 1.0             /* seconds until the shell is asked again */

struct line {
	int fd;
	char *text; /* what came since the last answer, and a zero */
	size_t len;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool
send_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return true;
}

/* The line begins anew, whatever stood on it. */
static bool
request(struct line *l, const char *tag, const char *command)
{
	return send_all(l->fd, "\n") && send_all(l->fd, tag) &&
	    send_all(l->fd, " ") && send_all(l->fd, command) &&
	    send_all(l->fd, "\n");
}

/* The first whole answer in the text: 1 with its status and the text before
 * it, which then begins at *from; 0 for one that is another's, dropped; -1 when
 * there is none. */
static int
answered(struct line *l, const char *tag, int *status)
{
	char *mark = memchr(l->text, RS, l->len);
	char *end = mark == NULL
	    ? NULL
	    : memchr(mark, '\n', l->len - (size_t)(mark - l->text));
	size_t len = strlen(tag);

	if (end == NULL)
		return -1;
	if (strncmp(mark + 1, tag, len) == 0 && mark[1 + len] == ' ') {
		*status = atoi(mark + 1 + len);
		*mark = '\0';
		return 1;
	}
	l->len -= (size_t)(end + 1 - l->text);
	memmove(l->text, end + 1, l->len + 1);
	return 0;
}

/* The status, or -1 at the time, or when the line is gone. */
static int
wait_answer(struct line *l, const char *tag, double until)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	int status, got;

	for (;;) {
		double left = until - now();
		ssize_t n;

		while ((got = answered(l, tag, &status)) == 0)
			continue;
		if (got == 1)
			return status;
		if (left <= 0 || l->len == TEXT_MAX ||
		    poll(&p, 1, (int)(left * 1000) + 1) < 0)
			return -1;
		if ((p.revents & (POLLIN | POLLHUP)) == 0)
			continue;
		n = read(l->fd, l->text + l->len, TEXT_MAX - l->len);
		if (n <= 0)
			return -1;
		l->len += (size_t)n;
		l->text[l->len] = '\0';
	}
}

/* Until somebody answers; the line is new, or was used by others before. */
static bool
meet(struct line *l, double until)
{
	char tag[32];

	snprintf(tag, sizeof(tag), "hello-%d", getpid());
	while (now() < until) {
		double again = now() + AGAIN;

		if (!request(l, tag, ":"))
			return false;
		if (wait_answer(l, tag, again < until ? again : until) == 0) {
			l->len = 0;
			l->text[0] = '\0';
			return true;
		}
	}
	return false;
}

static int
run(struct line *l, const char *path, double seconds, const char *command)
{
	char tag[32];
	double until = now() + seconds;
	int status;

	while ((l->fd = vm_connect(path)) < 0 && now() < until)
		poll(NULL, 0, 50);
	if (l->fd < 0 || !meet(l, until)) {
		fprintf(stderr, "%s: no shell in the guest\n", path);
		return LATE;
	}
	snprintf(tag, sizeof(tag), "run-%d", getpid());
	if (!request(l, tag, command))
		return LATE;
	status = wait_answer(l, tag, now() + seconds);
	fputs(l->text, stdout);
	if (status >= 0)
		return status;
	fprintf(stderr, "no end: %s\n", command);
	return LATE;
}

int
main(int argc, char **argv)
{
	struct line l = { .fd = -1, .text = malloc(TEXT_MAX + 1) };
	int ret = 2;

	if (argc != 4 || strlen(argv[3]) > LINE_MAX_OCTETS ||
	    strchr(argv[3], '\n') != NULL)
		fputs("usage: tool_line SOCKET SECONDS COMMAND\n", stderr);
	else if (l.text != NULL)
		ret = run(&l, argv[1], strtod(argv[2], NULL), argv[3]);
	if (l.fd >= 0)
		close(l.fd);
	free(l.text);
	return ret;
}
