/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WAITING 4 /* connections that are not taken yet */

static const struct {
	const char *text;
	enum control_word word;
} table[] = {
	{ "booted", CONTROL_BOOTED },
	{ "power-off", CONTROL_POWER_OFF },
	{ "restart", CONTROL_RESTART },
	{ "shell", CONTROL_SHELL },
};

enum control_word
control_word(const char *octets, size_t len)
{
	for (size_t i = 0; i < COUNT(table); i++) {
		if (strlen(table[i].text) == len &&
		    memcmp(table[i].text, octets, len) == 0)
			return table[i].word;
	}
	return CONTROL_NONE;
}

bool
control_open(struct control *control, const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd;

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		control->client[i] = -1;
	control->listener = -1;
	if (strlen(path) >= sizeof(name.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return false;
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0 ||
	    chmod(path, 0600) != 0 || listen(fd, WAITING) != 0) {
		close(fd);
		return false;
	}
	control->listener = fd;
	return true;
}

static bool
of_root(int fd)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
	    size == sizeof(who) && who.uid == geteuid();
}

void
control_accept(struct control *control)
{
	int fd = accept4(control->listener, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd == -1)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX && of_root(fd); i++) {
		if (control->client[i] == -1) {
			control->client[i] = fd;
			return;
		}
	}
	close(fd);
}

bool
control_read(struct control *control, size_t i, enum control_word *word)
{
	char octets[CONTROL_OCTETS_MAX];
	ssize_t n = recv(control->client[i], octets, sizeof(octets), MSG_TRUNC);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		close(control->client[i]);
		control->client[i] = -1;
		return false;
	}
	*word = (size_t)n <= sizeof(octets) ? control_word(octets, (size_t)n)
					    : CONTROL_NONE;
	return true;
}

void
control_answer(struct control *control, size_t i, const char *why)
{
	char text[128];

	snprintf(text, sizeof(text), "%s%s",
	    why == NULL ? "ok" : "no: ", why == NULL ? "" : why);
	/* who does not read it has gone, which is read next */
	(void)!send(control->client[i], text, strlen(text), MSG_NOSIGNAL);
}
