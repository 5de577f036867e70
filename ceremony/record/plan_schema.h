/* SPDX-License-Identifier: ISC */
#ifndef RECORD_PLAN_SCHEMA_H
#define RECORD_PLAN_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "ceremony/record/plan.h"

/* For plan_*.c only: the schema of a plan as rows, and how a value of each
 * type is checked and stored. */

#define PLAN_KEY_MAX 32                       /* characters of a key */
#define PLAN_SUBJECT_MAX (PLAN_TEXT_MAX - 13) /* ",OU=REHEARSAL" goes behind */
#define PLAN_ROWS_MAX 164 /* at least as many as there are rows */

enum plan_type {
	PLAN_T_MAP,
	PLAN_T_STEP, /* a mapping with one key, the kind of step */
	PLAN_T_SEQ,
	PLAN_T_VERSION,
	PLAN_T_NUMBER,
	PLAN_T_TEXT,
	PLAN_T_WORD,   /* a-z 0-9 - */
	PLAN_T_ID,     /* A-Z a-z 0-9 . _ - */
	PLAN_T_ORIGIN, /* of a log */
	PLAN_T_MODULE, /* softhsm, opensc, or the path of a module */
	PLAN_T_FILE,   /* a file name, no folder */
	PLAN_T_DATE,   /* RFC 3339, Z */
	PLAN_T_CHOICE,
	PLAN_T_MARK,   /* the one word of choices; the member is a bool */
	PLAN_T_HEX,    /* of a certificate's serial */
	PLAN_T_DIGEST, /* SHA-256, 64 hexadecimal digits */
	PLAN_T_SUBJECT,
	PLAN_T_TEMPLATE, /* subject with {id} */
	PLAN_T_PATTERN,
	PLAN_T_PROFILE,   /* of a device certificate */
	PLAN_T_PERMITTED, /* subtree of names */
	PLAN_T_EXCLUDED,
	PLAN_T_EKU,
	PLAN_T_POLICY, /* an OID */
	PLAN_T_TOKEN,  /* label of one of tokens: */
	PLAN_T_COUNT
};

/*
 * One row a key.  In path, parts are joined by dots and # stands for any
 * item of a sequence.  offset is from the structure of the mapping the key is
 * in; size is that of the member (0: checked, not stored), or of one item of
 * a sequence, whose number of items goes to `count`.
 */
struct plan_row {
	const char *path;
	enum plan_type type;
	bool optional;
	unsigned min, max;   /* number: range; sequence: items; text: max */
	const char *choices; /* "p256|p384" */
	size_t offset, size, count;
	bool heap; /* the sequence's member is a pointer */
};

/* The document itself, a mapping. */
const struct plan_row *plan_schema_root(void);
/* Row i, in the order of the manual; NULL past the last. */
const struct plan_row *plan_schema_at(size_t i);
/* Row of a key (len characters) in a mapping, or of "#" in a sequence; NULL
 * when there is none. */
const struct plan_row *
plan_schema_child(const struct plan_row *parent, const char *key, size_t len);
/* The last part of a row's path. */
const char *plan_schema_key(const struct plan_row *row);
/* Whether a row is the direct child of another. */
bool
plan_schema_is_child(const struct plan_row *row, const struct plan_row *parent);
bool plan_schema_is_scalar(const struct plan_row *row);

/* Fill in a fault; returns RECORD_ERR_PLAN. */
enum record_error
plan_fail(struct plan_fault *f, unsigned line, unsigned column, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));
/* The fault of a key that is not in the mapping: names the nearest one, or
 * all of them. */
enum record_error
plan_fail_key(struct plan_fault *f, unsigned line, unsigned column,
    const struct plan_row *parent, const char *key, size_t len);
/* The fault of a mapping where a sequence should be, and so on. */
enum record_error plan_fail_shape(struct plan_fault *f, unsigned line,
    unsigned column, const char *path, const struct plan_row *row);

/* Whether value is of the row's type.  PLAN_T_TOKEN: only its form. */
bool plan_type_valid(const struct plan_row *row, const char *value);
/* What a value of the row should be: "a number from 2 to 16". */
void plan_type_expects(const struct plan_row *row, char *out, size_t size);
/* Store a valid value in its member; not for PLAN_T_TOKEN. */
void
plan_type_store(const struct plan_row *row, const char *value, void *member);

/* Where a kind's name stands in enum plan_kind; PLAN_KIND_COUNT if nowhere. */
enum plan_kind plan_kind_find(const char *name, size_t len);
/* The rules between fields, after every field by itself was found good. */
enum record_error plan_check(const struct plan *p,
    const struct plan_field *fields, size_t count, struct plan_fault *fault);
/* Those among the steps; the second half of plan_check(). */
struct plan_check;
enum record_error plan_check_steps(const struct plan_check *c);

/* What a check works on. */
struct plan_check {
	const struct plan *plan;
	const struct plan_field *fields;
	size_t count;
	struct plan_fault *fault;
};
/* The field of a path, or NULL; the path is written as with printf. */
const struct plan_field *plan_check_at(const struct plan_check *c,
    const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Fill in the fault, at a field (NULL: nowhere), "path: text". */
enum record_error
plan_check_fail(const struct plan_check *c, const struct plan_field *at,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
