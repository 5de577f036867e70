/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_TOKEN_H
#define SMARTCARD_TOKEN_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smartcard/error.h"
#include "smartcard/secret.h"

#define TOKEN_LABEL_MAX 32
#define TOKEN_SERIAL_MAX 16
#define TOKEN_LIST_MAX 64

/* A loaded PKCS#11 module.  One in a process, one thread. */
struct module;
/* name: "softhsm", "opensc", or the path of any module.  C_Initialize with
 * CKF_OS_LOCKING_OK.  Errors: LOAD, MODULE, MEMORY. */
enum card_error module_load(const char *name, struct module **out);
/* C_Finalize and unload; every token of it must be closed. */
void module_free(struct module *m);
/* Path of a module name, or the name itself when it is a path. */
const char *module_path(const char *name);
/* The CK_RV behind the last CARD_ERR_MODULE, as its name ("CKR_..."). */
const char *module_last_rv(const struct module *m);

/*
 * OpenSC (told by C_GetInfo and its library) is loaded when a token is opened, for that one
 * card alone, and unloaded when it is closed: one token at a time, and others
 * may have the other readers.  module_blank(): of blank
 * cards, and of those begun before, token_init_blank() takes the one of that
 * serial alone; "": any but those of `others`, serials with a space between
 * them, at most TOKEN_OTHERS_MAX octets.
 */
#define TOKEN_OTHERS_MAX (64 * (TOKEN_SERIAL_MAX + 1))
void module_blank(struct module *m, const char *serial, const char *others);
/*
 * Whether PINs may be typed at a PIN pad, a reader's or a card's own; before a
 * token is opened.  Not unless said: a pad is none for a PIN that is derived,
 * nor for one that is chosen.  Where it may not be used none is told of, and
 * every PIN is given.
 */
void module_pin_pad(struct module *m, bool use);

/*
 * A token was not found, and neither could every card be asked: the reader of
 * one that could not, as the error says that token_open() or token_init_blank()
 * ended in: BUSY (another process has it), TIMEOUT (it hangs), MUTE, ANSWER.
 * Otherwise "".
 */
const char *module_unread(const struct module *m);

/*
 * What a module is: its file and SHA-256 of that as it is now, what it calls
 * itself, and the text of opensc.conf that OpenSC was loaded with last, "" for
 * other modules.  All borrowed from the module.  Errors: LOAD (unreadable).
 */
struct module_report {
	const char *path, *version, *conf;
	uint8_t sha256[32];
};
enum card_error
module_report(const struct module *m, struct module_report *out);

/* What is not printable ASCII in a text became '?'. */
struct token_info {
	unsigned long slot;
	char label[TOKEN_LABEL_MAX + 1];   /* without trailing blanks */
	char serial[TOKEN_SERIAL_MAX + 1]; /* "" before initialisation */
	char model[17];
	char reader[65]; /* slot description */
	bool initialised;
	bool user_pin_set, pin_count_low, pin_final_try, pin_locked;
	bool so_count_low, so_final_try, so_locked;
	bool pin_pad;   /* CKF_PROTECTED_AUTHENTICATION_PATH */
	unsigned tries; /* of the user PIN that are left; 0: not known */
	/* In a list: the card could not be asked, and all but its reader is
	 * empty: BUSY, TIMEOUT, MUTE, ANSWER, or FOREIGN (nobody knows it). */
	enum card_error unread;
};
/* All present tokens, and cards that could not be asked; at most
 * TOKEN_LIST_MAX. */
enum card_error
token_list(struct module *m, struct token_info *out, size_t *count);

/*
 * A token in use: selected by label and, unless NULL or "-", serial; never by
 * slot number alone.  By its serial alone, label "", is for tokens that were
 * personalised elsewhere, where many have one label.  A " (UserPIN)" that OpenSC appends is not part of the
 * label.  Opens one read-write session.
 * Errors: NO_TOKEN, BUSY, TIMEOUT, MUTE, ANSWER (see module_unread()),
 * AMBIGUOUS, ARGUMENT (that token is open already), MODULE, MEMORY.
 */
