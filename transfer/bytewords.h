/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_BYTEWORDS_H
#define TRANSFER_BYTEWORDS_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"

/*
 * Bytewords in the minimal style (BCR-2020-012): two letters an octet, the
 * payload followed by its CRC-32 (ISO-HDLC, as zlib's crc32()), four octets,
 * big-endian.
 */
#define BYTEWORDS_CRC 4

/* Characters for len octets, without the NUL. */
size_t bytewords_length(size_t len);
/* Write len octets, their CRC and a NUL, in lower case; text has room for
 * bytewords_length(len) + 1 characters. */
void bytewords_write(const uint8_t *data, size_t len, char *text);
/* Read len characters of either case.  out has room for len / 2 octets, of
 * which the first *out_len are the payload: at least one.  UR: not such a
 * text; *why (never NULL) tells in static words.  out is undefined then. */
enum transfer_error bytewords_read(const char *text, size_t len, uint8_t *out,
    size_t *out_len, const char **why);

#endif
