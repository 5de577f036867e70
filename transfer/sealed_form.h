/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_SEALED_FORM_H
#define TRANSFER_SEALED_FORM_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"
#include "transfer/tlv.h"

/* The parts of a sealed file, all borrowed from it but the certificate. */
struct sealed_form {
	struct tlv payload;
	struct tlv sid;            /* contents: issuer and serialNumber */
	struct tlv attributes;     /* whole signedAttrs, its [0] tag first */
	struct tlv message_digest; /* 32 octets */
	struct tlv signature;
	struct tlv carried; /* contents of [0] certificates, or empty */
	X509 *certificate;  /* the one in carried, or NULL */
};

/*
 * Take a sealed file apart and check every property that transfer/sealed.h
 * lists, each with its own fault text; fault may be NULL.  Nothing is said
 * about who signed, or whether.
 *
 * Errors: SIZE, DER, CMS (also when memory ran out inside OpenSSL: it fails
 * closed).  Clear form in any case.
 */
enum transfer_error sealed_form_read(const uint8_t *der, size_t len,
    struct sealed_form *form, struct transfer_fault *fault);
void sealed_form_clear(struct sealed_form *form);

#endif
