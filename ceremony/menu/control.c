/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "transfer/media.h"

static bool
reach(int sock, const char *path)
{
	const struct timeval wait = { .tv_sec = CONTROL_SECONDS };
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(to.sun_path, path);
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	return connect(sock, (const struct sockaddr *)&to, sizeof(to)) == 0;
}

static enum control_answer
hear(int sock, char why[CONTROL_WHY])
{
	char text[CONTROL_WHY] = "";
	ssize_t n = recv(sock, text, sizeof(text) - 1, 0);

	if (n == 2 && memcmp(text, "ok", 2) == 0)
		return CONTROL_OK;
	if (n >= 4 && memcmp(text, "no: ", 4) == 0) {
		media_escape(text + 4, (size_t)n - 4, why, CONTROL_WHY);
		return CONTROL_NO;
	}
	snprintf(why, CONTROL_WHY, "%s",
	    n > 0 ? "the answer is out of form" : "no answer came");
	return CONTROL_FAULT;
}

enum control_answer
control_ask(const char *path, const char *text, char why[CONTROL_WHY])
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	enum control_answer answer = CONTROL_FAULT;
	size_t len = strlen(text);

	why[0] = '\0';
	if (sock != -1 && reach(sock, path) &&
	    send(sock, text, len, MSG_NOSIGNAL) == (ssize_t)len)
		answer = hear(sock, why);
	else if (errno == ENOENT)
		answer = CONTROL_ABSENT;
	else
		snprintf(why, CONTROL_WHY, "%s", strerror(errno));
	if (sock != -1)
		close(sock);
	return answer;
}
