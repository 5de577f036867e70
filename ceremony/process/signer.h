/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_SIGNER_H
#define PROCESS_SIGNER_H

/*
 * The signer: one process per token in use.  This header is for its own files
 * alone; what it does for others is the message table.
 */
#include <openssl/x509.h>
#include <stdbool.h>

#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/key.h"
#include "ca/subject.h"
#include "ceremony/process/message.h"
#include "ceremony/quorum/approval.h"
#include "ceremony/quorum/policy.h"
#include "ceremony/record/link.h"
#include "ceremony/record/tree.h"
#include "ceremony/record/worklist.h"
#include "smartcard/copy.h"
#include "smartcard/token.h"

#define SIGNER_ACTS_MAX 8   /* of one group */
#define SIGNER_SHARES_MAX 8 /* an operator's card opens for one group */
#define SIGNER_CRLS_MAX 2   /* the product CA's, the root's */
#define SIGNER_SUBJECT_MAX 512
#define SIGNER_TEST_MAX 512 /* characters of a test text, with NUL */
#define SIGNER_EPOCHS_MAX 2 /* a token may be in */
#define SIGNER_COPIES_MAX 15

/* Keys of a CA token: the CA's role is its label too. */
#define SEALER_ROLE "sealer"
#define CA_KEY_ID 1
#define SEALER_KEY_ID 2
/* Keys of an operator's card. */
#define SIGN_LABEL "sign"
#define DERIVE_LABEL "derive"
#define CARD_PIN_MAX 64

/* What an act does; the rest of struct act depends on it. */
enum act_what {
	ACT_KEYS, /* made, or copied to it */
	ACT_EXPORT,
	ACT_ROTATE,
	ACT_CERT,
	ACT_CRL,
	ACT_SEAL,
	ACT_BATCH,
	ACT_DESTROY
};

/* What a token is keyed with: a fresh K in shares for the operators of a
 * policy. */
