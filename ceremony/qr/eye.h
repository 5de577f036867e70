/* SPDX-License-Identifier: ISC */
#ifndef QR_EYE_H
#define QR_EYE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/process/message.h"
#include "transfer/picture.h"
#include "transfer/qr_find.h"

/*
 * The reader that looks at pictures.  One that a picture ended, by a fault, a
 * call it may not make, or time, costs that picture and no more: the next gets
 * another reader.
 */
struct eye;
struct eye *eye_new(void); /* NULL: out of memory */
void eye_free(struct eye *e);

/* One picture. */
struct eye_view {
	int fd;     /* a sealed memory file, which stays the caller's */
	size_t len; /* of it */
	enum picture_form form;
	uint32_t width, height; /* of raw forms */
	size_t offset;          /* where it begins; below len */
	enum qr_ways ways;
};
struct eye_seen {
	size_t next; /* where it ended: offset + 1 to len */
	unsigned codes;
	bool lost;     /* it ended the reader */
	bool has_copy; /* a small one of the picture */
	char why[256]; /* what is wrong with it, or "" */
	uint8_t copy[MESSAGE_PREVIEW];
};

/* Octets of a code, at most MESSAGE_CODE_MAX. */
typedef void eye_code(void *arg, const uint8_t *text, size_t len);
/* False when there is no reader to be had; seen->why says so. */
bool eye_look(struct eye *e, const struct eye_view *view, eye_code *take,
    void *arg, struct eye_seen *seen);

#endif
