/* SPDX-License-Identifier: ISC */
#ifndef RECORD_JOURNAL_H
#define RECORD_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ceremony/record/error.h"

/*
 * A file of lines that only grows: transcript.jsonl and issuance.jsonl.
 * Either all of what is appended is on the disk, or nothing of it.
 */
enum journal_mode {
	JOURNAL_READ,   /* no lock, nothing is changed */
	JOURNAL_WRITE,  /* locked against other writers */
	JOURNAL_CREATE, /* the same, made when absent (0600) */
};
struct journal {
	const char *name; /* borrowed */
	int fd;           /* -1: not open */
	bool writable;
	bool broken; /* could not be cut back: what it holds is not known */
	off_t size;  /* octets of the lines read or appended so far */
};

/* Open name in dirfd.  Errors: MISSING, LOCKED, IO, FULL; *j is closed then. */
enum record_error journal_open(struct journal *j, int dirfd, const char *name,
    enum journal_mode mode, struct record_fault *fault);
/*
 * Read it from the beginning, each line with its LF, number from 1.  What
 * follows the last LF was torn by a crash: *torn tells, and it is cut off if
 * the journal is writable.  A line longer than max is FORM, so is a tail that
 * cannot be the beginning of one line.  An error of each() stops and is
 * returned; it fills in the fault.  Errors besides: IO, MEMORY.
 */
typedef enum record_error journal_each(void *arg, uint64_t number,
    const char *line, size_t len, struct record_fault *fault);
enum record_error journal_read(struct journal *j, size_t max,
    journal_each *each, void *arg, bool *torn, struct record_fault *fault);
/* Append whole lines and fsync.  Errors: ARGUMENT (not writable), FULL, IO;
 * the file is cut back to what it was.  If even that fails, every later call
 * is IO. */
enum record_error
journal_append(struct journal *j, const void *data, size_t len);
void journal_close(struct journal *j);

#endif
