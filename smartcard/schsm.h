/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_SCHSM_H
#define SMARTCARD_SCHSM_H

#include "smartcard/pcsc.h"
#include "smartcard/secret.h"
#include "smartcard/token.h"

/*
 * A SmartCard-HSM (Nitrokey HSM) by its own commands, for what PKCS#11 cannot
 * ask of it: which card it is before a module takes it, INITIALIZE with a
 * DKEK, the card's own certificates, wrapped keys.  The card is held
 * exclusively while it is open and reset when it is closed: no PKCS#11 module
 * may have it meanwhile.
 *
 * All a card answers is taken as hostile: lengths have limits, texts become
 * printable ASCII.
 */
#define SCHSM_FILE_MAX 4096 /* octets of a file, and of a wrapped key */
#define SCHSM_KEYS_MAX 127
#define SCHSM_FILES_MAX 512
#define SCHSM_PIN_TRIES 3 /* of a card initialised here */
#define SCHSM_DKEK_SIZE 32
#define SCHSM_KCV_SIZE 8
#define SCHSM_SO_SIZE 16    /* hexadecimal digits of an SO PIN */
#define SCHSM_HOLDER_MAX 16 /* characters of a name in a certificate */

/* First octets of the identifiers of files; the second is the key's number. */
#define SCHSM_KEY 0xCC
#define SCHSM_DESCRIPTION 0xC4 /* PKCS#15 of a private key: label, id */
#define SCHSM_CERT 0xCE        /* key-generation CVC, later a certificate */
#define SCHSM_PROOF_KEY 127    /* see schsm_prove() */
#define SCHSM_FID(prefix, number) ((uint16_t)((prefix) << 8 | (number)))

struct schsm_info {
	char reader[PCSC_NAME_MAX + 1];
	/* holder in the device certificate, without its last 5 characters */
	char serial[TOKEN_SERIAL_MAX + 1];
	char label[TOKEN_LABEL_MAX + 1]; /* "" when none was written */
	bool initialised;                /* it has PINs */
	/* it has, but nothing else, unless a key of schsm_prove() */
	bool wiped;
	bool pin_pad;    /* on the card itself */
	bool reader_pad; /* its reader says that it has one */
	bool pin_locked;
	unsigned pin_tries, so_tries; /* left */
	bool dkek;                    /* set up at its initialisation */
	unsigned dkek_shares, dkek_missing;
	uint8_t kcv[SCHSM_KCV_SIZE]; /* of the DKEK, once none is missing */
	size_t key_count;
	uint8_t keys[SCHSM_KEYS_MAX]; /* numbers of keys, ascending; 0 is the
					 device's own and not among them */
};

struct schsm;
/* Take the card in a reader.  Errors: FOREIGN (another kind of card), and
 * those of pcsc_connect(). */
enum card_error
schsm_open(struct pcsc *p, const char *reader, struct schsm **out);
/* Reset and let go; NULL is fine. */
void schsm_close(struct schsm *c);
/* SW1 SW2 of the last command; 0 when there was no answer. */
unsigned schsm_status(const struct schsm *c);

/* Who it is and how it is; without login.  Errors: ANSWER (no device
 * certificate), REMOVED, ... */
enum card_error schsm_identify(struct schsm *c, struct schsm_info *out);
/* The same for the card in a reader, opened for it. */
enum card_error
schsm_look(struct pcsc *p, const char *reader, struct schsm_info *out);

/*
 * INITIALIZE, which wipes the card, and then the label.  Leaves it logged in.
 *
 * so    16 hexadecimal digits; an initialised card must have this SO PIN,
 *       which the card counts tries of.
 * user  6 to 15 octets: the new user PIN.  The SO may set another.
 * dkek  NULL, or 32 octets: the only share of a device key encryption key.
 *
 * Errors: PIN (the SO PIN is another), PIN_LOCKED, PIN_FORM, ARGUMENT, ...
 */
enum card_error
schsm_initialise(struct schsm *c, const char *label, const struct secret *so,
    const struct secret *user, const struct secret *dkek);