struct token;
enum card_error token_open(struct module *m, const char *label,
    const char *serial, struct token **out);
/* Logs out, closes the session, frees every key; NULL is fine. */
void token_close(struct token *t);
const struct token_info *token_info(const struct token *t);
/* Read the flags afresh (tries left). */
enum card_error token_refresh(struct token *t);
/* Does it still answer?  A card that was pulled, or was put back, does not;
 * its module may say anything of that, or think that it is there. */
bool token_answers(struct token *t);

/*
 * The SO PIN for one use of it, and the one it is moved on to by that use: no
 * SO PIN is good twice.  When a use was cut short the token may have either:
 * then next is tried first, pin second, never a third, and none when the token
 * says that the next wrong one is the last (LAST_TRY).
 */
struct token_so {
	struct secret *pin, *next; /* owned, token_so_clear() */
	enum {
		TOKEN_SO_PIN,    /* the token has pin, or is blank */
		TOKEN_SO_EITHER, /* a use began before */
		TOKEN_SO_NEXT    /* moved already */
	} at;
};
/* Wipe and free both. */
void token_so_clear(struct token_so *so);
/*
 * Make the SmartCard-HSM of that label and, unless NULL, serial as it was sold:
 * nothing on it, no label, and the SO PIN that everybody knows.
 * Errors: FOREIGN (another module), PIN, LAST_TRY, NO_TOKEN, AMBIGUOUS, REMOVED
 * (another card has taken its place), ...
 */
enum card_error token_make_blank(struct module *m, const char *label,
    const char *serial, struct token_so *so);

/*
 * Initialise a blank token (CKF_TOKEN_INITIALIZED clear, first such slot) or,
 * when one with this label exists and so->at is not TOKEN_SO_PIN, that one;
 * then set the user PIN, move the SO PIN on (see token_init_pin()) and open it.
 * Errors: NOT_BLANK (a token of that label exists and so->at is TOKEN_SO_PIN),
 * PIN (the SO PIN is neither), NO_TOKEN (nothing blank), ...
 */
enum card_error token_init(struct module *m, const char *label,
    struct token_so *so, const struct secret *user_pin, struct token **out);
/* What a SmartCard-HSM says of a key that it made, and the certificate of the
 * card with its issuer's; both empty on others. */
#define TOKEN_EVIDENCE_MAX 2048
struct token_octets {
	size_t len;
	uint8_t data[TOKEN_EVIDENCE_MAX];
};
struct token_evidence {
	struct token_octets attestation, device;
};
/*
 * Before a token gets a DKEK: find the card that token_init_blank() with the same
 * label and SO PINs is to make one, and have it show what it is, by a key that
 * it makes for that and deletes (see schsm_prove()) in a request of this
 * holder.  Nothing of ours is on it then: an SO PIN only where a use was cut
 * short.  The card is held until token_init_blank(), which takes no other, or
 * until module_free().  Of tokens that are no cards evidence is empty, and
 * nothing is done.
 * Errors: those of token_init_blank(); ANSWER.
 */
enum card_error token_prove_blank(struct module *m, const char *label,
    struct token_so *so, const char *holder, struct token_evidence *out);
/* The first half of it (C_InitToken), for when the user PIN depends on the
 * serial that only the initialised token has: afterwards the token is open,
 * user PIN unset, and so->at tells which SO PIN it has.  dkek, COPY_DKEK_SIZE
 * octets, is for a token whose keys are to be copied (copy.h), else NULL; it is
 * for modules that must have it now, the others ignore it. */
enum card_error token_init_blank(struct module *m, const char *label,
    struct token_so *so, const struct secret *dkek, struct token **out);
