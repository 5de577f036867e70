/* SPDX-License-Identifier: ISC */
#include "smartcard/token.h"

#include <stdlib.h>
#include <string.h>

#include "smartcard/evp_key.h"
#include "smartcard/opensc.h"
#include "smartcard/session.h"

static bool
matches(const struct token_info *info, const char *label, const char *serial)
{
	bool any_label = label == NULL || label[0] == '\0';
	bool any_serial = serial == NULL || strcmp(serial, "-") == 0;

	return info->initialised && !(any_label && any_serial) &&
	    (any_label || strcmp(info->label, label) == 0) &&
	    (any_serial || strcmp(info->serial, serial) == 0);
}

enum card_error
token_select(struct module *m, const char *label, const char *serial,
    struct token_info *out)
{
	CK_SLOT_ID *ids = NULL;
	CK_ULONG n = 0;
	size_t found = 0;
	enum card_error ret;

	ret = module_slots(m, &ids, &n);
	for (CK_ULONG i = 0; ret == CARD_OK && i < n; i++) {
		struct token_info info;
		bool present = false;

		ret = module_slot_info(m, ids[i], &info, &present);
		if (ret == CARD_OK && present &&
		    matches(&info, label, serial)) {
			*out = info;
			found++;
		}
	}
	free(ids);
	if (ret != CARD_OK)
		return ret;
	if (found > 1)
		return CARD_ERR_AMBIGUOUS;
	return found == 1 ? CARD_OK : CARD_ERR_NO_TOKEN;
}

bool
token_slot_in_use(const struct module *m, CK_SLOT_ID slot)
{
	for (const struct token *t = m->open; t != NULL; t = t->next)
		if (t->info.slot == slot)
			return true;
	return false;
}

/* A token that was personalised elsewhere may not let itself be written to. */
static CK_RV
open_session(struct token *t)
{
	CK_FUNCTION_LIST *f = t->m->f;
	CK_RV rv = f->C_OpenSession(t->info.slot,
	    CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &t->session);

	if (rv == CKR_TOKEN_WRITE_PROTECTED)
		rv = f->C_OpenSession(t->info.slot, CKF_SERIAL_SESSION, NULL,
		    NULL, &t->session);
	return rv;
}

enum card_error
token_open_slot(struct module *m, CK_SLOT_ID slot, struct token **out)
{
	struct token *t;
	enum card_error ret;

	*out = NULL;
	if (token_slot_in_use(m, slot))
		return CARD_ERR_ARGUMENT;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return CARD_ERR_MEMORY;
	t->m = m;
	t->info.slot = slot;
	ret = token_refresh(t);
	if (ret == CARD_OK)
		ret = module_error(m, open_session(t));
	if (ret != CARD_OK) {
		free(t);
		return ret;
	}
	t->next = m->open;
	m->open = t;
	*out = t;
	return CARD_OK;
}

enum card_error
token_open(struct module *m, const char *label, const char *serial,
    struct token **out)
{
	struct token_info info;
	enum card_error ret = CARD_OK;

	*out = NULL;
	if (m == NULL || label == NULL)
		return CARD_ERR_ARGUMENT;
	if (m->per_card)
		ret = opensc_enter(m, label, serial);
	if (ret != CARD_OK)
		return ret;
	ret = token_select(m, label, serial, &info);
	if (ret == CARD_OK)
		ret = token_open_slot(m, info.slot, out);
	if (ret != CARD_OK && m->per_card)
		opensc_leave(m);
	return ret;
}

static void
unlink_token(struct token *t)
{
	struct token **p = &t->m->open;

	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
}

void
token_close(struct token *t)
{
	struct module *m;

	if (t == NULL)
		return;
	m = t->m;
	evp_key_free_all(t);
	token_forget_pin(t);
	m->f->C_Logout(t->session);
	/* all of the slot's: libp11 opens its own and never closes one */
	m->f->C_CloseAllSessions(t->info.slot);
	unlink_token(t);
	free(t);
	if (m->open == NULL && m->libp11 != NULL)
		libp11_release(m->libp11);
	if (m->per_card)
		opensc_leave(m);
}

const struct token_info *
token_info(const struct token *t)
{
	return &t->info;
}

enum card_error
token_refresh(struct token *t)
{
	struct token_info info;
	bool present = false;
	enum card_error ret;

	ret = module_slot_info(t->m, t->info.slot, &info, &present);
	if (ret != CARD_OK)
		return ret;
	if (!present)
		return CARD_ERR_REMOVED;
	t->info = info;
	return CARD_OK;
}

bool
token_answers(struct token *t)
{
	uint8_t some[8];

	return token_random(t, some, sizeof(some)) == CARD_OK;
}

enum card_error
token_need_login(struct token *t)
{
	CK_SESSION_INFO info = { 0 };
	CK_RV rv;

	rv = t->m->f->C_GetSessionInfo(t->session, &info);
	if (rv == CKR_OK && info.state != CKS_RW_USER_FUNCTIONS &&
	    info.state != CKS_RO_USER_FUNCTIONS)
		rv = CKR_USER_NOT_LOGGED_IN;
	return module_error(t->m, rv);
}

enum card_error
token_login_as(struct token *t, CK_USER_TYPE user, const struct secret *pin)
{
	CK_RV rv;

	if (t->info.pin_pad)
		rv = t->m->f->C_Login(t->session, user, NULL, 0);
	else if (pin == NULL)
		return CARD_ERR_ARGUMENT;
	else
		rv = t->m->f->C_Login(t->session, user, (CK_BYTE *)pin->data,
		    pin->len);
	return module_error(t->m, rv);
}

enum card_error
token_login(struct token *t, const struct secret *pin)
{
	enum card_error ret;

	/* while logged in C_Login does not look at the PIN */
	token_logout(t);
	ret = token_login_as(t, CKU_USER, pin);
	/* whose keys have copies: they leave and come by its own commands,
	 * for which OpenSC lets go of it */
	if (ret == CARD_OK && pin != NULL && t->m->card != NULL &&
	    t->m->card->dkek) {
		t->pin = secret_from(pin->data, pin->len);
		if (t->pin == NULL)
			ret = CARD_ERR_MEMORY;
	}
	return ret;
}

void
token_logout(struct token *t)
{
	/* handles of private objects end with the login */
	evp_key_retire_all(t);
	t->m->f->C_Logout(t->session);
	token_forget_pin(t);
}

enum card_error
token_set_pin(struct token *t, const struct secret *old_pin,
    const struct secret *new_pin)
{
	CK_RV rv;

	if (!t->info.pin_pad && (old_pin == NULL || new_pin == NULL))
		return CARD_ERR_ARGUMENT;
	/* logged in as SO, C_SetPIN would change that PIN */
	token_logout(t);
	if (t->info.pin_pad)
		rv = t->m->f->C_SetPIN(t->session, NULL, 0, NULL, 0);
	else
		rv = t->m->f->C_SetPIN(t->session, (CK_BYTE *)old_pin->data,
		    old_pin->len, (CK_BYTE *)new_pin->data, new_pin->len);
	token_logout(t);
	return module_error(t->m, rv);
}

enum card_error
token_random(struct token *t, uint8_t *out, size_t len)
{
	return module_error(t->m,
	    t->m->f->C_GenerateRandom(t->session, out, len));
}
