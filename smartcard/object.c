/* SPDX-License-Identifier: ISC */
#include "smartcard/object.h"

#include <openssl/crypto.h>
#include <string.h>

bool
token_label_ok(const char *label)
{
	return label != NULL && label[0] != '\0' &&
	    strlen(label) <= OBJECT_LABEL_MAX;
}

bool
key_name_read(const char *name, struct key_name *out)
{
	static const char by_id[] = "id=";
	size_t len = 0;

	if (!token_label_ok(name))
		return false;
	out->match = (CK_ATTRIBUTE){ CKA_LABEL, (void *)name, strlen(name) };
	if (strncmp(name, by_id, strlen(by_id)) != 0)
		return true;
	if (OPENSSL_hexstr2buf_ex(out->id, sizeof(out->id), &len,
		name + strlen(by_id), '\0') != 1 ||
	    len == 0)
		return false;
	out->match = (CK_ATTRIBUTE){ CKA_ID, out->id, len };
	return true;
}

enum card_error
token_find_objects(struct token *t, CK_ATTRIBUTE *match, CK_ULONG match_count,
    CK_OBJECT_HANDLE out[OBJECT_MATCH_MAX], CK_ULONG *count)
{
	CK_FUNCTION_LIST *f = t->m->f;
	CK_ULONG n = 0;
	CK_RV rv, end;

	*count = 0;
	rv = f->C_FindObjectsInit(t->session, match, match_count);
	if (rv != CKR_OK)
		return module_error(t->m, rv);
	/* a module may give fewer than there are, until it gives none */
	do {
		*count += n;
		n = 0;
		if (*count == OBJECT_MATCH_MAX)
			break;
		rv = f->C_FindObjects(t->session, out + *count,
		    OBJECT_MATCH_MAX - *count, &n);
	} while (rv == CKR_OK && n > 0 && n <= OBJECT_MATCH_MAX - *count);
	end = f->C_FindObjectsFinal(t->session);
	if (rv == CKR_OK && n > 0)
		rv = CKR_GENERAL_ERROR;
	return module_error(t->m, rv != CKR_OK ? rv : end);
}

enum card_error
token_find_key(struct token *t, CK_OBJECT_CLASS class, const char *label,
    CK_OBJECT_HANDLE *out)
{
	CK_OBJECT_HANDLE found[OBJECT_MATCH_MAX];
	struct key_name name;
	CK_BBOOL yes = CARD_YES;
	CK_ULONG n = 0;
	enum card_error ret;

	*out = CK_INVALID_HANDLE;
	if (!key_name_read(label, &name))
		return CARD_ERR_ARGUMENT;
	CK_ATTRIBUTE match[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		name.match,
	};
	ret = token_find_objects(t, match, 3, found, &n);
	if (ret != CARD_OK)
		return ret;
	if (n == 0)
		return CARD_ERR_KEY_MISSING;
	if (n > 1)
		return CARD_ERR_KEY_AMBIGUOUS;
	*out = found[0];
	return CARD_OK;
}

enum card_error
token_read_attribute(struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, uint8_t **data, size_t *len)
{
	CK_ATTRIBUTE attr = { type, NULL, 0 };
	uint8_t *buf;
	CK_RV rv;

	*data = NULL;
	*len = 0;
	rv = t->m->f->C_GetAttributeValue(t->session, object, &attr, 1);
	/* "unavailable" is the largest unsigned long */
	if (rv == CKR_OK && attr.ulValueLen > OBJECT_VALUE_MAX)
		rv = CKR_ATTRIBUTE_VALUE_INVALID;
	if (rv != CKR_OK)
		return module_error(t->m, rv);
	buf = OPENSSL_zalloc(attr.ulValueLen + 1);
	if (buf == NULL)
		return CARD_ERR_MEMORY;
	attr.pValue = buf;
	rv = t->m->f->C_GetAttributeValue(t->session, object, &attr, 1);
	if (rv != CKR_OK) {
		OPENSSL_free(buf);
		return module_error(t->m, rv);
	}
	*data = buf;
	*len = attr.ulValueLen;
	return CARD_OK;
}

enum card_error
token_destroy_objects(struct token *t, const CK_OBJECT_HANDLE *objects,
    CK_ULONG count)
{
	CK_RV first = CKR_OK, rv;

	for (CK_ULONG i = 0; i < count; i++) {
		rv = t->m->f->C_DestroyObject(t->session, objects[i]);
		if (first == CKR_OK)
			first = rv;
	}
	return module_error(t->m, first);
}
