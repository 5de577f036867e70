/* SPDX-License-Identifier: ISC */
#ifndef CA_STATED_H
#define CA_STATED_H

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>

#include "ca/error.h"

#define STATED_TEXT_MAX 4095
#define STATED_ITEMS_MAX 16 /* of each: permitted, excluded, eku, policy */
#define STATED_PATHLEN_MAX 8
#define STATED_WHY_MAX 400

/*
 * What limits a CA's certificate, where the profile leaves it to the plan to
 * state it (profile.h).  Its text has one line for each, in this order, every
 * line ended by LF, none twice:
 *   pathlen <0 to STATED_PATHLEN_MAX>     once, always
 *   permitted <subtree>                   subtree.h
 *   excluded <subtree>
 *   eku <serverAuth and its like, or an OID>
 *   policy <OID>
 * What has no line is not in the certificate.
 */
struct stated {
	int pathlen;             /* -1: none, which no text of ours has */
	NAME_CONSTRAINTS *names; /* NULL: none */
	EXTENDED_KEY_USAGE *eku;
	CERTIFICATEPOLICIES *policies;
};

/* Errors: CA_ERR_STATED, CA_ERR_MEMORY; then *out is empty. */
enum ca_error stated_parse(const char *text, struct stated *out);
/* Whether one line, without its LF, could stand in a text. */
bool stated_line_valid(const char *line);
/* The same of any CA's certificate.  Errors: CA_ERR_ENCODING (an extension
 * twice, or unreadable). */
enum ca_error stated_read(const X509 *cert, struct stated *out);
/* The text that stated_parse() makes this of.  Errors: CA_ERR_STATED (what no
 * text of ours says). */
enum ca_error
stated_format(const struct stated *s, char out[STATED_TEXT_MAX + 1]);
void stated_clear(struct stated *s);

/* Add extKeyUsage, nameConstraints (critical: RFC 5280, 4.2.1.10) and
 * certificatePolicies to a draft.  Errors: CA_ERR_MEMORY. */
enum ca_error stated_add(const struct stated *s, X509 *cert);

/*
 * Whether a CA with this subject may be all that below this issuer: pathLen
 * smaller than the issuer's, its names within those that the issuer permits,
 * for each type that the issuer says anything of, and none that it excludes;
 * its uses and policies among the issuer's.
 * why  STATED_WHY_MAX or NULL: "permitted dns a.org: RFC 5280 4.2.1.10: ...".
 * Errors: CA_ERR_CONSTRAINT, CA_ERR_ENCODING, CA_ERR_NAME, CA_ERR_MEMORY.
 */
enum ca_error stated_within(const struct stated *s, const char *subject,
    const X509 *issuer, char *why);

#endif
