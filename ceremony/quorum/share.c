/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/share.h"

#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "ca/key.h"
#include "ceremony/quorum/fields.h"
#include "ceremony/quorum/share_form.h"

#define MAGIC "share/v1"
#define NUMBER_MAX 10 /* digits of a number of 32 bits */
#define HEAD_MAX (sizeof(MAGIC) - 1 + 4 + 32 + 4 * (4 + NUMBER_MAX) + 4)
#define SHARE_MAX 64 /* octets */
#define SHARES_MAX 16

static bool
label_valid(const struct share_label *label)
{
	return field_is_visible(label->serial, sizeof(label->serial) - 1) &&
	    label->epoch > 0 && label->m >= 2 && label->m <= label->n &&
	    label->n <= SHARES_MAX && label->x < label->n;
}

static size_t
add_length(uint8_t *out, size_t len)
{
	out[0] = (uint8_t)(len >> 24);
	out[1] = (uint8_t)(len >> 16);
	out[2] = (uint8_t)(len >> 8);
	out[3] = (uint8_t)len;
	return 4;
}

static size_t
add_number(uint8_t *out, unsigned value)
{
	char digits[NUMBER_MAX + 1] = "";
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%u", value);

	memcpy(out + add_length(out, len), digits, len);
	return 4 + len;
}

/*
 * What a commitment covers before the share's own octets; returns its length.
 * The same, with the share behind it, is what a blob holds: its SHA-256 is the
 * commitment, so that an operator can compare them by hand.
 */
static size_t
head_write(const struct share_label *label, size_t share_len,
    uint8_t out[HEAD_MAX])
{
	size_t len = sizeof(MAGIC) - 1;
	size_t serial = strnlen(label->serial, sizeof(label->serial) - 1);

	memcpy(out, MAGIC, len);
	len += add_length(out + len, serial);
	memcpy(out + len, label->serial, serial);
	len += serial;
	len += add_number(out + len, label->epoch);
	len += add_number(out + len, label->m);
	len += add_number(out + len, label->n);
	len += add_number(out + len, label->x);
	return len + add_length(out + len, share_len);
}

void
share_commit(const struct share_label *label, const struct secret *share,
    uint8_t out[32])
{
	uint8_t head[HEAD_MAX] = { 0 };
	size_t len = head_write(label, share->len, head);
	SHA256_CTX ctx;

	/* unlike EVP these cannot fail, and need no memory */
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, head, len);
	SHA256_Update(&ctx, share->data, share->len);
	SHA256_Final(out, &ctx);
	OPENSSL_cleanse(&ctx, sizeof(ctx));
}

enum quorum_error
share_verify(const struct share_label *label, const struct secret *share,
    const uint8_t commitment[32])
{
	uint8_t digest[32] = { 0 };

	share_commit(label, share, digest);
	if (CRYPTO_memcmp(digest, commitment, sizeof(digest)) != 0)
		return QUORUM_ERR_COMMITMENT;
	return QUORUM_OK;
}

/* A new secret with head and share, or NULL. */
static struct secret *
plaintext_new(const struct share_label *label, const struct secret *share)
{
	struct secret *text = secret_new();
	uint8_t head[HEAD_MAX] = { 0 };

	if (text == NULL)
		return NULL;
	text->len = head_write(label, share->len, head);
	memcpy(text->data, head, text->len);
	memcpy(text->data + text->len, share->data, share->len);
	text->len += share->len;
	return text;
}

/* The share in a plaintext whose label is this one. */
static enum quorum_error
plaintext_read(const struct secret *text, const struct share_label *label,
    struct secret **share)
{
	uint8_t head[HEAD_MAX] = { 0 };
	size_t len = head_write(label, 0, head);

	if (text->len <= len || text->len - len > SHARE_MAX)
		return QUORUM_ERR_BLOB;
	head_write(label, text->len - len, head);
	if (memcmp(text->data, head, len) != 0)
		return QUORUM_ERR_BLOB;
	*share = secret_from(text->data + len, text->len - len);
	return *share == NULL ? QUORUM_ERR_MEMORY : QUORUM_OK;
}

/* OpenSSL's own choice of KDF digest is SHA-1; the key wrap it fits to the
 * content cipher. */
static bool
set_agreement(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256()) > 0;
}

/* Its own choice is PKCS#1 v1.5. */
static bool
set_transport(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0;
}

static bool
recipient_add(CMS_ContentInfo *cms, X509 *derive)
{
	CMS_RecipientInfo *ri =
	    CMS_add1_recipient_cert(cms, derive, CMS_KEY_PARAM);
	EVP_PKEY_CTX *ctx =
	    ri == NULL ? NULL : CMS_RecipientInfo_get0_pkey_ctx(ri);

	if (ctx == NULL)
		return false;
	return CMS_RecipientInfo_type(ri) == CMS_RECIPINFO_AGREE
	    ? set_agreement(ctx)
	    : CMS_RecipientInfo_type(ri) == CMS_RECIPINFO_TRANS &&
		set_transport(ctx);
}

