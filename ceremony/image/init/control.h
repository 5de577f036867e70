/* SPDX-License-Identifier: ISC */
/* What the menu and a ceremony may ask of init. */
#ifndef INIT_CONTROL_H
#define INIT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CONTROL_PATH "/run/anchorite/init" /* SOCK_SEQPACKET */
#define CONTROL_CLIENTS_MAX 8              /* connections at once */
#define CONTROL_OCTETS_MAX 32              /* of a message */

enum control_word {
	CONTROL_NONE, /* no word of this table */
	CONTROL_BOOTED,
	CONTROL_POWER_OFF,
	CONTROL_RESTART,
	CONTROL_SHELL
};

/* The word of a message: exactly its letters, without an end. */
enum control_word control_word(const char *octets, size_t len);

struct control {
	int listener; /* poll() it, and each client that is not -1, for POLLIN */
	int client[CONTROL_CLIENTS_MAX];
};

/* Returns false with errno. */
bool control_open(struct control *control, const char *path);

/* Take one connection; one that is of another user than root, or too many, is
 * closed. */
void control_accept(struct control *control);

/*
 * Read a message of a client.
 *
 * Returns true if there was one, then *word is set; false if there is none, or
 * the connection ended and was closed: then client[i] is -1.
 */
bool control_read(struct control *control, size_t i, enum control_word *word);

/* Answer "ok", or "no: " and why. */
void control_answer(struct control *control, size_t i, const char *why);

#endif
