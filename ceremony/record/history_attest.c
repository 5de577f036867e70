/* SPDX-License-Identifier: ISC */
/* A card's own word for where a key was made. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cvc.h"
#include "ceremony/record/card_proof.h"
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

static enum record_error
check_proof(const struct history_line *l, const struct history_act *act,
    const struct history_token *token, const uint8_t attestation[32],
    const uint8_t device[32])
{
	char serial[CARD_PROOF_SERIAL_SIZE];
	uint8_t *data = NULL, *file = NULL;
	size_t len = 0, file_len = 0;
	const char *fault;
	enum record_error ret =
	    history_load(l, device, "device", &file, &file_len);

	if (ret == RECORD_OK)
		ret = history_load(l, attestation, "attestation", &data, &len);
	if (ret == RECORD_OK) {
		fault = card_proof_fault(data, len, file, file_len, act->begin,
		    serial);
		if (fault != NULL)
			ret = history_refuse(l, RECORD_ERR_SIGNATURE, "%s: %s",
			    token->label, fault);
		else if (strcmp(serial, token->serial) != 0)
			ret = history_refuse(l, RECORD_ERR_RULE,
			    "%s: the proof is of card %s, not of %s",
			    token->label, serial, token->serial);
	}
	free(data);
	free(file);
	return ret;
}

enum record_error
history_shown(const struct history_line *l, const struct history_act *act,
    const struct history_token *token, json_t *proof)
{
	uint8_t attestation[32], device[32];
	enum record_error ret;
	const struct history_field rows[] = {
		{ "attestation", FIELD_HEX32, 0, attestation, NULL },
		{ "device", FIELD_HEX32, 0, device, NULL },
	};

	if (proof != NULL && !token->leaves)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s: a proof, but it got no DKEK", token->label);
	if (proof == NULL && token->leaves &&
	    strcmp(token->module, "opensc") == 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s: the card did not show what it is", token->label);
	if (proof == NULL)
		return RECORD_OK;
	ret = history_fields(l, proof, HISTORY_ROWS(rows));
	return ret == RECORD_OK
	    ? check_proof(l, act, token, attestation, device)
	    : ret;
}
