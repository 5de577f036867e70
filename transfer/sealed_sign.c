/* SPDX-License-Identifier: ISC */
#include "transfer/sealed.h"

#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <string.h>

#define WHEN_MAX INT64_C(253402300799) /* 9999-12-31 23:59:59 */

/* Set signing-time, else OpenSSL would take it from the clock.  UTCTime through
 * 2049, GeneralizedTime after (RFC 5652 11.3): ASN1_TIME_set() knows. */
static bool
preset_signing_time(CMS_SignerInfo *signer, int64_t when)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)when);
	bool set;

	set = time != NULL &&
	    CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime,
		ASN1_STRING_type(time), time, -1) == 1;
	ASN1_TIME_free(time);
	return set;
}

static CMS_ContentInfo *
sign_payload(BIO *payload, EVP_PKEY *key, X509 *cert, int64_t when,
    unsigned flags)
{
	CMS_ContentInfo *cms;
	CMS_SignerInfo *signer;

	cms = CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL);
	if (cms == NULL)
		return NULL;
	signer = CMS_add1_signer(cms, cert, key, EVP_sha256(), flags);
	if (signer == NULL || !preset_signing_time(signer, when) ||
	    CMS_final(cms, payload, NULL, flags) != 1) {
		CMS_ContentInfo_free(cms);
		return NULL;
	}
	return cms;
}

static enum transfer_error
encode(CMS_ContentInfo *cms, uint8_t **out, size_t *out_len)
{
	int len = i2d_CMS_ContentInfo(cms, out);

	if (len < 0)
		return TRANSFER_ERR_MEMORY;
	*out_len = (size_t)len;
	return *out_len > SEALED_MAX ? TRANSFER_ERR_SIZE : TRANSFER_OK;
}

/* What was just made must open as any reader would open it, and hold what was
 * to be sealed. */
static enum transfer_error
open_again(const uint8_t *der, size_t der_len, X509 *cert, const void *payload,
    size_t len)
{
	uint8_t digest[32], *opened = NULL;
	size_t opened_len = 0;
	enum transfer_error ret;

	ret = sealed_open(der, der_len, X509_get0_pubkey(cert), &opened,
	    &opened_len, digest);
	if (ret == TRANSFER_OK &&
	    (opened_len != len || memcmp(opened, payload, len) != 0))
		ret = TRANSFER_ERR_SIGN;
	OPENSSL_free(opened);
	if (ret != TRANSFER_OK && ret != TRANSFER_ERR_MEMORY)
		ret = TRANSFER_ERR_SIGN;
	return ret;
}

enum transfer_error
sealed_sign(const void *payload, size_t len, EVP_PKEY *key, X509 *cert,
    int64_t when, uint8_t **out, size_t *out_len)
{
	enum transfer_error ret = TRANSFER_ERR_SIGN;
	CMS_ContentInfo *cms = NULL;
	BIO *bio = NULL;
	uint8_t *der = NULL;
	size_t der_len = 0;

	*out = NULL;
	*out_len = 0;
	if (when < 0 || when > WHEN_MAX)
		return TRANSFER_ERR_ARGUMENT;
	if (len > SEALED_MAX)
		return TRANSFER_ERR_SIZE;
	ERR_set_mark();
	if ((bio = BIO_new_mem_buf(payload, (int)len)) == NULL) {
		ret = TRANSFER_ERR_MEMORY;
		goto out;
	}
	cms = sign_payload(bio, key, cert, when, CMS_BINARY | CMS_NOSMIMECAP);
	if (cms == NULL)
		goto out;
	if ((ret = encode(cms, &der, &der_len)) != TRANSFER_OK)
		goto out;
	ret = open_again(der, der_len, cert, payload, len);
	if (ret != TRANSFER_OK)
		goto out;
	*out = der;
	*out_len = der_len;
	der = NULL;
out:
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(bio);
	ERR_pop_to_mark();
	return ret;
}
