/* SPDX-License-Identifier: ISC */
#ifndef RECORD_HISTORY_H
#define RECORD_HISTORY_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ca/serial.h"
#include "ceremony/quorum/approval.h"
#include "ceremony/quorum/policy.h"
#include "ceremony/record/error.h"
#include "ceremony/record/link.h"
#include "transfer/media.h"

#define HISTORY_TOKENS_MAX 32
#define HISTORY_STEPS_MAX 64
/* "what" of an exception that closes a ceremony without a token's rotation,
 * before the token's label. */
#define HISTORY_PUT_OFF "rotation put off: "
/* "what" of one that leaves a token of a batch out, before its label. */
#define HISTORY_LEFT_OUT "left out: "
/* "what" of one that gives up the step that stands and those to come. */
#define HISTORY_ABANDONED "abandoned"

/*
 * What a transcript says, replayed line by line; every line is held against
 * the rules of the design as it comes.  Operators open a state with it and
 * auditors judge one: there is one reading of a transcript.
 */
struct history_operator { /* a person's card */
	char id[POLICY_ID_MAX + 1];
	char label[33], serial[17], module[256];
	uint8_t sign_cert[32], derive_cert[32]; /* objects */
	struct policy_spki sign, derive;        /* their keys */
	/* its keys are gone, or may be */
	bool retired, retiring;
	/* personalised elsewhere: what its keys go by there, and whether it
	 * remembers heads of the transcript, as other cards do */
	bool elsewhere, headless;
	char sign_key[65], derive_key[65];
};
struct history_policy {
	uint8_t sha256[32];
	struct policy policy;
};
struct history_share {
	char operator_id[POLICY_ID_MAX + 1];
	unsigned x;
	uint8_t blob[32], commitment[32];
};
struct history_key {
	char role[16]; /* "root", "product-ca", "sealer"; "" : none */
	struct policy_spki spki;
	uint8_t spki_sha256[32];
	bool certified;
	uint8_t cert[32]; /* object */
	/* the card's own word for its making, and its certificate */
	bool attested;
	uint8_t attestation[32], device[32]; /* objects */
};
struct history_epoch {  /* a user PIN of a token: K in shares, and a policy */
	uint32_t epoch; /* 0: none */
	unsigned m, n;
	uint8_t policy_sha256[32];
	struct history_share shares[POLICY_OPERATORS_MAX];
};
/*
 * A token of a CA.  What is known of a CA's keys, certificates and CRLs stands
 * with every token that holds them, so that any copy can be looked at.
 */
