/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_INPUT_H
#define FACTORY_INPUT_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/factory/command.h"
#include "transfer/order.h"
#include "transfer/request.h"

/*
 * Files the commands are given.  Each function says what is wrong, naming the
 * file, and returns OUTCOME_TROUBLE when it cannot be read, OUTCOME_REFUSED
 * when it is not what it should be.
 */
/* At most max octets; *out new, free(). */
enum outcome
input_file(const char *path, size_t max, uint8_t **out, size_t *len);
/* One certificate, PEM or DER; *out new, X509_free(). */
enum outcome input_certificate(const char *path, X509 **out);

/* A sealed file as it was read, before its seal is verified. */
struct input_sealed {
	uint8_t *file; /* free() */
	size_t file_len;
	uint8_t *payload; /* OPENSSL_free() */
	size_t len;
	uint8_t digest[32]; /* of the payload */
};
enum outcome input_sealed(const char *path, struct input_sealed *out);
void input_sealed_clear(struct input_sealed *s);
/* The same with its payload read; request_clear() and input_sealed_clear(). */
enum outcome
input_order(const char *path, struct input_sealed *sealed, struct order *out);
enum outcome input_request(const char *path, struct input_sealed *sealed,
    struct request *out);

/* Say why a file could not be read or written (errno for IO). */
enum outcome input_failed(const char *path, enum transfer_error err);

#endif
