/* SPDX-License-Identifier: ISC */
#ifndef CA_SUBJECT_H
#define CA_SUBJECT_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "ca/error.h"

#define SUBJECT_TEXT_MAX 512
#define SUBJECT_ID_MAX 64 /* characters of an id */

/*
 * A subject as plans and orders write it: "CN=Example Root CA,O=Example,C=CH".
 * Types CN, O, OU, C, L, ST, serialNumber; each at most once but OU; values
 * printable ASCII without , + " \ < > ; =, 1 to 64 characters, no blank at
 * either end; encoded as UTF8String, C (two capitals) and serialNumber (no
 * character outside X.680's PrintableString, so no _) as PrintableString.  The
 * order in the text is the order in the name, one attribute to an RDN.
 */
/* Errors: CA_ERR_NAME, CA_ERR_MEMORY.  *out is new, X509_NAME_free(). */
enum ca_error subject_parse(const char *text, X509_NAME **out);
/* The text of a name that subject_parse() could have made; parsing it again
 * gives the same octets.  Errors: CA_ERR_NAME (any other name). */
enum ca_error
subject_format(const X509_NAME *name, char out[SUBJECT_TEXT_MAX + 1]);
/* Write the text of a subject template with its "{id}" replaced (exactly one
 * {id}, inside a CN or serialNumber).  Errors: CA_ERR_NAME. */
enum ca_error subject_expand(const char *template_text, const char *id,
    char out[SUBJECT_TEXT_MAX + 1]);
/* Whether id is 1 to 64 characters of A-Z a-z 0-9 . _ - */
bool subject_id_valid(const char *id);

/*
 * An id pattern of a work order: literals of the id alphabet, "[set]" (set of
 * single characters and a-b ranges) and "{n}" (1 to 64) after a literal or a
 * set, which repeats it n times; the whole id must match.
 * pattern_valid: the pattern can be read and matches only ids of at most 64.
 */
#define PATTERN_TEXT_MAX 128
bool pattern_valid(const char *pattern);
bool pattern_match(const char *pattern, const char *id);
/* The n-th id that a valid pattern matches, counting its last place fastest
 * and beginning again when all were told.  False: not a valid pattern. */
bool
pattern_example(const char *pattern, uint64_t n, char id[SUBJECT_ID_MAX + 1]);

#endif
