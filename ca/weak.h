/* SPDX-License-Identifier: ISC */
#ifndef CA_WEAK_H
#define CA_WEAK_H

#include "ca/spki.h"

#define WEAK_SCALAR_MAX 64

/*
 * Whether the private key of an EC public key that spki_read() accepted is
 * known to everybody: published in a standard, or within WEAK_SCALAR_MAX of
 * 0 or of the group's order, as a broken random generator would make it.
 * Both Q and -Q are caught.  True also when it cannot be told (no memory).
 */
bool weak_key(const struct spki *key);
/*
 * Whether an RSA public key that spki_read() accepted is one that we do not
 * take: an exponent other than 65537, a modulus that a prime below 168
 * divides, or one as Infineon's generator made them until 2017 (CVE-2017-15361,
 * "ROCA"), which cards and tokens still in use have inside.
 */
bool weak_rsa(const struct spki *key);

#endif
