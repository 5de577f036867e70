/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_CHECK_H
#define FACTORY_CHECK_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "ceremony/factory/registry.h"

/* The verdict over a unit at the end of the line. */
enum check_verdict {
	CHECK_PASS = 0,
	CHECK_CERT_MISSING,
	CHECK_CERT_UNREADABLE,
	CHECK_OTHER_DEVICE,
	CHECK_KEY_USED,
	CHECK_OTHER_CA,
	CHECK_PROFILE,
	CHECK_CERT_DATE,
	CHECK_CA_DATE,
	CHECK_CRL_MISSING,
	CHECK_CRL_WRONG,
	CHECK_CRL_EARLY,
	CHECK_CRL_EXPIRED,
	CHECK_REVOKED,
	CHECK_PROOF_MISSING,
	CHECK_PROOF_WRONG,
	CHECK_OTHER_KEY,
	CHECK_TROUBLE, /* no verdict: the registry failed */
	CHECK_COUNT
};
/* One row each; claims is how many of check_claims[] held before. */
struct check_row {
	const char *code; /* "crl.expired" */
	const char *text; /* "CRL expired" */
	unsigned claims;
};
extern const struct check_row check_rows[CHECK_COUNT];
#define CHECK_CLAIMS 3
extern const char *const check_claims[CHECK_CLAIMS];

/* What a unit is held against; all borrowed. */
struct check_terms {
	const char *id;
	const char *cert_path;
	const char *hook;
	int hook_runner; /* that starts it, or -1: it is started here */
	X509 *ca;
	const char *crl_path; /* NULL: no CRL is asked for */
	struct registry *registry;
	int64_t now;
	int hook_timeout_ms;
};
struct check_result {
	enum check_verdict verdict;
	bool repeat;         /* PASS: this very unit had passed before */
	char detail[200];    /* stands behind the row's text, or "" */
	char complaint[200]; /* what the hook wrote to stderr */
};

/* Check one unit; all but a TROUBLE is noted in the registry. */
void check_unit(const struct check_terms *terms, struct check_result *out);

#endif
