/* SPDX-License-Identifier: ISC */
/*
 * tool_caught: stands in for anchorite-reader, as one that was taken over by
 * the file it reads: in the reader's own cell it does what stands in the file
 * of its own name and ".act": open, socket, execve, fork, silent, spin,
 * mute.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ceremony/process/channel.h"
#include "ceremony/process/sandbox.h"
#include "ceremony/process/spawn.h"

static void
act(const char *what)
{
	char *argv[] = { (char *)(uintptr_t) "true", NULL };

	if (strcmp(what, "open") == 0)
		open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	if (strcmp(what, "socket") == 0)
		socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (strcmp(what, "execve") == 0)
		execv("/bin/true", argv);
	if (strcmp(what, "fork") == 0)
		fork();
	if (strcmp(what, "silent") == 0)
		poll(NULL, 0, -1);
	for (volatile unsigned n = 0; strcmp(what, "spin") == 0; n++)
		;
}

int
main(void)
{
	static struct message m;
	char path[PATH_MAX + 8] = "", what[32] = "";
	char level[SANDBOX_LEVEL_MAX];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	FILE *in;

	if (n <= 0)
		return 1;
	snprintf(path + n, sizeof(path) - (size_t)n, ".act");
	in = fopen(path, "re");
	if (in == NULL || fscanf(in, "%31s", what) != 1)
		return 1;
	fclose(in);
	if (sandbox_enter(SANDBOX_READER, NULL, level, sizeof(level)) != 0)
		return 1;
	message_start(&m, MSG_READY);
	message_put_text(&m, level);
	if (channel_send(SPAWN_FD, &m) != CHANNEL_OK ||
	    channel_recv(SPAWN_FD, &m, -1, true, STATE_IDLE) != CHANNEL_OK)
		return 1;
	act(what);
	if (strcmp(what, "mute") == 0) { /* a fault without a word */
		message_start(&m, MSG_FAULT);
		for (int i = 0; i < 3; i++)
			message_put_number(&m, 0);
		message_put_text(&m, "");
		channel_send(SPAWN_FD, &m);
	}
	return 0;
}
