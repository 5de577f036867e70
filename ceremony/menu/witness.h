/* SPDX-License-Identifier: ISC */
#ifndef MENU_WITNESS_H
#define MENU_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What witnesses look at, beside a ceremony: its process follows the transcript
 * as it grows, line by line, and believes none that does not follow.
 *
 * A ceremony connects to a unix stream socket and says
 *	anchorite-witness/v1 <n>
 * then it sends the n lines of its transcript that there are, and each further
 * one once it is on the disk.  Nothing is ever answered.
 */
#define WITNESS_SOCKET "/run/anchorite/witness"
#define WITNESS_GREETING "anchorite-witness/v1 "
#define WITNESS_GREETING_MAX 64 /* octets, with its LF */

enum witness_outcome {
	WITNESS_PATH, /* too long for a socket, or no socket is there */
	WITNESS_BUSY, /* another witness listens there */
	WITNESS_SOCKET_FAILED, /* errno tells why */
	WITNESS_CELL,
	WITNESS_OUTPUT, /* standard output has failed */
};

/* Listen at path and show one ceremony after another on standard output, until
 * something fails, or Ctrl-C. */
enum witness_outcome witness_run(const char *path);

/* The greeting: how many lines stand; false when it is none. */
bool witness_greeting(const char *line, size_t len, uint64_t *stood);

#endif
