/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_MESSAGE_H
#define PROCESS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_EVIDENCE_MAX 2048 /* octets of a card's word for a key */
#define MESSAGE_CONF_MAX 8192     /* octets of an opensc.conf */
#define MESSAGE_PREVIEW_WIDTH 64  /* of a picture's small copy */
#define MESSAGE_PREVIEW_HEIGHT 36
#define MESSAGE_PREVIEW (MESSAGE_PREVIEW_WIDTH * MESSAGE_PREVIEW_HEIGHT)
#define MESSAGE_CODE_MAX 7089  /* octets of a code */
#define MESSAGE_UR_MAX 32768   /* octets of a code or line */
#define MESSAGE_PART_MAX 49152 /* octets of a part of a file */
#define MESSAGE_MAX 65536      /* octets of a payload, the largest row */

/*
 * Every message any two processes exchange, one row each in message.c: kind,
 * name, who sends it, the largest payload, and in which states of the child
 * it may come.  Fields stand behind each other: numbers as 8 octets big
 * endian, texts and octets as 4 octets of length and the octets.
 */
#define BLANK_OTHERS_MAX 1088 /* octets: 64 serials, a space between them */

enum message_kind {
	MSG_NONE = 0,
	/* answers of any child */
	MSG_READY, /* text sandbox level; once, unasked, at the start */
	MSG_OK,
	MSG_FAULT, /* number code, number line, number column, text */
	/* operator -> reader; each carries the file as a sealed memfd */
	MSG_READ_PLAN,
	MSG_READ_STATION,
	MSG_READ_REQUEST,
	MSG_READ_BACKUP,
	MSG_READ_CSR, /* of a CA that others run */
	MSG_ENTRIES,  /* text profile: go on with the request's entries */
	MSG_PICTURE,  /* number enum picture_form, number width, number height
			of a raw form, number offset of the picture in the
			file, number enum qr_ways; then more of them */
	MSG_SCAN,     /* join codes; it gets no file, and no pictures */
	MSG_UR,       /* number line (not a code), octets that a code or line
			has */
	MSG_SCAN_END, /* that was all: give the file */
	/* reader -> operator */
	MSG_PLAN_FIELD, /* text path, text value, number line, number column */
	MSG_STATION,    /* text factory, text line, octets spki */
	MSG_BACKUP,     /* text log, text ceremony, text label of the first
			   holder, text label, text module, number count; then
			   so many MSG_WRAPPED */
	MSG_REQUEST,    /* octets digest, octets order, octets bundle, number
			sequence, octets previous, number count, octets spki of
			the key that sealed it */
	MSG_ENTRY, /* text id, text hwserial, number rule, octets spki, octets
			r_sha256 */
	MSG_CSR,   /* octets spki, text subject asked for, number count; then so
		    many MSG_ASK, and a DONE */
	MSG_ASK,   /* text name, text value: asked for, of all that a CSR can */
	MSG_DONE,
	MSG_CODE,    /* octets of a code in a picture; so many come, then */
	MSG_SEEN,    /* number offset behind the picture, text why it cannot be
		     read or "", octets a small copy in grey or none */
	MSG_SCANNED, /* number enum scan_taken, number needed, number rank,
			number received, number checksum, number plain codes,
			number whether they differ, number complete, text why
			it was refused or "" */
	MSG_SCAN_FILE, /* number length, octets sha256; it follows in PARTs */
	/* operator -> signer: any role */
	MSG_LIST,  /* text module */
	MSG_OPEN,  /* text module, text label, text serial, number whether the
		      PIN may be typed at a PIN pad */
	MSG_WATCH, /* tell what is in the readers now, and whenever that
		      changes, for as long as this process lives */
	/* signer -> operator */
	MSG_READER, /* text reader, number enum reader_holds, text label, text
		       serial; then the next, and a DONE */
	MSG_TOKEN,  /* text label, text serial, text model, text reader, number
		       flags, number tries left or 0, text labels of keys with
		       commas between, number enum reader_holds */
	MSG_OPENED, /* text label, text serial, text module path, number flags
		     */
	/* operator -> signer that keeps a secret of which people have words on
	   paper, S or B; all but one carry a descriptor */
	MSG_PAPER_NEW,   /* text which, number threshold, number count, octets
			    names of custodians, a line each; words go to the
			    fd */
	MSG_PAPER_LOAD,  /* text which; words come from the fd */
	MSG_PAPER_CHECK, /* B only */
	MSG_DKEK,        /* B only: text label; the DKEK, 32 octets, goes to the
			    fd */
	MSG_SO_PIN,      /* text label, number n; the SO PINs of n and of n + 1,
			16 characters each, go to the fd */
	/* signer that keeps B -> operator */
	MSG_CHECK, /* octets: which B it is */
	/* operator -> signer of an operator's card */
	/* operator -> signer that makes a card or a CA token */
	MSG_BLANK,      /* text serial: of blank cards this one alone will do;
			  "": any but those of text serials, a space between
			  them */
	MSG_CARD_MAKE,  /* text module, text label, text operator, text log,
			  octets PIN, number date, number again; two SO PINs
			  come from the fd, as MSG_SO_PIN has them */
	MSG_CARD_KEYS,  /* text sign key, text derive key, octets derive
			  certificate or none: it was personalised elsewhere,
			  and its keys go by these names */
	MSG_CARD_INIT,  /* text module, text label, text serial, octets PIN,
			  number present; two SO PINs come from the fd, as
			  MSG_SO_PIN has them.  present: the token of that
			  label and serial is there and is emptied, the first
			  of the two is its SO PIN */
	MSG_CARD_BLANK, /* text module, text label, text serial, number again:
			   make it as it was sold; two SO PINs come from the fd,
			   as MSG_SO_PIN has them, of which it has the first, or,
			   again, either */
	MSG_LOGIN,      /* octets PIN */
	MSG_ADOPT,      /* text operator, text log, number date: try those keys
			  and certify them */
	MSG_APPROVE,    /* text operator, octets approval text */
	MSG_UNWRAP,     /* text serial, number epoch, number x, number m, number
			  n, octets commitment, octets blob */
	MSG_RELEASE,    /* number index of the share; it goes to the fd */
	MSG_NOTE,       /* text log, octets checkpoint text */
	MSG_PIN,        /* octets PIN, octets new PIN */
	MSG_TRY,        /* have sign sign and derive open a test blob */
	MSG_RETIRE,     /* text log, text operator: the sign key answers for the
			  last time, unless it is gone */
	MSG_WIPE,       /* text label, as people wrote it: destroy everything on
			  the card */
	MSG_EMPTY,      /* prove that nothing is left on the card */
	/* signer of an operator's card -> operator */
	MSG_ENROLLED,  /* text serial, octets sign cert, octets derive cert,
			  octets text, octets signature, number sign attributes,
			  number derive attributes, number whether it remembers
			  heads, octets sign attestation, octets derive
			  attestation, octets device certificate: none where
			  the card has none */
	MSG_SIGNATURE, /* octets */
	/* heads, on any token */
	MSG_HEAD_READ,
	MSG_HEAD_LINE, /* octets raw line; from the one remembered on */
	MSG_HEAD_WRITE,
	MSG_HEAD, /* number present, number seq, octets hash */
	/* operator -> signer of a CA token */
	MSG_CONTEXT,  /* text log, text ceremony, octets plan sha256, octets
			policy */
	MSG_CA,       /* text role, octets spki, octets certificate or none,
			octets sealer certificate or none, number epoch,
			octets policy sha256 of the epoch */
	MSG_EPOCH,    /* number epoch: the token may be in this one instead, of
			 the same policy */
	MSG_ACT,      /* number act, number resumes, number step, number epoch,
			text kind */
	MSG_ACT_KEYS, /* text module, text label, text role, number p384, number
			 again, octets labels of tokens that get copies, a line
			 each, or none */
	MSG_ACT_COPY, /* text module, text label, text role, number again, text
			 label of the first holder, octets sha256 of the backup
			 it comes from, or none */
	MSG_ACT_EXPORT, /* number is for a backup */
	MSG_ACT_ROTATE, /* number recover, number again, octets policy the token
			   is keyed for */
	MSG_ACT_CERT,   /* text profile, text subject, octets spki, number from,
			 number to */
	MSG_STATED,     /* of ACT_CERT: octets text of what limits a CA
		       (ca/stated.h), octets serial, octets sha256 of the TBS,
		       both none but of an act that goes on */
	MSG_ACT_CRL,    /* number number, number this, number next */
	MSG_REVOKED,    /* octets serial, number reason, number date */
	MSG_ACT_SEAL,   /* number date, octets payload */
	MSG_ACT_BATCH,  /* number date */
	MSG_WORK,       /* octets part of the worklist */
	MSG_KEY,        /* number entry, octets spki */
	MSG_TREE,       /* number size, octets frontier hashes */
	MSG_ISSUER,     /* octets root certificate */
	MSG_CRL,        /* number is the root's, octets part */
	MSG_ACT_DESTROY, /* number again, number copies, octets spki of the
			    sealer or none */
	MSG_PREPARE,     /* all told: build what is to be signed */
	MSG_PROPOSED,    /* number act, octets raw act.propose line */
	MSG_APPROVAL,    /* number act, text operator, octets signature */
	MSG_DERIVE_CERT, /* text operator, octets derive certificate */
	MSG_SHARE,       /* number epoch, number x, octets commitment; it comes
			    by the fd */
	MSG_SO_TAKE,    /* two SO PINs come by the fd, as MSG_SO_PIN has them */
	MSG_DKEK_TAKE,  /* a DKEK comes by the fd, as MSG_DKEK has it */
	MSG_IMPORT,     /* text role, octets spki, octets wrapped key */
	MSG_PROVE,      /* number act, octets raw act.begin line: before BEGIN,
			   where a token will get a DKEK; its card shows what it
			   is, to the name that follows from the line */
	MSG_BEGIN,      /* number act, octets raw act.begin line */
	MSG_WRITE_CERT, /* octets certificate to write beside its key */
	MSG_INTEND,     /* number entry, octets serial, octets tbs sha256: an
			   intent of another signer of this batch; before
			   EXECUTE, which then tells none */
	MSG_EXECUTE,    /* once, when the card remembers the act.begin line; a
			    card to be recovered is not asked */
	MSG_COMMIT,    /* octets raw rotate.prepare line: key the token; once */
	MSG_DESTROY,   /* octets raw destroy.prove line: destroy all; once */
	MSG_GO,        /* intents are on disk: sign what is handed out; once */
	MSG_SIGN,      /* number entry */
	MSG_TAKE,      /* number entry, octets certificate: another signer's */
	MSG_DUPLICATE, /* number entry, number leaf, text id, octets
			  certificate, octets proof hashes */
	MSG_SEAL,      /* results are on disk: seal the response; once */
	MSG_REST,      /* another signer sealed it: log out */
	MSG_END_GROUP, /* log out, wipe K */
	/* signer of a CA token -> operator */
	MSG_PREPARED, /* octets nonce or none, octets issuer spki sha256 or
			   none, octets sha256 of the input, number length of
			   the input that follows in PARTs */
	MSG_PART,     /* octets */
	MSG_SHOWN,    /* octets attestation, octets device certificate: none of
			   a token that is no card */
	MSG_BEGUN,    /* number epoch the token was opened in; 0 for keys and
			   recovery */
	MSG_MADE_KEY, /* text role, octets spki, number attributes, octets
			   text, octets signature, octets attestation, octets
			   device certificate */
	MSG_WRAPPED,  /* text role, octets spki, octets wrapped key */
	MSG_MADE_SHARE, /* text operator, number x, octets blob, octets
			   commitment */
	MSG_MADE,       /* text serial */
	MSG_ROTATED,    /* octets text, octets signature */
	MSG_PROVED,     /* octets text, octets signature: the key answers for
			   the last time; none: an operator's is gone */
	MSG_DESTROYED,  /* number objects destroyed, number objects left */
	MSG_INTENT,     /* number entry, octets serial, octets tbs sha256 */
	MSG_CERT,       /* octets certificate */
	MSG_FILE,       /* number length of a file that follows in PARTs */
	/* operator -> media; a medium is named by its place in the list that
	   MSG_MEDIA_FIND got, from 0 */
	MSG_MEDIA_FIND,    /* number loop devices count as well */
	MSG_MEDIA_LIST,    /* number medium, octets path of a folder */
	MSG_MEDIA_READ,    /* number medium, octets path of a file, number max
			    */
	MSG_MEDIA_WRITE,   /* number medium, text name; the file is the fd */
	MSG_MEDIA_PREPARE, /* number medium, text label, number erase: make a
			      state medium of it */
	MSG_MEDIA_STATE,   /* number medium: mount it for as long as this
			      process lives, hand over its folder of the state
			    */
	/* media -> operator */
	MSG_MEDIUM, /* text name, text disk, text bus, number size, text model,
		       text serial, number flags, text what is on it, text
		       label, text uuid, text why it cannot be used or none;
		       then the next, and a DONE */
	MSG_MEDIA_ENTRY,   /* octets name, number kind, number size; then the
			      next, and a LISTED */
	MSG_MEDIA_LISTED,  /* number entries, number whether there are more */
	MSG_MEDIA_FILE,    /* number size, octets sha256; the file is the fd,
			      sealed */
	MSG_MEDIA_WRITTEN, /* number size, octets sha256 */
	MSG_MEDIA_FOLDER,  /* the folder is the fd */
	MSG_MODULE,        /* tell of the module: any signer that has one */
	MSG_MODULE_IS, /* text path, text version, octets sha256, octets text of
			  opensc.conf or none */
	MSG_KIND_COUNT
};

