/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* after stdio.h, which it needs */
#include <jpeglib.h>

#include <jerror.h>

#include "transfer/picture_form.h"

/* libjpeg leaves by a long jump from any depth; whatever must be let go stands
 * in here, and in the picture, so that no local's value matters. */
struct work {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	jmp_buf away;
	struct transfer_fault *fault;
	enum transfer_error err;
	struct picture *out;
};

static _Noreturn void
leave(struct work *w, enum transfer_error err)
{
	w->err = err;
	longjmp(w->away, 1);
}

static _Noreturn void
on_error(j_common_ptr common)
{
	struct work *w = common->client_data;
	char text[JMSG_LENGTH_MAX];

	(*common->err->format_message)(common, text);
	leave(w,
	    transfer_refuse(w->fault, TRANSFER_ERR_FIELD, "JPEG: %.150s",
		text));
}

/* Warnings are about broken data: refused, but for octets between markers,
 * which some cameras leave. */
static void
on_message(j_common_ptr common, int level)
{
	if (level < 0 && common->err->msg_code != JWRN_EXTRANEOUS_DATA)
		on_error(common);
}

/* Called over and over: each scan of a progressive picture goes over all its
 * pixels, however little data it has. */
static void
on_progress(j_common_ptr common)
{
	struct work *w = common->client_data;

	if (w->jpeg.input_scan_number > PICTURE_SCANS_MAX)
		leave(w,
		    transfer_refuse(w->fault, TRANSFER_ERR_SIZE,
			"JPEG: over %d scans", PICTURE_SCANS_MAX));
}

/* What of JPEG is taken: 8 bits, grey or three colours, Huffman. */
static void
check_head(struct work *w)
{
	const struct jpeg_decompress_struct *j = &w->jpeg;
	enum transfer_error err =
	    picture_fits("JPEG", j->image_width, j->image_height, w->fault);

	if (err != TRANSFER_OK)
		leave(w, err);
	if (j->arith_code)
		leave(w,
		    transfer_refuse(w->fault, TRANSFER_ERR_KIND,
			"JPEG: arithmetic coding is not taken"));
	if (j->num_components != 1 && j->num_components != 3)
		leave(w,
		    transfer_refuse(w->fault, TRANSFER_ERR_KIND,
			"JPEG: %d components: only grey and three colours "
			"are taken",
			j->num_components));
}

static void
decode(struct work *w, const uint8_t *data, size_t len)
{
	struct jpeg_decompress_struct *j = &w->jpeg;
	enum transfer_error err;

	jpeg_mem_src(j, data, len);
	jpeg_read_header(j, TRUE);
	check_head(w);
	err = picture_room("JPEG", j->image_width, j->image_height, w->out,
	    w->fault);
	if (err != TRANSFER_OK)
		leave(w, err);
	j->out_color_space = JCS_GRAYSCALE;
	j->dct_method = JDCT_ISLOW;
	jpeg_start_decompress(j);
	while (j->output_scanline < j->output_height) {
		JSAMPROW row =
		    w->out->grey + (size_t)j->output_scanline * w->out->width;

		jpeg_read_scanlines(j, &row, 1);
	}
	jpeg_finish_decompress(j);
}

/* The function that is come back to; it has no locals. */
static void
guarded(struct work *w, const uint8_t *data, size_t len)
{
	if (setjmp(w->away) != 0)
		return;
	w->jpeg.err = jpeg_std_error(&w->errors);
	w->errors.error_exit = on_error;
	w->errors.emit_message = on_message;
	w->jpeg.client_data = w;
	jpeg_create_decompress(&w->jpeg);
	w->progress.progress_monitor = on_progress;
	w->jpeg.progress = &w->progress;
	w->jpeg.mem->max_memory_to_use = PICTURE_JPEG_MEMORY;
	decode(w, data, len);
	w->err = TRANSFER_OK;
}

/* Where the next one of a row of pictures begins. */
static size_t
next_start(const uint8_t *data, size_t len, size_t at)
{
	static const uint8_t soi[3] = { 0xff, 0xd8, 0xff };
	const uint8_t *p =
	    at < len ? memmem(data + at, len - at, soi, sizeof(soi)) : NULL;

	return p == NULL ? len : (size_t)(p - data);
}

static size_t
skip_padding(const uint8_t *data, size_t len, size_t at)
{
	while (at < len && (data[at] == 0 || data[at] == 0xff) &&
	    (len - at < 3 || data[at] != 0xff || data[at + 1] != 0xd8))
		at++;
	return at;
}

enum transfer_error
picture_read_jpeg(const uint8_t *data, size_t len, struct picture *out,
    size_t *used, struct transfer_fault *fault)
{
	struct work w = { .fault = fault,
		.err = TRANSFER_ERR_FIELD,
		.out = out };

	if (len < 3 || next_start(data, 3, 0) != 0) {
		*used = next_start(data, len, 0);
		return transfer_refuse(fault, TRANSFER_ERR_KIND,
		    "octets where a JPEG should begin");
	}
	guarded(&w, data, len < PICTURE_OCTETS_MAX ? len : PICTURE_OCTETS_MAX);
	if (w.err == TRANSFER_OK)
		*used = skip_padding(data, len,
		    (size_t)(w.jpeg.src->next_input_byte - data));
	else
		*used = next_start(data, len, 3);
	jpeg_destroy_decompress(&w.jpeg);
	return w.err;
}
