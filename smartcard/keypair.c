/* SPDX-License-Identifier: ISC */
#include "smartcard/token.h"

#include <openssl/crypto.h>
#include <string.h>

#include "smartcard/attributes.h"
#include "smartcard/curve.h"
#include "smartcard/object.h"
#include "smartcard/rsa.h"

struct pair {
	CK_OBJECT_HANDLE public, private;
};

/*
 * Every attribute that decides what the key may do is in the private template:
 * a module's defaults are its own affair.  The public key's use comes last, so
 * that it can be left out for a module that does not take it.
 */
static CK_RV
generate(struct token *t, const struct curve *curve, enum key_use use,
    uint8_t id, const char *label, struct pair *out)
{
	CK_BBOOL yes = CARD_YES, no = CARD_NO;
	CK_BBOOL sign = use != KEY_DERIVE, derive = use == KEY_DERIVE;
	CK_BBOOL leaves = use == KEY_SIGN_ORIGINAL;
	CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE public[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_EC_PARAMS, (void *)curve->params, curve->params_len },
		{ CKA_ID, &id, sizeof(id) },
		{ CKA_LABEL, (void *)label, strlen(label) },
		{ sign ? CKA_VERIFY : CKA_DERIVE, &yes, sizeof(yes) },
	};
	CK_ATTRIBUTE private[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &leaves, sizeof(leaves) },
		{ CKA_SIGN, &sign, sizeof(sign) },
		{ CKA_DERIVE, &derive, sizeof(derive) },
		{ CKA_DECRYPT, &no, sizeof(no) },
		{ CKA_UNWRAP, &no, sizeof(no) },
		{ CKA_SIGN_RECOVER, &no, sizeof(no) },
		{ CKA_ID, &id, sizeof(id) },
		{ CKA_LABEL, (void *)label, strlen(label) },
	};
	const CK_ULONG npub = sizeof(public) / sizeof(public[0]);
	const CK_ULONG npriv = sizeof(private) / sizeof(private[0]);
	CK_RV rv;

	rv = t->m->f->C_GenerateKeyPair(t->session, &mechanism, public, npub,
	    private, npriv, &out->public, &out->private);
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_TEMPLATE_INCONSISTENT)
		rv = t->m->f->C_GenerateKeyPair(t->session, &mechanism, public,
		    npub - 1, private, npriv, &out->public, &out->private);
	return rv;
}

static enum card_error
read_spki_ec(struct token *t, CK_OBJECT_HANDLE key, uint8_t **spki,
    size_t *spki_len)
{
	uint8_t *params = NULL, *point = NULL;
	size_t params_len = 0, point_len = 0;
	enum card_error ret;

	ret = token_read_attribute(t, key, CKA_EC_PARAMS, &params, &params_len);
	if (ret == CARD_OK)
		ret = token_read_attribute(t, key, CKA_EC_POINT, &point,
		    &point_len);
	if (ret == CARD_OK)
		ret = curve_spki(params, params_len, point, point_len, spki,
		    spki_len);
	OPENSSL_free(params);
	OPENSSL_free(point);
	return ret;
}

static enum card_error
read_spki(struct token *t, CK_OBJECT_HANDLE key, uint8_t **spki,
    size_t *spki_len)
{
	CK_KEY_TYPE type = CKK_EC;
	CK_ATTRIBUTE attr = { CKA_KEY_TYPE, &type, sizeof(type) };
	CK_RV rv = t->m->f->C_GetAttributeValue(t->session, key, &attr, 1);

	if (rv != CKR_OK)
		return module_error(t->m, rv);
	if (type == CKK_RSA)
		return rsa_read_spki(t, key, spki, spki_len);
	return read_spki_ec(t, key, spki, spki_len);
}

enum card_error
attributes_check(struct token *t, CK_OBJECT_HANDLE key, enum key_use use,
    bool made, struct key_attributes *attrs)
{
	unsigned excuses = 0;
	enum card_error ret;

	if (t->m->opensc)
		excuses = made ? ATTRIBUTES_LATE | ATTRIBUTES_RECOVER
			       : ATTRIBUTES_RECOVER;
	ret = attributes_read(t, key, use, attrs);
	if (ret == CARD_OK && attributes_fault(attrs, use, excuses) != NULL)
		ret = CARD_ERR_ATTRIBUTES;
	return ret;
}