/* States of a child that a row's `when` may name. */
enum message_state {
	STATE_IDLE = 1 << 0,     /* started, no token */
	STATE_OPEN = 1 << 1,     /* a token is open; media are prepared */
	STATE_LOGIN = 1 << 2,    /* an operator's card, PIN proved */
	STATE_ACT = 1 << 3,      /* an act is being told */
	STATE_PREPARED = 1 << 4, /* acts prepared, collecting approvals */
	STATE_BEGUN = 1 << 5,    /* act.begin seen, token logged in */
	STATE_SIGNING = 1 << 6,  /* intents told, waiting for GO */
	STATE_SEALING = 1 << 7,  /* GO came: certificates, then the response */
	STATE_PAPER = 1 << 8,    /* holds S or B */
	STATE_ROTATING = 1 << 9, /* new shares told, waiting for COMMIT */
	STATE_DOOMED = 1 << 10,  /* key proved, waiting for DESTROY */
	/* where a group of acts may be, and end */
	STATE_GROUP = STATE_IDLE | STATE_OPEN | STATE_ACT | STATE_PREPARED |
	    STATE_BEGUN | STATE_SIGNING | STATE_SEALING | STATE_ROTATING |
	    STATE_DOOMED,
};

/* Bits of the flags in MSG_TOKEN and MSG_OPENED that an operator's visit acts
 * on; they stand in the order of struct token_info. */
