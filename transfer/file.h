/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_FILE_H
#define TRANSFER_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "transfer/error.h"

/* Paths are relative to dirfd, which may be AT_FDCWD; if it is not, the folder
 * of "folder/name" is no link, either.
 *
 * Read a regular file whole (not a link, device or folder), at most max
 * octets.  *out new, free(), with a NUL beyond *len.
 * Errors: SIZE, IO (errno tells why), MEMORY; *out is NULL then. */
enum transfer_error
file_read(int dirfd, const char *path, size_t max, uint8_t **out, size_t *len);
/* Create a new file: written beside as a temporary, fsynced, given its name
 * only if that is free, folder fsynced.  EXISTS when the name is taken, even
 * by a dangling link; IO (errno tells why) for all else.  On error nothing is
 * changed or left behind. */
enum transfer_error file_create(int dirfd, const char *path, const void *data,
    size_t len, mode_t mode);
/* The same bytes as a close-on-exec memfd at offset 0, sealed against every
 * change, or -1. */
int file_memfd(const void *data, size_t len);

#endif