/* INITIALIZE alone, without DKEK or label, logged in with user: afterwards it is
 * what struct schsm_info calls wiped.  Errors: as above. */
enum card_error schsm_initialise_bare(struct schsm *c, const struct secret *so,
    const struct secret *user);
/*
 * Make a card blank again: INITIALIZE, and then the SO PIN that cards are sold
 * with.  struct schsm_info has it as wiped.  Errors: as above.
 */
enum card_error schsm_wipe(struct schsm *c, const struct secret *so);
/* Change the SO PIN.  Errors: PIN, PIN_LOCKED, PIN_FORM. */
enum card_error schsm_move_so(struct schsm *c, const struct secret *from,
    const struct secret *to);
/* 3537363231383830, the SO PIN that cards are sold with. */
struct secret *schsm_factory_so(void);
/* A user PIN that nobody knows, for a card until it gets its own. */
struct secret *schsm_random_pin(void);

/* Errors: PIN, PIN_LOCKED, PIN_FORM. */
enum card_error schsm_login(struct schsm *c, const struct secret *pin);

/* Identifiers of all files and keys.  Errors: ANSWER (too many), ... */
enum card_error
schsm_list(struct schsm *c, uint16_t out[SCHSM_FILES_MAX], size_t *count);
/* A whole file; *len is at most SCHSM_FILE_MAX.  Errors: OBJECT_MISSING,
 * ANSWER (too long), ... */
enum card_error schsm_read(struct schsm *c, uint16_t fid,
    uint8_t out[SCHSM_FILE_MAX], size_t *len);
/* Device certificate and its issuer's, as EF 2F02 has them. */
enum card_error
schsm_device_cert(struct schsm *c, uint8_t out[SCHSM_FILE_MAX], size_t *len);
/* Whether octets are the description (PKCS #15) of a private key of that
 * label. */
bool schsm_description_is(const uint8_t *file, size_t len, const char *label);
/* The number of the key of a label, by its description.
 * Errors: KEY_MISSING, KEY_AMBIGUOUS, ... */
enum card_error
schsm_find_key(struct schsm *c, const char *label, uint8_t *number);

/* How many files and keys there are beside the card's own. */
enum card_error schsm_left(struct schsm *c, size_t *left);

/* Those below need login. */
/* In place of what was there.  Errors: FULL, ... */
enum card_error
schsm_write(struct schsm *c, uint16_t fid, const uint8_t *data, size_t len);
/* A file or a key.  Errors: OBJECT_MISSING, ... */
enum card_error schsm_delete(struct schsm *c, uint16_t fid);
/* All that schsm_left() counts, keys first; the first that will not go ends it.
 * *gone: those that were deleted, after an error too.  Errors: LEFT (it lists
 * one that it said it deleted), STATUS, ... */
enum card_error schsm_clear(struct schsm *c, size_t *gone);
/*
 * Have the card show that it is one: it makes a key pair on P-256 for nothing
 * else, number SCHSM_PROOF_KEY, in a request of that holder (1 to
 * SCHSM_HOLDER_MAX printable characters), which it signs with the key of its
 * certificate; the key is deleted.  out has the answer and EF 2F02; nothing is
 * verified here: see cvc_proof_check().  Errors: ANSWER, ARGUMENT, STATUS, ...
 */
enum card_error
schsm_prove(struct schsm *c, const char *holder, struct token_evidence *out);
/* A key under the DKEK: *len octets.  Errors: KEY_MISSING, STATUS (no DKEK,
 * or shares missing), ... */
enum card_error schsm_wrap(struct schsm *c, uint8_t number,
    uint8_t out[SCHSM_FILE_MAX], size_t *len);
/* A wrapped key as the key of that number.  Errors: KEY_AMBIGUOUS (there is
 * one), STATUS (another DKEK, or a blob that was changed), ... */
enum card_error
schsm_unwrap(struct schsm *c, uint8_t number, const uint8_t *blob, size_t len);

#endif
