/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "ceremony/process/channel.h"
#include "ceremony/process/sandbox.h"
#include "ceremony/qr/clock.h"

#if defined(__SANITIZE_ADDRESS__)
#define SLOWER 6 /* than without the sanitizer */
#else
#define SLOWER 1
#endif
#define WAIT_SECONDS (5 * SLOWER)  /* of silence */
#define WORK_SECONDS (10 * SLOWER) /* for all that one request is answered by */

void
qr_reader_init(struct qr_reader *r)
{
	memset(r, 0, sizeof(*r));
	r->child.pid = -1;
	r->child.sock = -1;
	message_start(&r->in, MSG_NONE);
	message_start(&r->out, MSG_NONE);
}

/* Nothing more is expected of it. */
static bool __attribute__((format(printf, 2, 3)))
lost(struct qr_reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	r->fault = false;
	message_clear(&r->in);
	message_clear(&r->out);
	spawn_kill(&r->child);
	return false;
}

static bool
too_slow(struct qr_reader *r, int seconds)
{
	return lost(r, "the reader took over %d seconds and was ended",
	    seconds);
}

static bool
channel_lost(struct qr_reader *r, enum channel_error err)
{
	if (err == CHANNEL_ERR_CLOSED)
		return lost(r, "the reader %s", spawn_ending(&r->child));
	if (err == CHANNEL_ERR_TIMEOUT)
		return too_slow(r, WAIT_SECONDS);
	return lost(r, "reader: %s", channel_strerror(err));
}

bool
qr_reader_start(struct qr_reader *r)
{
	static const struct timeval patience = { WAIT_SECONDS, 0 };
	char folder[256] = "", level[SANDBOX_LEVEL_MAX];

	if (!spawn_child(SPAWN_READER, &r->child)) {
		int error = errno;

		spawn_libexec(folder, sizeof(folder));
		return lost(r,
		    "%s: the reader does not start: %s: install anchorite "
		    "whole",
		    folder, strerror(error));
	}
	if (setsockopt(r->child.sock, SOL_SOCKET, SO_SNDTIMEO, &patience,
		sizeof(patience)) == -1)
		return lost(r, "socket: %s", strerror(errno));
	r->until_ms = qr_now_ms() + WORK_SECONDS * 1000;
	if (!qr_reader_hear(r, MSG_READY, MSG_READY))
		return false;
	message_get_text(&r->in, level, sizeof(level) - 1);
	return qr_reader_fields_ok(r);
}

void
qr_reader_end(struct qr_reader *r)
{
	message_clear(&r->in);
	message_clear(&r->out);
	if (r->child.pid > 0)
		spawn_end(&r->child);
}

bool
qr_reader_tell(struct qr_reader *r)
{
	enum channel_error err = channel_send(r->child.sock, &r->out);

	message_clear(&r->out);
	r->until_ms = qr_now_ms() + WORK_SECONDS * 1000;
	return err == CHANNEL_OK || channel_lost(r, err);
}

static bool
fault(struct qr_reader *r)
{
	char text[513];

	message_get_number(&r->in);
	message_get_number(&r->in);
	message_get_number(&r->in);
	message_get_text(&r->in, text, sizeof(text) - 1);
	if (!message_done(&r->in))
		return channel_lost(r, CHANNEL_ERR_SIZE);
	lost(r, "%s", text);
	r->fault = true;
	return false;
}

bool
qr_reader_hear(struct qr_reader *r, enum message_kind a, enum message_kind b)
{
	enum channel_error err;

	/* each message in time, and yet there is no end of them */
	if (qr_now_ms() >= r->until_ms)
		return too_slow(r, WORK_SECONDS);
	err =
	    channel_recv(r->child.sock, &r->in, WAIT_SECONDS * 1000, false, 0);
	if (err != CHANNEL_OK)
		return channel_lost(r, err);
	if (r->in.kind == a || r->in.kind == b)
		return true;
	return r->in.kind == MSG_FAULT ? fault(r)
				       : channel_lost(r, CHANNEL_ERR_KIND);
}

bool
qr_reader_fields_ok(struct qr_reader *r)
{
	return message_done(&r->in) || channel_lost(r, CHANNEL_ERR_SIZE);
}
