/* SPDX-License-Identifier: ISC */
#include "smartcard/token.h"

#include <stdlib.h>
#include <string.h>

#include "smartcard/copy.h"
#include "smartcard/gone.h"
#include "smartcard/opensc.h"
#include "smartcard/session.h"

static enum card_error
find_blank(struct module *m, struct token_info *out)
{
	CK_SLOT_ID *ids = NULL;
	CK_ULONG n = 0;
	enum card_error ret;
	bool found = false;

	ret = module_slots(m, &ids, &n);
	for (CK_ULONG i = 0; ret == CARD_OK && !found && i < n; i++) {
		bool present = false;

		ret = module_slot_info(m, ids[i], out, &present);
		found = present && !out->initialised;
	}
	free(ids);
	if (ret == CARD_OK && !found)
		return CARD_ERR_NO_TOKEN;
	return ret;
}

void
token_so_clear(struct token_so *so)
{
	secret_free(so->pin);
	secret_free(so->next);
	so->pin = so->next = NULL;
}

/* The token to initialise: the one of that label, if it is one begun before,
 * or a blank one. */
static enum card_error
find_target(struct module *m, const char *label, bool again,
    struct token_info *out)
{
	enum card_error ret;

	ret = token_select(m, label, NULL, out);
	if (ret == CARD_ERR_NO_TOKEN)
		return find_blank(m, out);
	if (ret == CARD_OK || ret == CARD_ERR_AMBIGUOUS)
		return again ? ret : CARD_ERR_NOT_BLANK;
	return ret;
}

static enum card_error
initialise(struct module *m, const struct token_info *info, const char *label,
    const struct secret *so_pin)
{
	unsigned char padded[TOKEN_LABEL_MAX];
	CK_BYTE *pin = NULL;
	CK_ULONG len = 0;

	if (!info->pin_pad) {
		if (so_pin == NULL)
			return CARD_ERR_ARGUMENT;
		pin = (CK_BYTE *)so_pin->data;
		len = so_pin->len;
	}
	memset(padded, ' ', sizeof(padded));
	memcpy(padded, label, strlen(label));
	return module_error(m, m->f->C_InitToken(info->slot, pin, len, padded));
}

const struct secret *
token_so_first(const struct token_so *so)
{
	return so->at == TOKEN_SO_PIN ? so->pin : so->next;
}

static bool
so_may_try(const struct token_so *so, const struct token_info *info)
{
	return so->at != TOKEN_SO_EITHER || info->pin_pad ||
	    (!info->so_final_try && !info->so_locked);
}

bool
token_so_second(struct token_so *so, enum card_error err)
{
	if (so->at != TOKEN_SO_EITHER)
		return false;
	if (err == CARD_OK)
		so->at = TOKEN_SO_NEXT;
	if (err == CARD_ERR_PIN)
		so->at = TOKEN_SO_PIN;
	return err == CARD_ERR_PIN;
}

/* The first was wrong: is the try that is left the last one? */
static bool
so_second_is_last(struct token *t)
{
	/* OpenSC's card is what it was when the module was loaded for it */
	if (t->m->card != NULL && t->m->card->so_tries > 0)
		t->m->card->so_tries--;
	return token_refresh(t) != CARD_OK || t->info.so_final_try ||
	    t->info.so_locked;
}

/* At a PIN pad there is one SO PIN, which people type. */
static bool
so_second(struct token_so *so, const struct token_info *info,
    enum card_error err)
{
	return !info->pin_pad && token_so_second(so, err);
}

enum card_error
token_prove_blank(struct module *m, const char *label, struct token_so *so,
    const char *holder, struct token_evidence *out)
{
	memset(out, 0, sizeof(*out));
	if (m == NULL || label == NULL || label[0] == '\0' ||
	    strlen(label) > TOKEN_LABEL_MAX)
		return CARD_ERR_ARGUMENT;
	return m->per_card ? opensc_prove(m, label, so, holder, out) : CARD_OK;
}

static bool
slot_has_last_try(struct module *m, CK_SLOT_ID slot)
{
	struct token_info now = { 0 };
	bool present = false;

	return module_slot_info(m, slot, &now, &present) != CARD_OK ||
	    now.so_final_try || now.so_locked;
}

