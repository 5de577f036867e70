/* SPDX-License-Identifier: ISC */
#include "smartcard/copy.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "smartcard/attributes.h"
#include "smartcard/copy_card.h"
#include "smartcard/curve.h"
#include "smartcard/object.h"

/* The DKEK as a key of this session, which ends with it. */
static enum card_error
dkek_object(struct token *t, const struct secret *dkek, CK_OBJECT_HANDLE *out)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_BBOOL yes = CARD_YES, no = CARD_NO;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_ENCRYPT, &no, sizeof(no) },
		{ CKA_DECRYPT, &no, sizeof(no) },
		{ CKA_WRAP, &yes, sizeof(yes) },
		{ CKA_UNWRAP, &yes, sizeof(yes) },
		{ CKA_VALUE, (void *)dkek->data, dkek->len },
	};

	return module_error(t->m,
	    t->m->f->C_CreateObject(t->session, template,
		sizeof(template) / sizeof(template[0]), out));
}

/* What both ways need first. */
static enum card_error
start(struct token *t, const struct secret *dkek)
{
	if (dkek == NULL || dkek->len != COPY_DKEK_SIZE)
		return CARD_ERR_ARGUMENT;
	if (t->m->opensc && t->m->card == NULL)
		return CARD_ERR_NO_COPIES;
	return token_need_login(t);
}

static enum card_error
wrap(struct token *t, CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key,
    uint8_t **blob, size_t *len)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_PAD, NULL, 0 };
	CK_ULONG n = COPY_BLOB_MAX;
	uint8_t *out = malloc(COPY_BLOB_MAX);
	enum card_error ret;

	if (out == NULL)
		return CARD_ERR_MEMORY;
	ret = module_error(t->m,
	    t->m->f->C_WrapKey(t->session, &mechanism, with, key, out, &n));
	if (ret == CARD_OK && (n == 0 || n > COPY_BLOB_MAX))
		ret = CARD_ERR_SELFTEST;
	if (ret != CARD_OK) {
		free(out);
		return ret;
	}
	*blob = out;
	*len = n;
	return CARD_OK;
}

enum card_error
token_export_key(struct token *t, const char *label, const struct secret *dkek,
    uint8_t **blob, size_t *len)
{
	CK_OBJECT_HANDLE key, with;
	enum card_error ret, end;

	*blob = NULL;
	*len = 0;
	ret = start(t, dkek);
	if (ret == CARD_OK && t->m->card != NULL)
		return copy_card_export(t, label, dkek, blob, len);
	if (ret == CARD_OK)
		ret = token_find_key(t, CKO_PRIVATE_KEY, label, &key);
	if (ret == CARD_OK)
		ret = dkek_object(t, dkek, &with);
	if (ret != CARD_OK)
		return ret;
	ret = wrap(t, with, key, blob, len);
	end = token_destroy_objects(t, &with, 1);
	if (ret == CARD_OK && end != CARD_OK) {
		free(*blob);
		*blob = NULL;
		*len = 0;
		ret = end;
	}
	return ret;
}

/* What a copy is to be: name it as the original is, and let it do no more. */
static CK_RV
unwrap(struct token *t, CK_OBJECT_HANDLE with, const char *label, uint8_t id,
    const uint8_t *blob, size_t len, CK_OBJECT_HANDLE *out)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_PAD, NULL, 0 };
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BBOOL yes = CARD_YES, no = CARD_NO;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_DERIVE, &no, sizeof(no) },
		{ CKA_DECRYPT, &no, sizeof(no) },
		{ CKA_UNWRAP, &no, sizeof(no) },
		{ CKA_SIGN_RECOVER, &no, sizeof(no) },
		{ CKA_ID, &id, sizeof(id) },
		{ CKA_LABEL, (void *)label, strlen(label) },
	};

	return t->m->f->C_UnwrapKey(t->session, &mechanism, with,
	    (CK_BYTE *)blob, len, template,
	    sizeof(template) / sizeof(template[0]), out);
}