struct history_token {
	char label[33], serial[17], module[256];
	bool leaves;         /* its keys were made to have copies */
	char copy_of[33];    /* label of the first holder; "": it is that */
	bool cert_written;   /* its certificates were written to it */
	int64_t proved_date; /* of the last ceremony it answered in */
	char proved[APPROVAL_NAME_MAX + 1]; /* its name, "": none */
	struct history_epoch now;
	struct history_epoch next; /* prepared; whether it came, is not known */
	struct history_epoch remade; /* prepared with S, and nothing else is */
	bool used;    /* opened since it was keyed: its PIN is to be changed */
	bool owed;    /* it does nothing before that */
	bool put_off; /* people said so in this ceremony, with a reason */
	bool doomed;  /* its destruction has begun: the keys may be gone */
	bool destroyed;
	struct history_key keys[2]; /* CA key; sealer */
	bool has_crl;
	uint8_t crl[32]; /* object */
	uint64_t crl_number;
	int64_t crl_this, crl_next;
};
enum history_state {
	ACT_PROPOSED,
	ACT_BEGUN,
	ACT_DONE,
	ACT_VOID,
};
struct history_act {
	enum history_state state;
	struct approval approval; /* as operators sign it */
	char label[33];           /* of its token, "" when "-" */
	unsigned approved;
	char operators[POLICY_OPERATORS_MAX][POLICY_ID_MAX + 1];
	uint8_t begin[32]; /* SHA-256 of its act.begin line */
	uint64_t propose_seq;
	bool proved; /* destroy: the key has answered for the last time */
	uint8_t request[32], order[32]; /* batch: of its worklist */
	/* batch: on several tokens it is as many acts, with one worklist; the
	 * number of the first, 0 for all else */
	uint64_t lead;
	bool sealed;      /* batch: its result is the batch's */
	uint64_t signed_; /* batch: certificates that its token made */
	/* intermediate: of the TBS; see ca/key.h for unique */
	uint8_t serial[SERIAL_SIZE], unique[32];
};
/* A CA that others run, by the step that certifies it. */
struct history_intermediate {
	char ceremony[APPROVAL_NAME_MAX + 1];
	unsigned step;
	uint8_t csr[32]; /* object: the file as it came */
	uint8_t spki_sha256[32];
	uint8_t unique[32]; /* of its key (ca/key.h), once a TBS has it */
	bool certified;
	char label[33];   /* of the token that certified it */
	uint64_t act;     /* in which it did */
	uint8_t cert[32]; /* object */
	bool sealed;
	uint8_t file[32]; /* object */
};
struct history_order {
	uint8_t order[32], file[32]; /* payload digest, object */
	uint8_t station[32];         /* SHA-256 of its station's SPKI */
	char label[33];              /* token whose sealer sealed it */
	uint64_t issued;             /* certificates so far */
	uint64_t sequence;           /* of its newest request; 0: none */
	uint8_t newest[32];          /* payload digest of that request */
};
struct history_request {
	uint8_t request[32], file[32], order[32];
	uint8_t bundle[16];
	uint64_t sequence;
	bool answered;
	uint8_t response[32]; /* object */
};
struct history_state_of_log { /* what the last act or close said */
	uint64_t issuance_lines, tree_size;
	uint8_t issuance_sha256[32], tree_root[32];
};
struct history_check { /* which secret it is whose words are on paper */
	bool known;
	uint8_t digest[32];
};
struct history {
	char log[POLICY_LOG_MAX + 1];
	uint64_t lines; /* applied so far */
	struct link head;
	bool has_anchor, has_policy;
	uint8_t anchor[32]; /* hash of genesis's act.result line */
	struct policy policy;
	uint8_t policy_sha256[32];
	size_t operator_count, token_count;
	struct history_operator operators[POLICY_OPERATORS_MAX]; /* present */
	struct history_token tokens[HISTORY_TOKENS_MAX];
	/* the ceremony: open or the last one */
	char ceremony[APPROVAL_NAME_MAX + 1];
	uint8_t plan_sha256[32];
	int64_t date;
	bool open, abandoned;
	unsigned steps_begun;
	bool step_done[HISTORY_STEPS_MAX + 1]; /* index from 1 */
	/* S: how many were made; which of them, from 1, is in force, and which
	 * will be with the policy of the step that stands; 0: none */
	unsigned so_made, so_in_force, so_pending;
	struct history_check so_check, so_check_next;
	/* B: whether there is one, and which; the one to come with the policy
	 * of the step that stands */
	bool has_backup, backup_pending;
	uint8_t backup_check[32], backup_next[32];
	/* everything so far, growing */
	size_t policy_count;
	struct history_policy *policies;
	size_t card_count; /* every operator's card that was ever enrolled */
	struct history_operator *cards;
	size_t ceremony_count;
	struct history_ceremony {
		char name[APPROVAL_NAME_MAX + 1];
		uint8_t plan_sha256[32];
		uint64_t close_seq;
		bool closed;
		uint8_t close_hash[32];
	} * ceremonies;
	size_t act_count; /* act i is acts[i - 1] */
	struct history_act *acts;
	size_t order_count;
	struct history_order *orders;
	size_t request_count;
	struct history_request *requests;
	size_t medium_count; /* files that came or left on media */
	struct history_medium {
		char ceremony[APPROVAL_NAME_MAX + 1];
		bool out;
		char file[APPROVAL_NAME_MAX + 1]; /* as the plan names it */
		uint8_t sha256[32];
		uint8_t object[32]; /* of one that left: what it is made of */
		char serial[MEDIA_TEXT_MAX + 1], uuid[MEDIA_TEXT_MAX + 1];
	} * media;
	size_t intermediate_count;
	struct history_intermediate *intermediates;
	struct history_state_of_log log_state;
	void *private_; /* group state, for history.c alone */
};

/* A new, empty history; history_free(NULL) is fine. */
struct history *history_new(void);
void history_free(struct history *h);
/*
 * Apply the next line; state_dirfd is the state folder, where every object
 * that the line names is looked up and held against it.  Approvals are
 * verified as they are read: operator of the policy, distinct, over exactly
 * this act.
 * Errors: CHAIN, FORM, ORDER, RULE, SIGNATURE, OTHER_LOG, MISSING, IO, MEMORY;
 * the fault's text names line, record and rule.  After an error h must not be
 * used further, but for history_free().
 *
 * An order's `issued` is what its batches' act.result lines say, and what is
 * in issuance.jsonl of a batch that was begun and is void.
 */
