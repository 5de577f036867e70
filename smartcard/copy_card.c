/* SPDX-License-Identifier: ISC */
/* Keys of SmartCard-HSMs that leave and come wrapped by the cards themselves. */
#include "smartcard/copy_card.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "smartcard/bertlv.h"
#include "smartcard/dkek_blob.h"
#include "smartcard/object.h"
#include "smartcard/opensc.h"

#define SEQUENCE 0x30
#define OCTET_STRING 0x04
#define HEADER 4 /* of an element of 256 octets and more */

/* What a blob holds, borrowed from it. */
struct parts {
	struct bertlv wrapped, description, beside;
};

/* The card tells eight octets of SHA-256 of its DKEK. */
static enum card_error
check_dkek(const struct token *t, const struct secret *dkek)
{
	const struct schsm_info *card = t->m->card;
	uint8_t hash[SHA256_DIGEST_LENGTH];
	bool same;

	if (!card->dkek || card->dkek_missing != 0)
		return CARD_ERR_MAY_NOT;
	if (SHA256(dkek->data, dkek->len, hash) == NULL)
		return CARD_ERR_MEMORY;
	same = CRYPTO_memcmp(hash, card->kcv, SCHSM_KCV_SIZE) == 0;
	OPENSSL_cleanse(hash, sizeof(hash));
	return same ? CARD_OK : CARD_ERR_UNWRAP;
}

/* The PIN that was kept for this, taken out: the token is logged out between. */
static enum card_error
between(struct token *t, opensc_question *question, void *arg)
{
	struct secret *pin = t->pin;
	enum card_error ret;

	if (pin == NULL)
		return CARD_ERR_ARGUMENT;
	t->pin = NULL;
	ret = opensc_between(t, pin, true, question, arg);
	secret_free(pin);
	return ret;
}

/* ---- out -------------------------------------------------------------- */

struct outgoing {
	const char *label;
	const struct secret *dkek;
	size_t at;
	uint8_t blob[COPY_BLOB_MAX];
};

static bool
put(struct outgoing *e, const uint8_t *data, size_t len)
{
	if (len > sizeof(e->blob) - e->at)
		return false;
	memcpy(e->blob + e->at, data, len);
	e->at += len;
	return true;
}

static size_t
header(uint8_t tag, size_t len, uint8_t out[HEADER])
{
	size_t n = 0;

	out[n++] = tag;
	if (len >= 0x100)
		out[n++] = 0x82;
	else if (len >= 0x80)
		out[n++] = 0x81;
	if (len >= 0x100)
		out[n++] = (uint8_t)(len >> 8);
	out[n++] = (uint8_t)len;
	return n;
}

static enum card_error
put_file(struct schsm *c, struct outgoing *e, uint16_t fid)
{
	uint8_t file[SCHSM_FILE_MAX];
	size_t len = 0;
	enum card_error ret = schsm_read(c, fid, file, &len);

	if (ret != CARD_OK)
		return ret;
	return put(e, file, len) ? CARD_OK : CARD_ERR_FULL;
}

static enum card_error
put_key(struct schsm *c, const struct schsm_info *now, void *arg)
{
	struct outgoing *e = arg;
	uint8_t wrapped[SCHSM_FILE_MAX], head[HEADER], number = 0;
	size_t len = 0;
	enum card_error ret = schsm_find_key(c, e->label, &number);

	(void)now;
	if (ret == CARD_OK)
		ret = schsm_wrap(c, number, wrapped, &len);
	if (ret != CARD_OK)
		return ret;
	/* what is kept unseen is of no use to anybody if it is not whole */
	if (!dkek_blob_whole(e->dkek, wrapped, len))
		return CARD_ERR_ANSWER;
	if (!put(e, head, header(OCTET_STRING, len, head)) ||
	    !put(e, wrapped, len))
		return CARD_ERR_FULL;
	ret = put_file(c, e, SCHSM_FID(SCHSM_DESCRIPTION, number));
	if (ret == CARD_OK)
		ret = put_file(c, e, SCHSM_FID(SCHSM_CERT, number));
	return ret;
}

enum card_error
copy_card_export(struct token *t, const char *label, const struct secret *dkek,
    uint8_t **blob, size_t *len)
{
	struct outgoing e = { .label = label, .dkek = dkek };
	uint8_t head[HEADER];
	size_t n;
	enum card_error ret = check_dkek(t, dkek);

	if (ret == CARD_OK)
		ret = between(t, put_key, &e);
	if (ret != CARD_OK)
		return ret;
	n = header(SEQUENCE, e.at, head);
	if (n + e.at > COPY_BLOB_MAX)
		return CARD_ERR_FULL;
	*blob = malloc(n + e.at);
	if (*blob == NULL)
		return CARD_ERR_MEMORY;
	memcpy(*blob, head, n);
	memcpy(*blob + n, e.blob, e.at);
	*len = n + e.at;
	return CARD_OK;
}

/* ---- in --------------------------------------------------------------- */

