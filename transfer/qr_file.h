/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_QR_FILE_H
#define TRANSFER_QR_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"

#define QR_FILE_MAX (16u << 20) /* octets of a file */

/*
 * A file as the message of a Uniform Resource of type UR_TYPE: the CBOR array
 * [method, length, data].  method 0: data is the file; 1: DEFLATE (RFC 1951),
 * only where that is shorter.  length: octets of the file, 1 to QR_FILE_MAX.
 * The message has at most UR_MESSAGE_MAX octets.
 *
 * Both give *out new, free().  Errors: ARGUMENT (an empty file), SIZE, MEMORY;
 * *out is NULL then.
 */
enum transfer_error
qr_file_pack(const uint8_t *file, size_t file_len, uint8_t **out, size_t *len);
/* The message is hostile.  Further error: UR; fault names the rule. */
enum transfer_error qr_file_unpack(const uint8_t *message, size_t message_len,
    uint8_t **out, size_t *len, struct transfer_fault *fault);

#endif
