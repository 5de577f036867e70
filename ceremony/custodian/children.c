/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ceremony/custodian/cell.h"
#include "ceremony/custodian/ceremony.h"
#include "smartcard/error.h"
#include "transfer/file.h"

#define CHILD_WAIT_MS 60000
#define READER_WAIT_MS 5000    /* of silence; for an answer of many entries: */
#define READER_TOTAL_MS 120000 /* twice the processor time that it has */
#define MEDIA_WAIT_MS 600000 /* a large file on a slow stick, there and back */
#define CHILD_FILE_MAX (64u << 20)

#if defined(__SANITIZE_ADDRESS__)
#define SLOWER 6 /* than without the sanitizer */
#else
#define SLOWER 1
#endif

static bool
uses_media(const struct child *ch)
{
	return ch->what == SPAWN_MEDIA || ch->what == SPAWN_MEDIA_PREPARE;
}

/* How long a child may say nothing.  A reader has a file and memory, and waits
 * for nobody; cards and people may keep a signer waiting. */
static int
patience(const struct child *ch)
{
	switch (ch->what) {
	case SPAWN_READER:
		return READER_WAIT_MS * SLOWER;
	case SPAWN_MEDIA:
	case SPAWN_MEDIA_PREPARE:
		return MEDIA_WAIT_MS;
	default:
		return CHILD_WAIT_MS;
	}
}

static bool
channel_stop(struct ceremony *c, enum channel_error err)
{
	if (err == CHANNEL_ERR_TIMEOUT)
		return ceremony_stop(c, EXIT_PROCESS,
		    "helper process: %s: when a card, its reader or pcscd "
		    "hangs, take the card out or start pcscd anew; nothing it "
		    "said is used; run the same plan again",
		    channel_strerror(err));
	return ceremony_stop(c, EXIT_PROCESS,
	    "helper process: %s: nothing it said is used; run the same plan "
	    "again",
	    channel_strerror(err));
}

/* What went wrong between us and a child is no word of its own. */
static bool
lost(struct ceremony *c, const struct child *ch, enum channel_error err)
{
	const char *name = spawn_name(ch->what);

	if (err == CHANNEL_ERR_CLOSED)
		return ceremony_stop(c, EXIT_PROCESS,
		    "helper process: the %s %s: nothing it said is used; run "
		    "the same plan again",
		    name, spawn_ending(ch));
	if (err == CHANNEL_ERR_TIMEOUT && ch->what == SPAWN_READER) {
		kill(ch->pid, SIGKILL);
		if (ch->left_ms == 0)
			return ceremony_stop(c, EXIT_PROCESS,
			    "helper process: the reader was waited for %d "
			    "seconds in all and was ended: nothing it said is "
			    "used; look at the file it was given before the "
			    "same plan is run again",
			    READER_TOTAL_MS * SLOWER / 1000);
		return ceremony_stop(c, EXIT_PROCESS,
		    "helper process: the reader said nothing for %d seconds "
		    "and was ended: nothing it said is used; look at the file "
		    "it was given before the same plan is run again",
		    patience(ch) / 1000);
	}
	if (err == CHANNEL_ERR_TIMEOUT && uses_media(ch))
		return ceremony_stop(c, EXIT_PROCESS,
		    "helper process: the media said nothing for %d seconds: a "
		    "medium hangs: take it out, and run the same plan again "
		    "with another one",
		    patience(ch) / 1000);
	return channel_stop(c, err);
}

/* Which level of a child's own is told in its first message. */
static bool
hear_ready(struct ceremony *c, enum spawn_what what, struct child *out)
{
	char *level = what == SPAWN_READER ? c->reader_level
	    : what == SPAWN_SIGNER         ? c->signer_level
					   : c->media_level;

	if (!child_hear(c, out, MSG_READY))
		return false;
	message_get_text(&c->in, level, sizeof(c->signer_level) - 1);
	return child_fields_ok(c) && cell_reaches(c, spawn_name(what), level);
}

