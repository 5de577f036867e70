/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_WITNESSED_H
#define CUSTODIAN_WITNESSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ceremony;

/*
 * A witness beside the ceremony, who follows the transcript (`anchorite
 * witness`, see ceremony/menu/witness.h).  Nothing that it does or does not do
 * is a reason to stop, or to wait for longer than two seconds in all.
 */
struct witnessed {
	int fd;         /* -1: none, or none any more */
	const char *at; /* its socket, or NULL */
	uint64_t next;  /* line that is to be sent, from 0 */
	size_t sent;    /* octets of it that were */
	bool late;      /* people were told that it is behind */
};

/* Connect, and send the lines that there are.  What does not come about is
 * said. */
void witnessed_begin(struct ceremony *c);
/* A step begins: one that ended may be there again, and is sent everything
 * again.  Nothing is said where none is. */
void witnessed_again(struct ceremony *c);
/* A line was appended and is on the disk. */
void witnessed_send(struct ceremony *c);
/* What is left is sent, as far as it is taken, and the connection ended. */
void witnessed_end(struct ceremony *c);

#endif
