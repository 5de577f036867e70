/* SPDX-License-Identifier: ISC */
#include "smartcard/rsa.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "smartcard/object.h"

/* DigestInfo of SHA-256 up to the digest (RFC 8017, 9.2, note 1). */
static const uint8_t digest_info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
	0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
	0x20 };

static enum card_error
spki_of(const uint8_t *modulus, size_t modulus_len, const uint8_t *exponent,
    size_t exponent_len, uint8_t **spki, size_t *spki_len)
{
	enum card_error ret = CARD_ERR_ATTRIBUTES;
	BIGNUM *n = BN_bin2bn(modulus, (int)modulus_len, NULL);
	BIGNUM *e = BN_bin2bn(exponent, (int)exponent_len, NULL);
	EVP_PKEY *key = EVP_PKEY_new();
	RSA *rsa = RSA_new();
	int len;

	if (n == NULL || e == NULL || key == NULL || rsa == NULL) {
		ret = CARD_ERR_MEMORY;
		goto out;
	}
	if (BN_is_zero(n) || BN_is_zero(e) ||
	    RSA_set0_key(rsa, n, e, NULL) != 1)
		goto out;
	n = e = NULL;
	if (EVP_PKEY_set1_RSA(key, rsa) != 1 ||
	    (len = i2d_PUBKEY(key, spki)) <= 0)
		goto out;
	*spki_len = (size_t)len;
	ret = CARD_OK;
out:
	BN_free(n);
	BN_free(e);
	RSA_free(rsa);
	EVP_PKEY_free(key);
	return ret;
}

enum card_error
rsa_read_spki(struct token *t, CK_OBJECT_HANDLE key, uint8_t **spki,
    size_t *spki_len)
{
	uint8_t *n = NULL, *e = NULL;
	size_t n_len = 0, e_len = 0;
	enum card_error ret;

	ret = token_read_attribute(t, key, CKA_MODULUS, &n, &n_len);
	if (ret == CARD_OK)
		ret = token_read_attribute(t, key, CKA_PUBLIC_EXPONENT, &e,
		    &e_len);
	if (ret == CARD_OK)
		ret = spki_of(n, n_len, e, e_len, spki, spki_len);
	OPENSSL_free(n);
	OPENSSL_free(e);
	return ret;
}

enum card_error
rsa_sign_digest(struct token *t, CK_OBJECT_HANDLE key, size_t size,
    const uint8_t digest[32], uint8_t **sig, size_t *sig_len)
{
	CK_MECHANISM mechanism = { CKM_RSA_PKCS, NULL, 0 };
	uint8_t input[sizeof(digest_info) + 32], raw[RSA_MODULUS_MAX];
	CK_ULONG len = sizeof(raw);
	CK_RV rv;

	if (size > sizeof(raw))
		return CARD_ERR_ARGUMENT;
	memcpy(input, digest_info, sizeof(digest_info));
	memcpy(input + sizeof(digest_info), digest, 32);
	rv = t->m->f->C_SignInit(t->session, &mechanism, key);
	if (rv == CKR_OK)
		rv = token_login_each_use(t, key);
	if (rv == CKR_OK)
		rv = t->m->f->C_Sign(t->session, input, sizeof(input), raw,
		    &len);
	if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && len != size))
		return CARD_ERR_SELFTEST;
	if (rv != CKR_OK)
		return module_error(t->m, rv);
	*sig = OPENSSL_memdup(raw, len);
	if (*sig == NULL)
		return CARD_ERR_MEMORY;
	*sig_len = len;
	return CARD_OK;
}