/*
 * The second half, or a new user PIN for a token that has one: C_Login SO,
 * C_InitPIN, C_SetPIN from so->pin to so->next unless it is there, C_Logout.
 * so->at follows what the token is known to have.  Where there is a PIN pad
 * people type the SO PIN and it is not moved.
 * Errors: PIN (the SO PIN is neither), ...  Once the SO is logged in, an error
 * may leave the new user PIN set and the SO PIN as it was: the same two, with
 * TOKEN_SO_EITHER, serve to go on.
 */
enum card_error token_init_pin(struct token *t, struct token_so *so,
    const struct secret *user_pin);
/* C_SetPIN of the user PIN, logged out before and after. */
enum card_error token_set_pin(struct token *t, const struct secret *old_pin,
    const struct secret *new_pin);

/* Prove the user PIN: logs out first, so that success means this PIN is right
 * (CKR_USER_ALREADY_LOGGED_IN is not success).  Errors: PIN, PIN_LOCKED. */
enum card_error token_login(struct token *t, const struct secret *pin);
void token_logout(struct token *t);

/* Random octets from the token (C_GenerateRandom). */
enum card_error token_random(struct token *t, uint8_t *out, size_t len);

enum key_use {
	KEY_SIGN,
	KEY_DERIVE,
	/* for signing, and to have copies on other tokens, see copy.h: the one
	 * that is made, and those that it is taken to */
	KEY_SIGN_ORIGINAL,
	KEY_SIGN_COPY,
	/* of a token that was personalised elsewhere, for whatever it is for;
	 * none of these is ever made */
	KEY_FOREIGN
};
enum key_curve_id {
	KEY_P256,
	KEY_P384
};
struct key_attributes { /* as the module reports them */
	bool token, private_, sensitive, extractable, always_sensitive;
	bool never_extractable, local, sign, derive, decrypt, unwrap;
	bool sign_recover;
};
/*
 * Make an EC key pair on the token by our own template: private key TOKEN,
 * PRIVATE, SENSITIVE, not EXTRACTABLE unless it is a KEY_SIGN_ORIGINAL, SIGN or
 * DERIVE only; id (one octet) and label as given.  Attributes are read back; anything but asked for (or an
 * EC point off its curve) destroys the pair and is CARD_ERR_ATTRIBUTES.
 * attrs (may be NULL) gets what was read; *spki new DER, OPENSSL_free().
 * A label or an id that a private key has already is CARD_ERR_KEY_AMBIGUOUS.
 * Needs login.
 *
 * OpenSC tells SENSITIVE, ALWAYS_SENSITIVE, NEVER_EXTRACTABLE and LOCAL only
 * after it was loaded again: they are not judged here then, but by
 * token_settle_key().
 */
enum card_error token_make_key(struct token *t, enum key_curve_id curve,
    enum key_use use, uint8_t id, const char *label,
    struct key_attributes *attrs, uint8_t **spki, size_t *spki_len);
/*
 * Where a function takes the label of a key that is there, this may be
 * "id=<hex>" instead: the key, or certificate, of that CKA_ID.
 */
/*
 * Meet a key that token_make_key() just made as a later process would, before
 * a certificate is written beside it: what a module says of a key in the
 * session that made it is no proof.  OpenSC is started anew for that, and the
 * token logged in with pin; meanwhile the card itself is asked for its word,
 * which a certificate would overwrite.  Then all attributes are judged, and
 * the public key compared with spki.
 *
 * out  on a SmartCard-HSM the answer to the key's making, a CVC signed by the
 *      card's own key, and the card's certificate with its issuer's (EF 2F02),
 *      both as read; empty on others.  Nothing is verified here: see ca/cvc.h.
 *
 * The token stays valid whatever happens, but after an error every use of it
 * may fail.  Errors: ATTRIBUTES, SELFTEST (another public key), REMOVED,
 * ANSWER, PIN, ...
 */
enum card_error token_settle_key(struct token *t, const struct secret *pin,
    const char *label, enum key_use use, const uint8_t *spki, size_t spki_len,
    struct key_attributes *attrs, struct token_evidence *out);