struct import {
	const struct parts *parts;
	uint8_t number; /* 0: none is taken */
};

static bool
take_whole(struct bertlv *d, struct bertlv *whole)
{
	const uint8_t *from = d->at;
	struct bertlv value;
	unsigned tag;

	if (!bertlv_next(d, &tag, &value))
		return false;
	*whole = (struct bertlv){ from, (size_t)(d->at - from) };
	return true;
}

static bool
read_parts(const uint8_t *blob, size_t len, const char *label,
    struct parts *out)
{
	struct bertlv d = { blob, len }, inner;
	unsigned tag;

	return bertlv_next(&d, &tag, &inner) && tag == SEQUENCE && d.len == 0 &&
	    bertlv_next(&inner, &tag, &out->wrapped) && tag == OCTET_STRING &&
	    take_whole(&inner, &out->description) &&
	    take_whole(&inner, &out->beside) && inner.len == 0 &&
	    schsm_description_is(out->description.at, out->description.len,
		label);
}

static uint8_t
free_number(const struct schsm_info *card)
{
	uint8_t number = 1;

	for (size_t i = 0; i < card->key_count; i++)
		if (card->keys[i] == number)
			number++;
	return number <= SCHSM_KEYS_MAX ? number : 0;
}

static enum card_error
import(struct schsm *c, const struct schsm_info *now, void *arg)
{
	struct import *in = arg;
	const struct parts *p = in->parts;
	uint8_t number = free_number(now);
	enum card_error ret;

	if (number == 0)
		return CARD_ERR_FULL;
	ret = schsm_unwrap(c, number, p->wrapped.at, p->wrapped.len);
	if (ret != CARD_OK)
		return ret == CARD_ERR_STATUS ? CARD_ERR_UNWRAP : ret;
	in->number = number;
	ret = schsm_write(c, SCHSM_FID(SCHSM_CERT, number), p->beside.at,
	    p->beside.len);
	if (ret == CARD_OK)
		ret = schsm_write(c, SCHSM_FID(SCHSM_DESCRIPTION, number),
		    p->description.at, p->description.len);
	return ret;
}

/* All of them, whatever is there. */
static enum card_error
drop(struct schsm *c, const struct schsm_info *now, void *arg)
{
	const struct import *in = arg;
	static const uint8_t prefixes[] = { SCHSM_DESCRIPTION, SCHSM_CERT,
		SCHSM_KEY };
	enum card_error first = CARD_OK;

	(void)now;
	for (size_t i = 0; i < sizeof(prefixes); i++) {
		enum card_error ret =
		    schsm_delete(c, SCHSM_FID(prefixes[i], in->number));

		if (ret != CARD_ERR_OBJECT_MISSING && first == CARD_OK)
			first = ret;
	}
	return first;
}

static enum card_error
has_id(struct token *t, const char *label, uint8_t id)
{
	CK_OBJECT_HANDLE found[OBJECT_MATCH_MAX];
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE match[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, &id, sizeof(id) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
	};
	CK_ULONG n = 0;
	enum card_error ret = token_find_objects(t, match, 3, found, &n);

	return ret == CARD_OK && n != 1 ? CARD_ERR_SELFTEST : ret;
}

/* What stands beside a key in a blob is not under the DKEK's seal: whose key it
 * is, and what it may do, is judged on the token. */
static enum card_error
judge(struct token *t, const char *label, uint8_t id, const uint8_t *spki,
    size_t spki_len, struct key_attributes *attrs)
{
	static const char text[] = "anchorite-test/v1\ncopy\n";
	uint8_t *now = NULL;
	size_t now_len = 0;
	enum card_error ret = has_id(t, label, id);

	if (ret == CARD_OK)
		ret = token_check_key(t, label, KEY_SIGN_COPY, attrs);
	if (ret == CARD_OK)
		ret = token_public_key(t, label, &now, &now_len);
	if (ret == CARD_OK &&
	    (now_len != spki_len || memcmp(now, spki, spki_len) != 0))
		ret = CARD_ERR_SELFTEST;
	if (ret == CARD_OK)
		ret = token_sign_text(t, label, spki, spki_len, text,
		    sizeof(text) - 1, NULL, NULL);
	OPENSSL_free(now);
	return ret;
}

enum card_error
copy_card_import(struct token *t, const char *label, uint8_t id,
    const uint8_t *spki, size_t spki_len, const struct secret *dkek,
    const uint8_t *blob, size_t len, struct key_attributes *attrs)
{
	struct parts parts;
	struct import in = { .parts = &parts };
	enum card_error ret = check_dkek(t, dkek);

	if (ret != CARD_OK)
		return ret;
	if (!read_parts(blob, len, label, &parts))
		return CARD_ERR_UNWRAP;
	ret = between(t, import, &in);
	if (ret == CARD_OK)
		ret = judge(t, label, id, spki, spki_len, attrs);
	if (ret != CARD_OK && in.number != 0)
		(void)between(t, drop, &in);
	return ret;
}
