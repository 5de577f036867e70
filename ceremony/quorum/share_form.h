/* SPDX-License-Identifier: ISC */
#ifndef QUORUM_SHARE_FORM_H
#define QUORUM_SHARE_FORM_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether a blob is, in DER and with nothing behind it, the one form of
 * AuthEnvelopedData that share_wrap() makes for the certificate derive: one
 * KeyAgreeRecipientInfo with one recipient, or, for an RSA key, one
 * KeyTransRecipientInfo, named by exactly the certificate's issuer and
 * serialNumber, the algorithms of ceremony/quorum/share.h, an uncompressed
 * point, a whole GCM tag, no originatorInfo, no ukm, no attributes.  A single octet changed anywhere makes it fail here or on opening.
 */
bool share_form_valid(const uint8_t *blob, size_t len, const X509 *derive);

#endif
