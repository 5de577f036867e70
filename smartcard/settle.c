/* SPDX-License-Identifier: ISC */
/* A key that was just made, met again as a later process would. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "smartcard/opensc.h"
#include "smartcard/session.h"

struct question {
	const char *label;
	struct token_evidence *out;
};

static enum card_error
copy_out(const uint8_t *file, size_t len, struct token_octets *out)
{
	if (len == 0 || len > TOKEN_EVIDENCE_MAX)
		return CARD_ERR_ANSWER;
	memcpy(out->data, file, len);
	out->len = len;
	return CARD_OK;
}

/* Whatever stands beside the key: until a certificate is written there, the
 * answer to its making. */
static enum card_error
read_evidence(struct schsm *c, const char *label, struct token_evidence *out)
{
	uint8_t file[SCHSM_FILE_MAX], number = 0;
	size_t len = 0;
	enum card_error ret = schsm_find_key(c, label, &number);

	if (ret == CARD_OK)
		ret = schsm_read(c, SCHSM_FID(SCHSM_CERT, number), file, &len);
	if (ret == CARD_OK)
		ret = copy_out(file, len, &out->attestation);
	if (ret == CARD_OK)
		ret = schsm_device_cert(c, file, &len);
	if (ret == CARD_OK)
		ret = copy_out(file, len, &out->device);
	return ret;
}

static enum card_error
ask_card(struct schsm *c, const struct schsm_info *now, void *arg)
{
	const struct question *q = arg;

	(void)now;
	return read_evidence(c, q->label, q->out);
}

static enum card_error
same_key(struct token *t, const char *label, const uint8_t *spki, size_t len)
{
	uint8_t *now = NULL;
	size_t now_len = 0;
	enum card_error ret = token_public_key(t, label, &now, &now_len);

	if (ret == CARD_OK && (now_len != len || memcmp(now, spki, len) != 0))
		ret = CARD_ERR_SELFTEST;
	OPENSSL_free(now);
	return ret;
}

enum card_error
token_settle_key(struct token *t, const struct secret *pin, const char *label,
    enum key_use use, const uint8_t *spki, size_t spki_len,
    struct key_attributes *attrs, struct token_evidence *out)
{
	struct question q = { label, out };
	enum card_error ret = token_need_login(t);

	memset(out, 0, sizeof(*out));
	if (ret == CARD_OK && t->m->per_card && t->m->card != NULL)
		ret = opensc_between(t, pin, false, ask_card, &q);
	if (ret == CARD_OK)
		ret = token_check_key(t, label, use, attrs);
	return ret == CARD_OK ? same_key(t, label, spki, spki_len) : ret;
}
