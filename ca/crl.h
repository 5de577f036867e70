/* SPDX-License-Identifier: ISC */
#ifndef CA_CRL_H
#define CA_CRL_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "ca/error.h"
#include "ca/serial.h"

#define CRL_MAX (16u << 20) /* octets */

struct crl_entry {
	uint8_t serial[20]; /* raw, big endian, no leading zero */
	size_t serial_len;
	int reason; /* RFC 5280 5.3.1: 0 (left out), 1, 3, 4, 5, 9 */
	int64_t date;
};

struct crl_spec {
	const X509 *issuer;
	uint64_t number;
	int64_t this_update, next_update;
	const struct crl_entry *entries; /* kept in this order */
	size_t count;
};

/*
 * As cert.h, for a v2 CRL with crlNumber and aki (RFC 5280, 5).
 * crl_build: ARGUMENT (a serial twice or malformed, another reason), PROFILE
 * (the issuer may not sign CRLs), DATE (nextUpdate not after thisUpdate), KEY,
 * MEMORY.
 */
enum ca_error crl_build(const struct crl_spec *spec, X509_CRL **out);
enum ca_error crl_tbs_digest(X509_CRL *crl, uint8_t out[32]);
enum ca_error crl_tbs(X509_CRL *crl, uint8_t **out, size_t *len);
enum ca_error crl_sign(X509_CRL *crl, EVP_PKEY *key);
enum ca_error
crl_selfcheck(const uint8_t *der, size_t len, const struct crl_spec *spec);
enum ca_error crl_parse(const uint8_t *der, size_t len, X509_CRL **out);
enum ca_error crl_der(const X509_CRL *crl, uint8_t **out, size_t *len);
/* Verify crl against its issuer's key and name and read number and dates;
 * any out may be NULL.  Errors: CA_ERR_CHAIN, CA_ERR_SIGNATURE, ENCODING. */
enum ca_error crl_verify(X509_CRL *crl, const X509 *issuer, uint64_t *number,
    int64_t *this_update, int64_t *next_update);
/* CA_ERR_REVOKED when cert, which is the CRL's issuer's, is listed, else CA_OK;
 * CA_ERR_CHAIN when another issued it.  Assumes crl_verify(). */
enum ca_error crl_lookup(X509_CRL *crl, const X509 *cert);

#endif
