/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/possession.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/factory/hook.h"
#include "transfer/text.h"

#define DER_SEQUENCE 0x30

void
possession_text(const char *id, const uint8_t nonce[POSSESSION_NONCE],
    char out[POSSESSION_TEXT_MAX])
{
	char hex[TEXT_HEX_SIZE(POSSESSION_NONCE)];

	text_hex(nonce, POSSESSION_NONCE, hex);
	snprintf(out, POSSESSION_TEXT_MAX,
	    "anchorite-possession/v1\ndevice %s\nnonce %s\n", id, hex);
}

static bool
verify(EVP_PKEY *key, const char *text, const uint8_t *sig, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
	    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, sig, len, (const uint8_t *)text,
		strlen(text)) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

/* Base64 of a SEQUENCE begins with 'M', so that no text can be taken for
 * DER. */
static bool
verify_base64(EVP_PKEY *key, const char *text, const uint8_t *answer,
    size_t len)
{
	char joined[HOOK_ANSWER_MAX + 1];
	uint8_t *sig = NULL;
	size_t n = 0, sig_len = 0;
	bool ok;

	if (len > HOOK_ANSWER_MAX || memchr(answer, '\0', len) != NULL)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (answer[i] != '\n' && answer[i] != '\r')
			joined[n++] = (char)answer[i];
	}
	joined[n] = '\0';
	if (text_unbase64(joined, n, &sig, &sig_len) != TRANSFER_OK)
		return false;
	ok = verify(key, text, sig, sig_len);
	free(sig);
	return ok;
}

bool
possession_verify(EVP_PKEY *key, const char *text, const uint8_t *answer,
    size_t len)
{
	if (len > 0 && answer[0] == DER_SEQUENCE)
		return verify(key, text, answer, len);
	return verify_base64(key, text, answer, len);
}
