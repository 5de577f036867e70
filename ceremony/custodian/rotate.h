/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_ROTATE_H
#define CUSTODIAN_ROTATE_H

#include "ceremony/custodian/act.h"

/*
 * A CA token's PIN is changed before a ceremony in which it was opened ends,
 * so that nobody keeps anything from it.  The act for it stands last in the
 * token's last group; it costs no visit of its own.
 */
enum rotate_how {
	ROTATE_PIN, /* by its operators */
	ROTATE_SO,  /* with S */
	/* with S, and its SO PIN may have been moved on already */
	ROTATE_SO_AGAIN,
};

/* Propose, as the last act of a group on s, that its PIN is changed and shared
 * among the operators of a policy: an object of the state. */
bool rotate_propose(struct ceremony *c, struct group *g, struct session *s,
    enum rotate_how how, const uint8_t policy_sha256[32]);
/* The same for the present policy, when no later group of this plan uses the
 * token. */
bool
rotate_propose_last(struct ceremony *c, struct group *g, struct session *s);
/* Do what rotate_propose() has proposed in the group: begin to result. */
bool rotate_all(struct ceremony *c, struct group *g);

/* Does a step use, or key anew, the CA token of that label? */
bool rotate_names(const struct ceremony *c, const struct plan_step *s,
    const char *label);
/* Say which tokens do nothing before their PIN is changed. */
void rotate_say(struct ceremony *c);
/* A token that must be rotated before anything else is, in groups of its own:
 * keyed for an earlier policy, cut off in a rotation, exposed. */
bool rotate_first(struct ceremony *c, unsigned step, enum plan_kind kind,
    const char *label);
/* The same; *absent: it is not there, which is no reason to stop. */
bool rotate_first_if(struct ceremony *c, unsigned step, enum plan_kind kind,
    const char *label, bool *absent);
/* Rotate what was opened in this ceremony and is not rotated yet; people may
 * put off one that is not there.  At the end of the last step. */
bool rotate_left(struct ceremony *c, unsigned step, enum plan_kind kind);

#endif
