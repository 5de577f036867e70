/* SPDX-License-Identifier: ISC */
#ifndef RECORD_HISTORY_LINE_H
#define RECORD_HISTORY_LINE_H

#include <jansson.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/record/event.h"
#include "ceremony/record/history.h"
#include "ceremony/record/worklist.h"

/*
 * A transcript line as the handlers of its record type see it; for
 * ceremony/record/history*.c alone.
 */

/* Where a ceremony stands between two lines; a row of the table in
 * history_apply.c says in which of them its record may come. */
enum history_phase {
	PHASE_CLOSED = 1, /* before the first, and between two ceremonies */
	PHASE_OPEN = 2,   /* no step stands */
	PHASE_STEP = 4,   /* a step has begun */
	PHASE_GROUP = 8,  /* acts are proposed or begun */
};

/* What was seen of a token's label: epochs and SO PINs are never used again,
 * even when nothing came of them. */
struct history_label {
	char label[33];
	uint32_t epoch;   /* highest proposed */
	uint32_t so_n;    /* number of its SO PIN, as far as is known */
	bool so_open;     /* it was used, and no result followed */
	unsigned so_made; /* which S it comes from; 0: none yet */
};

#define HISTORY_SHELL_MAX 512 /* octets of the reason for a shell */

/* h->private_ */
struct history_group {
	enum history_phase phase;
	bool resumed;  /* the ceremony was, and no step has begun since */
	bool unmade;   /* the step was stopped: copies may be missing */
	unsigned step; /* that stands */
	char shell[HISTORY_SHELL_MAX + 1]; /* as the ceremony was opened */
	char kinds[HISTORY_STEPS_MAX + 1][APPROVAL_NAME_MAX + 1];
	char made[33]; /* label of the token keyed in this step, "" if none */
	/* the acts that stand, and how far they are */
	uint64_t first, last;
	bool settled;       /* an approval or begin was seen */
	uint64_t void_next; /* must be void next; 0: none */
	/* results of a batch that was begun and then void are in the log
	 * without an act.result that counts them */
	bool uncounted;
	uint8_t uncounted_order[32];
	uint64_t left; /* of them, as seen at act.void */
	/* what is voted on: at genesis, or to follow the present one */
	bool changing;
	uint8_t proposed_sha256[32];
	struct policy proposed;
	size_t label_count;
	struct history_label *labels;
	size_t module_count;
	uint8_t (*modules)[32]; /* of this ceremony's module records */
	size_t once_count;
	uint8_t (*once)[32]; /* digests of every key and test text so far */
};

struct history_line {
	struct history *h;
	struct history_group *g;
	int dirfd;
	const struct event *e;
	struct record_fault *fault;
};

