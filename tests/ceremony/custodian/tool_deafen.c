/* SPDX-License-Identifier: ISC */
/* tool_deafen LABEL PIN KEY: a private key of a soft token may decrypt no more,
 * as if it had been made so. */
#include <stdio.h>
#include <string.h>

#include "smartcard/object.h"

int
main(int argc, char **argv)
{
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE attr = { CKA_DECRYPT, &no, sizeof(no) };
	struct module *m = NULL;
	struct token *t = NULL;
	struct secret *pin;
	CK_OBJECT_HANDLE key;
	int status = 1;

	if (argc != 4 || (pin = secret_from(argv[2], strlen(argv[2]))) == NULL)
		return 2;
	if (module_load("softhsm", &m) == CARD_OK &&
	    token_open(m, argv[1], NULL, &t) == CARD_OK &&
	    token_login(t, pin) == CARD_OK &&
	    token_find_key(t, CKO_PRIVATE_KEY, argv[3], &key) == CARD_OK &&
	    m->f->C_SetAttributeValue(t->session, key, &attr, 1) == CKR_OK)
		status = 0;
	token_close(t);
	module_free(m);
	secret_free(pin);
	return status;
}
