/* SPDX-License-Identifier: ISC */
#include "smartcard/wipe.h"

#include <string.h>

#include "smartcard/evp_key.h"
#include "smartcard/object.h"
#include "smartcard/opensc.h"
#include "smartcard/rv.h"
#include "smartcard/session.h"

#define ROUNDS_MAX 64 /* of OBJECT_MATCH_MAX objects each */

/* What goes first to last: without its private key the rest is paper. */
static const struct {
	CK_OBJECT_CLASS class;
	bool any; /* whatever is left */
} order[] = {
	{ .class = CKO_PRIVATE_KEY },
	{ .class = CKO_SECRET_KEY },
	{ .class = CKO_PUBLIC_KEY },
	{ .class = CKO_CERTIFICATE },
	{ .class = CKO_DATA },
	{ .any = true },
};

/* Up to OBJECT_MATCH_MAX objects of the token: there may be more. */
static enum card_error
find_some(struct token *t, const CK_OBJECT_CLASS *class,
    CK_OBJECT_HANDLE out[OBJECT_MATCH_MAX], CK_ULONG *count)
{
	CK_FUNCTION_LIST *f = t->m->f;
	CK_BBOOL yes = CARD_YES;
	CK_OBJECT_CLASS wanted = class == NULL ? 0 : *class;
	CK_ATTRIBUTE match[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_CLASS, &wanted, sizeof(wanted) },
	};
	CK_RV rv, end;

	*count = 0;
	rv = f->C_FindObjectsInit(t->session, match, class == NULL ? 1 : 2);
	if (rv != CKR_OK)
		return module_error(t->m, rv);
	rv = f->C_FindObjects(t->session, out, OBJECT_MATCH_MAX, count);
	end = f->C_FindObjectsFinal(t->session);
	if (rv == CKR_OK && *count > OBJECT_MATCH_MAX)
		rv = CKR_GENERAL_ERROR;
	return module_error(t->m, rv != CKR_OK ? rv : end);
}

/* Some modules take a key's other halves along with it: what is gone when its
 * turn comes is no fault.  *gone counts those that were destroyed.  Where the
 * token is gone, what was found on it is not touched any more. */
static enum card_error
destroy_some(struct token *t, const CK_OBJECT_HANDLE *objects, CK_ULONG count,
    size_t *gone)
{
	CK_RV first = CKR_OK;

	for (CK_ULONG i = 0; i < count && rv_error(first) != CARD_ERR_REMOVED;
	     i++) {
		CK_RV rv = t->m->f->C_DestroyObject(t->session, objects[i]);

		*gone += rv == CKR_OK;
		if (first == CKR_OK && rv != CKR_OBJECT_HANDLE_INVALID)
			first = rv;
	}
	return module_error(t->m, first);
}

/* All of a class, a handful at a time, until none is listed. */
static enum card_error
destroy_class(struct token *t, const CK_OBJECT_CLASS *class, size_t *gone)
{
	CK_OBJECT_HANDLE found[OBJECT_MATCH_MAX];
	CK_ULONG n = 0;
	enum card_error ret = CARD_OK;

	for (int i = 0; i < ROUNDS_MAX; i++) {
		size_t before = *gone;

		ret = find_some(t, class, found, &n);
		if (ret != CARD_OK || n == 0)
			return ret;
		ret = destroy_some(t, found, n, gone);
		if (ret == CARD_ERR_REMOVED || *gone == before)
			break;
	}
	return ret == CARD_OK ? CARD_ERR_LEFT : ret;
}

/* A key that is gone does not sign by the handle it had. */
static bool
still_signs(struct token *t, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 0 }, raw[512];
	CK_ULONG len = sizeof(raw);

	return t->m->f->C_SignInit(t->session, &mechanism, key) == CKR_OK &&
	    t->m->f->C_Sign(t->session, digest, sizeof(digest), raw, &len) ==
	    CKR_OK;
}

/* ---- a card, by its own commands -------------------------------------- */

/* OpenSC cannot destroy an object that a deletion which was cut off has left
 * half of, and does not list one whose description is gone. */
static enum card_error
clear_card(struct schsm *c, const struct schsm_info *now, void *arg)
{
	size_t *gone = arg;

	(void)now;
	return schsm_clear(c, gone);
}

static enum card_error
count_card(struct schsm *c, const struct schsm_info *now, void *arg)
{
	size_t *left = arg;

	(void)now;
	return schsm_left(c, left);
}

static bool
can_ask_card(const struct token *t, const struct secret *pin)
{
	return t->m->card != NULL && pin != NULL;
}

/* ---- all of it -------------------------------------------------------- */

/* Through PKCS#11: every object, and no key signs any more. */
static enum card_error
wipe_objects(struct token *t, size_t *gone)
{
	CK_OBJECT_HANDLE keys[OBJECT_MATCH_MAX];
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ULONG key_count = 0;
	enum card_error ret = find_some(t, &class, keys, &key_count);

	evp_key_retire_all(t);
	for (size_t i = 0;
	     ret == CARD_OK && i < sizeof(order) / sizeof(order[0]); i++)
		ret = destroy_class(t, order[i].any ? NULL : &order[i].class,
		    gone);
	for (CK_ULONG i = 0; ret == CARD_OK && i < key_count; i++)
		if (still_signs(t, keys[i]))
			ret = CARD_ERR_LEFT;
	return ret;
}

enum card_error
token_wipe(struct token *t, const struct secret *pin, size_t *count)
{
	size_t gone = 0, more = 0;
	enum card_error ret = token_need_login(t), by_card;

	if (ret == CARD_OK) {
		ret = wipe_objects(t, &gone);
		if (can_ask_card(t, pin) && ret != CARD_ERR_REMOVED) {
			by_card =
			    opensc_between(t, pin, true, clear_card, &more);
			/* a key that signed is no matter of files */
			ret = ret == CARD_ERR_LEFT ? ret : by_card;
		}
	}
	if (count != NULL)
		*count = gone + more;
	return ret;
}

static enum card_error
no_key(struct token *t, const char *label)
{
	CK_OBJECT_HANDLE key;
	enum card_error ret = token_find_key(t, CKO_PRIVATE_KEY, label, &key);

	if (ret == CARD_ERR_KEY_MISSING)
		return CARD_OK;
	return ret == CARD_OK ? CARD_ERR_LEFT : ret;
}

enum card_error
token_prove_empty(struct token *t, const struct secret *pin, const char *label,
    size_t *left)
{
	CK_OBJECT_HANDLE found[OBJECT_MATCH_MAX];
	CK_ULONG n = 0;
	size_t files = 0;
	enum card_error ret = token_need_login(t);

	if (ret == CARD_OK)
		ret = find_some(t, NULL, found, &n);
	if (ret == CARD_OK && n == 0 && label != NULL)
		ret = no_key(t, label);
	if (ret == CARD_OK && n == 0 && can_ask_card(t, pin))
		ret = opensc_between(t, pin, false, count_card, &files);
	if (left != NULL)
		*left = n + files;
	return ret == CARD_OK && n + files > 0 ? CARD_ERR_LEFT : ret;
}