struct keying {
	const char *label;           /* of the token */
	const struct policy *policy; /* the group's, or a new one */
	const uint8_t *policy_sha256;
	bool by_so; /* its PIN is set by the SO */
	struct token_so so;
	struct secret *k;
	/* by index in the policy */
	X509 *derive[POLICY_OPERATORS_MAX];
	uint8_t commitments[POLICY_OPERATORS_MAX][32];
};
/* A key on its way from one token to another. */
struct wrapped {
	uint8_t spki[KEY_SPKI_MAX], blob[COPY_BLOB_MAX];
	size_t spki_len, len; /* 0: it has not come */
};
struct act_keys {
	char module[256], label[TOKEN_LABEL_MAX + 1], role[17];
	bool p384;
	/* of an original that gets copies: their labels, a line each */
	char copies[SIGNER_COPIES_MAX * (TOKEN_LABEL_MAX + 1) + 1];
	/* of a copy: the first holder, and the file it comes from */
	char copy_of[TOKEN_LABEL_MAX + 1];
	bool from_backup;
	uint8_t backup[32];
	struct wrapped wrapped[2]; /* CA key; sealer */
	struct secret *dkek;       /* when there are copies */
	bool shown; /* then: what its card is, by this act.begin line */
	uint8_t shown_by[32];
	struct keying keying;
};
struct act_export {
	bool backup;
	struct secret *dkek;
};
struct act_rotate {
	bool recover;
	struct policy target;
	uint8_t target_sha256[32];
	struct keying keying; /* its k is wiped when it has served */
};
struct act_cert {
	char subject[SIGNER_SUBJECT_MAX + 1];
	uint8_t spki[KEY_SPKI_MAX];
	char stated[STATED_TEXT_MAX + 1];
	bool goes_on; /* with this serial, and this TBS */
	uint8_t tbs_sha256[32];
	struct cert_spec spec;
	X509 *draft;
};
struct act_crl {
	struct crl_spec spec;
	struct crl_entry *entries;
	X509_CRL *draft;
};
struct act_seal {
	int64_t date;
	const char *use; /* "seal-order" or "seal-intermediate" */
	uint8_t *payload;
	size_t len;
};
struct act_destroy {
	bool again; /* it was begun before: the keys may be gone */
	bool gone;  /* they are */
	bool proved;
	unsigned copies; /* other tokens that hold the CA's key */
	uint8_t sealer_sha256[32];
	bool has_sealer;
};
/* One cert line of a worklist on its way. */
struct work {
	uint8_t spki[KEY_SPKI_MAX];
	size_t spki_len;
	uint8_t serial[SERIAL_SIZE], tbs_sha256[32];
	bool intended; /* serial and digest were told */
	bool tried;    /* it was handed out to this token */
	X509 *cert;    /* draft, then signed */
	uint8_t *der;
	size_t der_len;
	uint64_t leaf;
	char id[SUBJECT_ID_MAX + 1]; /* of a duplicate */
};
struct octets {
	uint8_t *data;
	size_t len;
};
struct act_batch {
	int64_t date;
	char *text; /* the worklist as approved */
	size_t text_len;
	struct worklist list;
	struct work *work;  /* one per entry of the list */
	struct act_crl crl; /* when list.has_crl */
	struct tree tree;
	X509 *issuer; /* the root's certificate */
	struct octets crls[SIGNER_CRLS_MAX];
	struct octets *proofs; /* one per entry with a certificate: hashes */
	size_t intended;       /* intents told: another signer's */
	EVP_PKEY *key;         /* the CA's, borrowed, from GO on */
	bool grown;            /* the certificates are in the tree */
	bool failed;           /* an entry was not signed: no other is */
	bool sealed;           /* SEAL came; once */
};
struct act {
	enum act_what what;
	struct approval approval;
	/* each follows the one before; tried and executed happen once */
	bool told, tried, prepared, proposed, begun, executed, done;
	bool approved[POLICY_OPERATORS_MAX]; /* by index in the policy */
	uint8_t begin[32];                   /* SHA-256 of its act.begin line */
	uint8_t seed[64];                    /* of its serials */
	union {
		struct act_keys keys;
		struct act_export export;
		struct act_rotate rotate;
		struct act_cert cert;
		struct act_crl crl;
		struct act_seal seal;
		struct act_batch batch;
		struct act_destroy destroy;
	} u;
};

/* An epoch the token may be in: its shares, while they come in, and the K that
 * they give. */
struct epoch {
	uint32_t number; /* 0: none */
	size_t share_count;
	uint8_t share_x[POLICY_OPERATORS_MAX];
	struct secret *shares[POLICY_OPERATORS_MAX];
	struct secret *k;
};

/* What a signer of a CA token knows of its group of acts. */
struct group {
	bool has_ca;
	char log[POLICY_LOG_MAX + 1], ceremony[APPROVAL_NAME_MAX + 1];
	uint8_t plan_sha256[32], policy_sha256[32];
	struct policy policy;
	/* the CA: its key's role is also the label of the key */
	char role[17];
	uint8_t spki[KEY_SPKI_MAX], spki_sha256[32];
	size_t spki_len;
	X509 *ca, *sealer;
	/* in the order they are tried; both of one policy */
	struct epoch epochs[SIGNER_EPOCHS_MAX], *opened;
	uint8_t epoch_policy_sha256[32];
	bool pin_failed, challenged;
	/* the log's policy, where a line shown to the token names it */
	bool log_policy_known;
	uint8_t log_policy_sha256[32];
	size_t act_count;
	struct act acts[SIGNER_ACTS_MAX];
	struct act *current; /* begun, or being told */
};

/* What the keys of an operator's card go by, when it was personalised
 * elsewhere; its derive certificate is not on it. */
