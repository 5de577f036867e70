/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_ACCEPTANCE_H
#define FACTORY_ACCEPTANCE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ca/profile.h"
#include "ceremony/factory/input.h"
#include "transfer/response.h"

/* A response held against the request it answers, the order, and the root
 * that people know.  Nothing of it is used before all of it was checked. */
struct acceptance {
	const char *order_path, *request_path, *response_path;
	struct input_sealed order_file, request_file, response_file;
	struct order order;
	struct request request;
	struct response response;
	int64_t now;
	const struct profile *profile; /* of the order */
	X509 *product, *root;
	X509_CRL *product_crl, *root_crl;
	int64_t crl_next; /* nextUpdate of the product CA's */
	X509 **certs;     /* of entries; NULL where none is to be used */
	size_t cert_count, revoked;
	char why[512]; /* what was refused, with the file's name */
};

/* Who sealed what, from the known root (SPKI digest) down: chain, CRLs,
 * sealers, seals, and that response, request and order belong together.
 * False: a->why. */
bool acceptance_chain(struct acceptance *a, const uint8_t root[32]);
/* Every entry: answered, as the order allows, for our key, in the log.  A
 * certificate the CRL lists is counted and left out.  False: a->why. */
bool acceptance_entries(struct acceptance *a);
/* Write all to a new folder: whole or not at all. */
enum outcome acceptance_write(struct acceptance *a, const char *folder);

/* Fill in why, always false. */
bool acceptance_refuse(struct acceptance *a, const char *path, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
void acceptance_clear(struct acceptance *a);

#endif
