/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_MODULE_H
#define SMARTCARD_MODULE_H

#include <p11-kit/pkcs11.h>

#include "smartcard/pcsc.h"
#include "smartcard/token.h"

/* What the files of smartcard/ share about a module and its open tokens;
 * everybody else uses token.h. */

#define CARD_YES ((CK_BBOOL)1)
#define CARD_NO ((CK_BBOOL)0)

struct libp11;
struct evp_key;

struct schsm_info;
struct opensc_held;

struct module {
	void *handle; /* dlopen; NULL: not loaded now, see opensc.h */
	CK_FUNCTION_LIST *f;
	char *path;
	char version[48]; /* what it calls itself, and its number */
	CK_RV last_rv;    /* behind the last error */
	bool opensc;      /* see attributes.h */
	bool per_card;    /* see opensc.h */
	char *conf;       /* that OpenSC was loaded with last */
	struct schsm_info
	    *card; /* that it was loaded for; NULL: another kind */
	/* of token_prove_blank(), until it is a token; NULL: none */
	struct opensc_held *held;
	char blank[TOKEN_SERIAL_MAX + 1]; /* see module_blank() */
	char others[TOKEN_OTHERS_MAX + 1];
	bool pin_pad;             /* see module_pin_pad() */
	struct pcsc_readers hung; /* see opensc_scan() */
	/* reader of the card that was not asked, see module_unread() */
	char unread[PCSC_NAME_MAX + 1];
	struct token *open;    /* every token in use */
	struct libp11 *libp11; /* see evp_key.h; NULL until it is needed */
};

/* Load and C_Initialize, with this text as OpenSC's configuration unless it is
 * NULL; and the reverse, for a module without open tokens: each does nothing
 * when that is done.  Errors: LOAD, MODULE, MEMORY. */
enum card_error module_start(struct module *m, const char *conf);
void module_stop(struct module *m);
/* C_Finalize, and C_Initialize again, without unloading; nothing of a session
 * or a slot is left between. */
void module_pause(struct module *m);
enum card_error module_resume(struct module *m, const char *conf);
/* Note a CK_RV that is not CKR_OK and give our error for it. */
enum card_error module_error(struct module *m, CK_RV rv);
/* Slots with a token in them; *ids new, free(). */
enum card_error
module_slots(struct module *m, CK_SLOT_ID **ids, CK_ULONG *count);
/* What a slot's token says of itself now.  *present is false, and no error
 * returned, when there is none or one that the module does not know. */
enum card_error module_slot_info(struct module *m, CK_SLOT_ID slot,
    struct token_info *out, bool *present);

#endif
