/* SPDX-License-Identifier: ISC */
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/picture_form.h"

#define SIGNATURE 8
#define CHUNK 12 /* octets of a chunk around its data */
#define IHDR_SIZE 13

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* Chunks follow each other without a gap from IHDR to IEND, and nothing comes
 * behind (PNG 5.6); what is in them is for libpng. */
static enum transfer_error
check_chunks(const uint8_t *data, size_t len, struct transfer_fault *fault)
{
	size_t at = SIGNATURE;

	for (unsigned i = 0; i < PICTURE_CHUNKS_MAX; i++) {
		uint32_t n;

		if (len - at < CHUNK)
			return transfer_refuse(fault, TRANSFER_ERR_FIELD,
			    "PNG: cut short");
		n = be32(data + at);
		if (i == 0 &&
		    (n != IHDR_SIZE || memcmp(data + at + 4, "IHDR", 4) != 0))
			return transfer_refuse(fault, TRANSFER_ERR_FIELD,
			    "PNG: does not begin with IHDR");
		if (n > len - at - CHUNK)
			return transfer_refuse(fault, TRANSFER_ERR_FIELD,
			    "PNG: cut short");
		at += CHUNK + n;
		if (memcmp(data + at - CHUNK - n + 4, "IEND", 4) == 0)
			return at == len
			    ? TRANSFER_OK
			    : transfer_refuse(fault, TRANSFER_ERR_FIELD,
				  "PNG: octets behind its end");
	}
	return transfer_refuse(fault, TRANSFER_ERR_SIZE, "PNG: over %d chunks",
	    PICTURE_CHUNKS_MAX);
}

/* libpng leaves by a long jump from any depth; whatever must be let go stands
 * in here, and in the picture, so that no local's value matters. */
struct work {
	png_structp png;
	png_infop info;
	const uint8_t *data;
	size_t len, at;
	uint8_t *rows; /* one, or all of an interlaced picture */
	jmp_buf away;
	struct transfer_fault *fault;
	enum transfer_error err;
	struct picture *out;
};

static _Noreturn void
on_error(png_structp png, png_const_charp text)
{
	struct work *w = png_get_error_ptr(png);

	w->err =
	    transfer_refuse(w->fault, TRANSFER_ERR_FIELD, "PNG: %.150s", text);
	longjmp(w->away, 1);
}

/* About chunks that are not needed for pixels. */
static void
on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void
feed(png_structp png, png_bytep out, size_t len)
{
	struct work *w = png_get_io_ptr(png);

	if (len > w->len - w->at)
		png_error(png, "cut short");
	memcpy(out, w->data + w->at, len);
	w->at += len;
}

/* A row of 8 bit samples, 1 to 4 channels; what is transparent is paper. */
static void
grey_row(const uint8_t *in, unsigned channels, uint32_t width, uint8_t *out)
{
	for (uint32_t x = 0; x < width; x++, in += channels) {
		unsigned v =
		    channels < 3 ? in[0] : picture_grey(in[0], in[1], in[2]);
		unsigned alpha = channels % 2 == 0 ? in[channels - 1] : 255;

		out[x] = (uint8_t)((v * alpha + 255 * (255 - alpha)) / 255);
	}
}

static void
read_rows(struct work *w, unsigned channels, int passes)
{
	size_t stride = (size_t)w->out->width * channels;
	uint32_t height = w->out->height;

	w->rows = calloc(passes > 1 ? height : 1, stride);
	if (w->rows == NULL)
		png_error(w->png, "out of memory");
	for (int i = 0; i < passes; i++) {
		for (uint32_t y = 0; y < height; y++) {
			uint8_t *row = w->rows + (passes > 1 ? y * stride : 0);

			png_read_row(w->png, row, NULL);
			if (i == passes - 1)
				grey_row(row, channels, w->out->width,
				    w->out->grey + (size_t)y * w->out->width);
		}
	}
}

static void
decode(struct work *w)
{
	static const png_byte transparency[5] = "tRNS";
	int passes;
	enum transfer_error err;

	png_set_read_fn(w->png, w, feed);
	png_set_user_limits(w->png, PICTURE_SIDE_MAX, PICTURE_SIDE_MAX);
	/* all chunks but those that pixels need are passed over unread */
	png_set_keep_unknown_chunks(w->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	png_set_keep_unknown_chunks(w->png, PNG_HANDLE_CHUNK_AS_DEFAULT,
	    transparency, 1);
	png_read_info(w->png, w->info);
	png_set_expand(w->png);
	png_set_scale_16(w->png);
	passes = png_set_interlace_handling(w->png);
	png_read_update_info(w->png, w->info);
	err = picture_room("PNG", png_get_image_width(w->png, w->info),
	    png_get_image_height(w->png, w->info), w->out, w->fault);
	if (err != TRANSFER_OK) {
		w->err = err;
		return;
	}
	read_rows(w, png_get_channels(w->png, w->info), passes);
	png_read_end(w->png, NULL);
	w->err = TRANSFER_OK;
}

/* The function that is come back to; it has no locals. */
static void
guarded(struct work *w)
{
	if (setjmp(w->away) != 0)
		return;
	w->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, w, on_error,
	    on_warning);
	if (w->png == NULL)
		return;
	w->info = png_create_info_struct(w->png);
	if (w->info != NULL)
		decode(w);
}

enum transfer_error
picture_read_png(const uint8_t *data, size_t len, struct picture *out,
    size_t *used, struct transfer_fault *fault)
{
	struct work w = { .data = data,
		.len = len,
		.fault = fault,
		.out = out };
	enum transfer_error err;

	*used = len;
	if (len > PICTURE_OCTETS_MAX)
		return transfer_refuse(fault, TRANSFER_ERR_SIZE,
		    "PNG: over %u octets", PICTURE_OCTETS_MAX);
	err = check_chunks(data, len, fault);
	if (err == TRANSFER_OK) /* as IHDR says it, before libpng sees any */
		err = picture_fits("PNG", be32(data + SIGNATURE + 8),
		    be32(data + SIGNATURE + 12), fault);
	if (err != TRANSFER_OK)
		return err;
	w.err = TRANSFER_ERR_MEMORY;
	guarded(&w);
	png_destroy_read_struct(&w.png, &w.info, NULL);
	free(w.rows);
	return w.err == TRANSFER_ERR_MEMORY
	    ? transfer_refuse(fault, w.err, "PNG: out of memory")
	    : w.err;
}
