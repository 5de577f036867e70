/* SPDX-License-Identifier: ISC */
#ifndef TESTS_TRANSFER_PHOTO_H
#define TESTS_TRANSFER_PHOTO_H

/* Drawing codes, and photographing them badly: turned, blurred, unevenly lit,
 * noisy.  The same seed makes the same picture. */

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>
#include <qrencode.h>

#include "transfer/picture.h"

#define PHOTO_WIDTH 1280
#define PHOTO_HEIGHT 720
#define PHOTO_QUIET 4 /* modules around a code */

/* How a photograph is taken. */
struct lens {
	const char *name;
	double fill;    /* of the picture's height that the code takes */
	double turn;    /* degrees */
	double slant;   /* how much narrower the far side is, 0 to 0.3 */
	unsigned blur;  /* times a 3x3 box filter */
	unsigned noise; /* greatest deviation of a pixel */
	unsigned fade;  /* how much darker the right end is */
	int quality;    /* of the JPEG; 0: none is made of it */
};

static const struct lens photo_lenses[] = {
	{ "drawn", 0.98, 0, 0, 0, 0, 0, 0 },
	{ "mild", 0.95, 2, 0.02, 1, 8, 20, 90 },
	{ "moderate", 0.92, -4, 0.04, 2, 16, 50, 75 },
	{ "hard", 0.95, 6, 0.03, 3, 24, 70, 60 },
};
#define PHOTO_LENSES (sizeof(photo_lenses) / sizeof(photo_lenses[0]))

static inline void
photo_new(struct picture *p, uint32_t width, uint32_t height, uint8_t grey)
{
	p->width = width;
	p->height = height;
	p->grey = malloc((size_t)width * height);
	if (p->grey == NULL)
		abort();
	memset(p->grey, grey, (size_t)width * height);
}

/* Draw text as a code of a version (0: the smallest) with its quiet zone at x,
 * y; returns the side in pixels, 0 when it does not fit. */
static inline uint32_t
photo_draw(struct picture *p, const char *text, int version, uint32_t module,
    uint32_t x, uint32_t y)
{
	QRcode *code =
	    QRcode_encodeString(text, version, QR_ECLEVEL_L, QR_MODE_8, 1);
	uint32_t side;

	if (code == NULL)
		return 0;
	side = ((uint32_t)code->width + 2 * PHOTO_QUIET) * module;
	if (x + side > p->width || y + side > p->height)
		side = 0;
	for (uint32_t j = 0; j < side; j++) {
		for (uint32_t i = 0; i < side; i++) {
			int u = (int)(i / module) - PHOTO_QUIET;
			int v = (int)(j / module) - PHOTO_QUIET;
			bool dark = u >= 0 && v >= 0 && u < code->width &&
			    v < code->width &&
			    (code->data[v * code->width + u] & 1) != 0;

			p->grey[(size_t)(y + j) * p->width + x + i] =
			    dark ? 0 : 255;
		}
	}
	QRcode_free(code);
	return side;
}

/* A picture that is nothing but the code. */
static inline void
photo_code(struct picture *p, const char *text, int version, uint32_t module)
{
	QRcode *code =
	    QRcode_encodeString(text, version, QR_ECLEVEL_L, QR_MODE_8, 1);
	uint32_t side;

	if (code == NULL)
		abort();
	side = ((uint32_t)code->width + 2 * PHOTO_QUIET) * module;
	QRcode_free(code);
	photo_new(p, side, side, 255);
	photo_draw(p, text, version, module, 0, 0);
}

static inline uint32_t
photo_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 32);
}

/* Between four pixels; outside is a grey wall. */
static inline double
photo_sample(const struct picture *p, double x, double y)
{
	const uint8_t *row;
	int32_t i = (int32_t)floor(x), j = (int32_t)floor(y);
	double u = x - i, v = y - j;

	if (i < 0 || j < 0 || i + 1 >= (int32_t)p->width ||
	    j + 1 >= (int32_t)p->height)
		return 110;
	row = p->grey + (size_t)j * p->width + i;
	return (row[0] * (1 - u) + row[1] * u) * (1 - v) +
	    (row[p->width] * (1 - u) + row[p->width + 1] * u) * v;
}

/* Photograph the square picture code through a lens, into 1280 x 720. */
static inline void
photo_shoot(const struct picture *code, const struct lens *lens, uint64_t seed,
    struct picture *out)
{
	double side = lens->fill * PHOTO_HEIGHT, a = lens->turn * M_PI / 180;
	double s = sin(a), c = cos(a), per = code->width / side;

