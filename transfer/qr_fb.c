/* SPDX-License-Identifier: ISC */
#include "transfer/qr_fb.h"

#include <linux/fb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define BLACK 0x00
#define WHITE 0xff

enum transfer_error
qr_fb_form(int fd, struct qr_fb_form *form)
{
	struct fb_var_screeninfo var = { 0 };
	struct fb_fix_screeninfo fix = { 0 };

	if (ioctl(fd, FBIOGET_VSCREENINFO, &var) != 0 ||
	    ioctl(fd, FBIOGET_FSCREENINFO, &fix) != 0)
		return TRANSFER_ERR_IO;
	*form = (struct qr_fb_form){
		.width = var.xres,
		.height = var.yres,
		.stride = fix.line_length,
		.bits = var.bits_per_pixel,
	};
	return TRANSFER_OK;
}

static bool
form_valid(const struct qr_fb_form *f)
{
	return (f->bits == 16 || f->bits == 24 || f->bits == 32) &&
	    f->width > 0 && f->width <= QR_FB_SIDE_MAX && f->height > 0 &&
	    f->height <= QR_FB_SIDE_MAX &&
	    f->stride >= f->width * f->bits / 8 &&
	    f->stride <= QR_FB_SIDE_MAX * sizeof(uint32_t);
}

enum transfer_error
qr_fb_open(int fd, const struct qr_fb_form *form, struct qr_fb *fb)
{
	size_t len = form->stride * form->height;
	void *map;

	*fb = (struct qr_fb){ .form = *form };
	if (!form_valid(form))
		return TRANSFER_ERR_ARGUMENT;
	if ((fb->before = malloc(len)) == NULL)
		return TRANSFER_ERR_MEMORY;
	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		free(fb->before);
		fb->before = NULL;
		return TRANSFER_ERR_IO;
	}
	fb->pixels = map;
	memcpy(fb->before, fb->pixels, len);
	return TRANSFER_OK;
}

static size_t
shorter_side(const struct qr_fb_form *form)
{
	return form->width < form->height ? form->width : form->height;
}

unsigned
qr_fb_version(const struct qr_fb_form *form)
{
	unsigned v = QR_VERSION_MAX;

	while (v > 0 && qr_width(v) * QR_FB_SCALE_MIN > shorter_side(form))
		v--;
	return v;
}

enum transfer_error
qr_fb_draw(struct qr_fb *fb, const struct qr_symbol *s)
{
	const struct qr_fb_form *f = &fb->form;
	size_t modules = qr_width(s->version), octets = f->bits / 8;
	size_t scale = shorter_side(f) / modules;
	size_t left, top;

	if (scale < QR_FB_SCALE_MIN)
		return TRANSFER_ERR_SIZE;
	left = (f->width - modules * scale) / 2;
	top = (f->height - modules * scale) / 2;
	for (size_t y = 0; y < f->height; y++) {
		uint8_t *row = fb->pixels + y * f->stride;

		memset(row, WHITE, f->width * octets);
		if (y < top || y >= top + modules * scale)
			continue;
		for (size_t x = 0; x < modules; x++) {
			if (qr_dark(s, x, (y - top) / scale))
				memset(row + (left + x * scale) * octets, BLACK,
				    scale * octets);
		}
	}
	return TRANSFER_OK;
}

void
qr_fb_close(struct qr_fb *fb)
{
	size_t len = fb->form.stride * fb->form.height;

	if (fb->pixels != NULL) {
		memcpy(fb->pixels, fb->before, len);
		munmap(fb->pixels, len);
	}
	free(fb->before);
	*fb = (struct qr_fb){ 0 };
}