/* Is the certificate for what the blob will do with its key? */
static bool
usage_fits(X509 *derive)
{
	EVP_PKEY *key = X509_get0_pubkey(derive);
	uint32_t use = KU_KEY_AGREEMENT;
	uint8_t *spki = NULL;
	size_t len = 0;
	bool fits;

	if (key != NULL && EVP_PKEY_is_a(key, "RSA"))
		use = KU_KEY_ENCIPHERMENT;
	/* the curves we know, RSA of enough bits */
	fits = key != NULL && key_to_spki(key, &spki, &len) == CA_OK &&
	    (X509_get_key_usage(derive) & use) != 0;
	OPENSSL_free(spki);
	return fits;
}

/* Straight into the cipher: CMS_final() would read the plaintext through
 * buffers of its own, and leave it there. */
static bool
content_write(CMS_ContentInfo *cms, const struct secret *text)
{
	BIO *content = CMS_dataInit(cms, NULL);
	bool ok;

	if (content == NULL)
		return false;
	ok = BIO_write(content, text->data, (int)text->len) == (int)text->len &&
	    BIO_flush(content) == 1 && CMS_dataFinal(cms, content) == 1;
	BIO_free_all(content);
	return ok;
}

static bool
encrypt(const struct secret *text, X509 *derive, uint8_t **blob, int *len)
{
	CMS_ContentInfo *cms = CMS_AuthEnvelopedData_create(EVP_aes_256_gcm());

	*len = -1;
	if (cms != NULL && CMS_set_detached(cms, 0) == 1 &&
	    recipient_add(cms, derive) && content_write(cms, text))
		*len = i2d_CMS_ContentInfo(cms, blob);
	CMS_ContentInfo_free(cms);
	return *len > 0;
}

enum quorum_error
share_wrap(const struct share_label *label, const struct secret *share,
    X509 *derive, uint8_t **blob, size_t *len)
{
	enum quorum_error ret = QUORUM_ERR_WRAP;
	struct secret *text = NULL;
	int size = -1;

	*blob = NULL;
	*len = 0;
	ERR_set_mark();
	if (!label_valid(label) || share->len < 1 || share->len > SHARE_MAX ||
	    !usage_fits(derive))
		goto out;
	text = plaintext_new(label, share);
	if (text == NULL) {
		ret = QUORUM_ERR_MEMORY;
		goto out;
	}
	if (!encrypt(text, derive, blob, &size) ||
	    !share_form_valid(*blob, (size_t)size, derive)) {
		OPENSSL_free(*blob);
		*blob = NULL;
		goto out;
	}
	*len = (size_t)size;
	ret = QUORUM_OK;
out:
	ERR_pop_to_mark();
	secret_free(text);
	return ret;
}

/* Read the content straight into a secret; only at its end does GCM tell
 * whether any of it is genuine. */
static bool
content_read(CMS_ContentInfo *cms, struct secret *text)
{
	BIO *content = CMS_dataInit(cms, NULL);
	int n = 0;
	bool ok = false;

	if (content == NULL)
		return false;
	while (text->len < sizeof(text->data) &&
	    (n = BIO_read(content, text->data + text->len,
		 (int)(sizeof(text->data) - text->len))) > 0)
		text->len += (size_t)n;
	ok = n == 0 && text->len <= SECRET_MAX &&
	    BIO_get_cipher_status(content) == 1;
	BIO_free_all(content);
	return ok;
}

static bool
decrypt(const uint8_t *blob, size_t len, EVP_PKEY *key, X509 *derive,
    struct secret *text)
{
	const uint8_t *at = blob;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)len);
	bool ok = cms != NULL &&
	    CMS_decrypt_set1_pkey_and_peer(cms, key, derive, NULL) == 1 &&
	    content_read(cms, text);

	CMS_ContentInfo_free(cms);
	return ok;
}

enum quorum_error
share_unwrap(const uint8_t *blob, size_t len, EVP_PKEY *derive_key,
    X509 *derive, const struct share_label *label, struct secret **share)
{
	enum quorum_error ret = QUORUM_ERR_UNWRAP;
	struct secret *text = NULL;

	*share = NULL;
	ERR_set_mark();
	if (!share_form_valid(blob, len, derive))
		goto out;
	text = secret_new();
	if (text == NULL) {
		ret = QUORUM_ERR_MEMORY;
		goto out;
	}
	if (!decrypt(blob, len, derive_key, derive, text))
		goto out;
	ret = label_valid(label) ? plaintext_read(text, label, share)
				 : QUORUM_ERR_BLOB;
out:
	ERR_pop_to_mark();
	secret_free(text);
	return ret;
}