bool
child_start(struct ceremony *c, enum spawn_what what, struct child *out)
{
	struct timeval time = { 0, 0 };
	char folder[256] = "";

	if (!spawn_child(what, out)) {
		spawn_libexec(folder, sizeof(folder));
		return ceremony_stop(c, EXIT_PROCESS,
		    "%s: helper process does not start: %s: install "
		    "anchorite whole",
		    folder, strerror(errno));
	}
	out->left_ms = READER_TOTAL_MS * SLOWER;
	/* a child that hangs must not hold us up in sending either */
	time.tv_sec = patience(out) / 1000;
	if (setsockopt(out->sock, SOL_SOCKET, SO_SNDTIMEO, &time,
		sizeof(time)) == -1)
		return ceremony_stop(c, EXIT_PROCESS, "socket: %s",
		    strerror(errno));
	return hear_ready(c, what, out);
}

void
child_end(struct child *ch)
{
	if (ch->pid > 0)
		spawn_end(ch);
}

bool
child_tell(struct ceremony *c, struct child *ch)
{
	enum channel_error err = channel_send(ch->sock, &c->out);

	c->told = c->out.kind;
	message_clear(&c->out);
	return err == CHANNEL_OK || lost(c, ch, err);
}

/* A fault is the child's own sentence; what it is about gives the status. */
bool
child_fault(struct ceremony *c)
{
	char text[513];
	uint64_t code = message_get_number(&c->in);

	message_get_number(&c->in);
	message_get_number(&c->in);
	message_get_text(&c->in, text, sizeof(text) - 1);
	/* whoever stops says why */
	if (!message_done(&c->in) || text[0] == '\0')
		return channel_stop(c, CHANNEL_ERR_SIZE);
	if (c->visiting && code == CARD_ERR_REMOVED) {
		c->pulled = true; /* no reason to stop: it is asked for again */
		return false;
	}
	switch (code) {
	case FAULT_FORM:
		return ceremony_stop(c, EXIT_INPUT, "%s", text);
	case FAULT_REFUSED:
	case FAULT_SHARE:
	case FAULT_EXPOSED:
	case FAULT_HEAD:
		c->forked = c->forked || code == FAULT_HEAD;
		return ceremony_stop(c, EXIT_REFUSED, "%s", text);
	case FAULT_MEDIA:
		return ceremony_stop(c, EXIT_STATE, "%s", text);
	case FAULT_INTERNAL:
		return ceremony_stop(c, EXIT_PROCESS, "%s", text);
	default:
		return ceremony_stop(c, EXIT_CARD, "%s", text);
	}
}

uint64_t
child_fault_code(struct ceremony *c)
{
	uint64_t code = message_get_number(&c->in);

	c->in.at = 0;
	return code;
}

bool
child_fault_text(struct ceremony *c, char text[513])
{
	message_get_number(&c->in);
	message_get_number(&c->in);
	message_get_number(&c->in);
	message_get_text(&c->in, text, 512);
	return child_fields_ok(c);
}

bool
child_is_absent(struct ceremony *c)
{
	uint64_t code = child_fault_code(c);

	return code == CARD_ERR_NO_TOKEN || code == CARD_ERR_REMOVED ||
	    child_is_unread(code);
}

bool
child_is_unread(uint64_t code)
{
	return code == CARD_ERR_BUSY || code == CARD_ERR_TIMEOUT ||
	    code == CARD_ERR_MUTE || code == CARD_ERR_ANSWER;
}

/* What asks a card, a person at a PIN pad or a medium, and changes nothing,
 * need not come to its end. */
static bool
may_break(enum message_kind told)
{
	static const enum message_kind those[] = { MSG_OPEN, MSG_LIST,
		MSG_LOGIN, MSG_TRY, MSG_MEDIA_FIND, MSG_MEDIA_LIST,
		MSG_MEDIA_READ, MSG_MEDIA_STATE };

	for (size_t i = 0; i < sizeof(those) / sizeof(those[0]); i++) {
		if (those[i] == told)
			return true;
	}
	return false;
}

/* False: Ctrl-C came first. */
static bool
wait_for(struct ceremony *c, const struct child *ch)
{
	struct pollfd pfd = { .fd = ch->sock, .events = POLLIN };

	return people_wait(&pfd, 1, patience(ch) / 1000) ||
	    !people_interrupted() ||
	    ceremony_stop(c, EXIT_STOPPED, "stopped while %s was waited for",
		uses_media(ch) ? "a medium" : "a card or its reader");
}

