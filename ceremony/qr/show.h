/* SPDX-License-Identifier: ISC */
#ifndef QR_SHOW_H
#define QR_SHOW_H

#include "ceremony/qr/input.h"
#include "ceremony/qr/stream.h"

/* How a file is shown. */
struct qr_showing {
	const struct qr_input *in;
	struct qr_shape shape;
	unsigned frames;         /* 0: as many as it takes */
	unsigned rate;           /* frames a second */
	const char *folder;      /* of --png, or NULL */
	const char *framebuffer; /* device, or NULL */
};

/* Each with a stream of its own; what is wrong is said. */
enum qr_outcome qr_show_text(const struct qr_showing *s);
enum qr_outcome qr_show_pictures(const struct qr_showing *s);
/* On the terminal, the console or the framebuffer, until frames are over or
 * somebody stops it. */
enum qr_outcome qr_show_screen(const struct qr_showing *s);

#endif
