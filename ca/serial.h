/* SPDX-License-Identifier: ISC */
#ifndef CA_SERIAL_H
#define CA_SERIAL_H

#include <stddef.h>
#include <stdint.h>

#include "ca/error.h"

#define SERIAL_SIZE 17 /* 0x01, then 16 random octets (RFC 5280, 4.1.2.2) */
#define SERIAL_SEED_MIN 32

/* The n-th serial of a stream: 0x01, then HKDF-SHA256(seed, salt empty, info
 * "serial/v1|<n decimal>") to 16 octets.
 * Errors: CA_ERR_ARGUMENT (seed shorter than SERIAL_SEED_MIN). */
enum ca_error serial_make(const uint8_t *seed, size_t len, uint32_t n,
    uint8_t out[SERIAL_SIZE]);

#endif
