/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_QR_FB_H
#define TRANSFER_QR_FB_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"
#include "transfer/qr.h"

/* A screen as memory: /dev/fb0, or a file laid out like it. */
struct qr_fb_form {
	size_t width, height; /* pixels */
	size_t stride;        /* octets of a row */
	unsigned bits;        /* of a pixel: 16, 24 or 32 */
};
struct qr_fb {
	struct qr_fb_form form;
	uint8_t *pixels; /* mapped */
	uint8_t *before; /* what was there */
};
#define QR_FB_SIDE_MAX 16384
#define QR_FB_SCALE_MIN 2 /* pixels a module: fewer, and no camera reads it */

/* Ask a framebuffer for its form.  IO: it is none, or of another kind. */
enum transfer_error qr_fb_form(int fd, struct qr_fb_form *form);
/* Map it.  Errors: ARGUMENT (form), IO (errno tells), MEMORY. */
enum transfer_error
qr_fb_open(int fd, const struct qr_fb_form *form, struct qr_fb *fb);
/* The greatest version that is drawn with QR_FB_SCALE_MIN or more; or 0. */
unsigned qr_fb_version(const struct qr_fb_form *form);
/* Draw in the middle, as large as it goes; all else is white.
 * Error: SIZE, nothing is drawn. */
enum transfer_error qr_fb_draw(struct qr_fb *fb, const struct qr_symbol *s);
/* Put back what was there, and unmap. */
void qr_fb_close(struct qr_fb *fb);

#endif
