/* SPDX-License-Identifier: ISC */
#include "smartcard/token.h"

#include <stdlib.h>
#include <string.h>

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

/* The token to initialise: the one of that label, if again, or a blank one. */
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

enum card_error
token_init_blank(struct module *m, const char *label, bool again,
    const struct secret *so_pin, struct token **out)
{
	struct token_info info;
	struct token *t = NULL;
	enum card_error ret;

	*out = NULL;
	if (m == NULL || label == NULL || label[0] == '\0' ||
	    strlen(label) > TOKEN_LABEL_MAX)
		return CARD_ERR_ARGUMENT;
	ret = find_target(m, label, again, &info);
	if (ret != CARD_OK)
		return ret;
	if (token_slot_in_use(m, info.slot))
		return CARD_ERR_ARGUMENT;
	ret = initialise(m, &info, label, so_pin);
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

enum card_error
token_init_pin(struct token *t, const struct secret *so_pin,
    const struct secret *user_pin)
{
	enum card_error ret;
	CK_RV rv;

	if (!t->info.pin_pad && (so_pin == NULL || user_pin == NULL))
		return CARD_ERR_ARGUMENT;
	token_logout(t);
	ret = token_login_as(t, CKU_SO, so_pin);
	if (ret != CARD_OK)
		return ret;
	if (t->info.pin_pad)
		rv = t->m->f->C_InitPIN(t->session, NULL, 0);
	else
		rv = t->m->f->C_InitPIN(t->session, (CK_BYTE *)user_pin->data,
		    user_pin->len);
	token_logout(t);
	if (rv != CKR_OK)
		return module_error(t->m, rv);
	return token_refresh(t);
}

enum card_error
token_init(struct module *m, const char *label, bool again,
    const struct secret *so_pin, const struct secret *user_pin,
    struct token **out)
{
	struct token *t = NULL;
	enum card_error ret;

	*out = NULL;
	ret = token_init_blank(m, label, again, so_pin, &t);
	if (ret != CARD_OK)
		return ret;
	ret = token_init_pin(t, so_pin, user_pin);
	if (ret != CARD_OK) {
		token_close(t);
		return ret;
	}
	*out = t;
	return CARD_OK;
}
