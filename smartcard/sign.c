/* SPDX-License-Identifier: ISC */
#include "smartcard/token.h"

#include <openssl/ecdsa.h>
#include <openssl/x509.h>

#include "smartcard/curve.h"
#include "smartcard/object.h"
#include "smartcard/rsa.h"

/* PKCS#11's r || s as the DER everybody else wants. */
static enum card_error
raw_to_der(const uint8_t *raw, size_t len, uint8_t **der, size_t *der_len)
{
	enum card_error ret = CARD_ERR_MEMORY;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, (int)(len / 2), NULL);
	BIGNUM *s = BN_bin2bn(raw + len / 2, (int)(len / 2), NULL);
	int n;

	if (sig == NULL || r == NULL || s == NULL ||
	    ECDSA_SIG_set0(sig, r, s) != 1)
		goto out;
	r = s = NULL;
	n = i2d_ECDSA_SIG(sig, der);
	if (n <= 0)
		goto out;
	*der_len = (size_t)n;
	ret = CARD_OK;
out:
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return ret;
}

/* Sign a digest; a signature of another length is not this key's. */
static enum card_error
sign_digest(struct token *t, CK_OBJECT_HANDLE key, const struct curve *curve,
    uint8_t *digest, size_t len, uint8_t **der, size_t *der_len)
{
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	uint8_t raw[2 * CURVE_FIELD_MAX];
	CK_ULONG raw_len = sizeof(raw);
	CK_RV rv;

	rv = t->m->f->C_SignInit(t->session, &mechanism, key);
	if (rv == CKR_OK)
		rv = token_login_each_use(t, key);
	if (rv == CKR_OK)
		rv = t->m->f->C_Sign(t->session, digest, len, raw, &raw_len);
	if (rv == CKR_BUFFER_TOO_SMALL ||
	    (rv == CKR_OK && raw_len != 2 * curve->field))
		return CARD_ERR_SELFTEST;
	if (rv != CKR_OK)
		return module_error(t->m, rv);
	return raw_to_der(raw, raw_len, der, der_len);
}

static bool
verifies(EVP_PKEY *key, const char *digest, const void *text, size_t len,
    const uint8_t *sig, size_t sig_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = ctx != NULL &&
	    EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, key, NULL) ==
		1 &&
	    EVP_DigestVerify(ctx, sig, sig_len, text, len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static enum card_error
sign_and_verify(struct token *t, const char *label, EVP_PKEY *public,
    const void *text, size_t text_len, uint8_t **sig, size_t *sig_len)
{
	const struct curve *curve = curve_of_key(public);
	const char *md = curve != NULL ? curve->digest : "SHA256";
	uint8_t digest[EVP_MAX_MD_SIZE];
	CK_OBJECT_HANDLE key;
	size_t digest_len = 0;
	enum card_error ret;

	if (curve == NULL && !EVP_PKEY_is_a(public, "RSA"))
		return CARD_ERR_ARGUMENT;
	ret = token_find_key(t, CKO_PRIVATE_KEY, label, &key);
	if (ret != CARD_OK)
		return ret;
	if (EVP_Q_digest(NULL, md, NULL, text, text_len, digest, &digest_len) !=
	    1)
		return CARD_ERR_MEMORY;
	ret = curve != NULL
	    ? sign_digest(t, key, curve, digest, digest_len, sig, sig_len)
	    : rsa_sign_digest(t, key, (size_t)EVP_PKEY_get_size(public), digest,
		  sig, sig_len);
	if (ret != CARD_OK)
		return ret;
	if (!verifies(public, md, text, text_len, *sig, *sig_len))
		return CARD_ERR_SELFTEST;
	return CARD_OK;
}

enum card_error
token_sign_text(struct token *t, const char *label, const uint8_t *spki,
    size_t spki_len, const void *text, size_t text_len, uint8_t **sig,
    size_t *sig_len)
{
	const uint8_t *p = spki;
	uint8_t *der = NULL;
	size_t der_len = 0;
	EVP_PKEY *public;
	enum card_error ret;

	if (sig != NULL) {
		*sig = NULL;
		*sig_len = 0;
	}
	public = d2i_PUBKEY(NULL, &p, (long)spki_len);
	if (public == NULL || p != spki + spki_len)
		ret = CARD_ERR_ARGUMENT;
	else
		ret = token_need_login(t);
	if (ret == CARD_OK)
		ret = sign_and_verify(t, label, public, text, text_len, &der,
		    &der_len);
	if (ret == CARD_OK && sig != NULL) {
		*sig = der;
		*sig_len = der_len;
		der = NULL;
	}
	OPENSSL_free(der);
	EVP_PKEY_free(public);
	return ret;
}
