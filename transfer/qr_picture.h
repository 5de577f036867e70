/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_QR_PICTURE_H
#define TRANSFER_QR_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"
#include "transfer/qr.h"

/* A grey picture, by rows: 0 is black, 255 white. */
struct qr_picture {
	size_t width, height;
	uint8_t *pixels; /* free() */
};
#define QR_PICTURE_SIDE_MAX 8192

/* All white.  Errors: ARGUMENT (a side is 0), SIZE, MEMORY. */
enum transfer_error
qr_picture_new(size_t width, size_t height, struct qr_picture *out);
void qr_picture_free(struct qr_picture *p);
/* Draw a symbol with its quiet zone, scale pixels a module, its corner at
 * left, top.  What is beyond the picture is left out. */
void qr_picture_symbol(struct qr_picture *p, const struct qr_symbol *s,
    size_t left, size_t top, size_t scale);
/* Draw ASCII text in letters of five by seven dots, scale pixels a dot; lower
 * case as upper, what has no letter as a question mark. */
void qr_picture_text(struct qr_picture *p, const char *text, size_t left,
    size_t top, size_t scale);
#define QR_LETTER_WIDTH 6 /* dots from one letter to the next */
#define QR_LETTER_HEIGHT 7
/* Write as PNG; *out new, free().  Errors: MEMORY; *out is NULL then. */
enum transfer_error
qr_picture_png(const struct qr_picture *p, uint8_t **out, size_t *len);

#endif
