/* SPDX-License-Identifier: ISC */
/*
 * tool_control SOCKET LOG ANSWER: stands in for the bootable image's init, for
 * one connection.  Once it listens it prints the number of the process that
 * goes on in the background: that one writes into LOG what it is asked, answers
 * each message, and when the connection ends writes "closed" and ends, too.
 * An ANSWER of "-" ends the connection instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SECONDS_MAX 300 /* nobody is left behind */

static void
serve(int listening, FILE *log, const char *answer)
{
	int fd = accept(listening, NULL, NULL);
	char text[256];
	ssize_t n;

	while ((n = recv(fd, text, sizeof(text), 0)) > 0) {
		fprintf(log, "asked: %.*s\n", (int)n, text);
		fflush(log);
		if (strcmp(answer, "-") == 0)
			break;
		send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	}
	fputs("closed\n", log);
	fclose(log);
	close(fd);
}

int
main(int argc, char *argv[])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	FILE *log;
	pid_t pid;

	if (argc != 4 || strlen(argv[1]) >= sizeof(at.sun_path) ||
	    (log = fopen(argv[2], "we")) == NULL)
		return 2;
	strcpy(at.sun_path, argv[1]);
	unlink(argv[1]);
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, 1) != 0 || (pid = fork()) == -1)
		return 1;
	if (pid != 0) {
		printf("%d\n", (int)pid);
		return 0;
	}
	alarm(SECONDS_MAX);
	/* whoever reads what the first one prints waits for no end of this */
	if (freopen("/dev/null", "w", stdout) == NULL)
		return 1;
	serve(fd, log, argv[3]);
	return 0;
}
