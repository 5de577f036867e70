/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_SCAN_H
#define TRANSFER_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/ur.h"

/*
 * From codes or lines of text to the file that they carry: a Uniform Resource
 * of our type in as many parts as it has, in any order, or one code that holds
 * anything else, whose octets are the file then.
 */
#define SCAN_TEXT_MAX 32768 /* octets of a code or line */
#define SCAN_WHY_MAX 160

/* What a code or line was. */
enum scan_taken {
	SCAN_NOTHING, /* an empty line */
	SCAN_NEW,     /* a part that was not known; also the last one */
	SCAN_KNOWN,
	SCAN_REFUSED,  /* broken, of another type, or no Uniform Resource */
	SCAN_FOREIGN,  /* a part of another message */
	SCAN_SWITCHED, /* the same, and that one is the message now */
	SCAN_PLAIN,    /* a code that is no Uniform Resource */
	SCAN_TAKEN_COUNT
};

struct scan_progress {
	struct ur_progress ur;
	unsigned plain;    /* codes that are no Uniform Resource, ... */
	bool plain_differ; /* ... and not all the same */
	bool complete;     /* the Uniform Resource is whole */
};

struct scanner;
enum transfer_error scanner_new(struct scanner **out);
void scanner_free(struct scanner *s);

/* The octets of a code, at most SCAN_TEXT_MAX.  why (SCAN_WHY_MAX) gets the
 * rule when it is refused, or "". */
enum scan_taken
scanner_code(struct scanner *s, const char *text, size_t len, char *why);
/* A line: white space around it is ignored, and it must be a Uniform
 * Resource. */
enum scan_taken
scanner_line(struct scanner *s, const char *text, size_t len, char *why);
void scanner_progress(const struct scanner *s, struct scan_progress *p);

/*
 * The file, new, free(), when all has come.  Error UR, and fault says what is
 * missing or wrong; others are qr_file_unpack()'s.  It may be tried again
 * after more codes.
 */
enum transfer_error scanner_finish(const struct scanner *s, uint8_t **out,
    size_t *len, struct transfer_fault *fault);

#endif
