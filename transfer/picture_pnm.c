/* SPDX-License-Identifier: ISC */
#include <stdbool.h>

#include "transfer/picture_form.h"

/* The head of a binary PGM or PPM, pgm(5) and ppm(5): three numbers, each
 * behind white space or comments, then one more white space. */
struct pnm {
	const uint8_t *data;
	size_t len, at;
};

static bool
is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
skip_space(struct pnm *p)
{
	bool comment = false;

	for (; p->at < p->len; p->at++) {
		uint8_t c = p->data[p->at];

		if (c == '#')
			comment = true;
		else if (comment && (c == '\n' || c == '\r'))
			comment = false;
		else if (!comment && !is_space(c))
			return;
	}
}

/* 1 to 9 digits behind a space; 0, which no field may be, when it is not. */
static uint32_t
number(struct pnm *p)
{
	uint32_t n = 0;
	size_t start = p->at, digits;

	skip_space(p);
	if (p->at == start)
		return 0;
	for (digits = 0; p->at < p->len && p->data[p->at] >= '0' &&
	     p->data[p->at] <= '9' && digits < 9;
	     digits++)
		n = n * 10 + (uint32_t)(p->data[p->at++] - '0');
	return n;
}

/* Pixels of channels octets each, brightest is maxval. */
static bool
pixels(const uint8_t *in, unsigned channels, unsigned maxval,
    const struct picture *out)
{
	size_t count = (size_t)out->width * out->height;

	for (size_t i = 0; i < count * channels; i++) {
		if (in[i] > maxval)
			return false;
	}
	for (size_t i = 0; i < count; i++, in += channels) {
		unsigned v =
		    channels == 3 ? picture_grey(in[0], in[1], in[2]) : in[0];

		out->grey[i] = (uint8_t)(v * 255 / maxval);
	}
	return true;
}

enum transfer_error
picture_read_pnm(const uint8_t *data, size_t len, struct picture *out,
    size_t *used, struct transfer_fault *fault)
{
	unsigned channels = data[1] == '6' ? 3 : 1;
	struct pnm p = { data,
		len < PICTURE_HEADER_MAX ? len : PICTURE_HEADER_MAX, 2 };
	uint32_t width = number(&p), height = number(&p), maxval = number(&p);
	enum transfer_error err;

	*used = len;
	if (width == 0 || height == 0 || p.at >= p.len ||
	    !is_space(data[p.at++]))
		return transfer_refuse(fault, TRANSFER_ERR_FIELD,
		    "PNM: a head that is not in order");
	if (maxval == 0 || maxval > 255)
		return transfer_refuse(fault, TRANSFER_ERR_KIND,
		    "PNM: maxval %u: only 1 to 255 are taken", maxval);
	err = picture_fits("PNM", width, height, fault);
	if (err != TRANSFER_OK)
		return err;
	if (len - p.at != (size_t)width * height * channels)
		return transfer_refuse(fault, TRANSFER_ERR_FIELD,
		    "PNM: %s than %u x %u pixels",
		    len - p.at < (size_t)width * height * channels ? "shorter"
								   : "longer",
		    width, height);
	err = picture_room("PNM", width, height, out, fault);
	if (err == TRANSFER_OK && !pixels(data + p.at, channels, maxval, out))
		err = transfer_refuse(fault, TRANSFER_ERR_FIELD,
		    "PNM: a sample over maxval %u", maxval);
	return err;
}