enum record_error history_apply(struct history *h, int state_dirfd,
    const char *line, size_t len, struct record_fault *fault);
/* Every type of record there is, from 0; NULL behind the last. */
const char *history_record_type(size_t i);
/* Whether it stands there that this file left on this medium. */
bool history_medium_known(const struct history *h, const char *ceremony,
    const char *file, const uint8_t sha256[32], const char *serial,
    const char *uuid);
/* Look-ups by what people write; NULL when there is none. */
const struct history_token *
history_token(const struct history *h, const char *label);
const struct history_operator *
history_operator(const struct history *h, const char *id);
const struct history_order *
history_order(const struct history *h, const uint8_t order[32]);
const struct history_request *
history_request(const struct history *h, const uint8_t request[32]);
/* The CA that this step of a ceremony certifies, once its CSR is known. */
const struct history_intermediate *history_intermediate(const struct history *h,
    const char *ceremony, unsigned step);
/* The token whose CA has certified it, by the digest of its certificate. */
const struct history_token *
history_intermediate_issuer(const struct history *h, const uint8_t cert[32]);
/* Whether this token is a root's, and its key has signed cert. */
bool history_certified_by(X509 *cert, const struct history_token *root);
/* Whether an act is one that certifies such a CA. */
bool history_certifies_other(const struct history_act *act);
/* The act, begun and then void, in which a CA's key may have been certified
 * already: the next one goes on with its TBS.  NULL: none. */
const struct history_act *
history_intermediate_begun(const struct history *h, const uint8_t unique[32]);
/* Whether acts stand: proposed or begun, without result or void. */
bool history_group_stands(const struct history *h);
/* The step that stands (its kind too, unless NULL); 0 when none does. */
unsigned
history_step(const struct history *h, char kind[APPROVAL_NAME_MAX + 1]);
/* The lowest epoch that a token of this label may be keyed under. */
uint32_t history_epoch_next(const struct history *h, const char *label);
/* Number of the SO PIN that a token of this label has.  *again: it was used
 * and no result followed, so that it may be the next one.  Returns which S it
 * comes from; 0: none yet. */
unsigned history_so(const struct history *h, const char *label, uint32_t *n,
    bool *again);
/* The S that SO PINs come from now; 0: none was made. */
unsigned history_so_now(const struct history *h);
const struct history_check *history_so_check(const struct history *h);
/* Whether a token was opened with that one, so that its words are needed. */
bool history_so_hangs(const struct history *h);
/* A policy of this log, or NULL. */
const struct policy *
history_policy(const struct history *h, const uint8_t sha256[32]);
/* The cards of a policy's operators, in its order and under the ids it gives
 * them; how many. */
size_t history_cards_of(const struct history *h, const struct policy *policy,
    struct history_operator out[POLICY_OPERATORS_MAX]);
/* Whether two acts are one batch, on two tokens. */
bool history_beside(const struct history *h, uint64_t a, uint64_t b);
/* Whether the batch of an act goes on, or is answered, when act `without` (0:
 * none) is void. */
bool history_beside_lives(const struct history *h,
    const struct history_act *act, uint64_t without);
/* The label of the token on which a token's keys were made. */
const char *history_first(const struct history_token *token);
/* Whether two tokens hold the same CA key. */
bool
history_same_ca(const struct history_token *a, const struct history_token *b);
/* Keyed for a policy that was replaced: it does nothing but rotate. */
bool history_stale(const struct history *h, const struct history_token *token);
/* Why a token does nothing but rotate; NULL when it is fit. */
const char *
history_unfit(const struct history *h, const struct history_token *token);
/* An operator's card by its serial, or the one of a label that was enrolled
 * last; NULL: none. */
const struct history_operator *
history_card(const struct history *h, const char *label, const char *serial);
/* Why a card must stay: its owner is an operator, or a CA token is keyed for a
 * policy that has it.  NULL: nothing needs it.  Text of the caller's. */
const char *history_card_needed(const struct history *h,
    const struct history_operator *card, char *text, size_t size);
/* How many other tokens hold the CA key of this one and are neither destroyed
 * nor being destroyed. */
unsigned
history_copies(const struct history *h, const struct history_token *token);
/* The key whose SPKI digest this is, with its first holder; NULL when none. */
const struct history_key *history_key(const struct history *h,
    const uint8_t spki_sha256[32], const struct history_token **token);

/* Whether the present ceremony has a module record of these four. */
bool history_module_known(const struct history *h, const char *path,
    const char *version, const uint8_t sha256[32], const uint8_t conf[32]);

#endif
