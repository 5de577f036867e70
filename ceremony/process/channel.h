/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_CHANNEL_H
#define PROCESS_CHANNEL_H

#include "ceremony/process/message.h"

enum channel_error {
	CHANNEL_OK = 0,
	CHANNEL_ERR_CLOSED,  /* the other process ended */
	CHANNEL_ERR_TIMEOUT, /* nothing came in time */
	CHANNEL_ERR_KIND,    /* a kind that is not expected here */
	CHANNEL_ERR_SIZE,    /* over its row's limit, or fields out of form */
	CHANNEL_ERR_STATE,   /* not allowed in this state */
	CHANNEL_ERR_FD,      /* a descriptor missing, not wanted, or two */
	CHANNEL_ERR_IO,
};
const char *channel_strerror(enum channel_error err);

/* Send over a SOCK_SEQPACKET socket; a message that is bad or over its row's
 * limit is not sent (SIZE). */
enum channel_error channel_send(int sock, const struct message *m);
/* Receive the next message within timeout_ms (-1: for ever).  to_child says
 * which side we are on: kinds of the other direction are refused; state is the
 * child's (ignored on the operator's side).  On error m is cleared. */
enum channel_error channel_recv(int sock, struct message *m, int timeout_ms,
    bool to_child, unsigned state);
/* The same from a child that must say all that it has in a time: *left_ms is
 * what it has left, and what was waited is taken off. */
enum channel_error channel_recv_within(int sock, struct message *m,
    int timeout_ms, int64_t *left_ms);

#endif
