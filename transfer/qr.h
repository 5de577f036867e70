/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_QR_H
#define TRANSFER_QR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"

/* QR code symbols (ISO/IEC 18004) of text in alphanumeric mode. */
#define QR_VERSION_MAX 40
#define QR_SIZE_MAX (17 + 4 * QR_VERSION_MAX) /* modules a side */
#define QR_QUIET 4                            /* light modules around */
#define QR_TEXT_MAX 4296                      /* characters of version 40-L */

enum qr_level {
	QR_LEVEL_L, /* about 7 % of damage can be mended */
	QR_LEVEL_M, /* 15 % */
	QR_LEVEL_Q, /* 25 % */
	QR_LEVEL_H, /* 30 % */
};
#define QR_LEVELS 4

struct qr_symbol {
	unsigned version;
	size_t size; /* modules a side, without the quiet zone */
	uint8_t dark[QR_SIZE_MAX * QR_SIZE_MAX]; /* by rows; 1 is dark */
};

/* Characters that a symbol holds; 0 for no version. */
size_t qr_capacity(unsigned version, enum qr_level level);
/* The smallest version that holds chars characters; 0 when none does. */
unsigned qr_version_for(size_t chars, enum qr_level level);
/* Modules a side, with the quiet zone. */
size_t qr_width(unsigned version);

/* text: digits, upper-case letters, and " $%*+-./:".  version: 1 to
 * QR_VERSION_MAX.  Errors: ARGUMENT (a character, or the version), SIZE (the
 * text does not fit), MEMORY; *out is undefined then. */
enum transfer_error qr_symbol_make(const char *text, unsigned version,
    enum qr_level level, struct qr_symbol *out);
/* Whether a module is dark.  x and y count from the corner of the quiet zone;
 * all beyond it is light. */
bool qr_dark(const struct qr_symbol *s, size_t x, size_t y);

#endif
