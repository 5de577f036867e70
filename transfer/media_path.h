/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_MEDIA_PATH_H
#define TRANSFER_MEDIA_PATH_H

#include "transfer/error.h"

/* Paths on media: names with '/' between, relative, without "." and
 * ".."; "." alone is the root.  Errors:
 * FIELD. */
enum transfer_error
media_path_check(const char *path, struct transfer_fault *fault);
/* Open for reading, with these flags besides; no link is followed, wherever it
 * stands, and no other file system is entered.  Errors: IO. */
enum transfer_error media_path_open(int root, const char *path, int flags,
    int *fd, struct transfer_fault *fault);
/* Why an open or a read failed, as a person may act on it; total. */
const char *media_path_reason(int number);

#endif
