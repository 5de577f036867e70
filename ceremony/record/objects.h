/* SPDX-License-Identifier: ISC */
#ifndef RECORD_OBJECTS_H
#define RECORD_OBJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "ceremony/record/error.h"

#define OBJECT_MAX (64u << 20)

/* objects/<sha256 hex>: every plan, policy, order, request, response,
 * worklist, certificate, CRL and share blob, stored before it is used. */

/* Store; fsynced, folder too; storing what is there already is fine (it is
 * compared).  digest may be NULL.  The folder objects/ is made when absent.
 * Errors: CHAIN (other contents stand under this name), ARGUMENT (larger than
 * OBJECT_MAX), FULL, IO, MEMORY. */
enum record_error object_put(int dirfd, const void *data, size_t len,
    uint8_t digest[32], struct record_fault *fault);
/* Load and compare with its name.  *out new, free(), NUL beyond *len.
 * Errors: MISSING, CHAIN (contents do not match the name), FORM (larger than
 * OBJECT_MAX), IO, MEMORY; *out is NULL then. */
enum record_error object_get(int dirfd, const uint8_t digest[32], uint8_t **out,
    size_t *len, struct record_fault *fault);

/* The same in copies/, for what must not go with one bad sector. */
enum record_error object_put_copy(int dirfd, const void *data, size_t len,
    struct record_fault *fault);
enum record_error object_get_copy(int dirfd, const uint8_t digest[32],
    uint8_t **out, size_t *len, struct record_fault *fault);

#endif
