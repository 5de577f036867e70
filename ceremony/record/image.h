/* SPDX-License-Identifier: ISC */
#ifndef RECORD_IMAGE_H
#define RECORD_IMAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/record/error.h"

#define IMAGE_FILE_MAX 1024 /* octets of the file that tells of an image */
#define IMAGE_TEXT_MAX 64   /* characters of version and commit */

/* The image that a machine was booted from, as it says itself. */
struct image {
	char version[IMAGE_TEXT_MAX + 1];
	char commit[IMAGE_TEXT_MAX + 1];
	bool has_medium;    /* it was read back from its medium */
	uint8_t medium[32]; /* SHA-256 of it, then */
};

/*
 * Read the file: a JSON object with "version", "commit" (printable ASCII, 1 to
 * IMAGE_TEXT_MAX characters) and "medium" (64 lower-case hex digits, or null),
 * in any order, each once and nothing else; len octets, at most
 * IMAGE_FILE_MAX.  Errors: FORM; *out is zeroed then.
 */
enum record_error image_read(const char *json, size_t len, struct image *out);
/* What a record says of it: version, commit, and the medium as hex or "-"; NULL
 * without memory. */
json_t *image_body(const struct image *image);
/* From such a body, whose form history_apply() has seen; false when it is
 * none. */
bool image_of_body(json_t *body, struct image *out);
bool image_equal(const struct image *a, const struct image *b);

#endif