	seed = seed * 0x9e3779b97f4a7c15u + 1;
	photo_new(out, PHOTO_WIDTH, PHOTO_HEIGHT, 0);
	for (uint32_t y = 0; y < PHOTO_HEIGHT; y++) {
		for (uint32_t x = 0; x < PHOTO_WIDTH; x++) {
			double sum = 0;

			for (int k = 0; k < 4; k++) { /* a pixel has an area */
				double dx = x + 0.25 + 0.5 * (k & 1) -
				    PHOTO_WIDTH / 2.0;
				double dy = y + 0.25 + 0.5 * (k >> 1) -
				    PHOTO_HEIGHT / 2.0;
				double far = 1 + lens->slant * dx / side;
				double u = (dx * c + dy * s) * far;
				double v = (dy * c - dx * s) * far;

				sum += photo_sample(code,
				    (u + side / 2) * per - 0.5,
				    (v + side / 2) * per - 0.5);
			}
			out->grey[(size_t)y * PHOTO_WIDTH + x] =
			    (uint8_t)(sum / 4);
		}
	}
	for (unsigned i = 0; i < lens->blur; i++)
		picture_smooth(out);
	for (size_t i = 0; i < (size_t)PHOTO_WIDTH * PHOTO_HEIGHT; i++) {
		int v = out->grey[i] * 3 / 4 + 30 -
		    (int)(lens->fade * (i % PHOTO_WIDTH) / PHOTO_WIDTH);

		if (lens->noise > 0)
			v += (int)(photo_random(&seed) % (2 * lens->noise)) -
			    (int)lens->noise;
		out->grey[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
	}
}

/* ---- as files; each returns new octets ------------------------------------- */

static inline uint8_t *
photo_pgm(const struct picture *p, size_t *len)
{
	size_t pixels = (size_t)p->width * p->height;
	uint8_t *out = malloc(pixels + 64);
	int n = out == NULL ? -1
			    : snprintf((char *)out, 64, "P5\n%u %u\n255\n",
				  p->width, p->height);

	if (n < 0)
		abort();
	memcpy(out + n, p->grey, pixels);
	*len = (size_t)n + pixels;
	return out;
}

static inline uint8_t *
photo_png(const struct picture *p, size_t *len)
{
	png_image image = { .version = PNG_IMAGE_VERSION,
		.width = p->width,
		.height = p->height,
		.format = PNG_FORMAT_GRAY };
	png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
	uint8_t *out = malloc(size);

	if (out == NULL ||
	    png_image_write_to_memory(&image, out, &size, 0, p->grey, 0,
		NULL) == 0)
		abort();
	*len = size;
	return out;
}

/* What jpeg is to be, before it is written. */
struct photo_jpeg_form {
	int quality;
	int components; /* 1, or 3, each like the grey; 4: CMYK */
	bool progressive, arithmetic;
	const jpeg_scan_info *scans; /* own ones, with how many */
	int scan_count;
};

static inline uint8_t *
photo_jpeg_form(const struct picture *p, const struct photo_jpeg_form *form,
    size_t *len)
{
	struct jpeg_compress_struct j = { 0 };
	struct jpeg_error_mgr errors;
	unsigned char *out = NULL;
	unsigned long size = 0;
	uint8_t *line = malloc((size_t)p->width * 4);

	if (line == NULL)
		abort();
	j.err = jpeg_std_error(&errors);
	jpeg_create_compress(&j);
	jpeg_mem_dest(&j, &out, &size);
	j.image_width = p->width;
	j.image_height = p->height;
	j.input_components = form->components;
	j.in_color_space = form->components == 1 ? JCS_GRAYSCALE
	    : form->components == 3              ? JCS_RGB
						 : JCS_CMYK;
	jpeg_set_defaults(&j);
	jpeg_set_quality(&j, form->quality, TRUE);
	if (form->progressive)
		jpeg_simple_progression(&j);
	if (form->scans != NULL) {
		j.scan_info = form->scans;
		j.num_scans = form->scan_count;
	}
	j.arith_code = form->arithmetic;
	jpeg_start_compress(&j, TRUE);
	while (j.next_scanline < j.image_height) {
		const uint8_t *in =
		    p->grey + (size_t)j.next_scanline * p->width;
		JSAMPROW row = line;

		for (uint32_t x = 0; x < p->width; x++)
			memset(line + (size_t)x * form->components, in[x],
			    (size_t)form->components);
		jpeg_write_scanlines(&j, &row, 1);
	}
	jpeg_finish_compress(&j);
	jpeg_destroy_compress(&j);
	free(line);
	*len = size;
	return out;
}

static inline uint8_t *
photo_jpeg(const struct picture *p, int quality, size_t *len)
{
	const struct photo_jpeg_form form = { .quality = quality,
		.components = 1 };

	return photo_jpeg_form(p, &form, len);
}

#endif
