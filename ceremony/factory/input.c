/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/input.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ceremony/factory/say.h"
#include "transfer/file.h"
#include "transfer/pem.h"
#include "transfer/sealed.h"

#define CERTIFICATE_FILE_MAX (3 * CERT_MAX) /* PEM is longer than DER */

enum outcome
input_failed(const char *path, enum transfer_error err)
{
	switch (err) {
	case TRANSFER_ERR_IO:
		say_error("%s: %s", path, strerror(errno));
		return OUTCOME_TROUBLE;
	case TRANSFER_ERR_MEMORY:
		say_error("%s: %s", path, transfer_strerror(err));
		return OUTCOME_TROUBLE;
	default:
		say_error("%s: %s", path, transfer_strerror(err));
		return OUTCOME_REFUSED;
	}
}

enum outcome
input_file(const char *path, size_t max, uint8_t **out, size_t *len)
{
	enum transfer_error err = file_read(AT_FDCWD, path, max, out, len);

	if (err == TRANSFER_OK)
		return OUTCOME_DONE;
	if (err != TRANSFER_ERR_SIZE)
		return input_failed(path, err);
	say_error("%s: longer than %zu octets", path, max);
	return OUTCOME_REFUSED;
}

enum outcome
input_certificate(const char *path, X509 **out)
{
	uint8_t *file = NULL, *der = NULL;
	size_t file_len = 0, len = 0;
	enum outcome ret;
	enum ca_error err;

	*out = NULL;
	ret = input_file(path, CERTIFICATE_FILE_MAX, &file, &file_len);
	if (ret != OUTCOME_DONE)
		return ret;
	if (pem_decode(file, file_len, "CERTIFICATE", &der, &len))
		err = cert_parse(der, len, out);
	else
		err = cert_parse(file, file_len, out);
	if (err != CA_OK) {
		say_error("%s: not one X.509 certificate in PEM or strict DER",
		    path);
		ret = OUTCOME_REFUSED;
	}
	free(der);
	free(file);
	return ret;
}

enum outcome
input_sealed(const char *path, struct input_sealed *out)
{
	struct transfer_fault fault = { 0 };
	enum transfer_error err;
	enum outcome ret;

	memset(out, 0, sizeof(*out));
	ret = input_file(path, SEALED_MAX, &out->file, &out->file_len);
	if (ret != OUTCOME_DONE)
		return ret;
	if (sealed_check(out->file, out->file_len, &fault) != TRANSFER_OK) {
		say_error("%s: %s", path, fault.text);
		return OUTCOME_REFUSED;
	}
	err = sealed_peek(out->file, out->file_len, &out->payload, &out->len,
	    out->digest);
	return err == TRANSFER_OK ? OUTCOME_DONE : input_failed(path, err);
}

void
input_sealed_clear(struct input_sealed *s)
{
	OPENSSL_free(s->payload);
	free(s->file);
	memset(s, 0, sizeof(*s));
}

static enum outcome
payload_refused(const char *path, const struct transfer_fault *fault)
{
	say_error("%s: %s", path, fault->text);
	return fault->err == TRANSFER_ERR_MEMORY ? OUTCOME_TROUBLE
						 : OUTCOME_REFUSED;
}

enum outcome
input_order(const char *path, struct input_sealed *sealed, struct order *out)
{
	struct transfer_fault fault = { 0 };
	enum outcome ret = input_sealed(path, sealed);

	memset(out, 0, sizeof(*out));
	if (ret != OUTCOME_DONE)
		return ret;
	if (order_read((const char *)sealed->payload, sealed->len, out,
		&fault) != TRANSFER_OK)
		return payload_refused(path, &fault);
	return OUTCOME_DONE;
}

enum outcome
input_request(const char *path, struct input_sealed *sealed,
    struct request *out)
{
	struct transfer_fault fault = { 0 };
	enum outcome ret = input_sealed(path, sealed);

	memset(out, 0, sizeof(*out));
	if (ret != OUTCOME_DONE)
		return ret;
	if (request_read((const char *)sealed->payload, sealed->len, out,
		&fault) != TRANSFER_OK)
		return payload_refused(path, &fault);
	return OUTCOME_DONE;
}
