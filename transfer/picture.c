/* SPDX-License-Identifier: ISC */
#include "transfer/picture.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/picture_form.h"

void
picture_free(struct picture *p)
{
	free(p->grey);
	memset(p, 0, sizeof(*p));
}

uint8_t
picture_grey(unsigned red, unsigned green, unsigned blue)
{
	return (uint8_t)((77 * red + 150 * green + 29 * blue) >> 8);
}

enum transfer_error
picture_fits(const char *form, uint64_t width, uint64_t height,
    struct transfer_fault *fault)
{
	if (width == 0 || height == 0)
		return transfer_refuse(fault, TRANSFER_ERR_FIELD,
		    "%s: no width or no height", form);
	if (width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX)
		return transfer_refuse(fault, TRANSFER_ERR_SIZE,
		    "%s: %llu x %llu: a side over %d pixels", form,
		    (unsigned long long)width, (unsigned long long)height,
		    PICTURE_SIDE_MAX);
	if (width * height > PICTURE_PIXELS_MAX)
		return transfer_refuse(fault, TRANSFER_ERR_SIZE,
		    "%s: %llu x %llu: over %u pixels", form,
		    (unsigned long long)width, (unsigned long long)height,
		    PICTURE_PIXELS_MAX);
	return TRANSFER_OK;
}

enum transfer_error
picture_room(const char *form, uint64_t width, uint64_t height,
    struct picture *out, struct transfer_fault *fault)
{
	enum transfer_error err = picture_fits(form, width, height, fault);

	if (err != TRANSFER_OK)
		return err;
	out->grey = malloc((size_t)(width * height));
	if (out->grey == NULL)
		return transfer_refuse(fault, TRANSFER_ERR_MEMORY,
		    "%s: out of memory", form);
	out->width = (uint32_t)width;
	out->height = (uint32_t)height;
	return TRANSFER_OK;
}

/* A raw frame of step octets a pixel, of which the first is its brightness. */
static enum transfer_error
read_raw(const char *form, unsigned step, const uint8_t *data, size_t len,
    struct picture *out, size_t *used, struct transfer_fault *fault)
{
	uint32_t width = out->width, height = out->height;
	size_t pixels = (size_t)width * height;
	enum transfer_error err = picture_fits(form, width, height, fault);

	if (err != TRANSFER_OK)
		return err;
	if (len / step < pixels)
		return transfer_refuse(fault, TRANSFER_ERR_FIELD,
		    "%s: ends inside a picture", form);
	err = picture_room(form, width, height, out, fault);
	if (err != TRANSFER_OK)
		return err;
	for (size_t i = 0; i < pixels; i++)
		out->grey[i] = data[i * step];
	*used = pixels * step;
	return TRANSFER_OK;
}

static enum transfer_error
read_grey(const uint8_t *data, size_t len, struct picture *out, size_t *used,
    struct transfer_fault *fault)
{
	return read_raw("raw grey", 1, data, len, out, used, fault);
}

static enum transfer_error
read_yuyv(const uint8_t *data, size_t len, struct picture *out, size_t *used,
    struct transfer_fault *fault)
{
	if (out->width % 2 != 0)
		return transfer_refuse(fault, TRANSFER_ERR_FIELD,
		    "raw YUYV: an odd width");
	return read_raw("raw YUYV", 2, data, len, out, used, fault);
}

typedef enum transfer_error read_function(const uint8_t *data, size_t len,
    struct picture *out, size_t *used, struct transfer_fault *fault);

/* By their first octets. */
static const struct {
	const char *magic;
	size_t len;
	read_function *read;
} magics[] = {
	{ "\x89PNG\r\n\x1a\n", 8, picture_read_png },
	{ "\xff\xd8\xff", 3, picture_read_jpeg },
	{ "P5", 2, picture_read_pnm },
	{ "P6", 2, picture_read_pnm },
};

