/* SPDX-License-Identifier: ISC */
#ifndef CA_SUBTREE_H
#define CA_SUBTREE_H

#include <openssl/x509v3.h>
#include <stdbool.h>

#include "ca/error.h"

#define SUBTREE_TEXT_MAX 255

/*
 * A subtree of names (RFC 5280, 4.2.1.10) as plans write it: a type, a blank,
 * and
 *   dns      example.com: that host and all below it
 *   email    user@example.com, example.com (all on that host), .example.com
 *            (all on hosts below it)
 *   ip       10.0.0.0/8 or 2001:db8::/32, without a bit behind the prefix
 *   uri      host.example.com, or .example.com (all hosts below it)
 *   dirname  a subject (subject.h): all names that begin with it
 * Hosts are of lower-case letters, digits and hyphens, and their last label is
 * no number.  There is one way to write each.
 */
/* Errors: CA_ERR_STATED, CA_ERR_MEMORY.  *out new, GENERAL_NAME_free(). */
enum ca_error subtree_parse(const char *text, GENERAL_NAME **out);
/* The text of a name that subtree_parse() could have made.  Errors:
 * CA_ERR_STATED (any other name). */
enum ca_error
subtree_format(const GENERAL_NAME *name, char out[SUBTREE_TEXT_MAX + 1]);
/* Its type in that writing, or "other"; never NULL. */
const char *subtree_type(const GENERAL_NAME *name);
/* Whether every name in a is in b too; both may be any certificate's.  Of two
 * types: false.  So too when it cannot be told. */
bool subtree_within(const GENERAL_NAME *a, const GENERAL_NAME *b);

#endif