bool
child_hear_any(struct ceremony *c, struct child *ch, enum message_kind x,
    enum message_kind y, enum message_kind z)
{
	int wait = patience(ch);
	enum channel_error err;

	if (may_break(c->told)) {
		if (!wait_for(c, ch))
			return false;
		wait = 0;
	}
	err = ch->what == SPAWN_READER
	    ? channel_recv_within(ch->sock, &c->in, wait, &ch->left_ms)
	    : channel_recv(ch->sock, &c->in, wait, false, 0);
	if (err != CHANNEL_OK)
		return lost(c, ch, err);
	if (c->in.kind == x || c->in.kind == y || c->in.kind == z)
		return true;
	if (c->in.kind == MSG_FAULT)
		return child_fault(c);
	return channel_stop(c, CHANNEL_ERR_KIND);
}

bool
child_hear_either(struct ceremony *c, struct child *ch, enum message_kind a,
    enum message_kind b)
{
	return child_hear_any(c, ch, a, b, b);
}

bool
child_hear(struct ceremony *c, struct child *ch, enum message_kind want)
{
	return child_hear_either(c, ch, want, want);
}

bool
child_ask(struct ceremony *c, struct child *ch, enum message_kind want)
{
	return child_tell(c, ch) && child_hear(c, ch, want);
}

bool
child_fields_ok(struct ceremony *c)
{
	return message_done(&c->in) || channel_stop(c, CHANNEL_ERR_SIZE);
}

bool
child_hear_parts(struct ceremony *c, struct child *ch, uint64_t len,
    uint8_t **out)
{
	uint64_t at = 0;
	uint8_t *data;

	*out = NULL;
	if (len > CHILD_FILE_MAX)
		return channel_stop(c, CHANNEL_ERR_SIZE);
	data = malloc(len + 1);
	if (data == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	while (at < len) {
		size_t n;
		if (!child_hear(c, ch, MSG_PART))
			goto fail;
		const uint8_t *part =
		    message_get_octets(&c->in, MESSAGE_MAX, &n);
		if (part == NULL || n == 0 || n > len - at) {
			channel_stop(c, CHANNEL_ERR_SIZE);
			goto fail;
		}
		memcpy(data + at, part, n);
		at += n;
	}
	data[len] = '\0';
	*out = data;
	return true;
fail:
	free(data);
	return false;
}

_Static_assert(PLAN_TOKENS_MAX * sizeof(((struct plan_token *)0)->serial) <=
	BLANK_OTHERS_MAX,
    "all serials of a plan can be told");

/* A card that the plan names for a token becomes no other one's. */
bool
child_tell_blank(struct ceremony *c, struct child *ch, const char *serial)
{
	char others[BLANK_OTHERS_MAX + 1] = "";
	size_t len = 0;

	for (size_t i = 0; i < c->plan->token_count; i++) {
		const char *named = c->plan->tokens[i].serial;

		if (named[0] != '\0')
			len +=
			    (size_t)snprintf(others + len, sizeof(others) - len,
				"%s%s", len == 0 ? "" : " ", named);
	}
	if (serial[0] == '\0' && len == 0)
		return true;
	message_start(&c->out, MSG_BLANK);
	message_put_text(&c->out, serial);
	message_put_text(&c->out, serial[0] != '\0' ? "" : others);
	return child_ask(c, ch, MSG_OK);
}

bool
child_pair(struct ceremony *c, int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0)
		return true;
	return ceremony_stop(c, EXIT_PROCESS, "socketpair: %s",
	    strerror(errno));
}

bool
child_read_file(struct ceremony *c, enum message_kind kind, const uint8_t *data,
    size_t len, struct child *out)
{
	int fd;

	if (!child_start(c, SPAWN_READER, out))
		return false;
	fd = file_memfd(data, len);
	if (fd == -1)
		return ceremony_stop(c, EXIT_PROCESS, "memory file: %s",
		    strerror(errno));
	message_start(&c->out, kind);
	c->out.fd = fd;
	return child_tell(c, out);
}