#define TOKEN_PIN_COUNT_LOW (1u << 2)
#define TOKEN_PIN_FINAL_TRY (1u << 3)
#define TOKEN_PIN_LOCKED (1u << 4)
#define TOKEN_PIN_PAD (1u << 8)

/* Bits of the flags in MSG_MEDIUM. */
#define MEDIUM_PARTITION (1u << 0)
#define MEDIUM_READ_ONLY (1u << 1)
#define MEDIUM_USABLE (1u << 2) /* has a file system that is mounted */
#define MEDIUM_EMPTY (1u << 3)
#define MEDIUM_EXT4 (1u << 4)

/* What is in a reader, as MSG_READER tells. */
enum reader_holds {
	READER_EMPTY,
	READER_CARD,    /* an initialised SmartCard-HSM */
	READER_BLANK,   /* one that is not */
	READER_FOREIGN, /* another kind of card */
	READER_MUTE,    /* what does not answer */
	READER_TAKEN,   /* one that another process has */
	READER_ODD,     /* what answers out of form */
	READER_HANGS,   /* what does not answer a command */
};

/* Codes of MSG_FAULT; below FAULT_FORM it is an enum card_error. */
enum fault_code {
	FAULT_FORM = 100, /* a message, or a file it carries, out of form */
	FAULT_REFUSED,    /* against a rule of the quorum or of issuing */
	FAULT_SHARE,      /* shares that are too few or wrong */
	FAULT_EXPOSED,    /* login worked, the key is not the expected one */
	FAULT_HEAD,       /* the card remembers another transcript */
	FAULT_INTERNAL,   /* out of memory, or a library failed */
	FAULT_MEDIA,      /* a medium, or what is on it */
};

