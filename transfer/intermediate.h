/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_INTERMEDIATE_H
#define TRANSFER_INTERMEDIATE_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"

#define INTERMEDIATE_LOG_MAX 512
#define INTERMEDIATE_CHAIN_MAX 3 /* the CA, a product CA above it, the root */
#define INTERMEDIATE_CERT_MAX 4096

/*
 * The certificate of a CA that others run, with its chain: a first line
 * {"kind":"intermediate","v":1,"log":..,"csr":<sha256 of the file that was
 * asked with>,"key":<spki sha256>,"certificates":n}, then n lines
 * {"certificate":b64}, the CA's own first, the root's last; sealed by a
 * product CA's sealer.
 */
struct intermediate {
	char log[INTERMEDIATE_LOG_MAX + 1];
	uint8_t csr[32], key[32];
	size_t count;
	struct {
		uint8_t *der;
		size_t len;
	} chain[INTERMEDIATE_CHAIN_MAX]; /* free() */
};
/* Two certificates at least.  Errors: ARGUMENT, MEMORY. */
enum transfer_error
intermediate_write(const struct intermediate *i, char **payload, size_t *len);
/* Form only.  Errors: SIZE, LINE, KIND, FIELD, PRIVATE (a certificate that is
 * a private key), MEMORY; *out is empty then. */
enum transfer_error intermediate_read(const char *payload, size_t len,
    struct intermediate *out, struct transfer_fault *fault);
void intermediate_clear(struct intermediate *i);

#endif
