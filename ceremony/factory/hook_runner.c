/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ceremony/factory/hook.h"

struct question {
	int timeout_ms;
	char text[HOOK_QUESTION_MAX + 1];
};

/* Serve until the other side is gone. */
static void
serve(int sock, const char *program)
{
	struct question q;
	struct hook_answer answer;

	while (recv(sock, &q, sizeof(q), 0) == (ssize_t)sizeof(q)) {
		q.text[HOOK_QUESTION_MAX] = '\0';
		hook_run(program, q.text, q.timeout_ms, &answer);
		if (send(sock, &answer, sizeof(answer), MSG_NOSIGNAL) !=
		    (ssize_t)sizeof(answer))
			return;
	}
}

int
hook_runner(const char *program)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		serve(pair[1], program);
		_exit(0);
	}
	close(pair[1]);
	if (pid != -1)
		return pair[0];
	close(pair[0]);
	return -1;
}

void
hook_ask(int runner, const char *question, int timeout_ms,
    struct hook_answer *out)
{
	struct question q = { .timeout_ms = timeout_ms };
	struct iovec iov = { &q, sizeof(q) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n = -1;

	memset(out, 0, sizeof(*out));
	out->end = HOOK_NOT_STARTED;
	out->detail = EMSGSIZE;
	if (strlen(question) > HOOK_QUESTION_MAX)
		return;
	strcpy(q.text, question);
	if (sendmsg(runner, &msg, MSG_NOSIGNAL) == (ssize_t)sizeof(q)) {
		iov = (struct iovec){ out, sizeof(*out) };
		do
			n = recvmsg(runner, &msg, 0);
		while (n == -1 && errno == EINTR);
	}
	if (n == (ssize_t)sizeof(*out))
		return;
	memset(out, 0, sizeof(*out));
	out->end = HOOK_NOT_STARTED;
	out->detail = EPIPE;
}
