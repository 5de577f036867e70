/* SPDX-License-Identifier: ISC */
#ifndef RECORD_VENDOR_H
#define RECORD_VENDOR_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a card's file 2F02 is of the plan's vendor, "" any: NULL, or what is
 * wrong. */
const char *
vendor_device_fault(const char *vendor, const uint8_t *file, size_t len);

/*
 * Whether the cards that a record tells of, "enrol" or the "act.result" that
 * keys were made with or copied, are of the plan's vendor: the certificate of the
 * issuer, in the card's own file, has this SHA-256.  A copy's keys were made on
 * another card: of it, and of whatever else got a DKEK, the "proof" is asked.
 * Not asked of soft tokens, nor of what was personalised elsewhere.
 *
 * dirfd   the state folder.
 * vendor  64 hexadecimal digits of the plan, or "": any.
 * Returns NULL, or what is wrong.
 */
const char *vendor_fault(int dirfd, const char *vendor, const json_t *body);

#endif
