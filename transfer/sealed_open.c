/* SPDX-License-Identifier: ISC */
#include "transfer/sealed.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
#include <string.h>

#include "transfer/sealed_form.h"

static bool
key_is_p256(EVP_PKEY *key)
{
	char name[32];

	return EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) == 1 &&
	    strcmp(name, SN_X9_62_prime256v1) == 0;
}

static bool
digest_matches(const struct sealed_form *form)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	SHA256(form->payload.at, form->payload.len, digest);
	return tlv_is(&form->message_digest, digest, sizeof(digest));
}

/* RFC 5652 5.4: what is signed is the signed attributes under the tag of a
 * SET OF instead of [0]. */
static bool
signature_verifies(const struct sealed_form *form, EVP_PKEY *signer)
{
	static const uint8_t set = TLV_SET;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	good = ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, signer) == 1 &&
	    EVP_DigestVerifyUpdate(ctx, &set, 1) == 1 &&
	    EVP_DigestVerifyUpdate(ctx, form->attributes.at + 1,
		form->attributes.len - 1) == 1 &&
	    EVP_DigestVerifyFinal(ctx, form->signature.at,
		form->signature.len) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

static enum transfer_error
check_seal(const struct sealed_form *form, EVP_PKEY *signer)
{
	enum transfer_error ret = TRANSFER_ERR_SIGNATURE;

	ERR_set_mark();
	if (!key_is_p256(signer) ||
	    (form->certificate != NULL &&
		EVP_PKEY_eq(X509_get0_pubkey(form->certificate), signer) != 1))
		ret = TRANSFER_ERR_SIGNER;
	else if (digest_matches(form) && signature_verifies(form, signer))
		ret = TRANSFER_OK;
	ERR_pop_to_mark();
	return ret;
}

static enum transfer_error
copy_payload(const struct sealed_form *form, uint8_t **payload,
    size_t *payload_len, uint8_t digest[32])
{
	uint8_t *copy = OPENSSL_malloc(form->payload.len + 1);

	if (copy == NULL)
		return TRANSFER_ERR_MEMORY;
	memcpy(copy, form->payload.at, form->payload.len);
	copy[form->payload.len] = '\0';
	SHA256(copy, form->payload.len, digest);
	*payload = copy;
	*payload_len = form->payload.len;
	return TRANSFER_OK;
}

enum transfer_error
sealed_open(const uint8_t *der, size_t len, EVP_PKEY *signer, uint8_t **payload,
    size_t *payload_len, uint8_t digest[32])
{
	struct sealed_form form;
	enum transfer_error ret;

	*payload = NULL;
	*payload_len = 0;
	ret = sealed_form_read(der, len, &form, NULL);
	if (ret == TRANSFER_OK)
		ret = check_seal(&form, signer);
	if (ret == TRANSFER_OK)
		ret = copy_payload(&form, payload, payload_len, digest);
	sealed_form_clear(&form);
	return ret;
}

enum transfer_error
sealed_peek(const uint8_t *der, size_t len, uint8_t **payload,
    size_t *payload_len, uint8_t digest[32])
{
	struct sealed_form form;
	enum transfer_error ret;

	*payload = NULL;
	*payload_len = 0;
	ret = sealed_form_read(der, len, &form, NULL);
	if (ret == TRANSFER_OK)
		ret = copy_payload(&form, payload, payload_len, digest);
	sealed_form_clear(&form);
	return ret;
}

enum transfer_error
sealed_check(const uint8_t *der, size_t len, struct transfer_fault *fault)
{
	struct sealed_form form;
	enum transfer_error ret = sealed_form_read(der, len, &form, fault);

	sealed_form_clear(&form);
	return ret;
}

X509 *
sealed_peek_cert(const uint8_t *der, size_t len)
{
	struct sealed_form form;
	X509 *certificate = NULL;

	if (sealed_form_read(der, len, &form, NULL) == TRANSFER_OK) {
		certificate = form.certificate;
		form.certificate = NULL;
	}
	sealed_form_clear(&form);
	return certificate;
}
