/* SPDX-License-Identifier: ISC */
#ifndef QR_INPUT_H
#define QR_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ceremony/qr/qr.h"
#include "transfer/qr_sheet.h"

/* A file that goes out. */
struct qr_input {
	char name[QR_SHEET_NAME_MAX + 1]; /* fit to be printed */
	size_t file_len;
	uint8_t digest[32];
	uint8_t *message; /* as qr_file_pack() makes it */
	size_t message_len;
};

/* Read and pack a file.  Refused, and said why: what cannot be read, is empty,
 * over QR_FILE_MAX or the limit of messages, or holds a private key. */
enum qr_outcome qr_input_read(const char *path, struct qr_input *in);
void qr_input_clear(struct qr_input *in);
/* Name, length, and SHA-256 in words. */
void qr_input_say(FILE *to, const struct qr_input *in);

#endif
