/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_CURVE_H
#define SMARTCARD_CURVE_H

#include "smartcard/token.h"

/* The two curves we make keys on, as PKCS#11 and OpenSSL name them. */
struct curve {
	enum key_curve_id id;
	const char *group;     /* OpenSSL's name */
	const char *digest;    /* that goes with it */
	const uint8_t *params; /* CKA_EC_PARAMS: DER of the namedCurve OID */
	size_t params_len;
	size_t field; /* octets of a coordinate, and of r and s */
};
#define CURVE_FIELD_MAX 48
#define CURVE_POINT_MAX (1 + 2 * CURVE_FIELD_MAX)

/* NULL when there is no such curve. */
const struct curve *curve_by_id(enum key_curve_id id);
const struct curve *curve_by_params(const uint8_t *params, size_t len);
/* By the length of a raw uncompressed point, 04 || X || Y. */
const struct curve *curve_by_point(size_t len);
const struct curve *curve_of_key(const EVP_PKEY *key);

/* A public key from a raw uncompressed point; NULL when it is not on the
 * curve.  EVP_PKEY_free(). */
EVP_PKEY *
curve_point_key(const struct curve *curve, const uint8_t *point, size_t len);
/*
 * SPKI of CKA_EC_PARAMS and CKA_EC_POINT, the point being a DER OCTET STRING
 * (PKCS#11 2.40, 2.3.3) or raw, as older modules have it.  *spki new,
 * OPENSSL_free().  Errors: ATTRIBUTES (not such a curve, or off it), MEMORY.
 */
enum card_error curve_spki(const uint8_t *params, size_t params_len,
    const uint8_t *point, size_t point_len, uint8_t **spki, size_t *spki_len);

#endif
