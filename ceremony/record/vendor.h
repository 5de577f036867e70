/* SPDX-License-Identifier: ISC */
#ifndef RECORD_VENDOR_H
#define RECORD_VENDOR_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/record/plan.h"

/*
 * Of which vendor a card is: the plan's `vendor` is the SHA-256 of the issuer's
 * certificate in the card's own file or, where it names a vendor-certificate,
 * of that file: the certificate of a root, which signs the issuer's, and which
 * is an object of the record.  No `vendor`: any.
 */

/* Whether octets are the plan's root and such a certificate: NULL, or what is
 * wrong. */
const char *
vendor_root_fault(const struct plan *plan, const uint8_t *root, size_t len);

/* Whether a card's file 2F02 is of the plan's vendor: NULL, or what is wrong.
 * dirfd: the state folder. */
const char *vendor_device_fault(int dirfd, const struct plan *plan,
    const uint8_t *file, size_t len);

/*
 * Whether the cards that a record tells of, "enrol" or the "act.result" that
 * keys were made with or copied, are of the plan's vendor.  A copy's keys were made on
 * another card: of it, and of whatever else got a DKEK, the "proof" is asked.
 * Not asked of soft tokens, nor of what was personalised elsewhere.
 *
 * dirfd  the state folder.
 * Returns NULL, or what is wrong.
 */
const char *
vendor_fault(int dirfd, const struct plan *plan, const json_t *body);

#endif
