/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_KEYS_H
#define CUSTODIAN_KEYS_H

#include "ceremony/custodian/act.h"
#include "ceremony/record/backup_file.h"

/*
 * The keys of a CA: made on its first holder, wrapped, and taken to copies.
 */

/* Make them, and copies on the step's other holders, as far as they are not
 * there yet: one group, an act a token. */
bool
keys_make(struct ceremony *c, const struct plan_step *step, unsigned index);

/* A token that is to hold copies, in a group. */
struct copying {
	const struct plan_token *token;
	const char *role;      /* of the CA */
	const char *first;     /* label of the first holder */
	const uint8_t *backup; /* digest of the file they come from, or NULL */
	struct session *session;
	int so_fd, dkek_fd; /* its SO PINs and DKEK wait there; -1: none */
	bool again;         /* the SO PINs were used before */
	uint32_t epoch;
	size_t act; /* in the group */
};
/* Start its signer, and have its SO PINs and, unless b is NULL, the DKEK of the
 * first holder's keys made ready: before anything of the group is proposed.
 * Then nobody needs S or B any more. */
bool keys_start(struct ceremony *c, struct group *g, struct copying *m,
    struct child *so, struct child *b);
/* What nobody took is closed. */
void keys_stop(struct copying *m);
/* Propose it: its signer gets SO PINs and DKEK. */
bool keys_propose_copy(struct ceremony *c, struct group *g, struct copying *m);
/* Begin it, hand the keys over, and take them into the log. */
bool keys_take_copy(struct ceremony *c, struct group *g,
    const struct copying *m, const struct wrapped_keys *keys);
/* Propose that the keys of a token leave it wrapped; have that done, without
 * the act's result. */
bool keys_propose_export(struct ceremony *c, struct group *g, struct session *s,
    bool backup, int *dkek_fd);
bool keys_export(struct ceremony *c, struct group *g, size_t act,
    struct wrapped_keys *out);
/* So many keys as a child tells them. */
bool keys_hear_wrapped(struct ceremony *c, struct child *ch, size_t roles,
    struct wrapped_keys *out);
/* Write the certificates of its keys to a token whose act is begun; their
 * digests go to `written`. */
bool keys_write_certs(struct ceremony *c, struct session *s, json_t *written);

#endif
