/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <string.h>

#include "tests/card/card_link.h"

#define BODY_MAX 65536
#define NO_READER 0xFFFFFFFFu

enum message_type {
	INIT = 1,
	ERROR = 2, /* also "done", with the reader's number and a code of 0 */
	READER_ADD = 3,
	ATR = 5,
	CARD_REMOVE = 6,
	APDU = 7,
	FLUSH = 8,
	FLUSH_COMPLETE = 9
};

struct link {
	struct card *card;
	int fd;
	uint32_t reader;
	bool inside; /* the other side was told that there is a card */
	unsigned insertion;
	enum card_link end; /* why nothing more could be read */
};

struct message {
	uint32_t type, reader;
	size_t len;
	uint8_t body[BODY_MAX];
};

static bool
message_write(const struct link *l, uint32_t type, const void *body, size_t len)
{
	uint8_t whole[12 + CARD_ANSWER_MAX];
	uint32_t head[3] = { htonl(type), htonl(l->reader),
		htonl((uint32_t)len) };

	memcpy(whole, head, sizeof(head));
	memcpy(whole + sizeof(head), body, len);
	return card_link_write(l->fd, whole, sizeof(head) + len);
}

static bool
message_read(struct link *l, struct message *m)
{
	uint32_t head[3];

	l->end = CARD_LINK_CLOSED;
	if (!card_link_read(l->fd, head, sizeof(head)))
		return false;
	m->type = ntohl(head[0]);
	m->reader = ntohl(head[1]);
	m->len = ntohl(head[2]);
	if (m->len <= sizeof(m->body))
		return card_link_read(l->fd, m->body, m->len);
	l->end = CARD_LINK_BROKEN;
	return false;
}

/* Say something and wait for a message of that type. */
static bool
say(struct link *l, uint32_t type, const void *body, size_t len, uint32_t want,
    struct message *m)
{
	return message_write(l, type, body, len) && message_read(l, m) &&
	    m->type == want;
}

/* Version 0.0.2 and no capabilities; then a reader, whose number we get. */
static bool
greet(struct link *l, struct message *m)
{
	static const char init[] = "VSCD\0\0\0\2\0\0\0",
			  name[] = "virtual card";

	if (!say(l, INIT, init, sizeof(init), INIT, m) ||
	    !say(l, READER_ADD, name, sizeof(name) - 1, ERROR, m))
		return false;
	l->reader = m->reader;
	return true;
}

/* Tell that the card came or went, if it did. */
static bool
follow(struct link *l)
{
	uint8_t atr[CARD_ATR_MAX];
	unsigned now = card_insertions(l->card);
	bool present = card_present(l->card);

	if (l->inside && (!present || now != l->insertion)) {
		l->inside = false;
		if (!message_write(l, CARD_REMOVE, "", 0))
			return false;
	}
	if (!l->inside && present) {
		l->inside = true;
		l->insertion = now;
		card_reset(l->card);
		return message_write(l, ATR, atr, card_atr(l->card, atr));
	}
	return true;
}

static bool
answer(struct link *l, const struct message *m)
{
	uint8_t out[CARD_ANSWER_MAX];
	size_t len = 0;

	if (m->type == FLUSH)
		return message_write(l, FLUSH_COMPLETE, "", 0);
	if (m->type != APDU)
		return true;
	if (card_apdu(l->card, m->body, m->len, out, &len) == CARD_ANSWERED)
		return message_write(l, APDU, out, len);
	return follow(l);
}

enum card_link
card_passthru_serve(struct card *c, int fd)
{
	struct link l = { .card = c,
		.fd = fd,
		.reader = NO_READER,
		.end = CARD_LINK_CLOSED };
	struct message m;

	if (!greet(&l, &m))
		return CARD_LINK_BROKEN;
	while (follow(&l))
		if (card_link_ready(fd) &&
		    (!message_read(&l, &m) || !answer(&l, &m)))
			break;
	return l.end;
}