struct message_row {
	const char *name;
	bool to_child;
	bool has_fd;
	uint32_t max;  /* octets of payload */
	unsigned when; /* enum message_state, for messages to a child */
};
/* The row of a kind, or NULL. */
const struct message_row *message_row(unsigned kind);

/* A message being written or read.  Errors stick in `bad`. */
struct message {
	enum message_kind kind;
	int fd; /* passed along, owned by the message; -1: none */
	size_t len, at;
	bool bad;
	uint8_t data[MESSAGE_MAX];
};
void message_start(struct message *m, enum message_kind kind);
void message_put_number(struct message *m, uint64_t n);
void message_put_text(struct message *m, const char *text);
void message_put_octets(struct message *m, const void *data, size_t len);
uint64_t message_get_number(struct message *m);
/* At most max characters, printable ASCII; out has room for max + 1. */
void message_get_text(struct message *m, char *out, size_t max);
/* Exactly len octets. */
void message_get_exact(struct message *m, uint8_t *out, size_t len);
/* 0 to max octets, borrowed from m. */
const uint8_t *message_get_octets(struct message *m, size_t max, size_t *len);
/* Whether everything was read and nothing was wrong. */
bool message_done(const struct message *m);
/* Wipe contents (PINs travel here) and close fd if there is one. */
void message_clear(struct message *m);

#endif
