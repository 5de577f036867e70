/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_PROCESS_DRIVER_H
#define TESTS_CEREMONY_PROCESS_DRIVER_H

/* Talking to the real anchorite-reader and anchorite-signer as the operator's
 * process does, or as one would that means harm. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ceremony/process/channel.h"
#include "ceremony/process/spawn.h"

#define PEER_WAIT_MS 60000

struct peer {
	struct child child;
	char level[128];
	struct message in, out;
};

/* The helpers are looked for beside the folder of the running program: have
 * build/tests/ceremony/libexec lead to the ones that were built. */
static inline void
peer_find_executables(void)
{
	char path[1024];
	char *end;

	assert_true(spawn_libexec(path, sizeof(path)));
	if (access(path, F_OK) == 0)
		return;
	end = strrchr(path, '/');
	assert_non_null(end);
	*end = '\0';
	if (symlink("../../libexec", path) == -1)
		assert_int_equal(errno, EEXIST);
}

static inline void
peer_recv(struct peer *p)
{
	enum channel_error err =
	    channel_recv(p->child.sock, &p->in, PEER_WAIT_MS, false, 0);

	if (err != CHANNEL_OK)
		fail_msg("%s", channel_strerror(err));
}

static inline void
peer_tell(struct peer *p)
{
	enum channel_error err = channel_send(p->child.sock, &p->out);

	if (err != CHANNEL_OK)
		fail_msg("%s: %s", message_row(p->out.kind)->name,
		    channel_strerror(err));
	message_clear(&p->out);
}

/* What a fault says; "" when the last answer is none. */
static inline uint64_t
peer_fault(struct peer *p, char text[513])
{
	uint64_t code;

	text[0] = '\0';
	if (p->in.kind != MSG_FAULT)
		return 0;
	p->in.at = 0;
	code = message_get_number(&p->in);
	message_get_number(&p->in);
	message_get_number(&p->in);
	message_get_text(&p->in, text, 512);
	assert_true(message_done(&p->in));
	return code;
}

static inline void
peer_hear(struct peer *p, enum message_kind want)
{
	char text[513];

	peer_recv(p);
	if (p->in.kind == want)
		return;
	peer_fault(p, text);
	fail_msg("%s for %s: %s", message_row(p->in.kind)->name,
	    message_row(want)->name, text);
}

static inline void
peer_ask(struct peer *p, enum message_kind want)
{
	peer_tell(p);
	peer_hear(p, want);
}

/* Send, and take whatever comes. */
static inline void
peer_try(struct peer *p)
{
	peer_tell(p);
	peer_recv(p);
}

/* Start a message without fields, and the like. */
static inline struct message *
peer_start(struct peer *p, enum message_kind kind)
{
	message_start(&p->out, kind);
	return &p->out;
}

static inline struct peer *
peer_new(enum spawn_what what)
{
	struct peer *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	if (!spawn_child(what, &p->child))
		fail_msg("spawn: %s", strerror(errno));
	peer_hear(p, MSG_READY);
	message_get_text(&p->in, p->level, sizeof(p->level) - 1);
	assert_true(message_done(&p->in));
	return p;
}

/* Ends it as the operator's process does; it must end well. */
static inline void
peer_free(struct peer *p)
{
	if (p == NULL)
		return;
	assert_int_equal(spawn_end(&p->child), 0);
	free(p);
}

/* Octets that follow in PARTs; free(). */
static inline uint8_t *
peer_parts(struct peer *p, size_t len)
{
	uint8_t *data = malloc(len + 1);

	assert_non_null(data);
	for (size_t at = 0, n; at < len; at += n) {
		peer_hear(p, MSG_PART);
		const uint8_t *part =
		    message_get_octets(&p->in, MESSAGE_MAX, &n);
		assert_non_null(part);
		assert_true(n > 0 && n <= len - at);
		memcpy(data + at, part, n);
	}
	data[len] = '\0';
	return data;
}

/* A copy of the next octets of the answer; free(). */
static inline uint8_t *
peer_octets(struct peer *p, size_t *len)
{
	const uint8_t *from = message_get_octets(&p->in, MESSAGE_MAX, len);
	uint8_t *data = malloc(*len + 1);

	assert_non_null(from);
	assert_non_null(data);
	memcpy(data, from, *len);
	return data;
}

static inline void
peer_pair(int pair[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     pair),
	    0);
}

#endif
