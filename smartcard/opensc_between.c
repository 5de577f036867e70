/* SPDX-License-Identifier: ISC */
/* A card asked by its own commands while OpenSC has its token: OpenSC lets go
 * of the card for that, and takes it again. */
#include <string.h>

#include "smartcard/evp_key.h"
#include "smartcard/opensc.h"
#include "smartcard/session.h"

static enum card_error
reopen(struct token *t)
{
	struct module *m = t->m;
	struct token_info info = { 0 };
	enum card_error ret =
	    token_select(m, t->info.label, t->info.serial, &info);

	if (ret != CARD_OK)
		return ret == CARD_ERR_NO_TOKEN ? CARD_ERR_REMOVED : ret;
	t->info = info;
	return module_error(m,
	    m->f->C_OpenSession(info.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
		NULL, NULL, &t->session));
}

static enum card_error
resume(struct token *t, const struct pcsc_readers *readers)
{
	bool wanted[PCSC_READERS_MAX] = { false };
	char provider[1024], text[OPENSC_CONF_MAX];
	enum card_error ret = CARD_ERR_REMOVED;

	for (size_t i = 0; i < readers->count; i++)
		if (strcmp(readers->reader[i].name, t->m->card->reader) == 0) {
			wanted[i] = true;
			ret = CARD_OK;
		}
	if (ret != CARD_OK)
		return ret;
	pcsc_provider(provider, sizeof(provider));
	ret = opensc_conf_text(provider, readers, wanted, t->m->pin_pad, text);
	return ret == CARD_OK ? module_resume(t->m, text) : ret;
}

/* The card must still be the one that the token is of. */
static enum card_error
ask(struct pcsc *p, const struct schsm_info *card, const struct secret *login,
    opensc_question *question, void *arg)
{
	struct schsm_info now;
	struct schsm *c = NULL;
	enum card_error ret = schsm_open(p, card->reader, &c);

	if (ret == CARD_OK)
		ret = schsm_identify(c, &now);
	if (ret == CARD_OK && strcmp(now.serial, card->serial) != 0)
		ret = CARD_ERR_REMOVED;
	if (ret == CARD_OK && login != NULL)
		ret = schsm_login(c, login);
	if (ret == CARD_OK)
		ret = question(c, &now, arg);
	schsm_close(c);
	return ret;
}

/*
 * The library stays where it is and forgets all it knew: the token's functions
 * may be called whatever goes wrong here, and then fail.
 */
enum card_error
opensc_between(struct token *t, const struct secret *pin, bool login,
    opensc_question *question, void *arg)
{
	struct pcsc_readers readers = { .count = 0 };
	struct pcsc *p = NULL;
	enum card_error ret, back;

	evp_key_free_all(t);
	token_logout(t);
	module_pause(t->m);
	ret = back = pcsc_new(NULL, &p);
	if (back == CARD_OK)
		back = pcsc_list(p, &readers);
	if (ret == CARD_OK)
		ret = ask(p, t->m->card, login ? pin : NULL, question, arg);
	pcsc_free(p);
	if (back == CARD_OK)
		back = resume(t, &readers);
	if (back == CARD_OK)
		back = reopen(t);
	if (back == CARD_OK)
		back = token_login(t, pin);
	return ret != CARD_OK ? ret : back;
}
