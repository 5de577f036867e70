/* SPDX-License-Identifier: ISC */
/* Keys that want the PIN with each signature (CKA_ALWAYS_AUTHENTICATE), as a
 * PIV card's key for signatures (9C) does. */
#include "smartcard/object.h"

enum card_error
token_keep_pin(struct token *t, const struct secret *pin)
{
	CK_OBJECT_HANDLE found[OBJECT_MATCH_MAX];
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BBOOL yes = CARD_YES;
	CK_ATTRIBUTE match[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ALWAYS_AUTHENTICATE, &yes, sizeof(yes) },
	};
	CK_ULONG n = 0;
	enum card_error ret = token_need_login(t);

	token_forget_pin(t);
	if (ret == CARD_OK)
		ret = token_find_objects(t, match, 2, found, &n);
	if (ret != CARD_OK || n == 0)
		return ret;
	if (!t->info.pin_pad) {
		t->pin = secret_from(pin->data, pin->len);
		if (t->pin == NULL)
			return CARD_ERR_MEMORY;
	}
	t->each_use = true;
	return CARD_OK;
}

void
token_forget_pin(struct token *t)
{
	secret_free(t->pin);
	t->pin = NULL;
	t->each_use = false;
}

static bool
wants_pin(struct token *t, CK_OBJECT_HANDLE key)
{
	CK_BBOOL b = CARD_NO;
	CK_ATTRIBUTE attr = { CKA_ALWAYS_AUTHENTICATE, &b, sizeof(b) };

	return t->m->f->C_GetAttributeValue(t->session, key, &attr, 1) ==
	    CKR_OK &&
	    attr.ulValueLen == sizeof(b) && b != CARD_NO;
}

enum card_error
token_key_each_use(struct token *t, const char *label, bool *each_use)
{
	CK_OBJECT_HANDLE key;
	enum card_error ret = token_need_login(t);

	*each_use = false;
	if (ret == CARD_OK)
		ret = token_find_key(t, CKO_PRIVATE_KEY, label, &key);
	if (ret == CARD_OK)
		*each_use = wants_pin(t, key);
	return ret;
}

/* The PIN was right a moment ago; if it is not now, nobody tries again. */
CK_RV
token_login_each_use(struct token *t, CK_OBJECT_HANDLE key)
{
	if (!t->each_use || !wants_pin(t, key))
		return CKR_OK;
	return t->m->f->C_Login(t->session, CKU_CONTEXT_SPECIFIC,
	    t->pin != NULL ? t->pin->data : NULL,
	    t->pin != NULL ? t->pin->len : 0);
}
