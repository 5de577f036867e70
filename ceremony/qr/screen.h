/* SPDX-License-Identifier: ISC */
#ifndef QR_SCREEN_H
#define QR_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "ceremony/qr/panel.h"
#include "ceremony/qr/qr.h"
#include "transfer/qr_fb.h"
#include "transfer/qr_font.h"

/*
 * Where codes are shown one after the other: a terminal, a Linux console with
 * blocks put into its font, or a framebuffer.  What it was like before is put
 * back by qr_screen_close().
 */
struct qr_screen {
	int fd;           /* of the terminal */
	int input;        /* where keys come from, or -1 */
	bool font_loaded; /* of a console */
	bool drawing;     /* the terminal has been cleared for codes */
	struct qr_font font;
	const struct qr_glyphs *glyphs;
	struct termios before; /* of input */
	int fb_fd;             /* -1: no framebuffer */
	struct qr_fb fb;
	size_t rows, columns; /* as drawn last */
};

/* fd: an open terminal; input: where keys come from, or -1; framebuffer: a
 * device, or NULL.  Nothing changes yet.  What is wrong is said; nothing is to
 * be closed then. */
enum qr_outcome
qr_screen_open(struct qr_screen *s, int fd, int input, const char *framebuffer);
/* The greatest version that can be shown; 0 when none can. */
unsigned qr_screen_version(const struct qr_screen *s);
/* Clear it for codes. */
void qr_screen_begin(struct qr_screen *s);
/* Draw a code and, where there is room, the panel. */
enum qr_outcome qr_screen_draw(struct qr_screen *s,
    const struct qr_symbol *symbol, const struct qr_panel *panel);
void qr_screen_close(struct qr_screen *s);

#endif
