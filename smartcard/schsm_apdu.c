/* SPDX-License-Identifier: ISC */
#include "smartcard/schsm_apdu.h"

#include <openssl/crypto.h>
#include <string.h>

#define HEADER 4
#define SHORT_MAX 255
#define INS_GET_RESPONSE 0xC0

/* The data stands behind room for the longest header and Lc, 00 hh ll. */
#define DATA_AT (HEADER + 3)

static const struct {
	uint16_t mask, sw;
	enum card_error error;
} words[] = {
	{ 0xFFFF, 0x9000, CARD_OK },
	{ 0xFFFF, 0x6282, CARD_OK }, /* the file ends before that many */
	{ 0xFFFF, 0x63C0, CARD_ERR_PIN_LOCKED },
	{ 0xFFF0, 0x63C0, CARD_ERR_PIN },
	{ 0xFFFF, 0x6983, CARD_ERR_PIN_LOCKED },
	{ 0xFFFF, 0x6A82, CARD_ERR_OBJECT_MISSING },
	{ 0xFFFF, 0x6A84, CARD_ERR_FULL },
};

static enum card_error
status_error(uint16_t sw)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((sw & words[i].mask) == words[i].sw)
			return words[i].error;
	return CARD_ERR_STATUS;
}

void
schsm_start(struct schsm *c, uint32_t header)
{
	for (int i = 0; i < HEADER; i++)
		c->command[i] = (uint8_t)(header >> (24 - 8 * i));
	c->command_len = DATA_AT;
}

/* What does not fit makes the command one that schsm_exchange() refuses. */
void
schsm_put(struct schsm *c, const void *data, size_t len)
{
	if (c->command_len > DATA_AT + SCHSM_FILE_MAX ||
	    len > DATA_AT + SCHSM_FILE_MAX - c->command_len) {
		c->command_len = DATA_AT + SCHSM_FILE_MAX + 1;
		return;
	}
	if (len > 0)
		memcpy(c->command + c->command_len, data, len);
	c->command_len += len;
}

void
schsm_put_octet(struct schsm *c, unsigned octet)
{
	uint8_t o = (uint8_t)octet;

	schsm_put(c, &o, 1);
}

/* Put the header and Lc before the data, Le behind it; where it starts. */
static size_t
finish(struct schsm *c, int le)
{
	size_t len = c->command_len - DATA_AT, at = DATA_AT;
	bool extended = len > SHORT_MAX || le > SHORT_MAX + 1;

	if (pcsc_is_t0(c->card)) { /* more comes by GET RESPONSE */
		extended = false;
		le = len > 0 ? SCHSM_NO_LE : le > SHORT_MAX + 1 ? 256 : le;
	}
	if (len > 0 && extended) {
		at -= 3;
		c->command[at] = 0;
		c->command[at + 1] = (uint8_t)(len >> 8);
		c->command[at + 2] = (uint8_t)len;
	} else if (len > 0) {
		c->command[--at] = (uint8_t)len;
	}
	at -= HEADER;
	memmove(c->command + at, c->command, HEADER);
	if (le != SCHSM_NO_LE && extended && len == 0)
		c->command[c->command_len++] = 0;
	if (le != SCHSM_NO_LE && extended)
		c->command[c->command_len++] = (uint8_t)(le >> 8);
	if (le != SCHSM_NO_LE)
		c->command[c->command_len++] = (uint8_t)le;
	return at;
}

/* Transmit, and put the answer behind what is there already. */
static enum card_error
transmit(struct schsm *c, const uint8_t *command, size_t len)
{
	uint8_t *to = c->answer + c->answer_len;
	size_t n = sizeof(c->answer) - c->answer_len;
	enum card_error ret = pcsc_transmit(c->card, command, len, to, &n);

	c->sw = 0;
	if (ret != CARD_OK)
		return ret;
	c->sw = (uint16_t)(to[n - 2] << 8 | to[n - 1]);
	c->answer_len += n - 2;
	return CARD_OK;
}

/* 61xx: xx more octets are to be fetched, 00 being 256.  Bounded by the room
 * there is: an answer that adds nothing ends it. */
static enum card_error
fetch_rest(struct schsm *c)
{
	uint8_t command[] = { 0x00, INS_GET_RESPONSE, 0, 0, 0 };
	enum card_error ret = CARD_OK;

	while (ret == CARD_OK && (c->sw & 0xFF00) == 0x6100) {
		size_t before = c->answer_len;

		command[4] = (uint8_t)c->sw;
		ret = transmit(c, command, sizeof(command));
		if (ret == CARD_OK && c->answer_len == before)
			return (c->sw & 0xFF00) == 0x6100 ? CARD_ERR_ANSWER
							  : CARD_OK;
	}
	return ret;
}

enum card_error
schsm_exchange(struct schsm *c, int le)
{
	enum card_error ret = CARD_ERR_ARGUMENT;
	size_t at;

	c->answer_len = 0;
	c->sw = 0;
	if (c->command_len <= DATA_AT + SCHSM_FILE_MAX &&
	    (!pcsc_is_t0(c->card) || c->command_len <= DATA_AT + SHORT_MAX)) {
		at = finish(c, le);
		ret = transmit(c, c->command + at, c->command_len - at);
	}
	OPENSSL_cleanse(c->command, sizeof(c->command));
	c->command_len = 0;
	return ret == CARD_OK ? fetch_rest(c) : ret;
}

enum card_error
schsm_send(struct schsm *c, int le)
{
	enum card_error ret = schsm_exchange(c, le);

	return ret == CARD_OK ? status_error(c->sw) : ret;
}
