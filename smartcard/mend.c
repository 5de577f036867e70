/* SPDX-License-Identifier: ISC */
/* A certificate whose writing was cut short. */
#include <openssl/crypto.h>

#include "smartcard/object.h"
#include "smartcard/opensc.h"
#include "smartcard/session.h"

struct mending {
	const char *label;
	const uint8_t *der;
	size_t len;
};

static enum card_error
write_beside(struct schsm *c, const struct schsm_info *now, void *arg)
{
	const struct mending *m = arg;
	uint8_t number = 0;
	enum card_error ret = schsm_find_key(c, m->label, &number);

	(void)now;
	return ret != CARD_OK
	    ? ret
	    : schsm_write(c, SCHSM_FID(SCHSM_CERT, number), m->der, m->len);
}

/* The key is there, and nothing that can be read says its public one. */
static bool
is_torn(struct token *t, const char *label)
{
	CK_OBJECT_HANDLE key;
	uint8_t *spki = NULL;
	size_t len = 0;
	enum card_error ret = token_public_key(t, label, &spki, &len);

	OPENSSL_free(spki);
	return (ret == CARD_ERR_KEY_MISSING || ret == CARD_ERR_MODULE) &&
	    token_find_key(t, CKO_PRIVATE_KEY, label, &key) == CARD_OK;
}

enum card_error
token_mend_cert(struct token *t, const struct secret *pin, const char *label,
    const uint8_t *der, size_t len)
{
	struct mending m = { label, der, len };
	enum card_error ret = token_need_login(t);

	if (ret != CARD_OK || t->m->card == NULL || !is_torn(t, label))
		return ret;
	if (len > SCHSM_FILE_MAX)
		return CARD_ERR_ARGUMENT;
	return opensc_between(t, pin, true, write_beside, &m);
}
