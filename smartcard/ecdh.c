/* SPDX-License-Identifier: ISC */
#include "smartcard/token.h"

#include "smartcard/curve.h"
#include "smartcard/object.h"

/* A point off the curve would leak the private key bit by bit; not every
 * module looks. */
static const struct curve *
point_curve(const uint8_t *point, size_t len)
{
	const struct curve *curve = curve_by_point(len);
	EVP_PKEY *key;

	if (curve == NULL)
		return NULL;
	key = curve_point_key(curve, point, len);
	EVP_PKEY_free(key);
	return key != NULL ? curve : NULL;
}

/* The shared x-coordinate as a session object that may be read. */
static CK_RV
derive(struct token *t, CK_OBJECT_HANDLE key, const uint8_t *point,
    size_t point_len, CK_ULONG len, CK_OBJECT_HANDLE *out)
{
	CK_ECDH1_DERIVE_PARAMS params = {
		.kdf = CKD_NULL,
		.ulPublicDataLen = point_len,
		.pPublicData = (CK_BYTE *)point,
	};
	CK_MECHANISM mechanism = { CKM_ECDH1_DERIVE, &params, sizeof(params) };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL yes = CARD_YES, no = CARD_NO;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
	};

	return t->m->f->C_DeriveKey(t->session, &mechanism, key, template,
	    sizeof(template) / sizeof(template[0]), out);
}

/* Straight into a secret: token_read_attribute()'s buffer is not locked. */
static enum card_error
read_secret(struct token *t, CK_OBJECT_HANDLE object, size_t len,
    struct secret **out)
{
	struct secret *s = secret_new();
	CK_ATTRIBUTE attr = { CKA_VALUE, NULL, len };
	enum card_error ret;

	if (s == NULL)
		return CARD_ERR_MEMORY;
	attr.pValue = s->data;
	ret = module_error(t->m,
	    t->m->f->C_GetAttributeValue(t->session, object, &attr, 1));
	if (ret == CARD_OK && attr.ulValueLen != len)
		ret = CARD_ERR_SELFTEST;
	if (ret != CARD_OK) {
		secret_free(s);
		return ret;
	}
	s->len = len;
	*out = s;
	return CARD_OK;
}

enum card_error
token_ecdh(struct token *t, const char *label, const uint8_t *point,
    size_t point_len, struct secret **out)
{
	const struct curve *curve;
	CK_OBJECT_HANDLE key, object = CK_INVALID_HANDLE;
	enum card_error ret;
	CK_RV rv;

	*out = NULL;
	curve = point_curve(point, point_len);
	if (curve == NULL)
		return CARD_ERR_ARGUMENT;
	ret = token_need_login(t);
	if (ret == CARD_OK)
		ret = token_find_key(t, CKO_PRIVATE_KEY, label, &key);
	if (ret != CARD_OK)
		return ret;
	rv = derive(t, key, point, point_len, curve->field, &object);
	if (rv != CKR_OK)
		return module_error(t->m, rv);
	ret = read_secret(t, object, curve->field, out);
	/* kept, it would stay until the session ends */
	if (token_destroy_objects(t, &object, 1) != CARD_OK && ret == CARD_OK) {
		secret_free(*out);
		*out = NULL;
		ret = CARD_ERR_MODULE;
	}
	return ret;
}
