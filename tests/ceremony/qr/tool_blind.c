/* SPDX-License-Identifier: ISC */
/*
 * tool_blind: stands in for anchorite-reader, as one that pictures get the
 * better of.  What a file begins with says how: CRASH, SOCKET (in the
 * reader's cell), HANG, STILL (it says that it stands where it began),
 * BEYOND (behind the end), FLOOD (codes without end), DRIP (the same, each in
 * time), OTHER (a message of another kind).  Everything else it does as the
 * real one.
 */
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ceremony/process/reader.h"
#include "ceremony/process/sandbox.h"
#include "transfer/picture.h"

static void
seen(struct reader *r, uint64_t next)
{
	message_start(&r->out, MSG_SEEN);
	message_put_number(&r->out, next);
	message_put_text(&r->out, "");
	message_put_octets(&r->out, NULL, 0);
	reader_send(r);
}

static void
do_crash(struct reader *r)
{
	(void)r;
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static void
do_socket(struct reader *r)
{
	(void)r;
	socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void
do_hang(struct reader *r)
{
	(void)r;
	poll(NULL, 0, -1);
}

static void
do_still(struct reader *r)
{
	seen(r, 0);
}

static void
do_beyond(struct reader *r)
{
	seen(r, r->len + 1);
}

static void
do_flood(struct reader *r)
{
	do {
		message_start(&r->out, MSG_CODE);
		message_put_octets(&r->out, "flood", 5);
	} while (reader_send(r));
}

static void
do_drip(struct reader *r)
{
	do {
		message_start(&r->out, MSG_CODE);
		message_put_octets(&r->out, "drip", 4);
	} while (reader_send(r) && poll(NULL, 0, 200) == 0);
}

static void
do_other(struct reader *r)
{
	message_start(&r->out, MSG_DONE);
	reader_send(r);
}

static const struct {
	const char *word;
	void (*act)(struct reader *r);
} acts[] = {
	{ "CRASH", do_crash },
	{ "SOCKET", do_socket },
	{ "HANG", do_hang },
	{ "STILL", do_still },
	{ "BEYOND", do_beyond },
	{ "FLOOD", do_flood },
	{ "DRIP", do_drip },
	{ "OTHER", do_other },
};

/* True when the first picture was one of them. */
static bool
beaten(struct reader *r)
{
	if (!reader_map(r, PICTURE_FILE_MAX))
		return true;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		size_t len = strlen(acts[i].word);

		if (r->len >= len && memcmp(r->file, acts[i].word, len) == 0) {
			acts[i].act(r);
			reader_hear(r, STATE_OPEN); /* until it is let go */
			return true;
		}
	}
	reader_unmap(r);
	return false;
}

int
main(void)
{
	char level[SANDBOX_LEVEL_MAX];
	struct reader *r = calloc(1, sizeof(*r));

	/* as the real one: its configuration is opened before the cell */
	if (r == NULL ||
	    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
		    OPENSSL_INIT_ADD_ALL_DIGESTS,
		NULL) != 1 ||
	    sandbox_enter(SANDBOX_READER, NULL, level, sizeof(level)) != 0)
		return 1;
	message_start(&r->in, MSG_NONE);
	message_start(&r->out, MSG_READY);
	message_put_text(&r->out, level);
	if (!reader_send(r) || !reader_hear(r, STATE_IDLE))
		return 1;
	if (r->in.kind == MSG_SCAN)
		reader_scan(r);
	else if (r->in.kind == MSG_PICTURE && !beaten(r))
		reader_look(r);
	free(r);
	return 0;
}