#define CARD_KEY_MAX 64
struct card_keys {
	bool elsewhere;
	char sign[CARD_KEY_MAX + 1], derive[CARD_KEY_MAX + 1];
	X509 *derive_cert; /* NULL while there is none */
};

struct signer {
	int sock;
	unsigned state; /* enum message_state */
	bool stop;
	bool walled; /* its cell is the narrow one, see signer_cell.h */
	struct module *module;
	char module_name[256];
	char blank[TOKEN_SERIAL_MAX + 1]; /* see MSG_BLANK; "": any */
	char others[TOKEN_OTHERS_MAX + 1];
	bool pin_pad; /* see MSG_OPEN */
	struct token *token;
	/* of the signer that keeps one whose words are on paper */
	struct secret *paper;
	char paper_name; /* 'S' or 'B' */
	/* of an operator's card */
	struct card_keys keys;
	size_t share_count;
	struct secret *shares[SIGNER_SHARES_MAX];
	uint8_t sign_spki[KEY_SPKI_MAX];
	size_t sign_spki_len;
	/* the head being moved */
	bool head_known, card_has_head, has_line;
	struct link line;
	uint64_t card_seq;
	uint8_t card_hash[32];
	struct group *group;
	struct message in, out;
};

/* Handlers, one per message to a signer; each reads s->in, answers, and sets
 * s->state.  A handler that answers with a fault leaves the state alone. */
typedef void signer_handler(struct signer *s);
signer_handler signer_list, signer_open, signer_blank;
signer_handler signer_paper_new, signer_paper_load, signer_paper_check,
    signer_so_pin, signer_dkek;
signer_handler signer_card_make, signer_card_keys, signer_adopt, signer_login,
    signer_approve, signer_unwrap, signer_release, signer_note, signer_retire,
    signer_wipe, signer_empty, signer_module;
signer_handler signer_head_read, signer_head_line, signer_head_write;
signer_handler signer_context, signer_ca, signer_epoch, signer_act,
    signer_act_keys, signer_act_copy, signer_act_export, signer_act_rotate,
    signer_act_cert, signer_stated, signer_act_crl, signer_revoked,
    signer_act_seal, signer_act_batch, signer_work, signer_key, signer_tree,
    signer_issuer, signer_crl, signer_act_destroy, signer_prepare,
    signer_proposed;
signer_handler signer_approval, signer_derive_cert, signer_share,
    signer_so_take, signer_dkek_take, signer_import, signer_prove, signer_begin,
    signer_end_group;
signer_handler signer_write_cert, signer_intend, signer_execute, signer_commit,
    signer_go, signer_sign, signer_take, signer_duplicate, signer_seal,
    signer_rest;
signer_handler signer_destroy;
signer_handler signer_watch;
/* of cards outside a ceremony */
signer_handler signer_card_init, signer_card_blank, signer_pin_change,
    signer_try;

