/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_REGISTRY_H
#define FACTORY_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * registry.db: the units that passed on this line, by id and by key, and every
 * check that was made.  SQLite; several stations of one machine may share it.
 * It is what makes a duplicate visible, so no unit passes unless its row is
 * on disk.
 *   units(id, key_unique, certificate, first_seen, last_seen, verdict)
 *   checks(id, at, verdict)
 */
struct registry;

struct registry_unit {
	const char *id;
	uint8_t key[32];  /* unique of ca/key.h: a key and its twin share it */
	uint8_t cert[32]; /* SHA-256 of the certificate */
};

enum registry_answer {
	REGISTRY_NEW,
	REGISTRY_REPEAT,    /* this unit passed before */
	REGISTRY_KEY_USED,  /* another id passed with this key */
	REGISTRY_OTHER_KEY, /* this id passed with another key */
	REGISTRY_FAILED,    /* it could not be read or written */
};

/* Open or make it; *made tells which.  NULL on failure, with why. */
struct registry *
registry_open(const char *path, bool *made, char *why, size_t why_len);
void registry_close(struct registry *r);
/* What the registry says of a unit; other (65 characters) gets the id that
 * has its key. */
enum registry_answer registry_look(struct registry *r,
    const struct registry_unit *unit, char other[65]);
/* The same, and a unit that is new or the same is entered as passed at `at`
 * (RFC 3339), in one transaction. */
enum registry_answer registry_enter(struct registry *r,
    const struct registry_unit *unit, const char *at, char other[65]);
/* Note a check that failed.  False: it could not be written. */
bool registry_note(struct registry *r, const char *id, const char *at,
    const char *verdict);
/* The reason of the last failure. */
const char *registry_why(const struct registry *r);

#endif
