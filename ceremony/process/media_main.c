/* SPDX-License-Identifier: ISC */
/*
 * anchorite-media: the one process that mounts.  It finds removable media,
 * lists their folders, takes one file at a time into sealed memory, brings one
 * file at a time to them, and holds media of the state.  It parses nothing of
 * what it takes.
 */
#include <stdlib.h>
#include <string.h>

#include "ceremony/process/channel.h"
#include "ceremony/process/media.h"
#include "ceremony/process/sandbox.h"
#include "ceremony/process/spawn.h"
#include "transfer/media_use.h"

/* Making a file system is another program's work, which no filter of ours
 * would let it do: a process that prepares media does nothing else. */
static bool
enter(struct media *m, bool prepares)
{
	char level[SANDBOX_LEVEL_MAX] = "open";

	/* where it is not permitted, mounting says so when it is tried */
	media_namespace(NULL);
	if (!prepares &&
	    sandbox_enter(SANDBOX_MEDIA, NULL, level, sizeof(level)) != 0)
		return false;
	message_start(&m->out, MSG_READY);
	message_put_text(&m->out, level);
	return media_send(m);
}

int
main(int argc, char *argv[])
{
	struct media *m = calloc(1, sizeof(*m));
	bool prepares = argc > 1 && strcmp(argv[1], "prepare") == 0;

	if (m == NULL)
		return 1;
	m->sock = SPAWN_FD;
	m->state = prepares ? STATE_OPEN : STATE_IDLE;
	message_start(&m->in, MSG_NONE);
	message_start(&m->out, MSG_NONE);
	if (enter(m, prepares))
		media_run(m);
	media_close(m);
	free(m);
	return 0;
}