/*
 * Of a SmartCard-HSM the public key is what the certificate's file says.  When
 * its writing was cut short, by a pulled card or a full one, the key of that
 * label is there and cannot be used through PKCS#11, nor a certificate written.
 * Then, and on such a card only, write this one by the card's own commands and
 * load OpenSC anew; otherwise nothing is done.  That the certificate is the
 * key's is for the caller to know.  Needs login; pin is borrowed.
 * Errors: FULL, REMOVED, ARGUMENT (too long), ...
 */
enum card_error token_mend_cert(struct token *t, const struct secret *pin,
    const char *label, const uint8_t *der, size_t len);

/* Read the attributes of a private key and judge them all, without exception.
 * Errors: ATTRIBUTES, KEY_MISSING, ... */
enum card_error token_check_key(struct token *t, const char *label,
    enum key_use use, struct key_attributes *attrs);
/* SPKI of the public key (or, without one, certificate) of that label, EC or
 * RSA; works without login where the token allows. */
enum card_error token_public_key(struct token *t, const char *label,
    uint8_t **spki, size_t *spki_len);
/* The key as an EVP_PKEY for signing or CMS decryption, by libp11; borrowed,
 * lives until token_close().  Needs login.  Its public half is compared with
 * spki (CARD_ERR_SELFTEST when another). */
enum card_error token_key(struct token *t, const char *label,
    const uint8_t *spki, size_t spki_len, EVP_PKEY **out);
/* Challenge: sign text with the key and verify with spki.  *sig new DER
 * ECDSA-Sig, OPENSSL_free(), may be NULL.  Digest: SHA-256 of text for P-256,
 * SHA-384 for P-384.  An RSA key signs RSASSA-PKCS1-v1_5 with SHA-256.  Errors: SELFTEST, MODULE, ... */
enum card_error token_sign_text(struct token *t, const char *label,
    const uint8_t *spki, size_t spki_len, const void *text, size_t text_len,
    uint8_t **sig, size_t *sig_len);
/*
 * For a token that was personalised elsewhere, right after token_login(): when
 * one of its private keys has CKA_ALWAYS_AUTHENTICATE, keep a copy of the PIN
 * until logout, for token_sign_text() to log in with for each signature.  The
 * keys of token_key() do not: *each_use tells for one key.
 */
enum card_error token_keep_pin(struct token *t, const struct secret *pin);
enum card_error
token_key_each_use(struct token *t, const char *label, bool *each_use);
/* ECDH (CKM_ECDH1_DERIVE, CKD_NULL) with a raw uncompressed point. */
enum card_error token_ecdh(struct token *t, const char *label,
    const uint8_t *point, size_t point_len, struct secret **out);

/* Write a DER certificate beside its key (same id and label), in place of one
 * that is there; needs login.  Errors: KEY_MISSING, SELFTEST (the certificate
 * is for another key), ARGUMENT (not DER), FULL, MODULE, ... */
enum card_error token_write_cert(struct token *t, const char *label, uint8_t id,
    const uint8_t *der, size_t len);
/* *der new, OPENSSL_free().  Errors: OBJECT_MISSING, AMBIGUOUS, ... */
enum card_error
token_read_cert(struct token *t, const char *label, uint8_t **der, size_t *len);

/* Data objects (CKO_DATA, CKA_PRIVATE), application "anchorite", 1 to
 * TOKEN_OBJECT_MAX octets, replaced whole; needs login.  The new value is
 * written before the old one is destroyed: power loss between leaves both,
 * and reading then gives AMBIGUOUS until it is written again.
 * write: FULL.  read: *data new, free(); OBJECT_MISSING, AMBIGUOUS. */
#define TOKEN_OBJECT_MAX 4096
/* Whether the token takes such objects at all, by writing one of that label and
 * destroying it.  *can is false when the token says that it does not. */
enum card_error token_try_object(struct token *t, const char *label, bool *can);
enum card_error token_write_object(struct token *t, const char *label,
    const void *data, size_t len);
enum card_error token_read_object(struct token *t, const char *label,
    uint8_t **data, size_t *len);

#endif
