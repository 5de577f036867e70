/* SPDX-License-Identifier: ISC */
#ifndef AUDITOR_AUDIT_H
#define AUDITOR_AUDIT_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/auditor/report.h"
#include "ceremony/record/event.h"
#include "ceremony/record/history.h"
#include "ceremony/record/image.h"
#include "ceremony/record/issuance.h"
#include "ceremony/record/ledger.h"
#include "ceremony/record/plan.h"
#include "ceremony/record/transcript.h"
#include "ceremony/record/worklist.h"

#define AUDIT_STEP_RESULTS_MAX 32

/* A line of issuance.jsonl. */
struct audit_issue {
	enum issuance_type type;
	uint64_t act;
	struct intent intent; /* of a result: that of its certificate */
	bool has_intent;
	uint8_t *der; /* result */
	size_t len;
	uint64_t leaf; /* result */
	uint8_t cert_sha256[32];
};
/* The CRL of a token before the line that is looked at. */
struct audit_crl {
	bool there;
	uint8_t crl[32];
	uint64_t number;
};
/* What ceremony.open or .resume says of the machine. */
struct audit_image {
	char ceremony[APPROVAL_NAME_MAX + 1];
	uint64_t line; /* from 1 */
	bool there;
	struct image image;
};
struct audit_counts {
	uint64_t approvals, refusals, voids, exceptions, certificates, crls;
	uint64_t orders, batches, entries, repeats, checkpoints, objects;
	uint64_t media_in, media_out;
	uint64_t rotations, recoveries, changes, destroyed, retired,
	    intermediates;
};

/* One audit of a state folder, read only. */
struct audit {
	struct report *report;
	int dirfd;
	struct transcript *transcript;
	struct history *history;
	struct issuance *log; /* NULL: there is none */
	struct audit_issue *issues;
	size_t issue_count;
	uint64_t leaves;
	struct ledger *ledger;
	size_t ledger_at; /* issues it has taken in */
	/* of the line that is looked at */
	const struct event *event;
	struct audit_crl before[HISTORY_TOKENS_MAX];
	/* of the ceremony */
	struct plan *plan;
	unsigned step; /* 0: none stands */
	size_t result_count;
	char results[AUDIT_STEP_RESULTS_MAX][APPROVAL_NAME_MAX + 1];
	bool repeated;
	/* of all, those left out that are as the one before in a ceremony */
	struct audit_image *images;
	size_t image_count;
	struct audit_counts counts;
};

/* A finding at the line that is looked at. */
void audit_here(struct audit *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ceremony/auditor/replay.c: the transcript line by line, each held against
 * the rules and then against everything else.  False: unreadable. */
bool audit_replay(struct audit *a);
/* The act of the line, NULL with a finding when there is none. */
const struct history_act *audit_act(struct audit *a);
const struct history_token *
audit_token(struct audit *a, const struct history_act *act);
/* An object that the history has found already; NULL is a finding. */
uint8_t *audit_object(struct audit *a, const uint8_t digest[32], size_t *len);
X509 *audit_cert(struct audit *a, const uint8_t digest[32]);

/* One a record type, called behind history_apply(). */
typedef void audit_check(struct audit *a);
audit_check check_open, check_resume, check_step_begin, check_step_end,
    check_split;
audit_check check_enrol, check_close, check_propose, check_result, check_void;
audit_check check_request, check_repeat, check_approve, check_refused;
audit_check check_medium;
audit_check check_exception, check_exposed, check_retire, check_backup_split;
audit_check check_csr;

/* ceremony/auditor/check_image.c: note what the line says of the machine. */
void check_image(struct audit *a);
/* Whether all ceremonies say the same, and there is one. */
bool audit_one_image(const struct audit *a);
/* A finding for each that did not run from this medium. */
void audit_images(struct audit *a, const uint8_t medium[32]);
json_t *audit_images_json(const struct audit *a); /* new */

/* ceremony/auditor/check_sign.c: a result against its plan step. */
void check_keys(struct audit *a, const struct history_act *act);
void check_certificate(struct audit *a, const struct history_act *act);
void check_crl(struct audit *a, const struct history_act *act);
void check_order(struct audit *a, const struct history_act *act);
/* ceremony/auditor/check_intermediate.c: a CA that others run: the CSR is parsed
 * again, the certificate built again from the plan and that key. */
void check_intermediate(struct audit *a, const struct history_act *act);
/* ceremony/auditor/check_copy.c: keys on more than one token, against the plan:
 * who gets copies of keys that were made; the serial of a token; how many
 * results of copying and exporting a step has, beside those it must have. */
void check_copies(struct audit *a, const struct history_act *act);
void check_serial(struct audit *a, const struct history_token *t);
#define ORIGIN_REHEARSAL "rehearsal/"
/* Whether a token may have that serial by the plan's, "" for none. */
bool check_serial_told(const struct audit *a, const char *planned,
    const char *module, const char *serial);
size_t check_copy_results(struct audit *a);
/* ceremony/auditor/check_worklist.c: decide again, compare the worklist. */
void check_worklist(struct audit *a, const struct history_act *act);
/* The serials that the CRL of a step must list: those of the CRL before and
 * the plan's.  *out new, free(). */
bool audit_revocations(struct audit *a, const struct plan_batch *plan,
    const struct history_token *token, struct worklist_revoke **out,
    size_t *count);
/* ceremony/auditor/check_batch.c: what a batch act left in the log and in its
 * response; done is false for one that is void. */
void check_batch(struct audit *a, const struct history_act *act, bool done);

/* ceremony/auditor/check_log.c: read issuance.jsonl; false: unreadable. */
bool audit_read_log(struct audit *a);
void audit_close_log(struct audit *a);
/* What the transcript says of the log, against the log. */
void check_log_state(struct audit *a);
/* Lines behind the last that the transcript counts. */
void check_log_end(struct audit *a);
/* Bring the ledger to where act `number` was proposed. */
bool audit_ledger_until(struct audit *a, uint64_t number);
/* Results of an order's acts below act `number`. */
uint64_t
audit_issued(const struct audit *a, const uint8_t order[32], uint64_t number);

/* ceremony/auditor/check_files.c: checkpoints, objects and other files. */
void check_checkpoint(struct audit *a);
void check_files(struct audit *a);

#endif
