/* SPDX-License-Identifier: ISC */
/* Certificates of a CA's token whose writing was cut short. */
#include <openssl/x509.h>

#include "ceremony/process/signer.h"

/* One that the log has: what is there is not compared, only whether the key can
 * be used. */
static enum card_error
mend(struct signer *s, const struct secret *pin, const char *role,
    const X509 *cert)
{
	uint8_t *der = NULL;
	int len = i2d_X509(cert, &der);
	enum card_error err = CARD_ERR_MEMORY;

	if (len > 0)
		err = token_mend_cert(s->token, pin, role, der, (size_t)len);
	OPENSSL_free(der);
	return err;
}

bool
signer_mend(struct signer *s)
{
	struct group *g = s->group;
	const struct {
		const char *role;
		const X509 *cert;
	} keys[] = { { g->role, g->ca }, { SEALER_ROLE, g->sealer } };
	struct secret *pin = NULL;
	enum card_error err = CARD_OK;

	if (g->acts[0].what == ACT_DESTROY)
		return true; /* nothing uses them again */
	if (!signer_pin(s, g->opened->k, g->opened->number,
		g->epoch_policy_sha256, &pin))
		return false;
	for (size_t i = 0; i < 2 && err == CARD_OK; i++)
		if (keys[i].cert != NULL)
			err = mend(s, pin, keys[i].role, keys[i].cert);
	secret_free(pin);
	if (err != CARD_OK)
		signer_card_fault(s, err, token_info(s->token)->label);
	return err == CARD_OK;
}
