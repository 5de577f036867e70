/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_REQUEST_H
#define TRANSFER_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"

#define REQUEST_ID_MAX 64
#define REQUEST_HWSERIAL_MAX 64
#define REQUEST_CSR_MAX 8192

/*
 * .request: header {"kind":"request","v":1,"order":hex32,"bundle":hex16,
 * "sequence":n from 1,"previous":hex32 (zeros when 1),"entries":n}, then per
 * entry, numbered from 1 and without gap, {"entry":n,"id":..,"csr":b64} and
 * optionally "serial":.. before "csr".  At least one entry.  Sealed by the
 * station.
 */
struct request {
	uint8_t order[32];  /* SHA-256 of the order's payload */
	uint8_t bundle[16]; /* random, names the bundle */
	uint64_t sequence;
	uint8_t previous[32]; /* payload digest of the request before */
	size_t count;
	struct request_entry *entries;
};
struct request_entry {
	char id[REQUEST_ID_MAX + 1];             /* as sent, not checked */
	char hwserial[REQUEST_HWSERIAL_MAX + 1]; /* "" when absent */
	uint8_t *csr;                            /* free() */
	size_t csr_len;
};

/* Write the payload; *payload new, free().  Errors: ARGUMENT (what could not
 * be read back), PRIVATE, SIZE, MEMORY; *payload is NULL then. */
enum transfer_error
request_write(const struct request *r, char **payload, size_t *len);
/* Read and check a payload.  An entry whose "csr" holds a private key (see
 * request_is_private_key()) refuses the request whole:
 * TRANSFER_ERR_PRIVATE.  Else SIZE, LINE, KIND, FIELD, MEMORY.  On error *out
 * is zeroed. */
enum transfer_error request_read(const char *payload, size_t len,
    struct request *out, struct transfer_fault *fault);
void request_clear(struct request *r);
/* Whether octets are a row of DER or BER elements of which one is a private key
 * (plain or encrypted PKCS#8, SEC1, PKCS#1) or a PKCS#12 store, or hold the PEM
 * armour of a key, one of PuTTY, or a private JSON Web Key. */
int request_is_private_key(const uint8_t *data, size_t len);

#endif
