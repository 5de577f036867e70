/* SPDX-License-Identifier: ISC */
/* A key that was just made, met again as a later process would. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "smartcard/evp_key.h"
#include "smartcard/opensc.h"
#include "smartcard/session.h"

/* ---- what the card says ----------------------------------------------- */

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

/* Between two loads of the module: the readers as they are then, and this
 * card's own word. */
static enum card_error
ask_card(const struct schsm_info *card, const char *label,
    struct token_evidence *out, struct pcsc_readers *readers)
{
	struct schsm_info now;
	struct schsm *c = NULL;
	struct pcsc *p = NULL;
	enum card_error ret = pcsc_new(NULL, &p);

	if (ret == CARD_OK)
		ret = pcsc_list(p, readers);
	if (ret == CARD_OK)
		ret = schsm_open(p, card->reader, &c);
	if (ret == CARD_OK)
		ret = schsm_identify(c, &now);
	if (ret == CARD_OK && strcmp(now.serial, card->serial) != 0)
		ret = CARD_ERR_REMOVED;
	if (ret == CARD_OK)
		ret = read_evidence(c, label, out);
	schsm_close(c);
	pcsc_free(p);
	return ret;
}

/* ---- the module again ------------------------------------------------- */

static enum card_error
reopen(struct token *t)
{
	struct module *m = t->m;
	struct token_info info = { 0 };
	enum card_error ret =
	    token_select(m, t->info.label, t->info.serial, &info);

	if (ret != CARD_OK)
		return ret == CARD_ERR_NO_TOKEN ? CARD_ERR_REMOVED : ret;
	t->info = info;
	return module_error(m,
	    m->f->C_OpenSession(info.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
		NULL, NULL, &t->session));
}

static enum card_error
resume(struct token *t, const struct pcsc_readers *readers)
{
	bool wanted[PCSC_READERS_MAX] = { false };
	char provider[1024], text[OPENSC_CONF_MAX];
	enum card_error ret = CARD_ERR_REMOVED;

	for (size_t i = 0; i < readers->count; i++)
		if (strcmp(readers->reader[i].name, t->m->card->reader) == 0) {
			wanted[i] = true;
			ret = CARD_OK;
		}
	if (ret != CARD_OK)
		return ret;
	pcsc_provider(provider, sizeof(provider));
	ret = opensc_conf_text(provider, readers, wanted, text);
	return ret == CARD_OK ? module_resume(t->m, text) : ret;
}

/*
 * The library stays where it is and forgets all it knew: the token's functions
 * may be called whatever goes wrong here, and then fail.
 */
static enum card_error
load_again(struct token *t, const char *label, struct token_evidence *out)
{
	struct pcsc_readers readers = { .count = 0 };
	enum card_error ret;

	evp_key_free_all(t);
	token_logout(t);
	module_pause(t->m);
	ret = ask_card(t->m->card, label, out, &readers);
	if (ret == CARD_OK)
		ret = resume(t, &readers);
	return ret == CARD_OK ? reopen(t) : ret;
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
	enum card_error ret = token_need_login(t);

	memset(out, 0, sizeof(*out));
	if (ret == CARD_OK && t->m->per_card && t->m->card != NULL) {
		ret = load_again(t, label, out);
		if (ret == CARD_OK)
			ret = token_login(t, pin);
	}
	if (ret == CARD_OK)
		ret = token_check_key(t, label, use, attrs);
	return ret == CARD_OK ? same_key(t, label, spki, spki_len) : ret;
}
