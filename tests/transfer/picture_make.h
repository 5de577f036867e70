/* SPDX-License-Identifier: ISC */
#ifndef TESTS_TRANSFER_PICTURE_MAKE_H
#define TESTS_TRANSFER_PICTURE_MAKE_H

/* Files of pictures in all their variants, and the means to spoil them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "tests/transfer/photo.h"

struct bytes {
	uint8_t *data; /* new */
	size_t len;
};

static inline void
bytes_add(struct bytes *b, const void *data, size_t len)
{
	b->data = realloc(b->data, b->len + len + 1);
	assert_non_null(b->data);
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static inline void
bytes_be32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* ---- PNG -------------------------------------------------------------------- */

struct png_head {
	uint32_t width, height;
	uint8_t depth, colour, interlace;
};

static inline void
png_chunk(struct bytes *b, const char *type, const void *data, size_t len)
{
	uint8_t be[4];
	size_t start = b->len + 4;

	bytes_be32(be, (uint32_t)len);
	bytes_add(b, be, 4);
	bytes_add(b, type, 4);
	bytes_add(b, data, len);
	bytes_be32(be, (uint32_t)crc32(0, b->data + start, (uInt)(len + 4)));
	bytes_add(b, be, 4);
}

static inline void
png_begin(struct bytes *b, const struct png_head *h)
{
	uint8_t ihdr[13] = { 0 };

	bytes_add(b, "\x89PNG\r\n\x1a\n", 8);
	bytes_be32(ihdr, h->width);
	bytes_be32(ihdr + 4, h->height);
	ihdr[8] = h->depth;
	ihdr[9] = h->colour;
	ihdr[12] = h->interlace;
	png_chunk(b, "IHDR", ihdr, sizeof(ihdr));
}

static inline void
png_packed(struct bytes *b, const char *type, const void *data, size_t len)
{
	uLongf n = compressBound(len);
	uint8_t *packed = malloc(n);

	assert_non_null(packed);
	assert_int_equal(compress2(packed, &n, data, len, 9), Z_OK);
	png_chunk(b, type, packed, n);
	free(packed);
}

/* A whole PNG of zero samples, filter octets too: rows octets of data. */
static inline void
png_zeros(struct bytes *b, const struct png_head *h, size_t octets)
{
	uint8_t *rows = calloc(1, octets + 1);

	assert_non_null(rows);
	png_begin(b, h);
	png_packed(b, "IDAT", rows, octets);
	png_chunk(b, "IEND", "", 0);
	free(rows);
}

static inline void
png_into(png_structp png, png_bytep data, size_t len)
{
	bytes_add(png_get_io_ptr(png), data, len);
}

static inline void
png_flush_nothing(png_structp png)
{
	(void)png;
}

/* By libpng: rows of samples as the head says. */
static inline void
png_written(struct bytes *b, const struct png_head *h, uint8_t **rows,
    const png_color *palette, int colours)
{
	png_structp png =
	    png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);

	assert_non_null(info);
	png_set_write_fn(png, b, png_into, png_flush_nothing);
	png_set_IHDR(png, info, h->width, h->height, h->depth, h->colour,
	    h->interlace, 0, 0);
	if (palette != NULL)
		png_set_PLTE(png, info, palette, colours);
	png_write_info(png, info);
	png_write_image(png, rows);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
}

/* ---- JPEG ------------------------------------------------------------------- */

/* The first marker of a kind; its length field stands 2 behind it. */
static inline uint8_t *
jpeg_marker(struct bytes *b, uint8_t marker)
{
	size_t at = 2;

	while (at + 4 < b->len && b->data[at + 1] != marker)
		at += 2 + ((size_t)b->data[at + 2] << 8 | b->data[at + 3]);
	assert_true(at + 4 < b->len);
	return b->data + at;
}

/* A flat grey JPEG. */
static inline void
jpeg_flat(struct bytes *b, uint32_t width, uint32_t height,
    const struct photo_jpeg_form *form)
{
	struct picture p;

	photo_new(&p, width, height, 77);
	b->data = photo_jpeg_form(&p, form, &b->len);
	picture_free(&p);
}

#endif