static enum transfer_error
read_any(const uint8_t *data, size_t len, struct picture *out, size_t *used,
    struct transfer_fault *fault)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (len >= magics[i].len &&
		    memcmp(data, magics[i].magic, magics[i].len) == 0)
			return magics[i].read(data, len, out, used, fault);
	}
	return transfer_refuse(fault, TRANSFER_ERR_KIND,
	    "no picture of a kind read here: PNG, JPEG, binary PGM or PPM");
}

static read_function *const forms[PICTURE_FORM_COUNT] = {
	[PICTURE_ANY] = read_any,
	[PICTURE_GREY] = read_grey,
	[PICTURE_YUYV] = read_yuyv,
	[PICTURE_JPEG] = picture_read_jpeg,
};

enum transfer_error
picture_read(enum picture_form form, const uint8_t *data, size_t len,
    uint32_t width, uint32_t height, struct picture *out, size_t *used,
    struct transfer_fault *fault)
{
	enum transfer_error err;

	*used = len;
	memset(out, 0, sizeof(*out));
	if ((unsigned)form >= PICTURE_FORM_COUNT)
		return transfer_refuse(fault, TRANSFER_ERR_ARGUMENT,
		    "a form of picture that there is not");
	if (form == PICTURE_GREY || form == PICTURE_YUYV) {
		out->width = width;
		out->height = height;
	}
	err = forms[form](data, len, out, used, fault);
	if (err != TRANSFER_OK)
		picture_free(out);
	return err;
}

/* Sums of each pixel of a row and its neighbours. */
static void
sum_row(const uint8_t *in, uint32_t width, uint16_t *out)
{
	for (uint32_t x = 1; x + 1 < width; x++)
		out[x] = (uint16_t)(in[x - 1] + in[x] + in[x + 1]);
	/* at the ends the last pixel stands for the one that is missing */
	out[0] = (uint16_t)(2 * in[0] + in[width > 1 ? 1 : 0]);
	if (width > 1)
		out[width - 1] = (uint16_t)(in[width - 2] + 2 * in[width - 1]);
}

enum transfer_error
picture_smooth(struct picture *p)
{
	uint32_t width = p->width, height = p->height;
	uint16_t *sums = malloc(3 * (size_t)width * sizeof(*sums));
	uint16_t *above = sums, *at, *below;

	if (sums == NULL)
		return TRANSFER_ERR_MEMORY;
	at = sums + width;
	below = at + width;
	sum_row(p->grey, width, at);
	memcpy(above, at, width * sizeof(*sums));
	for (uint32_t y = 0; y < height; y++) {
		uint8_t *row = p->grey + (size_t)y * width;
		uint16_t *spare = above;

		if (y + 1 < height)
			sum_row(row + width, width, below);
		else
			memcpy(below, at, width * sizeof(*sums));
		/* by 9, as a multiplication; exact up to 9 * 255 */
		for (uint32_t x = 0; x < width; x++)
			row[x] =
			    (uint8_t)((above[x] + at[x] + below[x]) * 7282u >>
				16);
		above = at;
		at = below;
		below = spare;
	}
	free(sums);
	return TRANSFER_OK;
}

void
picture_halve(struct picture *p)
{
	uint32_t width = p->width / 2, height = p->height / 2;
	uint8_t *out = p->grey;

	if (width == 0 || height == 0)
		return;
	for (uint32_t y = 0; y < height; y++) {
		const uint8_t *in = p->grey + (size_t)2 * y * p->width;

		for (uint32_t x = 0; x < width; x++, in += 2)
			*out++ = (uint8_t)((in[0] + in[1] + in[p->width] +
					       in[p->width + 1]) /
			    4);
	}
	p->width = width;
	p->height = height;
}

void
picture_preview(const struct picture *p, uint32_t width, uint32_t height,
    uint8_t *out)
{
	for (uint32_t y = 0; y < height; y++) {
		const uint8_t *row =
		    p->grey + (size_t)y * p->height / height * p->width;

		for (uint32_t x = 0; x < width; x++)
			*out++ = row[(size_t)x * p->width / width];
	}
}
