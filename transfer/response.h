/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_RESPONSE_H
#define TRANSFER_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"
#include "transfer/request.h"

enum response_status {
	RESPONSE_ISSUED,
	RESPONSE_DUPLICATE, /* this key and id have a certificate: here it is */
	RESPONSE_REJECTED,
	RESPONSE_DEFERRED,
};
#define RESPONSE_STATUSES 4
#define RESPONSE_PROOF_MAX 40 /* hashes of an inclusion proof */
#define RESPONSE_CHAIN_MAX 8  /* certificates */
#define RESPONSE_CRLS_MAX 8
#define RESPONSE_CERT_MAX 8192          /* octets of an entry's certificate */
#define RESPONSE_OBJECT_MAX (16u << 20) /* of one chain certificate or CRL */

struct response_entry {
	enum response_status status;
	char id[REQUEST_ID_MAX + 1]; /* for issued and duplicate, else "" */
	char rule[32];               /* rejected, deferred */
	char reason[200];
	uint8_t *certificate; /* DER, free(); issued, duplicate */
	size_t certificate_len;
	uint64_t leaf;        /* index in the issuance log */
	uint8_t (*proof)[32]; /* RFC 9162 2.1.3 inclusion path; free() */
	size_t proof_len;
};

struct blob {
	uint8_t *data; /* free() */
	size_t len;
};

/*
 * .response: header {"kind":"response","v":1,"log":..,"request":hex32,
 * "order":hex32,"transcript":hex32,"entries":n,"issued":n,"duplicate":n,
 * "rejected":n,"deferred":n,"tree_size":n,"tree_root":hex32,"chain":n,
 * "crls":n}; entries {"entry":n,"status":"issued","id":..,"certificate":b64,
 * "leaf":n,"proof":[hex32..]}, {"entry":n,"status":"duplicate",...same},
 * {"entry":n,"status":"rejected","rule":..,"reason":..}, deferred likewise;
 * then chunk lines {"chunk":"chain"|"crl","index":n from 1,"part":n from 1,
 * "of":n,"data":b64 of at most SEALED_CHUNK_MAX characters}, in order.
 * chain: product CA first, root last.  crls: product CA's first, then root's.
 */
struct response {
	char log[513];
	uint8_t request[32], order[32], transcript[32];
	uint64_t tree_size;
	uint8_t tree_root[32];
	size_t count;
	struct response_entry *entries;
	struct blob chain[RESPONSE_CHAIN_MAX];
	size_t chain_count;
	struct blob crls[RESPONSE_CRLS_MAX];
	size_t crl_count;
};

/* Write the payload; *payload new, free().  Counts in the header are computed.
 * Uses no JSON library.  Errors: ARGUMENT (what could not be read back), SIZE,
 * MEMORY; *payload is NULL then. */
enum transfer_error
response_write(const struct response *r, char **payload, size_t *len);
/* Read and check a payload.  Errors: SIZE, LINE, KIND, FIELD, MEMORY; *out is
 * zeroed then. */
enum transfer_error response_read(const char *payload, size_t len,
    struct response *out, struct transfer_fault *fault);
void response_clear(struct response *r);
/* "issued" and so on; NULL for no status. */
const char *response_status_name(enum response_status status);

#endif
