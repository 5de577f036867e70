/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_STATION_H
#define FACTORY_STATION_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdint.h>

#include "ceremony/factory/command.h"

/*
 * The key a station seals its requests with, and its certificate: one file,
 * a PKCS#8 "PRIVATE KEY" and a "CERTIFICATE" in PEM, readable by its owner
 * alone.  It is an ordinary key on an untrusted machine; what it can do is
 * bounded by its work orders.
 */
struct station_key {
	EVP_PKEY *key;
	X509 *cert;
	uint8_t spki_sha256[32];
};
/* A new P-256 key with a certificate of its own.  False: out of memory, or
 * the names do not fit a certificate. */
bool station_key_make(const char *factory, const char *line, int64_t now,
    struct station_key *out);
/* Write it as a new file, mode 0600; read it.  Both say what is wrong. */
enum outcome station_key_write(const struct station_key *s, const char *path);
enum outcome station_key_read(const char *path, struct station_key *out);
void station_key_clear(struct station_key *s);

#endif
