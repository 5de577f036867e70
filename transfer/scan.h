/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_SCAN_H
#define TRANSFER_SCAN_H

#include <stdbool.h>

#include "transfer/picture.h"
#include "transfer/ur.h"

/*
 * From pictures or lines of text to the file that they carry: a Uniform
 * Resource of our type in as many codes as it has, in any order, or one code
 * that holds anything else, whose octets are the file then.
 */
#define SCAN_TEXT_MAX 32768 /* characters of a line that is no picture */
#define SCAN_PREVIEW_WIDTH 64
#define SCAN_PREVIEW_HEIGHT 36
#define SCAN_PREVIEW_SIZE (SCAN_PREVIEW_WIDTH * SCAN_PREVIEW_HEIGHT)
#define SCAN_WHY_MAX 160

/* What a picture or line had. */
struct scan_found {
	unsigned codes;         /* of any kind */
	unsigned fresh;         /* parts that were not known */
	unsigned refused;       /* parts that are broken, or of another type */
	unsigned foreign;       /* parts of another message */
	bool switched;          /* that one is the one now */
	char why[SCAN_WHY_MAX]; /* of the last that was refused, or "" */
};

struct scan_progress {
	struct ur_progress ur;
	unsigned plain;    /* codes that are no Uniform Resource, ... */
	bool plain_differ; /* ... and not all the same */
	bool complete;     /* the Uniform Resource is whole */
};

/* thorough: look at a picture in several ways, for sheets of many codes. */
struct scanner;
enum transfer_error scanner_new(bool thorough, struct scanner **out);
void scanner_free(struct scanner *s);

/* The first picture in data; arguments and errors are picture_read()'s.  One
 * without codes is no error. */
enum transfer_error scanner_picture(struct scanner *s, enum picture_form form,
    const uint8_t *data, size_t len, uint32_t width, uint32_t height,
    size_t *used, struct scan_found *found, struct transfer_fault *fault);
/* A Uniform Resource, white space around it ignored.  len is at most
 * SCAN_TEXT_MAX; what is not one is counted as refused. */
void scanner_text(struct scanner *s, const char *text, size_t len,
    struct scan_found *found);
void scanner_progress(const struct scanner *s, struct scan_progress *p);
/* The last picture, small: SCAN_PREVIEW_SIZE octets of grey. */
const uint8_t *scanner_preview(const struct scanner *s);

/*
 * The file, new, free(), when all has come.  Error UR, and fault says what is
 * missing or wrong; others are qr_file_unpack()'s.  It may be tried again
 * after more pictures.
 */
enum transfer_error scanner_finish(const struct scanner *s, uint8_t **out,
    size_t *len, struct transfer_fault *fault);

#endif
