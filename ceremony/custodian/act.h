/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_ACT_H
#define CUSTODIAN_ACT_H

#include "ceremony/custodian/ceremony.h"

#define GROUP_SESSIONS_MAX 8
#define GROUP_ACTS_MAX 16
#define SESSION_EPOCHS_MAX 2
#define PROPOSAL_USES_MAX 3

struct use {
	const char *name;
	size_t count;
};

/* The signer of one CA token, for one group of acts. */
struct session {
	struct child child;
	char label[33], serial[17];
	const struct history_token *token; /* NULL while it is being made */
	unsigned flags;                    /* of MSG_OPENED */
	/* the PINs it may have, in the order they are tried; none when it is
	 * being made or S opens it */
	size_t epoch_count;
	struct history_epoch epochs[SESSION_EPOCHS_MAX];
	bool by_so;      /* its keys are there, but S opens it */
	bool probing;    /* that no PIN fits is an answer too: opened is 0 */
	uint32_t opened; /* epoch whose PIN was right */
	bool shares_given;
	bool write_certs; /* before its PIN changes, see keys.h */
	/* it will get a DKEK: before that its card shows what it is; what it
	 * showed, as the act's result has it, or NULL; owned */
	bool shows;
	json_t *proof;
};
/* An act of the group. */
struct proposal {
	uint64_t number;
	struct session *session; /* NULL: it has no token */
	const char *kind;        /* as operators approve it */
	uint64_t resumes;        /* act it goes on with, or 0 */
	uint32_t epoch;
	struct link line; /* its act.propose */
	uint64_t begun;   /* lines of the transcript with its act.begin */
	unsigned head_due;
	uint8_t input[32];
	uint8_t nonce[16];
	/* batch: of the uses approved, how many came */
	size_t came_count;
	struct use came[PROPOSAL_USES_MAX];
};
/* An operator who came: the process stays until the shares it opened have
 * gone to the CA tokens' signers. */
struct visitor {
	struct child child;
	const struct history_operator *who;
	/* shares it holds, by session and PIN */
	bool opened[GROUP_SESSIONS_MAX][SESSION_EPOCHS_MAX];
};
struct group {
	unsigned step;
	enum plan_kind kind;
	uint64_t resumes; /* act its acts go on with, or 0 */
	/* whose approvals count; before genesis those enrolled */
	uint8_t policy_sha256[32];
	unsigned need;
	size_t operator_count;
	struct history_operator operators[POLICY_OPERATORS_MAX];
	size_t session_count, act_count, visitor_count;
	struct session sessions[GROUP_SESSIONS_MAX];
	struct proposal acts[GROUP_ACTS_MAX];
	struct visitor visitors[POLICY_OPERATORS_MAX];
};

/* Its acts are approved under the present policy. */
void group_start(struct ceremony *c, struct group *g, unsigned step,
    enum plan_kind kind);
/* The same under a policy of this log that came before. */
bool group_start_under(struct ceremony *c, struct group *g, unsigned step,
    enum plan_kind kind, const uint8_t policy_sha256[32]);
/* Ask those first of whom `first` is true: their cards are sure to be there. */
typedef bool group_first(const void *arg, const struct history_operator *who);
void group_order(struct group *g, group_first *first, const void *arg);
/* Start a group with a CA token that exists and open it; before that, its PIN
 * is changed if it does nothing else. */
bool group_start_on(struct ceremony *c, struct group *g, unsigned step,
    enum plan_kind kind, const char *label, struct session **out);
/* One more token for a group to which nothing is proposed yet. */
bool group_join(struct ceremony *c, struct group *g, const char *label,
    struct session **out);
/* Ends every process of it; K is wiped. */
void group_end(struct ceremony *c, struct group *g);

/* Open the signer of a CA token that exists.  *absent, unless NULL: it is not
 * there, which is no reason to stop then. */
bool group_open(struct ceremony *c, struct group *g, const char *label,
    bool *absent, struct session **out);
/* Tell it which CA it holds and which PINs it may have: count epochs. */
bool group_tell_ca(struct ceremony *c, struct session *s,
    const struct history_epoch *const epochs[], size_t count);
/* Open a signer that will make a CA token. */
bool group_open_blank(struct ceremony *c, struct group *g,
    const struct plan_token *t, struct session **out);
/* Tell the signer that an act follows (c->out is free afterwards); the caller
 * then tells what it is made of and calls group_propose().  kind: NULL for
 * the step's. */
bool group_act(struct ceremony *c, struct group *g, struct session *s,
    uint32_t epoch, const char *kind);
/* The derive certificates of a policy's operators. */
bool group_tell_derive(struct ceremony *c, struct session *s,
    const struct history_operator *operators, size_t count);
/* Have the act prepared, store its input, write act.propose.  input: what the
 * signer will hash, where it does not send it back (batch, order); else
 * NULL. */
bool group_propose(struct ceremony *c, struct group *g, struct session *s,
    const struct use *uses, size_t use_count, const void *input,
    size_t input_len);
/* A policy is voted on: an act without a token. */
bool group_propose_policy(struct ceremony *c, struct group *g, const char *text,
    size_t len);
/* Operators come one after the other until enough of them have approved every
 * act and opened their shares. */
bool group_approve(struct ceremony *c, struct group *g);
/* act.begin for act i; the token is unlocked, its head checked and written. */
bool group_begin(struct ceremony *c, struct group *g, size_t i);
/* The same in four parts, so that several tokens are at it together: act.begin;
 * the token is unlocked; its head is checked; it is moved to that line, whatever
 * was written since. */
typedef bool group_begin_part(struct ceremony *c, struct group *g, size_t i);
group_begin_part group_begin_tell, group_begin_hear, group_begin_show,
    group_begin_end;
/* A begun act's signer answered with the fault in c->in: what took the PIN may
 * not be the token, which is recorded.  False. */
bool group_fault(struct ceremony *c, const struct proposal *p);
/* act.result; body holds what comes after "act" and "uses". */
bool group_result(struct ceremony *c, struct group *g, size_t i,
    const struct use *uses, size_t use_count, json_t *rest);
/* The uses of an act as records have them; those counting 0 are left out of
 * what is proposed, not of what came of it. */
json_t *json_uses(const struct use *uses, size_t count);
json_t *json_came(const struct proposal *p);
/* Hand the shares that visitors opened to a token's signer, once a group. */
bool group_give_shares(struct ceremony *c, struct group *g, struct session *s);
/* Void what has not got a result; done by group_end() too. */
void group_void(struct ceremony *c, struct group *g);
/* Void act i, if it stands, and what its token was to do behind it. */
bool group_void_token(struct ceremony *c, struct group *g, size_t i,
    const char *reason);

/* visit.c: the card of an operator, its PIN proved.  False: the ceremony stops,
 * or, with *absent, it does nothing in this round and people were told; then
 * c->out_reason says why, for records, or is NULL when it is not here. */
bool visit_open(struct ceremony *c, const struct history_operator *who,
    struct child *out, bool *absent);
/* Behind a visit, whatever became of it.  True: the card was pulled out, people
 * were told, and its operator is to come again; *pulls counts. */
bool visit_again(struct ceremony *c, const struct history_operator *who,
    struct child *ch, unsigned *pulls);
/* This card does nothing in this round, for a reason that records can name, or
 * because it is not there (NULL); others can go on.  False. */
bool visit_out(struct ceremony *c, const struct history_operator *who,
    const char *reason);

#endif