/* Answering. */
void signer_ok(struct signer *s);
void signer_fault(struct signer *s, unsigned code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void
signer_card_fault(struct signer *s, enum card_error err, const char *doing);
/* The same of a key on the open token: says of which token, since others may
 * hold a key that is called so. */
void signer_key_fault(struct signer *s, enum card_error err, const char *role);
/* Whether the open token is not in its reader any more. */
bool signer_removed(struct signer *s);
/* Something was not signed, and why; key: its key did not sign, so that it is
 * the token's fault. */
void signer_sign_fault(struct signer *s, const char *what, bool key,
    const char *why);
/* Send s->out; false and s->stop when the operator's process is gone. */
bool signer_send(struct signer *s);
/* A length announced by `kind` whose octets follow in PARTs. */
void signer_send_parts(struct signer *s, const uint8_t *data, size_t len);
/* The message's fields were not as its row says: fault, and true. */
bool signer_bad_form(struct signer *s);
/* Read up to SECRET_MAX octets from a descriptor until its end; *out new.
 * NULL when nothing comes within seconds. */
struct secret *signer_read_secret(int fd);
bool signer_write_secret(int fd, const struct secret *secret);

/* MSG_FILE with its PARTs. */
void signer_send_file(struct signer *s, const uint8_t *data, size_t len);

/*
 * What follows is shared between the signer's files.  Where a function returns
 * bool, false means that the fault has been answered already.
 */

/* signer_paper.c: whether it keeps that one. */
bool signer_paper_is(struct signer *s, char name);
/* signer_dkek.c: the DKEK that comes with s->in; *out new. */
bool signer_dkek_read(struct signer *s, const char *label, struct secret **out);

/* signer_so.c: the two SO PINs that come with s->in; out->at is the caller's.
 * token_so_clear(). */
bool signer_so_read(struct signer *s, const char *label, struct token_so *out);

/* signer_card.c: the PIN is not accepted: how many tries are left, too. */
void
signer_login_fault(struct signer *s, enum card_error err, const char *label);

/* signer_open.c: load the one module this process may use. */
bool signer_use_module(struct signer *s, const char *name);
/* Unload the module, load it again and open the same token in it, logged out:
 * what a module tells then it has read anew.  False: this process has no token
 * any more and ends. */
bool signer_reload(struct signer *s);
/* Bits of MSG_TOKEN and MSG_OPENED, in struct token_info's order. */
unsigned signer_token_flags(const struct token_info *info);

/* signer_card.c: names of the keys of the card that is open. */
const char *signer_sign_key(const struct signer *s);
const char *signer_derive_key(const struct signer *s);

/* signer_head.c: what the card remembers is unknown until read again. */
void signer_head_forget(struct signer *s);
/* Whether the card, as read or written last, remembers this line. */
bool signer_head_is(const struct signer *s, const uint8_t hash[32]);

/* signer_group.c */
void signer_group_free(struct group *g);
/* The act of that number in the group, or NULL. */
struct act *signer_act_find(struct signer *s, uint64_t number);
void signer_act_clear(struct act *a);
/* Whether the token is keyed for another policy than the group's. */
bool signer_group_stale(const struct group *g);

/* signer_told.c: the act about to be told, its members zeroed; NULL when it
 * may not be of this kind now, and the fault is answered. */
struct act *signer_act_telling(struct signer *s, enum act_what what);
/* It is told: it counts among the group's acts. */
void signer_act_told(struct signer *s, struct act *a);
/* Add a use line; the caller keeps to APPROVAL_USES_MAX. */
void signer_act_use(struct act *a, const char *name, size_t count);

/* signer_prepare.c: whether a raw transcript line holds this text. */
bool signer_line_says(const uint8_t *line, size_t len, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* signer_epoch.c: K from m shares, unless it is there; wipe K and shares. */
enum quorum_error signer_epoch_combine(struct signer *s, struct epoch *e);
void signer_epoch_forget(struct epoch *e);

/* signer_activate.c: the CA's key must answer, or the PIN counts as exposed.
 * text has room for SIGNER_TEST_MAX; *sig (may be NULL) new, OPENSSL_free(). */
bool
signer_challenge(struct signer *s, char *text, uint8_t **sig, size_t *sig_len);

/* signer_keying.c: how an act keys its token, NULL when it does not; whether
 * derive certificates and SO PINs are there; make K; have the token's PIN follow
 * from it (*out new); tell K in shares, noting their commitments. */
struct keying *signer_act_keying(struct act *a);
bool signer_keying_ready(struct signer *s, const struct keying *k);
bool signer_keying_start(struct signer *s, struct keying *k);
bool signer_pin(struct signer *s, const struct secret *k, uint32_t epoch,
    const uint8_t policy_sha256[32], struct secret **out);
bool signer_keying_share(struct signer *s, struct keying *k, uint32_t epoch);
void signer_keying_clear(struct keying *k);

/* signer_rotate.c: whether the group's one act sets the PIN with the SO PIN;
 * make K' and tell its shares. */
bool signer_group_recovers(const struct group *g);
void signer_rotate_execute(struct signer *s, struct act *a);

/* signer_issue.c: draft a certificate; draft and sign a CRL (*der new,
 * OPENSSL_free()); the keys, borrowed, of a token that is logged in. */
bool signer_cert_prepare(struct signer *s, struct act *a);
bool signer_crl_prepare(struct signer *s, struct act *a, struct act_crl *crl);
bool signer_crl_sign(struct signer *s, const struct act_crl *crl, uint8_t **der,
    size_t *len);
bool signer_ca_key(struct signer *s, EVP_PKEY **out);
bool signer_sealer_key(struct signer *s, EVP_PKEY **out);
/* The act is over: logged out until the next one begins. */
void signer_act_finish(struct signer *s, struct act *a);

/* signer_batch.c: read the worklist, hold keys and issuers against it. */
bool signer_batch_prepare(struct signer *s, struct act *a);
void signer_batch_clear(struct act_batch *b);

/* signer_certs.c: build every TBS, and tell the intents unless they were told;
 * the certificates, when all are there, into the log's tree. */
void signer_batch_execute(struct signer *s, struct act *a);
bool signer_batch_grow(struct act_batch *b);

/* signer_destroy.c: the text that is approved (*out new, OPENSSL_free()); have
 * the key answer, unless it is gone; whether the group's one act destroys keys
 * that an act before it has destroyed already, by how the challenge ended. */
bool signer_destroy_input(struct signer *s, struct act *a, uint8_t **out,
    size_t *len);
void signer_destroy_execute(struct signer *s, struct act *a);
bool signer_destroy_gone(struct signer *s, enum card_error err);
/* With the token open and its CA key proved: write the CA's and the sealer's
 * certificate again where that was cut short, so that their keys can be used;
 * false: fault sent. */
bool signer_mend(struct signer *s);

/* signer_keys.c: the text that is approved; make the token, log in; make the
 * keys and give out the shares. */
void signer_keys_input(const struct group *g, const struct act *a, char *out,
    size_t size);
void signer_keys_show(struct signer *s, struct act *a, const uint8_t begin[32]);
bool
signer_keys_login(struct signer *s, struct act *a, const uint8_t begin[32]);
void signer_keys_execute(struct signer *s, struct act *a);

/* signer_copy.c: whether the act makes a token that is, or has, a copy; whether
 * all that it needs for that is there; take the keys in; send them wrapped. */
bool signer_keys_leave(const struct act_keys *k);
bool signer_copy_ready(struct signer *s, const struct act_keys *k);
bool signer_import_key(struct signer *s, const struct act_keys *k, int which,
    struct key_attributes *attributes);
bool signer_export_keys(struct signer *s, const char *role,
    const struct secret *dkek);
void signer_export_input(struct signer *s, const struct act *a, char *out,
    size_t size);
void signer_export_execute(struct signer *s, struct act *a);

/* signer_answer.c */
/* "anchorite-test/v1" text of a key's proof, for cards and CA tokens. */
void signer_test_text(char *out, size_t size, const char *log, const char *what,
    const char *serial, const uint8_t nonce[16]);
/* Have a key sign such a text, which has room for SIGNER_TEST_MAX, and verify
 * it.  *sig (may be NULL) new, OPENSSL_free(). */
enum card_error
signer_key_prove(struct signer *s, const char *role, const uint8_t *spki,
    size_t spki_len, char *text, uint8_t **sig, size_t *sig_len);
/* Bits of MSG_ENROLLED and MSG_MADE_KEY, in struct key_attributes' order. */
unsigned signer_attribute_bits(const struct key_attributes *a);
/* Kernel randomness, mixed with the token's when one is open. */
bool signer_random(struct signer *s, uint8_t *out, size_t len);

#endif
