/* SPDX-License-Identifier: ISC */
/*
 * A stand-in for the first process of the image:
 *   tool_init SOCKET LOG [TEXT=ANSWER]...
 * answers each message with "ok", or with what stands there for it, and writes
 * messages into LOG, one a line.  It ends with SIGTERM.  "-": no answer.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *
answer_to(const char *text, int argc, char *argv[])
{
	size_t len = strlen(text);

	for (int i = 3; i < argc; i++) {
		if (strncmp(argv[i], text, len) == 0 && argv[i][len] == '=')
			return argv[i] + len + 1;
	}
	return "ok";
}

int
main(int argc, char *argv[])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	FILE *log = argc > 2 ? fopen(argv[2], "w") : NULL;

	if (log == NULL ||
	    snprintf(at.sun_path, sizeof(at.sun_path), "%s.new", argv[1]) >=
		(int)sizeof(at.sun_path))
		return 2;
	/* under its name once it listens: who sees it may connect */
	if (bind(sock, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(sock, 4) != 0 || rename(at.sun_path, argv[1]) != 0)
		return 1;
	for (;;) {
		char text[100] = "";
		int one = accept(sock, NULL, NULL);
		const char *answer;

		if (one == -1 || recv(one, text, sizeof(text) - 1, 0) <= 0)
			continue;
		fprintf(log, "%s\n", text);
		fflush(log);
		answer = answer_to(text, argc, argv);
		if (strcmp(answer, "-") != 0)
			send(one, answer, strlen(answer), MSG_NOSIGNAL);
		close(one);
	}
}
