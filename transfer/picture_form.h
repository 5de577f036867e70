/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_PICTURE_FORM_H
#define TRANSFER_PICTURE_FORM_H

#include "transfer/picture.h"

/* What picture_read() is made of: as that, for data that begins like their
 * form.  None touches out->grey but through picture_room(). */
enum transfer_error picture_read_png(const uint8_t *data, size_t len,
    struct picture *out, size_t *used, struct transfer_fault *fault);
enum transfer_error picture_read_jpeg(const uint8_t *data, size_t len,
    struct picture *out, size_t *used, struct transfer_fault *fault);
enum transfer_error picture_read_pnm(const uint8_t *data, size_t len,
    struct picture *out, size_t *used, struct transfer_fault *fault);

/* Hold the sides against the limits; nothing is allocated. */
enum transfer_error picture_fits(const char *form, uint64_t width,
    uint64_t height, struct transfer_fault *fault);
/* The same, and have out hold such a picture. */
enum transfer_error picture_room(const char *form, uint64_t width,
    uint64_t height, struct picture *out, struct transfer_fault *fault);
/* Brightness of a colour. */
uint8_t picture_grey(unsigned red, unsigned green, unsigned blue);

#endif
