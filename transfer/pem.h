/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_PEM_H
#define TRANSFER_PEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/text.h"

/*
 * Textual encodings (RFC 7468), strictly: one block, nothing before it, only
 * blanks and line ends behind it, no headers inside, canonical base64.
 *
 * pem_decode: text borrowed; label e.g. "CERTIFICATE".  False when the text is
 * not exactly such a block.  *out new, free().
 */
bool pem_decode(const uint8_t *text, size_t len, const char *label,
    uint8_t **out, size_t *out_len);
void pem_encode(struct text_buf *b, const char *label, const uint8_t *der,
    size_t len);

#endif
