/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_LINES_H
#define TRANSFER_LINES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"

/*
 * Strict ASCII JSON Lines.  Each line is one JSON object ending in LF, at most
 * SEALED_LINE_MAX octets with it, printable ASCII only (escapes included), no
 * duplicate keys, no floats, integers below 2^53, nesting of at most
 * LINES_DEPTH_MAX.  A refusal sticks: after it there is no next line.
 */
#define LINES_DEPTH_MAX 8
#define LINES_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

struct lines {
	const char *data;
	size_t len, at;
	unsigned number; /* of the line last returned, from 1 */
	struct transfer_fault *fault;
};
/* Begin; data is borrowed, fault is cleared. */
void lines_init(struct lines *l, const char *data, size_t len,
    struct transfer_fault *fault);
/* The next line as a new object (json_decref()); NULL at the end or on error
 * (then fault->err is set). */
json_t *lines_next(struct lines *l);
/* The same, where the end is a refusal. */
json_t *lines_need(struct lines *l);
/* The first line: "kind" must be kind and "v" 1; both are taken out of the
 * object, so that no row needs to name them. */
json_t *lines_header(struct lines *l, const char *kind);
/* Whether all lines have been read; else the fault is set. */
bool lines_end(struct lines *l);
/* Refuse, naming the line last returned.  Always false. */
bool lines_refuse(const struct lines *l, enum transfer_error err,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* What a line may hold: one row a key; every key not optional must be there,
 * no other may. */
enum line_type {
	LINE_TEXT,   /* string, 1..max characters: out is const char ** */
	LINE_HEX32,  /* 64 hex digits: out is uint8_t[32] */
	LINE_HEX16,  /* 32 hex digits: out is uint8_t[16] */
	LINE_NUMBER, /* 0..max: out is uint64_t * */
	LINE_DATE,   /* YYYYMMDDHHMMSSZ, checked for form: const char ** */
	LINE_ARRAY,  /* out is json_t **, borrowed from the line */
};
struct line_field {
	const char *key;
	enum line_type type;
	uint64_t max;
	bool optional;
	void *out; /* untouched when an optional key is absent */
};
/* Read obj by rows; texts are borrowed from obj.  False: fault is set. */
bool lines_read(const struct lines *l, json_t *obj,
    const struct line_field *rows, size_t count);
/* The octets behind a base64 text, 1..max; *out new, free().  False: fault is
 * set and *out is NULL. */
bool lines_base64(const struct lines *l, const char *key, const char *text,
    size_t max, uint8_t **out, size_t *len);
/* 64 lower-case hex digits; false: fault is set. */
bool lines_hex32(const struct lines *l, const char *key, const char *text,
    uint8_t out[32]);

#endif
