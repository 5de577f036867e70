/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CARD_CARD_LINK_H
#define TESTS_CARD_CARD_LINK_H

/* A card at the end of a socket: readers of other programs. */

#include "tests/card/card.h"

enum card_link {
	CARD_LINK_PULLED, /* the card left the reader; connect again */
	CARD_LINK_CLOSED, /* by the other side */
	CARD_LINK_BROKEN  /* what came is not of the protocol */
};

/*
 * pcscd's vpcd: one connection is one insertion.  Frames both ways are two
 * octets of length, the highest first, and that many octets; one octet is a
 * control (00 off, 01 on, 02 reset, which have no answer, 04: the ATR),
 * anything else a command.
 */
enum card_link card_vpcd_serve(struct card *c, int fd);
/*
 * QEMU's ccid-card-passthru: messages of three numbers of four octets, the
 * highest first: type, reader, length; and that many octets.  The card may
 * come and go on one connection.
 */
enum card_link card_passthru_serve(struct card *c, int fd);

/* ---- for the two ------------------------------------------------------ */

/* All of it, or false. */
bool card_link_read(int fd, void *out, size_t len);
bool card_link_write(int fd, const void *data, size_t len);
/* Wait for something to read for a short while; false when there was not, and
 * it is time to look at the card. */
bool card_link_ready(int fd);

#endif
