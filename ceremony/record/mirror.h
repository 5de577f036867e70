/* SPDX-License-Identifier: ISC */
#ifndef RECORD_MIRROR_H
#define RECORD_MIRROR_H

#include <stdint.h>

#include "ceremony/record/error.h"

/*
 * Two copies of one state, each in a folder of its own: which is the newer,
 * and keeping the other one after it.  ledger.db is no part of a state.
 */
enum mirror_order {
	MIRROR_SAME,
	MIRROR_FIRST,  /* the first goes on where the second ends */
	MIRROR_SECOND, /* the other way round */
	MIRROR_FORKED, /* each has something that the other has not */
};
struct mirror_difference {
	enum mirror_order order;
	uint64_t lines[2];  /* of the transcripts, whole ones */
	const char *file;   /* where they are forked */
	uint64_t forked_at; /* line of it, from 1 */
};
/* Compare transcript.jsonl and issuance.jsonl line by line; a torn last line
 * counts for nothing, a file that is not there has no lines.  The chain is not
 * verified.  Errors: IO, FORM (longer than a line can be), MEMORY. */
enum record_error mirror_compare(int first, int second,
    struct mirror_difference *out, struct record_fault *fault);

struct mirror;
/*
 * A copy in `to` that is to follow the state in `from`: that one goes on where
 * `to` ends, or is the same.  Both descriptors are borrowed.  The copy is
 * locked as a state is; a torn last line is cut off.  Errors: CHAIN (`to` is no
 * beginning of `from`), LOCKED, IO, FULL, FORM, MEMORY; *out is NULL then.
 */
enum record_error
mirror_open(int from, int to, struct mirror **out, struct record_fault *fault);
/*
 * Copy what is new: objects, copies of some, checkpoints, issuance log,
 * transcript, in this order, each fsynced, so that the copy is a state at
 * every instant.  The first time, files of one name are compared as well.
 * Errors: IO, FULL, MEMORY, CHAIN (what stands there under that name is
 * something else).
 */
enum record_error mirror_sync(struct mirror *m, struct record_fault *fault);
void mirror_close(struct mirror *m);

#endif
