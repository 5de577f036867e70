/* SPDX-License-Identifier: ISC */
#ifndef MENU_IMAGE_FILE_H
#define MENU_IMAGE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "ceremony/menu/release.h"

/*
 * image.json: {"version", "commit", "medium"}, the last one the SHA-256 of the
 * boot medium in hexadecimal, or null.  Ceremonies put it into their record.
 */
#define IMAGE_FILE "image.json"

/* medium: NULL when it is not known.  A file that is there is replaced. */
bool image_file_write(const char *path, const struct release *release,
    const uint8_t *medium);
/* The digest in a file that was written so; false: none, or out of form. */
bool image_file_medium(const char *path, uint8_t medium[32]);

#endif
