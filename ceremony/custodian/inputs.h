/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_INPUTS_H
#define CUSTODIAN_INPUTS_H

#include "ca/csr_asks.h"
#include "ca/key.h"
#include "ceremony/custodian/ceremony.h"
#include "ceremony/record/backup_file.h"
#include "ceremony/record/decide.h"
#include "transfer/order.h"

/* Foreign files, read in the reader; and outputs that must not be there. */

/* A file of the input folder as it is; *out new, free(). */
bool
input_file(struct ceremony *c, const char *name, uint8_t **out, size_t *len);

struct station_view {
	char factory[65], line[65];
	uint8_t spki_sha256[32];
};
/* A .station file of the input folder. */
bool
input_station(struct ceremony *c, const char *name, struct station_view *out);

/* A file of wrapped keys; *file new, free(): as it came. */
bool input_backup(struct ceremony *c, const char *name, struct backup_file *out,
    uint8_t **file, size_t *len);

/* The CSR of a CA that others run: its key, and what it asks for. */
struct csr_view {
	uint8_t *file; /* as it came */
	size_t len;
	uint8_t spki[KEY_SPKI_MAX];
	size_t spki_len;
	struct key_ident key;
	struct csr_asks asks;
};
bool input_csr(struct ceremony *c, const char *name, struct csr_view *out);
void input_csr_clear(struct csr_view *v);

/* A .request file of the input folder with its work order. */
struct request_view {
	uint8_t *file; /* as it came */
	size_t file_len;
	uint8_t request[32], bundle[16], previous[32];
	uint64_t sequence;
	struct order order;
	uint8_t order_sha256[32];
	struct key_ident station;
	size_t count;
	struct candidate *entries;
};
/* Errors are rules of the order too: unknown station, another log, expired by
 * the plan's date. */
bool
input_request(struct ceremony *c, const char *name, struct request_view *out);
void input_request_clear(struct request_view *r);
/* Keep a request that was checked for the step that answers it: the same
 * octets, read once.  r is empty afterwards. */
void input_request_keep(struct ceremony *c, const char *name,
    struct request_view *r);

/* What the signer sealed: opens with the sealer of that token, and answers so
 * many entries.  payload_sha256 is filled. */
bool response_check(struct ceremony *c, const struct history_token *token,
    const uint8_t *file, size_t len, size_t entries,
    uint8_t payload_sha256[32]);

/* Stops when the output folder holds that name already. */
bool output_free(struct ceremony *c, const char *name);

#endif
