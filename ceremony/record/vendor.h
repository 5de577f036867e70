/* SPDX-License-Identifier: ISC */
#ifndef RECORD_VENDOR_H
#define RECORD_VENDOR_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Whether the cards that a record tells of, "enrol" or the "act.result" that
 * keys were made with, are of the plan's vendor: the certificate of the issuer,
 * in the card's own file, has this SHA-256.  Not asked of soft tokens, of what
 * was personalised elsewhere, or of copies, whose keys were made on another.
 *
 * dirfd   the state folder.
 * vendor  64 hexadecimal digits of the plan, or "": any.
 * Returns NULL, or what is wrong.
 */
const char *vendor_fault(int dirfd, const char *vendor, const json_t *body);

#endif
