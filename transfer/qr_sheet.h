/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_QR_SHEET_H
#define TRANSFER_QR_SHEET_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"
#include "transfer/qr.h"

/*
 * A page of numbered codes for paper, A4 upright: what is in it, and what its
 * SHA-256 is in words, stand above.
 */
#define QR_SHEET_CODES 6 /* a page: three rows of two */
#define QR_SHEET_NAME_MAX 60
#define QR_SHEET_WORDS 32
#define QR_SHEET_WORD_LINES 4

struct qr_sheet {
	const char *name; /* see qr_sheet_name() */
	size_t file_len;
	const char *words; /* QR_SHEET_WORDS of them, parted by one blank */
	size_t page, pages;
	size_t first, total; /* number of the first code here, of all codes */
	size_t needed;       /* codes without which it cannot be read */
	const struct qr_symbol *codes;
	size_t count; /* 1 to QR_SHEET_CODES */
};

/* The last part of a path, fit to be printed: letters, digits and " ._-+"; all
 * else becomes a question mark, and what is too long ends in "...". */
void qr_sheet_name(const char *path, char out[QR_SHEET_NAME_MAX + 1]);
/* The page; *out new, free().  Errors: ARGUMENT (count, words), MEMORY;
 * *out is NULL then. */
enum transfer_error
qr_sheet_svg(const struct qr_sheet *s, uint8_t **out, size_t *len);
enum transfer_error
qr_sheet_png(const struct qr_sheet *s, uint8_t **out, size_t *len);

#endif
