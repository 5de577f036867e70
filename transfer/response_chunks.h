/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_RESPONSE_CHUNKS_H
#define TRANSFER_RESPONSE_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>

#include "transfer/lines.h"
#include "transfer/response.h"

/* Read count objects ("chain" or "crl") from their chunk lines into blobs,
 * which are empty.  False: the fault is set, and what was read stays in blobs
 * for response_clear(). */
bool response_chunks_read(struct lines *l, const char *chunk,
    struct blob *blobs, size_t count);

#endif
