/* SPDX-License-Identifier: ISC */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/card/card_link.h"

#define FRAME_MAX 65535
#define CONTROL_ATR 0x04

/* Length and body in one piece, or each is a packet of its own. */
static bool
frame_write(int fd, const uint8_t *data, size_t len)
{
	uint8_t whole[2 + CARD_ANSWER_MAX];

	whole[0] = (uint8_t)(len >> 8);
	whole[1] = (uint8_t)len;
	memcpy(whole + 2, data, len);
	return card_link_write(fd, whole, len + 2);
}

static bool
frame_read(int fd, uint8_t frame[FRAME_MAX], size_t *len)
{
	uint8_t head[2];
	int on = 1;

	if (!card_link_read(fd, head, sizeof(head)))
		return false;
	/* vpcd sends the body only when its length is acknowledged; without
	 * this that takes 40 ms */
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
	*len = (size_t)head[0] << 8 | head[1];
	return card_link_read(fd, frame, *len);
}

/* The answer to a frame; false when there is none to give any more. */
static bool
answer(struct card *c, int fd, const uint8_t *frame, size_t len,
    enum card_link *end)
{
	uint8_t out[CARD_ANSWER_MAX];
	size_t out_len = 0;

	*end = CARD_LINK_CLOSED;
	if (len == 1 && frame[0] == CONTROL_ATR)
		return frame_write(fd, out, card_atr(c, out));
	if (len == 1) { /* power */
		card_reset(c);
		return true;
	}
	if (card_apdu(c, frame, len, out, &out_len) == CARD_ANSWERED)
		return frame_write(fd, out, out_len);
	*end = CARD_LINK_PULLED;
	return false;
}

enum card_link
card_vpcd_serve(struct card *c, int fd)
{
	unsigned insertion = card_insertions(c);
	uint8_t frame[FRAME_MAX];
	enum card_link end = CARD_LINK_CLOSED;
	int on = 1;
	size_t len;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	card_reset(c);
	for (;;) {
		bool waiting = card_link_ready(fd);

		if (!card_present(c) || card_insertions(c) != insertion)
			return CARD_LINK_PULLED;
		if (!waiting)
			continue;
		if (!frame_read(fd, frame, &len) ||
		    !answer(c, fd, frame, len, &end))
			return end;
	}
}
