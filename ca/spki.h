/* SPDX-License-Identifier: ISC */
#ifndef CA_SPKI_H
#define CA_SPKI_H

#include "ca/der.h"

/* What is wrong with a SubjectPublicKeyInfo, finer than enum ca_error. */
enum spki_fault {
	SPKI_OK = 0,
	SPKI_ENCODING, /* not strict DER, trailing octets, wrong structure */
	SPKI_KIND,     /* neither EC nor RSA */
	SPKI_CURVE,    /* EC, but not on a named P-256 or P-384 */
	SPKI_POINT,    /* compressed, hybrid, infinite or off its curve */
	SPKI_SIZE,     /* RSA, not 2048 to 4096 bits or an odd exponent */
};

/* A public key in parts, all borrowed from its DER. */
struct spki {
	int curve;          /* NID, NID_undef for RSA */
	struct der bits;    /* what the BIT STRING holds, whole octets */
	struct der x;       /* EC: the x-coordinate */
	struct der modulus; /* RSA: big endian, no leading zero */
	struct der exponent;
	bool rsa; /* set whenever the algorithm is RSA's */
};

/* Take a SubjectPublicKeyInfo apart (RFC 5280, 4.1; RFC 5480, 2; RFC 3279,
 * 2.3.1).  out is filled as far as it was understood. */
enum spki_fault spki_read(struct der in, struct spki *out);

#endif
