/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_PICTURE_H
#define TRANSFER_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"

/*
 * Pictures from outside, made grey: PNG, JPEG, binary PGM and PPM, and the raw
 * frames that cameras give.  Every size is held against these limits before
 * anything is allocated for it.
 */
#define PICTURE_SIDE_MAX 8192            /* pixels of a width or a height */
#define PICTURE_PIXELS_MAX (36u << 20)   /* A4 at 600 dpi has 35 million */
#define PICTURE_OCTETS_MAX (64u << 20)   /* of one picture */
#define PICTURE_FILE_MAX (256u << 20)    /* of a file of many */
#define PICTURE_FRAMES_MAX 20000         /* pictures in such a file */
#define PICTURE_CHUNKS_MAX 65536         /* of a PNG */
#define PICTURE_SCANS_MAX 32             /* of a progressive JPEG; usual: 10 */
#define PICTURE_JPEG_MEMORY (384l << 20) /* octets libjpeg may ask for */
#define PICTURE_HEADER_MAX 1024 /* octets of a PGM's head, comments too */

enum picture_form {
	PICTURE_ANY,  /* PNG, JPEG or PNM: its first octets say which */
	PICTURE_GREY, /* raw: an octet a pixel */
	PICTURE_YUYV, /* raw: Y U Y V for each two pixels */
	PICTURE_JPEG, /* of a camera's or file's row of them */
	PICTURE_FORM_COUNT
};

/* Octet x + y * width of grey is a pixel, 0 black. */
struct picture {
	uint8_t *grey; /* new */
	uint32_t width, height;
};
void picture_free(struct picture *p);

/*
 * Read the first picture in data.
 *
 * width, height  pixels, of the raw forms alone; others say it themselves.
 * out            its grey is new, picture_free(); empty on error.
 * used           octets it took; others may follow in a JPEG or raw form.  On
 *                error the place to go on at: the next JPEG, or the end.
 *
 * A JPEG may have zeros or 0xff behind it, as cameras pad.  Errors: SIZE (a
 * limit), KIND (no picture of these forms, or a variant that is not taken),
 * FIELD (broken), ARGUMENT, MEMORY; fault has the sentence.
 */
enum transfer_error picture_read(enum picture_form form, const uint8_t *data,
    size_t len, uint32_t width, uint32_t height, struct picture *out,
    size_t *used, struct transfer_fault *fault);

/* Mean of each pixel and its eight neighbours, in place; the edge is taken to
 * go on as it is.  Codes photographed from a screen are read far better so.
 * Errors: MEMORY. */
enum transfer_error picture_smooth(struct picture *p);
/* Half the width and height, each pixel the mean of four, in place. */
void picture_halve(struct picture *p);
/* A small copy of width x height octets, whatever the shape of p. */
void picture_preview(const struct picture *p, uint32_t width, uint32_t height,
    uint8_t *out);

#endif