/* The point must lie on the curve we asked for, too. */
static enum card_error
check_pair(struct token *t, const struct pair *pair, const struct curve *curve,
    uint8_t **spki, size_t *spki_len)
{
	const uint8_t *p;
	EVP_PKEY *key;
	enum card_error ret;

	ret = read_spki(t, pair->public, spki, spki_len);
	if (ret != CARD_OK)
		return ret;
	p = *spki;
	key = d2i_PUBKEY(NULL, &p, (long)*spki_len);
	if (key == NULL || curve_of_key(key) != curve)
		ret = CARD_ERR_ATTRIBUTES;
	EVP_PKEY_free(key);
	return ret;
}

enum card_error
token_name_is_free(struct token *t, const char *label, uint8_t id)
{
	CK_OBJECT_HANDLE found[OBJECT_MATCH_MAX], key;
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE match[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, &id, sizeof(id) },
	};
	CK_ULONG n = 0;
	enum card_error ret;

	ret = token_find_key(t, CKO_PRIVATE_KEY, label, &key);
	if (ret != CARD_ERR_KEY_MISSING)
		return ret == CARD_OK ? CARD_ERR_KEY_AMBIGUOUS : ret;
	ret = token_find_objects(t, match, 2, found, &n);
	if (ret == CARD_OK && n > 0)
		return CARD_ERR_KEY_AMBIGUOUS;
	return ret;
}

enum card_error
token_make_key(struct token *t, enum key_curve_id curve_id, enum key_use use,
    uint8_t id, const char *label, struct key_attributes *attrs, uint8_t **spki,
    size_t *spki_len)
{
	const struct curve *curve = curve_by_id(curve_id);
	struct key_attributes found = { 0 };
	struct pair pair = { CK_INVALID_HANDLE, CK_INVALID_HANDLE };
	enum card_error ret;

	*spki = NULL;
	*spki_len = 0;
	if (curve == NULL || use == KEY_SIGN_COPY)
		return CARD_ERR_ARGUMENT;
	ret = token_need_login(t);
	if (ret == CARD_OK)
		ret = token_name_is_free(t, label, id);
	if (ret != CARD_OK)
		return ret;
	ret = module_error(t->m, generate(t, curve, use, id, label, &pair));
	if (ret != CARD_OK)
		return ret;
	ret = attributes_check(t, pair.private, use, true, &found);
	if (attrs != NULL)
		*attrs = found;
	if (ret == CARD_OK)
		ret = check_pair(t, &pair, curve, spki, spki_len);
	if (ret != CARD_OK) {
		OPENSSL_free(*spki);
		*spki = NULL;
		*spki_len = 0;
		token_destroy_objects(t, &pair.private, 1);
		token_destroy_objects(t, &pair.public, 1);
	}
	return ret;
}

enum card_error
token_check_key(struct token *t, const char *label, enum key_use use,
    struct key_attributes *attrs)
{
	struct key_attributes found = { 0 };
	CK_OBJECT_HANDLE key;
	enum card_error ret;

	ret = token_need_login(t);
	if (ret == CARD_OK)
		ret = token_find_key(t, CKO_PRIVATE_KEY, label, &key);
	if (ret == CARD_OK)
		ret = attributes_check(t, key, use, false, &found);
	if (attrs != NULL)
		*attrs = found;
	return ret;
}

static enum card_error
cert_spki(struct token *t, const char *label, uint8_t **spki, size_t *len)
{
	uint8_t *der = NULL;
	size_t der_len = 0;
	const uint8_t *p;
	X509 *cert = NULL;
	enum card_error ret;
	int n;

	ret = token_read_cert(t, label, &der, &der_len);
	if (ret != CARD_OK)
		goto out;
	ret = CARD_ERR_ATTRIBUTES;
	p = der;
	cert = d2i_X509(NULL, &p, (long)der_len);
	if (cert == NULL || X509_get0_pubkey(cert) == NULL)
		goto out;
	n = i2d_PUBKEY(X509_get0_pubkey(cert), spki);
	if (n <= 0)
		goto out;
	*len = (size_t)n;
	ret = CARD_OK;
out:
	X509_free(cert);
	OPENSSL_free(der);
	return ret;
}

enum card_error
token_public_key(struct token *t, const char *label, uint8_t **spki,
    size_t *spki_len)
{
	CK_OBJECT_HANDLE key;
	enum card_error ret;

	*spki = NULL;
	*spki_len = 0;
	ret = token_find_key(t, CKO_PUBLIC_KEY, label, &key);
	if (ret == CARD_OK)
		return read_spki(t, key, spki, spki_len);
	if (ret != CARD_ERR_KEY_MISSING)
		return ret;
	ret = cert_spki(t, label, spki, spki_len);
	if (ret == CARD_ERR_OBJECT_MISSING)
		return CARD_ERR_KEY_MISSING;
	return ret == CARD_ERR_AMBIGUOUS ? CARD_ERR_KEY_AMBIGUOUS : ret;
}
