/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_DKEK_BLOB_H
#define SMARTCARD_DKEK_BLOB_H

#include "smartcard/secret.h"

#define DKEK_BLOB_KCV 8
#define DKEK_BLOB_MAC 16

/*
 * Is that a key as a SmartCard-HSM with this DKEK, of 32 octets, wraps it, from
 * its first octet to its last?  It begins with eight octets of SHA-256 of the
 * DKEK and ends in the AES-CMAC of all before it, under SHA-256(DKEK ||
 * 00000002), as the vendor's tools and OpenSC's sc-hsm-tool(1) have it.  Which
 * key it is cannot be seen.
 */
bool
dkek_blob_whole(const struct secret *dkek, const uint8_t *blob, size_t len);

#endif
