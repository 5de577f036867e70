/* SPDX-License-Identifier: ISC */
#ifndef QR_OUTPUTS_H
#define QR_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/qr/qr.h"

/*
 * A set of new files that appears whole or not at all: what was made is
 * removed again when one cannot be.  Nothing that was there is touched.
 */
struct qr_outputs {
	char **paths;
	size_t count;
	char *folder; /* made for them, or NULL */
};

/* Make a new folder for what follows, or take one that is there and empty. */
enum qr_outcome qr_outputs_folder(struct qr_outputs *o, const char *path);
/* Create one file.  On any error, said, the set is removed; so it is when
 * somebody has stopped it (stop.h). */
enum qr_outcome qr_outputs_add(struct qr_outputs *o, const char *path,
    const uint8_t *data, size_t len);
/* Forget the set, whose files stay. */
void qr_outputs_keep(struct qr_outputs *o);
/* Remove all of it. */
void qr_outputs_undo(struct qr_outputs *o);

#endif
