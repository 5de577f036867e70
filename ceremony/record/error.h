/* SPDX-License-Identifier: ISC */
#ifndef RECORD_ERROR_H
#define RECORD_ERROR_H

#include <stdint.h>

/* What a function of ceremony/record/ returns; 0 is success. */
enum record_error {
	RECORD_OK = 0,
	RECORD_ERR_MEMORY,
	RECORD_ERR_ARGUMENT,
	RECORD_ERR_IO,    /* reading, writing or syncing failed: see errno */
	RECORD_ERR_FULL,  /* no space: what was to be written is not there */
	RECORD_ERR_FORM,  /* not in the file's format */
	RECORD_ERR_CHAIN, /* prev, seq or a digest does not match */
	RECORD_ERR_OTHER_LOG,
	RECORD_ERR_LOCKED,  /* another ceremony has the state open */
	RECORD_ERR_ORDER,   /* a line where it must not stand */
	RECORD_ERR_MISSING, /* an object or row that should be there */
	RECORD_ERR_PLAN,    /* a plan against its schema */
	RECORD_ERR_SIGNATURE,
	RECORD_ERR_PROOF, /* a tree root or proof that does not match */
	RECORD_ERR_RULE,  /* what happened breaks a rule of the design */
};

/* A short English text for an error; total, never NULL. */
const char *record_strerror(enum record_error err);
/* FULL when errno, handed in, says that there is no room, else IO. */
enum record_error record_errno(int number);

/* Where and why: file and text are one line together, ready for a person:
 * "transcript.jsonl line 17: ...". */
struct record_fault {
	enum record_error err;
	char text[256];
};
/* Fill in a fault (may be NULL) and return its error.  What is not printable
 * ASCII in the text becomes '?': names in it come from files. */
enum record_error record_fail(struct record_fault *f, enum record_error err,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