/* Refuse the line: "transcript.jsonl line 17: act.begin: ...".  Returns err. */
enum record_error
history_refuse(const struct history_line *l, enum record_error err,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* What a body (or an object within) holds: one row a key, in its order. */
enum history_type {
	FIELD_TEXT,       /* printable, 1..max: const char ** */
	FIELD_NOTE,       /* no controls, 0..max octets of UTF-8 */
	FIELD_LINES,      /* FIELD_TEXT with LFs in it */
	FIELD_HEX32,      /* uint8_t[32] */
	FIELD_HEX16,      /* uint8_t[16] */
	FIELD_HEX32_NONE, /* FIELD_HEX32 or "-", then has is false */
	FIELD_HEX16_NONE,
	FIELD_NUMBER, /* 0..max: uint64_t * */
	FIELD_BOOL,   /* bool * */
	FIELD_BASE64, /* 1..max octets: struct history_octets * */
	FIELD_ARRAY,  /* at most max: json_t **, borrowed */
	FIELD_OBJECT, /* json_t **, borrowed */
};
struct history_field {
	const char *key;
	enum history_type type;
	uint64_t max;
	void *out;
	bool *has; /* optional when not NULL (of _NONE: may be "-") */
};
struct history_octets {
	uint8_t data[POLICY_SPKI_MAX]; /* what is longest of them */
	size_t len;
};
/* Read obj: exactly these keys, in this order.  Errors: FORM. */
enum record_error history_fields(const struct history_line *l, json_t *obj,
    const struct history_field *rows, size_t count);
/* The body of the line. */
enum record_error history_body(const struct history_line *l,
    const struct history_field *rows, size_t count);
#define HISTORY_ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

/* An object of the state; *out new, free().  Errors: MISSING, CHAIN, IO,
 * MEMORY; what names it in the fault. */
enum record_error history_load(const struct history_line *l,
    const uint8_t digest[32], const char *what, uint8_t **out, size_t *len);
/* That it is there and matches its name. */
enum record_error history_exists(const struct history_line *l,
    const uint8_t digest[32], const char *what);
/* A certificate among the objects; *out new, X509_free(). */
enum record_error history_load_cert(const struct history_line *l,
    const uint8_t digest[32], const char *what, X509 **out);

/* A P-256 or P-384 key of at most POLICY_SPKI_MAX octets; *out new. */
enum record_error history_spki(const struct history_line *l, const char *what,
    const struct policy_spki *spki, EVP_PKEY **out);
/* Note a key as used; RULE when it was there before. */
enum record_error history_new_key(const struct history_line *l,
    const char *what, const struct policy_spki *spki);
/* A test text: its form, and its signature (SHA-256 for P-256, SHA-384 for
 * P-384).  No text stands twice: it shows that the key answered then.  Errors:
 * RULE, SIGNATURE. */
enum record_error
history_test_text(const struct history_line *l, const char *what, EVP_PKEY *key,
    const char *text, const struct history_octets *signature);
/* The text that is signed is of the token with this serial, in this log. */
bool history_names_token(const struct history_line *l, const char *serial,
    const char *text);
/* The CA key of a token has answered: such a text of its own, which names log
 * and token.  Errors: RULE, SIGNATURE. */
enum record_error
history_answer(const struct history_line *l, const struct history_token *token,
    const char *text, const struct history_octets *signature);
/* The card's own word for a key's making, and the card's certificate, both
 * objects: signed by the key and by the card, which is that of the serial.
 * Errors: RULE, SIGNATURE, those of history_load(). */
enum record_error history_attested(const struct history_line *l,
    const char *what, const char *serial, const struct policy_spki *spki,
    const uint8_t attestation[32], const uint8_t device[32]);
/* What the card of a token showed before it got a DKEK, which is when its keys
 * leave or came (card_proof.h): of every SmartCard-HSM, and for this act.
 * proof: {"attestation", "device"}, or NULL.  Errors: RULE, SIGNATURE, those of
 * history_load(). */
enum record_error
history_shown(const struct history_line *l, const struct history_act *act,
    const struct history_token *token, json_t *proof);
/* {"name":bool,..}, not empty, none that would let a private key out; of a key
 * that has copies, none but what makes it one. */
enum history_origin {
	ORIGIN_HERE = 1,     /* made there, to stay */
	ORIGIN_ORIGINAL = 2, /* made there, to have copies */
	ORIGIN_COPY = 4,     /* came wrapped */
	ORIGIN_ELSEWHERE = 8 /* made before it came to us */
};
enum record_error history_attributes(const struct history_line *l,
    const char *what, json_t *attributes, enum history_origin origin);

/* The entry of a label, made when there is none; NULL without memory. */
struct history_label *
history_label_of(struct history_group *g, const char *label);
/* Make room for one more element; *array may move. */
bool history_grow(void *array, size_t count, size_t size);
/* By serial; NULL when there is none. */
struct history_token *
history_token_by_serial(struct history *h, const char *serial);
struct history_act *history_act_at(struct history *h, uint64_t number);
struct history_order *
history_order_at(struct history *h, const uint8_t order[32]);
struct history_request *
history_request_at(struct history *h, const uint8_t request[32]);

/* Handlers, one a record type. */
typedef enum record_error history_handler(struct history_line *l);
history_handler history_do_open, history_do_resume, history_do_close;
history_handler history_do_step_begin, history_do_step_end;
history_handler history_do_so_split, history_do_so_use, history_do_enrol;
history_handler history_do_backup_split;
history_handler history_do_request, history_do_repeat, history_do_csr;
history_handler history_do_propose, history_do_approve, history_do_refused;
history_handler history_do_begin, history_do_result, history_do_void;
history_handler history_do_module, history_do_card, history_do_exception;
history_handler history_do_medium;
history_handler history_do_found, history_do_prepare, history_do_exposed;
history_handler history_do_prove, history_do_retire_prove, history_do_retire;

/*
 * What an act does: a row by kind of step and first use.  propose looks at
 * the input when the act is proposed, result at the rest of act.result's
 * body: rows to be read after "act" and "uses".
 */
enum history_on {
	ON_NOTHING, /* no token, epoch or nonce */
	ON_LABEL,   /* a token that is about to be keyed */
	ON_TOKEN,   /* a keyed one, by its serial */
	ON_REKEY,   /* the same, which gets a new epoch */
};
enum history_issuer {
	ISSUER_NONE,
	ISSUER_CA,    /* the token's CA key */
	ISSUER_TOKEN, /* any key of the token; may be left out */
};
struct history_kind {
	const char *kind, *use; /* NULL: a profile or whatever stands first */
	enum history_on on;
	enum history_issuer issuer;
	bool single;   /* the use stands alone, count 1 */
	bool any_step; /* no kind of step: it may stand in each */
	enum record_error (
	    *propose)(struct history_line *l, struct history_act *act);
	enum record_error (*result)(struct history_line *l,
	    struct history_act *act, const struct approval *done);
};
/* NULL when no step of this kind may ask for this use first. */
const struct history_kind *history_kind(const char *kind, const char *use);
/* Whether steps of this kind exist. */
bool history_kind_known(const char *kind);

/* The act of a line, which must be begun. */
enum record_error history_begun_act(const struct history_line *l,
    uint64_t number, struct history_act **out);
/* The policy that an act is approved under. */
const struct policy *
history_policy_of(const struct history_line *l, const struct approval *a);
/* n shares of a policy's operators, from a record. */
enum record_error history_take_shares(const struct history_line *l,
    json_t *shares, const struct policy *policy, struct history_epoch *out);
/* The SO PIN of a label is the next one: what it was used for has a result.
 * ORDER when it was not used. */
enum record_error
history_so_done(const struct history_line *l, const char *label);

/* The rest of an act.result's body, behind act and uses. */
enum record_error history_result_body(const struct history_line *l,
    const struct history_field *rows, size_t count);
/* "uses" of a body into an approval. */
enum record_error
history_uses(const struct history_line *l, json_t *uses, struct approval *out);
/* The approved number of a use, 0 when it is not there. */
uint32_t history_use(const struct approval *a, const char *name);

/* Of history_kind's rows. */
enum record_error
history_genesis_propose(struct history_line *l, struct history_act *act);
enum record_error history_genesis_result(struct history_line *l,
    struct history_act *act, const struct approval *done);
enum record_error
history_keygen_propose(struct history_line *l, struct history_act *act);
enum record_error history_keygen_result(struct history_line *l,
    struct history_act *act, const struct approval *done);
enum record_error
history_copy_propose(struct history_line *l, struct history_act *act);
enum record_error history_copy_result(struct history_line *l,
    struct history_act *act, const struct approval *done);
enum record_error
history_export_propose(struct history_line *l, struct history_act *act);
enum record_error history_export_result(struct history_line *l,
    struct history_act *act, const struct approval *done);
enum record_error history_certify_result(struct history_line *l,
    struct history_act *act, const struct approval *done);
enum record_error history_crl_result(struct history_line *l,
    struct history_act *act, const struct approval *done);
enum record_error
history_change_propose(struct history_line *l, struct history_act *act);
enum record_error history_change_result(struct history_line *l,
    struct history_act *act, const struct approval *done);
enum record_error
history_rotate_propose(struct history_line *l, struct history_act *act);
enum record_error history_rotate_result(struct history_line *l,
    struct history_act *act, const struct approval *done);
enum record_error
history_destroy_propose(struct history_line *l, struct history_act *act);
enum record_error history_destroy_result(struct history_line *l,
    struct history_act *act, const struct approval *done);
enum record_error
history_intermediate_propose(struct history_line *l, struct history_act *act);
enum record_error history_intermediate_result(struct history_line *l,
    struct history_act *act, const struct approval *done);
enum record_error
history_seal_propose(struct history_line *l, struct history_act *act);
enum record_error history_seal_result(struct history_line *l,
    struct history_act *act, const struct approval *done);
enum record_error
history_order_propose(struct history_line *l, struct history_act *act);
enum record_error history_order_result(struct history_line *l,
    struct history_act *act, const struct approval *done);
enum record_error
history_batch_propose(struct history_line *l, struct history_act *act);
enum record_error history_batch_result(struct history_line *l,
    struct history_act *act, const struct approval *done);

/*
 * history_key.c, for keys made and copied.  HISTORY_KEYS_MAX: of a token.  The
 * roles of the keys of a CA; one key of a result, without its attributes
 * judged, the curve NID_undef: any; where a token's label stands, or a new
 * place; tokens and epochs that result and approval name.
 */
#define HISTORY_KEYS_MAX 2
#define HISTORY_COPIES_MAX 16 /* tokens named in one input */
unsigned history_roles(const char *role, const char *roles[HISTORY_KEYS_MAX]);
/* Go past text at *at, or past a line "<key> <value>" whose value is of at
 * most max characters. */
bool history_skip(const char **at, const char *text);
bool
history_skip_value(const char **at, const char *key, char *value, size_t max);
/* The first lines of an input: "<form>", plan and step. */
bool
history_skip_head(const char **at, const struct approval *a, const char *form);
/* The text that an act is approved by, among the objects: take() reads it whole
 * into out, or it is refused with these words, as one with a NUL is.
 * Errors: RULE, those of history_load(). */
enum record_error
history_input(const struct history_line *l, const struct approval *a,
    bool (*take)(const struct approval *a, const char *text, void *out),
    void *out, const char *refusal);
enum record_error
history_take_key(struct history_line *l, json_t *obj, const char *role,
    int curve, enum history_origin origin, struct history_key *out);
enum record_error history_put_token(struct history_line *l,
    const struct history_token *token, struct history_token **out);
/* What a token answered in this ceremony with. */
void history_proved(const struct history *h, struct history_token *token);
/* Certificates and CRL of a CA are known of every token that holds its key. */
void history_spread(struct history *h, const struct history_token *from);
/* Each key that was made, or copied, has signed: that is counted. */
enum record_error history_all_tested(const struct history_line *l,
    const struct history_act *act, const struct approval *done);
/* The body of keygen's and a copy's result; epoch and shares are the token's
 * then.  copy_of NULL: it has none.  keys and proof: borrowed; proof NULL: the
 * body has none. */
enum record_error history_keyed_body(struct history_line *l,
    const struct history_act *act, struct history_token *out,
    const char **copy_of, json_t **keys, json_t **proof);
/* Certificates written to a token: those of its keys, and in a step that
 * writes some. */
enum record_error history_check_written(const struct history_line *l,
    json_t *list, const struct history_token *token);

/* The keyed token an act is of: it was there when it was proposed. */
struct history_token *
history_token_of(const struct history_line *l, const struct history_act *act);
/* The certificate of a token's CA key; *out new, X509_free(). */
enum record_error history_load_issuer(const struct history_line *l,
    const struct history_token *token, X509 **out);
/* What was written of the issuance log by the line's end: never less than
 * before, the same if it is the same length.  growth: new results. */
enum record_error history_log_state(const struct history_line *l,
    const struct history_state_of_log *now, uint64_t *growth);
/* history_beside.c: acts that are one batch on several tokens.  One that is
 * proposed: it fits those that stand, and gets their number. */
enum record_error
history_beside_join(const struct history_line *l, struct history_act *act);
/* Whether act a cannot be done because act b of its group is void. */
bool history_stands_on(const struct history_line *l,
    const struct history_act *a, const struct history_act *b);
/* Certificates of the acts beside this one, as their records say. */
uint64_t
history_beside_signed(const struct history *h, const struct history_act *act);
/* Its certificates in the uses of a result or void. */
uint64_t history_certificates(const struct approval *done);
/* Of an act that becomes void: results that it left are its order's. */
enum record_error
history_note_left(struct history_line *l, const struct history_act *act);
/* So many results were left in truth, the next record says. */
void history_count_left(struct history_line *l, uint64_t results);
/* A sealed object of a token's sealer: its payload, whose digest must be the
 * one given.  *payload new, OPENSSL_free(). */
enum record_error history_open_sealed(const struct history_line *l,
    const struct history_token *token, const uint8_t file[32],
    const uint8_t payload_sha256[32], uint8_t **payload, size_t *len);
/* A CRL that was just signed for token: verified, numbers and dates taken
 * over.  worklist says what it must list; NULL: tbs_sha256 does. */
enum record_error history_take_crl(const struct history_line *l,
    struct history_token *token, const uint8_t crl[32], uint64_t number,
    const uint8_t *tbs_sha256, const struct worklist *worklist);

#endif
