/* SPDX-License-Identifier: ISC */
#include "smartcard/gone.h"

#include <string.h>

#include "smartcard/schsm.h"
#include "smartcard/session.h"

#define WAITS 4
#define WAIT_MS 250 /* each; a change ends it */

static bool
is_present(const struct pcsc_readers *readers, const char *name)
{
	for (size_t i = 0; i < readers->count; i++)
		if (strcmp(readers->reader[i].name, name) == 0)
			return readers->reader[i].present;
	return false;
}

/* What pcscd says of a reader. */
static bool
reader_empties(const char *name)
{
	struct pcsc_readers readers;
	struct pcsc *p = NULL;
	bool present = true;

	if (pcsc_new(NULL, &p) == CARD_OK && pcsc_list(p, &readers) == CARD_OK)
		present = is_present(&readers, name);
	for (int i = 0; p != NULL && present && i < WAITS; i++) {
		enum card_error err = pcsc_wait(p, &readers, WAIT_MS);

		if (err != CARD_OK && err != CARD_ERR_TIMEOUT)
			break;
		present = is_present(&readers, name);
	}
	pcsc_free(p);
	return !present;
}

bool
token_gone(struct token *t)
{
	if (t->m->per_card && t->m->card != NULL)
		return reader_empties(t->m->card->reader);
	return token_refresh(t) == CARD_ERR_REMOVED;
}
