/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_ERROR_H
#define SMARTCARD_ERROR_H

/* What a function of smartcard/ returns; 0 is success and nothing else is.
 * Each CK_RV we act on has its own name; others become CARD_ERR_MODULE and
 * card_last_rv() names them. */
enum card_error {
	CARD_OK = 0,
	CARD_ERR_MEMORY,
	CARD_ERR_ARGUMENT,
	CARD_ERR_LOAD,          /* the module cannot be loaded */
	CARD_ERR_MODULE,        /* any other CK_RV */
	CARD_ERR_NO_TOKEN,      /* no token with that label and serial */
	CARD_ERR_AMBIGUOUS,     /* more than one */
	CARD_ERR_NOT_BLANK,     /* initialised where a blank one was wanted */
	CARD_ERR_REMOVED,       /* CKR_TOKEN_NOT_PRESENT, DEVICE_REMOVED */
	CARD_ERR_PIN,           /* CKR_PIN_INCORRECT */
	CARD_ERR_PIN_LOCKED,    /* CKR_PIN_LOCKED */
	CARD_ERR_LAST_TRY,      /* an SO PIN's, which nobody has asked for */
	CARD_ERR_PIN_FORM,      /* CKR_PIN_LEN_RANGE, PIN_INVALID */
	CARD_ERR_KEY_MISSING,   /* no such key */
	CARD_ERR_KEY_AMBIGUOUS, /* more than one */
	CARD_ERR_ATTRIBUTES,    /* a generated key lacks what it must have */
	CARD_ERR_SELFTEST,      /* signed, and it does not verify */
	CARD_ERR_OBJECT_MISSING,
	CARD_ERR_FULL,      /* CKR_DEVICE_MEMORY */
	CARD_ERR_MAY_NOT,   /* CKR_KEY_UNEXTRACTABLE: no copies of this key */
	CARD_ERR_UNWRAP,    /* not wrapped under this DKEK, or damaged */
	CARD_ERR_NO_COPIES, /* the module cannot pass keys on */
	CARD_ERR_SERVICE,   /* pcscd does not answer */
	CARD_ERR_TIMEOUT,   /* nothing happened in time */
	CARD_ERR_BUSY,      /* another program has the card */
	CARD_ERR_READERS, /* too many readers, or two of names too much alike */
	CARD_ERR_FOREIGN, /* no SmartCard-HSM */
	CARD_ERR_ANSWER,  /* a card's answer out of form */
	CARD_ERR_STATUS,  /* a status word that no row names */
	CARD_ERR_LEFT,    /* what was destroyed is not all gone */
	CARD_ERR_MUTE,    /* a card does not answer a reset */
	CARD_ERR_CANCELLED, /* CKR_FUNCTION_CANCELED: no PIN at the PIN pad */
};

/* A short English text for an error; total, never NULL. */
const char *card_strerror(enum card_error err);

#endif
