/* SPDX-License-Identifier: ISC */
/* A card's own word for where a key was made. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cvc.h"
#include "ceremony/record/history_line.h"

/* The card's certificate names its holder: the serial and five characters. */
static enum record_error
read_device(const struct history_line *l, const char *what, const char *serial,
    const uint8_t digest[32], struct cvc_device *out)
{
	uint8_t *file = NULL;
	size_t len = 0, n;
	enum record_error ret;
	enum ca_error err;

	ret = history_load(l, digest, "device", &file, &len);
	if (ret != RECORD_OK)
		return ret;
	err = cvc_device_read(file, len, out);
	free(file);
	if (err != CA_OK)
		return history_refuse(l, RECORD_ERR_SIGNATURE,
		    "%s: the card's own certificate: %s", what,
		    ca_strerror(err));
	n = strlen(out->holder) - CVC_SEQUENCE_LEN;
	if (strlen(serial) == n && strncmp(out->holder, serial, n) == 0)
		return RECORD_OK;
	ret = history_refuse(l, RECORD_ERR_RULE,
	    "%s: the card's own certificate is of %s, not of %s", what,
	    out->holder, serial);
	cvc_device_clear(out);
	return ret;
}

enum record_error
history_attested(const struct history_line *l, const char *what,
    const char *serial, const struct policy_spki *spki,
    const uint8_t attestation[32], const uint8_t device[32])
{
	struct cvc_device card;
	uint8_t *data = NULL;
	size_t len = 0;
	enum record_error ret;
	enum ca_error err;

	ret = read_device(l, what, serial, device, &card);
	if (ret != RECORD_OK)
		return ret;
	ret = history_load(l, attestation, "attestation", &data, &len);
	if (ret == RECORD_OK) {
		err = cvc_attestation_check(data, len, &card, spki->der,
		    spki->len);
		if (err != CA_OK)
			ret = history_refuse(l, RECORD_ERR_SIGNATURE,
			    "%s: the card's word for its making: %s", what,
			    ca_strerror(err));
	}
	free(data);
	cvc_device_clear(&card);
	return ret;
}
