/* SPDX-License-Identifier: ISC */
#include "smartcard/token.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "smartcard/object.h"

static const char application[] = "anchorite";

/* Only private ones count: public data objects can be put on a token, and
 * changed, by anybody. */
static enum card_error
find_data(struct token *t, const char *label,
    CK_OBJECT_HANDLE out[OBJECT_MATCH_MAX], CK_ULONG *count)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CARD_YES;
	CK_ATTRIBUTE match[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_APPLICATION, (void *)application,
		    sizeof(application) - 1 },
		{ CKA_LABEL, (void *)label, strlen(label) },
	};
	enum card_error ret;

	ret = token_need_login(t);
	if (ret != CARD_OK)
		return ret;
	return token_find_objects(t, match, sizeof(match) / sizeof(match[0]),
	    out, count);
}

static CK_RV
create(struct token *t, const char *label, const void *data, size_t len)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CARD_YES;
	CK_OBJECT_HANDLE object;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_APPLICATION, (void *)application,
		    sizeof(application) - 1 },
		{ CKA_LABEL, (void *)label, strlen(label) },
		{ CKA_VALUE, (void *)data, len },
	};

	return t->m->f->C_CreateObject(t->session, template,
	    sizeof(template) / sizeof(template[0]), &object);
}

/* What a token says that has no place for data objects. */
static bool
is_refusal(CK_RV rv)
{
	static const CK_RV refusals[] = { CKR_FUNCTION_NOT_SUPPORTED,
		CKR_TOKEN_WRITE_PROTECTED, CKR_SESSION_READ_ONLY,
		CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID,
		CKR_ATTRIBUTE_READ_ONLY, CKR_TEMPLATE_INCONSISTENT,
		CKR_TEMPLATE_INCOMPLETE, CKR_ACTION_PROHIBITED,
		CKR_DEVICE_MEMORY };

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (rv == refusals[i])
			return true;
	return false;
}

enum card_error
token_try_object(struct token *t, const char *label, bool *can)
{
	CK_OBJECT_HANDLE found[OBJECT_MATCH_MAX];
	CK_ULONG n = 0;
	enum card_error ret = token_need_login(t);
	CK_RV rv;

	*can = false;
	if (ret != CARD_OK)
		return ret;
	rv = create(t, label, "?", 1);
	if (is_refusal(rv))
		return CARD_OK;
	if ((ret = module_error(t->m, rv)) == CARD_OK)
		ret = find_data(t, label, found, &n);
	if (ret == CARD_OK)
		ret = token_destroy_objects(t, found, n);
	*can = ret == CARD_OK && n > 0;
	return ret;
}

/*
 * The value of an object, when it has one.  On a SmartCard-HSM it is a file of
 * its own, and goes first: a deletion that was broken off leaves a description
 * of nothing, which is passed over.  A card that does not answer at all is
 * another matter.
 */
static enum card_error
read_value(struct token *t, CK_OBJECT_HANDLE object, uint8_t **out, size_t *len)
{
	enum card_error ret =
	    token_read_attribute(t, object, CKA_VALUE, out, len);

	if (ret == CARD_ERR_MODULE && token_answers(t))
		return CARD_ERR_OBJECT_MISSING;
	return ret;
}

/* A description of nothing cannot always be deleted, and does no harm. */
static enum card_error
destroy_old(struct token *t, const CK_OBJECT_HANDLE *old, CK_ULONG count)
{
	enum card_error ret = CARD_OK;

	for (CK_ULONG i = 0; ret == CARD_OK && i < count; i++) {
		uint8_t *value = NULL;
		size_t len = 0;
		enum card_error had = read_value(t, old[i], &value, &len);

		OPENSSL_free(value);
		ret = token_destroy_objects(t, &old[i], 1);
		if (ret == CARD_ERR_MODULE && had == CARD_ERR_OBJECT_MISSING)
			ret = CARD_OK;
	}
	return ret;
}

/*
 * The new one is written before the old ones go: power loss leaves the old
 * one, or both, and with both token_read_object() says AMBIGUOUS unless they
 * are equal.  Writing again clears that up.
 */
enum card_error
token_write_object(struct token *t, const char *label, const void *data,
    size_t len)
{
	CK_OBJECT_HANDLE old[OBJECT_MATCH_MAX];
	CK_ULONG n = 0;
	enum card_error ret;

	if (!token_label_ok(label) || data == NULL || len == 0 ||
	    len > TOKEN_OBJECT_MAX)
		return CARD_ERR_ARGUMENT;
	ret = find_data(t, label, old, &n);
	if (ret == CARD_OK)
		ret = module_error(t->m, create(t, label, data, len));
	if (ret == CARD_OK)
		ret = destroy_old(t, old, n);
	return ret;
}

/* One more value of a label: the first, or the same as the first. */
static enum card_error
add_value(struct token *t, CK_OBJECT_HANDLE object, uint8_t **value,
    size_t *value_len)
{
	uint8_t *other = NULL;
	size_t len = 0;
	enum card_error ret = read_value(t, object, &other, &len);

	if (ret == CARD_ERR_OBJECT_MISSING)
		return CARD_OK;
	if (ret == CARD_OK && *value == NULL) {
		*value = other;
		*value_len = len;
		return CARD_OK;
	}
	if (ret == CARD_OK &&
	    (len != *value_len || memcmp(other, *value, len) != 0))
		ret = CARD_ERR_AMBIGUOUS;
	OPENSSL_free(other);
	return ret;
}

enum card_error
token_read_object(struct token *t, const char *label, uint8_t **data,
    size_t *len)
{
	CK_OBJECT_HANDLE found[OBJECT_MATCH_MAX];
	CK_ULONG n = 0;
	uint8_t *value = NULL;
	size_t value_len = 0;
	enum card_error ret;

	*data = NULL;
	*len = 0;
	if (!token_label_ok(label))
		return CARD_ERR_ARGUMENT;
	ret = find_data(t, label, found, &n);
	if (ret == CARD_OK && n == 0)
		ret = CARD_ERR_OBJECT_MISSING;
	for (CK_ULONG i = 0; ret == CARD_OK && i < n; i++)
		ret = add_value(t, found[i], &value, &value_len);
	/* a label always has one that is whole */
	if (ret == CARD_OK && value == NULL)
		ret = CARD_ERR_MODULE;
	if (ret == CARD_OK && (*data = malloc(value_len + 1)) == NULL)
		ret = CARD_ERR_MEMORY;
	if (ret == CARD_OK) {
		memcpy(*data, value, value_len + 1);
		*len = value_len;
	}
	OPENSSL_free(value);
	return ret;
}