enum card_error
token_init_blank(struct module *m, const char *label, struct token_so *so,
    const struct secret *dkek, struct token **out)
{
	struct token_info info;
	struct token *t = NULL;
	enum card_error ret;

	*out = NULL;
	if (m == NULL || label == NULL || label[0] == '\0' ||
	    strlen(label) > TOKEN_LABEL_MAX ||
	    (dkek != NULL && dkek->len != COPY_DKEK_SIZE))
		return CARD_ERR_ARGUMENT;
	if (m->per_card)
		return opensc_init(m, label, so, dkek, out);
	ret = find_target(m, label, so->at != TOKEN_SO_PIN, &info);
	if (ret != CARD_OK)
		return ret;
	if (token_slot_in_use(m, info.slot))
		return CARD_ERR_ARGUMENT;
	if (!info.initialised) /* takes any: it gets the first of the two */
		so->at = TOKEN_SO_PIN;
	if (!so_may_try(so, &info))
		return CARD_ERR_LAST_TRY;
	ret = initialise(m, &info, label, token_so_first(so));
	if (so_second(so, &info, ret))
		ret = slot_has_last_try(m, info.slot)
		    ? CARD_ERR_LAST_TRY
		    : initialise(m, &info, label, so->pin);
	if (ret != CARD_OK)
		return ret;
	/* the slot stays the token's until C_Finalize */
	ret = token_open_slot(m, info.slot, &t);
	if (ret != CARD_OK)
		return ret;
	if (!t->info.initialised || strcmp(t->info.label, label) != 0) {
		token_close(t);
		return CARD_ERR_NO_TOKEN;
	}
	*out = t;
	return CARD_OK;
}

/* While the SO is logged in C_SetPIN changes the SO's PIN. */
static enum card_error
so_move(struct token *t, struct token_so *so)
{
	enum card_error ret;

	if (t->info.pin_pad || so->at == TOKEN_SO_NEXT)
		return CARD_OK;
	ret = module_error(t->m,
	    t->m->f->C_SetPIN(t->session, (CK_BYTE *)so->pin->data,
		so->pin->len, (CK_BYTE *)so->next->data, so->next->len));
	so->at = ret == CARD_OK ? TOKEN_SO_NEXT : TOKEN_SO_EITHER;
	return ret;
}

/* OpenSC sends nothing at C_Login: a wrong SO PIN is found at C_InitPIN. */
static enum card_error
so_init_pin(struct token *t, const struct secret *so, CK_BYTE *pin,
    CK_ULONG len)
{
	enum card_error ret;

	token_logout(t);
	ret = token_login_as(t, CKU_SO, so);
	if (ret == CARD_OK)
		ret = module_error(t->m,
		    t->m->f->C_InitPIN(t->session, pin, len));
	return ret;
}

enum card_error
token_init_pin(struct token *t, struct token_so *so,
    const struct secret *user_pin)
{
	enum card_error ret;
	CK_BYTE *pin = NULL;
	CK_ULONG len = 0;

	if (!t->info.pin_pad) {
		if (so->pin == NULL || so->next == NULL || user_pin == NULL)
			return CARD_ERR_ARGUMENT;
		pin = (CK_BYTE *)user_pin->data;
		len = user_pin->len;
	}
	if (!so_may_try(so, &t->info))
		return CARD_ERR_LAST_TRY;
	ret = so_init_pin(t, token_so_first(so), pin, len);
	if (so_second(so, &t->info, ret))
		ret = so_second_is_last(t) ? CARD_ERR_LAST_TRY
					   : so_init_pin(t, so->pin, pin, len);
	if (ret == CARD_OK)
		ret = so_move(t, so);
	token_logout(t);
	return ret == CARD_OK ? token_refresh(t) : ret;
}

enum card_error
token_init(struct module *m, const char *label, struct token_so *so,
    const struct secret *user_pin, struct token **out)
{
	struct token *t = NULL;
	enum card_error ret;

	*out = NULL;
	ret = token_init_blank(m, label, so, NULL, &t);
	if (ret != CARD_OK)
		return ret;
	ret = token_init_pin(t, so, user_pin);
	/* the caller has no token to ask */
	if (ret == CARD_ERR_MODULE && token_gone(t))
		ret = CARD_ERR_REMOVED;
	if (ret != CARD_OK) {
		token_close(t);
		return ret;
	}
	*out = t;
	return CARD_OK;
}

enum card_error
token_make_blank(struct module *m, const char *label, const char *serial,
    struct token_so *so)
{
	if (m == NULL || label == NULL || label[0] == '\0')
		return CARD_ERR_ARGUMENT;
	return m->per_card ? opensc_wipe(m, label, serial, so)
			   : CARD_ERR_FOREIGN;
}
