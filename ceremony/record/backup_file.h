/* SPDX-License-Identifier: ISC */
#ifndef RECORD_BACKUP_FILE_H
#define RECORD_BACKUP_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "ceremony/quorum/approval.h"
#include "ceremony/quorum/policy.h"
#include "ceremony/record/error.h"

/*
 * Wrapped keys of a CA in a file, anchorite-backup(5): ASCII lines, in this
 * order and nothing else.  Whoever has it and the DKEK has the keys.
 */
#define BACKUP_FILE_MAX 16384
#define BACKUP_WRAPPED_MAX 2048

struct wrapped_key {
	char role[17]; /* "root", "product-ca", "sealer" */
	struct policy_spki spki;
	uint8_t blob[BACKUP_WRAPPED_MAX];
	size_t len;
};
/* Of a root one, of a product CA two: the CA's, and its sealer's. */
struct wrapped_keys {
	size_t count;
	struct wrapped_key keys[2];
};
struct backup_file {
	char log[POLICY_LOG_MAX + 1];
	char ceremony[APPROVAL_NAME_MAX + 1];
	char first[33];   /* label of the first holder: the DKEK is its */
	char token[33];   /* label of the one they were taken from */
	char module[256]; /* whose form the wrapping has */
	struct wrapped_keys keys;
};

/* *out new, free(); *len without its NUL.  Errors: MEMORY, ARGUMENT (what does
 * not fit the form). */
enum record_error
backup_file_write(const struct backup_file *b, char **out, size_t *len);
/* Errors: FORM (the fault says line and why), MEMORY. */
enum record_error backup_file_read(const char *text, size_t len,
    struct backup_file *out, struct record_fault *fault);

#endif
