/* SPDX-License-Identifier: ISC */
/*
 * tool_say SOCKET: says to who listens there what comes in by standard input,
 * and waits for the other's end.
 * tool_say -l SOCKET N: listens there, prints its process number once it does,
 * and in the background reads N lines of one who connects; then it is gone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SECONDS_MAX 300 /* nobody is left behind */

static int
say(int fd, const struct sockaddr_un *at)
{
	char text[4096];
	size_t n;

	if (connect(fd, (const struct sockaddr *)at, sizeof(*at)) != 0)
		return 1;
	while ((n = fread(text, 1, sizeof(text), stdin)) > 0)
		if (send(fd, text, n, MSG_NOSIGNAL) != (ssize_t)n)
			break; /* it was turned away: that is its end */
	shutdown(fd, SHUT_WR);
	while (read(fd, text, sizeof(text)) > 0)
		;
	return 0;
}

static int
hear(int fd, const struct sockaddr_un *at, long lines)
{
	int from;
	pid_t pid;
	char c;

	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) != 0 ||
	    listen(fd, 1) != 0 || (pid = fork()) == -1)
		return 1;
	if (pid != 0) {
		printf("%d\n", (int)pid);
		return 0;
	}
	if (freopen("/dev/null", "w", stdout) == NULL)
		return 1;
	from = accept(fd, NULL, NULL);
	while (lines > 0 && read(from, &c, 1) == 1)
		lines -= c == '\n';
	return 0;
}

int
main(int argc, char *argv[])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *path = argc == 4 ? argv[2] : argc == 2 ? argv[1] : "";

	if (path[0] == '\0' || strlen(path) >= sizeof(at.sun_path))
		return 2;
	strcpy(at.sun_path, path);
	alarm(SECONDS_MAX);
	if (argc == 2)
		return say(fd, &at);
	unlink(path);
	return hear(fd, &at, atol(argv[3]));
}