/* The public key as a DER OCTET STRING of its point, CKA_EC_POINT. */
static const struct curve *
point_of(const uint8_t *spki, size_t spki_len, uint8_t out[CURVE_POINT_MAX + 2],
    size_t *len)
{
	const uint8_t *p = spki;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki_len);
	const struct curve *curve = NULL;

	if (key != NULL && p == spki + spki_len)
		curve = curve_of_key(key);
	if (curve != NULL &&
	    EVP_PKEY_get_octet_string_param(key,
		OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, out + 2, CURVE_POINT_MAX,
		len) != 1)
		curve = NULL;
	EVP_PKEY_free(key);
	if (curve == NULL || *len != 1 + 2 * curve->field || out[2] != 0x04)
		return NULL;
	out[0] = 0x04; /* short form: at most 97 octets follow */
	out[1] = (uint8_t)*len;
	*len += 2;
	return curve;
}

static enum card_error
make_public(struct token *t, const char *label, uint8_t id, const uint8_t *spki,
    size_t spki_len, CK_OBJECT_HANDLE *out)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BBOOL yes = CARD_YES, no = CARD_NO;
	uint8_t point[CURVE_POINT_MAX + 2];
	size_t len = 0;
	const struct curve *curve = point_of(spki, spki_len, point, &len);

	if (curve == NULL)
		return CARD_ERR_ARGUMENT;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_VERIFY, &yes, sizeof(yes) },
		{ CKA_EC_PARAMS, (void *)curve->params, curve->params_len },
		{ CKA_EC_POINT, point, len },
		{ CKA_ID, &id, sizeof(id) },
		{ CKA_LABEL, (void *)label, strlen(label) },
	};
	return module_error(t->m,
	    t->m->f->C_CreateObject(t->session, template,
		sizeof(template) / sizeof(template[0]), out));
}

/* The wrapped key came in: is it the one it is said to be? */
static enum card_error
judge(struct token *t, const char *label, CK_OBJECT_HANDLE key,
    const uint8_t *spki, size_t spki_len, struct key_attributes *attrs)
{
	static const char text[] = "anchorite-test/v1\ncopy\n";
	struct key_attributes found = { 0 };
	enum card_error ret;

	ret = attributes_check(t, key, KEY_SIGN_COPY, true, &found);
	if (attrs != NULL)
		*attrs = found;
	if (ret == CARD_OK)
		ret = token_sign_text(t, label, spki, spki_len, text,
		    sizeof(text) - 1, NULL, NULL);
	return ret;
}

static enum card_error
import_with(struct token *t, CK_OBJECT_HANDLE with, const char *label,
    uint8_t id, const uint8_t *spki, size_t spki_len, const uint8_t *blob,
    size_t len, struct key_attributes *attrs)
{
	CK_OBJECT_HANDLE made[2]; /* public, private */
	CK_ULONG n = 0;
	enum card_error ret;
	CK_RV rv;

	ret = make_public(t, label, id, spki, spki_len, &made[n]);
	if (ret != CARD_OK)
		return ret;
	n++;
	rv = unwrap(t, with, label, id, blob, len, &made[n]);
	if (rv == CKR_OK)
		n++;
	/* SoftHSM's answer when the wrapping is not right */
	ret =
	    rv == CKR_GENERAL_ERROR ? CARD_ERR_UNWRAP : module_error(t->m, rv);
	if (ret == CARD_OK)
		ret = judge(t, label, made[1], spki, spki_len, attrs);
	if (ret != CARD_OK)
		token_destroy_objects(t, made, n);
	return ret;
}

enum card_error
token_import_key(struct token *t, const char *label, uint8_t id,
    const uint8_t *spki, size_t spki_len, const struct secret *dkek,
    const uint8_t *blob, size_t len, struct key_attributes *attrs)
{
	CK_OBJECT_HANDLE with;
	enum card_error ret;

	if (len == 0 || len > COPY_BLOB_MAX)
		return CARD_ERR_ARGUMENT;
	ret = start(t, dkek);
	if (ret == CARD_OK)
		ret = token_name_is_free(t, label, id);
	if (ret == CARD_OK && t->m->card != NULL)
		return copy_card_import(t, label, id, spki, spki_len, dkek,
		    blob, len, attrs);
	if (ret == CARD_OK)
		ret = dkek_object(t, dkek, &with);
	if (ret != CARD_OK)
		return ret;
	ret = import_with(t, with, label, id, spki, spki_len, blob, len, attrs);
	token_destroy_objects(t, &with, 1); /* else it ends with the session */
	return ret;
}
