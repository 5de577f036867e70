/* SPDX-License-Identifier: ISC */
#ifndef RECORD_WORKLIST_H
#define RECORD_WORKLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/record/error.h"

#define WORKLIST_MAGIC "anchorite-worklist/v1"
#define WORKLIST_ENTRIES_MAX 20000u
#define WORKLIST_REVOKE_MAX 1000u
#define WORKLIST_LINE_MAX 1024

enum worklist_what {
	WORKLIST_CERT,
	WORKLIST_REFUSE,
	WORKLIST_DUPLICATE
};
struct worklist_entry {
	enum worklist_what what;
	char profile[65], id[65], hwserial[65]; /* cert; hwserial "" if none */
	uint8_t spki_sha256[32];                /* cert */
	int64_t not_before, not_after;          /* cert */
	bool resumed;                           /* cert: the two below count */
	uint8_t serial[17], tbs_sha256[32];
	char rule[32];           /* refuse */
	uint8_t cert_sha256[32]; /* duplicate */
};
struct worklist_revoke {
	uint8_t serial[20];
	size_t serial_len;
	int reason;
	int64_t date;
};

/*
 * What a batch act is approved for: ASCII lines, LF.
 *   anchorite-worklist/v1
 *   request <hex>
 *   order <hex>
 *   pattern <pattern>
 *   subject <template>
 *   quota-left <n>                          before this batch
 *   crl <number> <thisUpdate> <nextUpdate>  optional, with
 *   revoke <serial hex> <reason> <date>     the whole list of the CRL
 *   then one line an entry of the request, in its order:
 *   cert <profile> <id> <hwserial|-> <spki> <notBefore> <notAfter>
 *        [<serial hex> <tbs-sha256>]
 *   refuse <entry> <rule>
 *   duplicate <entry> <cert-sha256>
 * Dates YYYYMMDDHHMMSSZ.  Ids in cert lines are distinct.  Entries count from
 * 1; a rule is the id of a row of ca/rule.h; a reason is its number in RFC
 * 5280 5.3.1.
 * No JSON library: the signer reads it.
 */
struct worklist {
	uint8_t request[32], order[32];
	char pattern[129];
	char subject[513];
	uint64_t quota_left;
	bool has_crl;
	uint64_t crl_number;
	int64_t crl_this, crl_next;
	size_t revoke_count;
	struct worklist_revoke *revoke;
	size_t count;
	struct worklist_entry *entries;
};

/* What writer and reader demand alike: every member in form, ids within the
 * pattern and distinct, no more cert lines than quota-left.  Errors: FORM (the
 * fault names the entry), MEMORY. */
enum record_error
worklist_check(const struct worklist *w, struct record_fault *fault);
/* *out new, free(); refuses what could not be read back.
 * Errors: FORM, MEMORY; *out is NULL then. */
enum record_error
worklist_write(const struct worklist *w, char **out, size_t *len);
/* Exactly what worklist_write() writes, octet for octet; ids are checked
 * against the pattern, cert lines against quota-left, each id once.
 * Errors: FORM (the fault names line or entry), MEMORY; *out is zeroed then.
 * On success worklist_clear(). */
enum record_error worklist_read(const char *text, size_t len,
    struct worklist *out, struct record_fault *fault);
void worklist_clear(struct worklist *w);
/* Whether a hardware serial is "" or one that a worklist line and a
 * certificate's serialNumber (a PrintableString) take: 1 to 64 of A-Z a-z 0-9
 * . -, and not "-" alone, which stands for none. */
bool worklist_hwserial_valid(const char *text);
/* cert lines in it */
size_t worklist_certs(const struct worklist *w);

#endif
