/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_ACT_H
#define CUSTODIAN_ACT_H

#include "ceremony/custodian/ceremony.h"

#define GROUP_SESSIONS_MAX 2
#define GROUP_ACTS_MAX 8

/* The signer of one CA token, for one group of acts. */
struct session {
	struct child child;
	char label[33], serial[17];
	const struct history_token *token; /* NULL while it is being made */
	bool shares_given;
};
/* An act of the group. */
struct proposal {
	uint64_t number;
	struct session *session; /* NULL: genesis has no token */
	struct link line;        /* its act.propose */
	uint8_t input[32];
	uint8_t nonce[16];
};
/* An operator who came: the process stays until the shares it opened have
 * gone to the CA tokens' signers. */
struct visitor {
	struct child child;
	const struct history_operator *who;
	bool opened[GROUP_SESSIONS_MAX]; /* holds a share for that session */
};
struct group {
	unsigned step;
	enum plan_kind kind;
	uint64_t resumes; /* act its acts go on with, or 0 */
	size_t session_count, act_count, visitor_count;
	struct session sessions[GROUP_SESSIONS_MAX];
	struct proposal acts[GROUP_ACTS_MAX];
	struct visitor visitors[POLICY_OPERATORS_MAX];
};

void group_start(struct group *g, unsigned step, enum plan_kind kind);
/* Ends every process of it; K is wiped. */
void group_end(struct ceremony *c, struct group *g);

/* Open the signer of a CA token that exists. */
bool group_open(struct ceremony *c, struct group *g, const char *label,
    struct session **out);
/* Open a signer that will make a CA token. */
bool group_open_blank(struct ceremony *c, struct group *g, const char *label,
    struct session **out);
/* Tell the signer that an act follows (c->out is free afterwards); the caller
 * then tells what it is made of and calls group_propose(). */
bool group_act(struct ceremony *c, struct group *g, struct session *s,
    uint32_t epoch);
struct use {
	const char *name;
	size_t count;
};
/* Have the act prepared, store its input, write act.propose.  input: what the
 * signer will hash, where it does not send it back (batch, order); else
 * NULL. */
bool group_propose(struct ceremony *c, struct group *g, struct session *s,
    const struct use *uses, size_t use_count, uint32_t epoch, const void *input,
    size_t input_len);
/* Genesis: an act without a token. */
bool group_propose_policy(struct ceremony *c, struct group *g, const char *text,
    size_t len);
/* Operators come one after the other until `need` have approved every act and
 * opened their shares. */
bool group_approve(struct ceremony *c, struct group *g, unsigned need);
/* act.begin for act i; the token is unlocked, its head checked and written. */
bool group_begin(struct ceremony *c, struct group *g, size_t i);
/* act.result; body holds what comes after "act" and "uses". */
bool group_result(struct ceremony *c, struct group *g, size_t i,
    const struct use *uses, size_t use_count, json_t *rest);
/* The uses of an act as records have them; those counting 0 are left out. */
json_t *json_uses(const struct use *uses, size_t count);
/* Hand the shares that visitors opened to a token's signer, once a group. */
bool group_give_shares(struct ceremony *c, struct group *g, struct session *s);
/* Void what has not got a result; done by group_end() too. */
void group_void(struct ceremony *c, struct group *g);

/* visit.c: the card of an operator, its PIN proved.  False: the ceremony stops,
 * or, with *absent, it does nothing in this round and people were told; then
 * c->out_reason says why, for records, or is NULL when it is not here. */
bool visit_open(struct ceremony *c, const struct history_operator *who,
    struct child *out, bool *absent);

#endif
