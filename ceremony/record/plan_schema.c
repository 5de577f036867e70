/* SPDX-License-Identifier: ISC */
#include "ceremony/record/plan_schema.h"

#include <string.h>

#include "ca/stated.h"
#include "transfer/order.h"

/* A member of a structure, and a sequence with its count beside it. */
#define IN(type, member)                                                       \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define LIST(type, member, n)                                                  \
	.offset = offsetof(type, member),                                      \
	.size = sizeof(((type *)0)->member[0]), .count = offsetof(type, n)
#define OPTIONAL .optional = true

/* With ",OU=REHEARSAL" a subject, with "rehearsal/" an origin, must still fit:
 * what cannot be rehearsed cannot be planned. */
#define SUBJECT .max = PLAN_SUBJECT_MAX
#define ORIGIN .max = 118

#define YEARS .min = 1, .max = 100
#define BATCH_YEARS .min = 1, .max = 30
#define DAYS .min = 1, .max = 3650

static const char reasons[] =
    "unspecified|keyCompromise|affiliationChanged|superseded|"
    "cessationOfOperation|privilegeWithdrawn";

/* clang-format off: one row a line */
static const struct plan_row rows[] = {
	{ "", .type = PLAN_T_MAP },
	{ "plan", PLAN_T_VERSION, .min = 1, .max = 1 },
	{ "log", PLAN_T_ORIGIN, ORIGIN, IN(struct plan, log) },
	{ "ceremony", PLAN_T_WORD, IN(struct plan, ceremony) },
	{ "title", PLAN_T_TEXT, OPTIONAL, IN(struct plan, title) },
	{ "date", PLAN_T_DATE, IN(struct plan, date) },
	{ "vendor", PLAN_T_DIGEST, OPTIONAL, IN(struct plan, vendor) },
	{ "vendor-certificate", PLAN_T_FILE, OPTIONAL,
	    IN(struct plan, vendor_file) },

	{ "sandbox", PLAN_T_MAP, OPTIONAL, IN(struct plan, sandbox) },
	{ "sandbox.minimum", PLAN_T_CHOICE, .choices = "full|seccomp|basic",
	    IN(struct plan_sandbox, minimum) },
	{ "sandbox.reason", PLAN_T_TEXT, OPTIONAL,
	    IN(struct plan_sandbox, reason) },

	{ "shell", PLAN_T_MAP, OPTIONAL, IN(struct plan, shell) },
	{ "shell.reason", PLAN_T_TEXT, IN(struct plan_shell, reason) },

	{ "roles", PLAN_T_SEQ, .min = 1, .max = PLAN_PEOPLE_MAX,
	    LIST(struct plan, people, people_count) },
	{ "roles.#", .type = PLAN_T_MAP },
	{ "roles.#.role", PLAN_T_TEXT, IN(struct plan_person, role) },
	{ "roles.#.name", PLAN_T_TEXT, IN(struct plan_person, name) },

	{ "tokens", PLAN_T_SEQ, .min = 1, .max = PLAN_TOKENS_MAX,
	    LIST(struct plan, tokens, token_count) },
	{ "tokens.#", .type = PLAN_T_MAP },
	{ "tokens.#.label", PLAN_T_ID, IN(struct plan_token, label) },
	{ "tokens.#.module", PLAN_T_MODULE, IN(struct plan_token, module) },
	{ "tokens.#.serial", PLAN_T_ID, OPTIONAL,
	    IN(struct plan_token, serial) },
	{ "tokens.#.owner", PLAN_T_WORD, OPTIONAL,
	    IN(struct plan_token, owner) },

	{ "steps", PLAN_T_SEQ, .min = 1, .max = PLAN_STEPS_MAX, .heap = true,
	    LIST(struct plan, steps, step_count) },
	{ "steps.#", .type = PLAN_T_STEP },

	{ "steps.#.quorum", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_step, u.quorum) },
	{ "steps.#.quorum.threshold", PLAN_T_NUMBER, .min = 2,
	    .max = PLAN_OPERATORS_MAX, IN(struct plan_quorum, threshold) },
	{ "steps.#.quorum.operators", PLAN_T_SEQ, .min = 2,
	    .max = PLAN_OPERATORS_MAX,
	    LIST(struct plan_quorum, operators, count) },
	{ "steps.#.quorum.operators.#", .type = PLAN_T_MAP },
	{ "steps.#.quorum.operators.#.id", PLAN_T_WORD,
	    IN(struct plan_operator, id) },
	{ "steps.#.quorum.operators.#.name", PLAN_T_TEXT,
	    IN(struct plan_operator, name) },
	{ "steps.#.quorum.operators.#.token", PLAN_T_TOKEN,
	    IN(struct plan_operator, token) },
	{ "steps.#.quorum.operators.#.personalised", PLAN_T_MARK, OPTIONAL,
	    .choices = "elsewhere", IN(struct plan_operator, elsewhere) },
	{ "steps.#.quorum.operators.#.sign-key", PLAN_T_TEXT, OPTIONAL,
	    IN(struct plan_operator, sign_key) },
	{ "steps.#.quorum.operators.#.derive-key", PLAN_T_TEXT, OPTIONAL,
	    IN(struct plan_operator, derive_key) },
	{ "steps.#.quorum.so", PLAN_T_MAP, IN(struct plan_quorum, so) },
	{ "steps.#.quorum.so.threshold", PLAN_T_NUMBER, .min = 2,
	    .max = PLAN_OPERATORS_MAX, IN(struct plan_split, threshold) },
	{ "steps.#.quorum.so.custodians", PLAN_T_SEQ, .min = 2,
	    .max = PLAN_OPERATORS_MAX,
	    LIST(struct plan_split, custodians, count) },
	{ "steps.#.quorum.so.custodians.#", PLAN_T_TEXT,
	    .size = PLAN_NAME_MAX + 1 },
	{ "steps.#.quorum.backup", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_quorum, backup) },
	{ "steps.#.quorum.backup.threshold", PLAN_T_NUMBER, .min = 2,
	    .max = PLAN_OPERATORS_MAX, IN(struct plan_split, threshold) },
	{ "steps.#.quorum.backup.custodians", PLAN_T_SEQ, .min = 2,
	    .max = PLAN_OPERATORS_MAX,
	    LIST(struct plan_split, custodians, count) },
	{ "steps.#.quorum.backup.custodians.#", PLAN_T_TEXT,
	    .size = PLAN_NAME_MAX + 1 },

	{ "steps.#.root", PLAN_T_MAP, OPTIONAL, IN(struct plan_step, u.ca) },
	{ "steps.#.root.subject", PLAN_T_SUBJECT, SUBJECT,
	    IN(struct plan_ca, subject) },
	{ "steps.#.root.key", PLAN_T_CHOICE, .choices = "p256|p384",
	    IN(struct plan_ca, key) },
	{ "steps.#.root.years", PLAN_T_NUMBER, YEARS,
	    IN(struct plan_ca, years) },
	{ "steps.#.root.crl-days", PLAN_T_NUMBER, DAYS,
	    IN(struct plan_ca, crl_days) },
	{ "steps.#.root.tokens", PLAN_T_SEQ, .min = 1, .max = PLAN_HOLDERS_MAX,
	    LIST(struct plan_ca, holders, holder_count) },
	{ "steps.#.root.tokens.#", PLAN_T_TOKEN, .size = sizeof(unsigned) },
	{ "steps.#.root.single-copy", PLAN_T_CHOICE, OPTIONAL,
	    .choices = "accepted" },
	{ "steps.#.root.reason", PLAN_T_TEXT, OPTIONAL,
	    IN(struct plan_ca, single_copy) },

	{ "steps.#.product-ca", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_step, u.ca) },
	{ "steps.#.product-ca.issuer", PLAN_T_TOKEN,
	    IN(struct plan_ca, issuer) },
	{ "steps.#.product-ca.subject", PLAN_T_SUBJECT, SUBJECT,
	    IN(struct plan_ca, subject) },
	{ "steps.#.product-ca.sealer", PLAN_T_SUBJECT, SUBJECT,
	    IN(struct plan_ca, sealer_subject) },
	{ "steps.#.product-ca.key", PLAN_T_CHOICE, .choices = "p256|p384",
	    IN(struct plan_ca, key) },
	{ "steps.#.product-ca.years", PLAN_T_NUMBER, YEARS,
	    IN(struct plan_ca, years) },
	{ "steps.#.product-ca.pathlen", PLAN_T_NUMBER, OPTIONAL,
	    .max = STATED_PATHLEN_MAX, IN(struct plan_ca, pathlen) },
	{ "steps.#.product-ca.crl-days", PLAN_T_NUMBER, DAYS,
	    IN(struct plan_ca, crl_days) },
	{ "steps.#.product-ca.tokens", PLAN_T_SEQ, .min = 1,
	    .max = PLAN_HOLDERS_MAX,
	    LIST(struct plan_ca, holders, holder_count) },
	{ "steps.#.product-ca.tokens.#", PLAN_T_TOKEN,
	    .size = sizeof(unsigned) },
	{ "steps.#.product-ca.single-copy", PLAN_T_CHOICE, OPTIONAL,
	    .choices = "accepted" },
	{ "steps.#.product-ca.reason", PLAN_T_TEXT, OPTIONAL,
	    IN(struct plan_ca, single_copy) },

	{ "steps.#.intermediate", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_step, u.intermediate) },
	{ "steps.#.intermediate.token", PLAN_T_TOKEN,
	    IN(struct plan_intermediate, token) },
	{ "steps.#.intermediate.sealer", PLAN_T_TOKEN,
	    IN(struct plan_intermediate, sealer) },
	{ "steps.#.intermediate.csr", PLAN_T_FILE,
	    IN(struct plan_intermediate, csr) },
	{ "steps.#.intermediate.out", PLAN_T_FILE,
	    IN(struct plan_intermediate, out) },
	{ "steps.#.intermediate.sealed", PLAN_T_FILE,
	    IN(struct plan_intermediate, sealed) },
	{ "steps.#.intermediate.subject", PLAN_T_SUBJECT, SUBJECT,
	    IN(struct plan_intermediate, subject) },
	{ "steps.#.intermediate.key", PLAN_T_CHOICE, .choices = "p256|p384|rsa",
	    IN(struct plan_intermediate, key) },
	{ "steps.#.intermediate.key-sha256", PLAN_T_DIGEST, OPTIONAL,
	    IN(struct plan_intermediate, key_sha256) },
	{ "steps.#.intermediate.years", PLAN_T_NUMBER, YEARS,
	    IN(struct plan_intermediate, years) },
	{ "steps.#.intermediate.pathlen", PLAN_T_NUMBER,
	    .max = STATED_PATHLEN_MAX, IN(struct plan_intermediate, pathlen) },
	{ "steps.#.intermediate.permitted", PLAN_T_SEQ, OPTIONAL, .min = 1,
	    .max = PLAN_STATED_MAX,
	    LIST(struct plan_intermediate, permitted, permitted_count) },
	{ "steps.#.intermediate.permitted.#", PLAN_T_PERMITTED,
	    .size = PLAN_NAMES_MAX + 1 },
	{ "steps.#.intermediate.excluded", PLAN_T_SEQ, OPTIONAL, .min = 1,
	    .max = PLAN_STATED_MAX,
	    LIST(struct plan_intermediate, excluded, excluded_count) },
	{ "steps.#.intermediate.excluded.#", PLAN_T_EXCLUDED,
	    .size = PLAN_NAMES_MAX + 1 },
	{ "steps.#.intermediate.eku", PLAN_T_SEQ, OPTIONAL, .min = 1,
	    .max = PLAN_STATED_MAX,
	    LIST(struct plan_intermediate, eku, eku_count) },
	{ "steps.#.intermediate.eku.#", PLAN_T_EKU, .size = PLAN_NAME_MAX + 1 },
	{ "steps.#.intermediate.policies", PLAN_T_SEQ, OPTIONAL, .min = 1,
	    .max = PLAN_STATED_MAX,
	    LIST(struct plan_intermediate, policies, policy_count) },
	{ "steps.#.intermediate.policies.#", PLAN_T_POLICY,
	    .size = PLAN_NAME_MAX + 1 },

	{ "steps.#.work-order", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_step, u.order) },
	{ "steps.#.work-order.token", PLAN_T_TOKEN,
	    IN(struct plan_order, token) },
	{ "steps.#.work-order.station", PLAN_T_FILE,
	    IN(struct plan_order, station) },
	{ "steps.#.work-order.out", PLAN_T_FILE, IN(struct plan_order, out) },
	{ "steps.#.work-order.pattern", PLAN_T_PATTERN,
	    IN(struct plan_order, pattern) },
	{ "steps.#.work-order.subject", PLAN_T_TEMPLATE, SUBJECT,
	    IN(struct plan_order, subject) },
	{ "steps.#.work-order.profile", PLAN_T_PROFILE,
	    IN(struct plan_order, profile) },
	{ "steps.#.work-order.quota", PLAN_T_NUMBER, .min = 1,
	    .max = ORDER_QUOTA_MAX, IN(struct plan_order, quota) },
	{ "steps.#.work-order.expiry", PLAN_T_DATE,
	    IN(struct plan_order, expiry) },
	{ "steps.#.work-order.receipts", PLAN_T_DATE,
	    IN(struct plan_order, receipts) },

	{ "steps.#.batch", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_step, u.batch) },
	{ "steps.#.batch.token", PLAN_T_TOKEN, OPTIONAL,
	    IN(struct plan_batch, token) },
	{ "steps.#.batch.tokens", PLAN_T_SEQ, OPTIONAL, .min = 1,
	    .max = PLAN_HOLDERS_MAX,
	    LIST(struct plan_batch, tokens, token_count) },
	{ "steps.#.batch.tokens.#", PLAN_T_TOKEN, .size = sizeof(unsigned) },
	{ "steps.#.batch.request", PLAN_T_FILE,
	    IN(struct plan_batch, request) },
	{ "steps.#.batch.out", PLAN_T_FILE, IN(struct plan_batch, out) },
	{ "steps.#.batch.years", PLAN_T_NUMBER, BATCH_YEARS,
	    IN(struct plan_batch, years) },
	{ "steps.#.batch.crl-days", PLAN_T_NUMBER, OPTIONAL, DAYS,
	    IN(struct plan_batch, crl_days) },
	{ "steps.#.batch.revoke", PLAN_T_SEQ, OPTIONAL, .min = 1,
	    .max = PLAN_REVOKE_MAX, .heap = true,
	    LIST(struct plan_batch, revoke, revoke_count) },
	{ "steps.#.batch.revoke.#", .type = PLAN_T_MAP },
	{ "steps.#.batch.revoke.#.id", PLAN_T_ID, OPTIONAL,
	    IN(struct plan_revoke, id) },
	{ "steps.#.batch.revoke.#.serial", PLAN_T_HEX, OPTIONAL,
	    IN(struct plan_revoke, serial) },
	{ "steps.#.batch.revoke.#.reason", PLAN_T_CHOICE, .choices = reasons,
	    IN(struct plan_revoke, reason) },
	{ "steps.#.batch.accept-gap", PLAN_T_TEXT, OPTIONAL,
	    IN(struct plan_batch, accept_gap) },

	{ "steps.#.crl", PLAN_T_MAP, OPTIONAL, IN(struct plan_step, u.batch) },
	{ "steps.#.crl.token", PLAN_T_TOKEN, IN(struct plan_batch, token) },
	{ "steps.#.crl.out", PLAN_T_FILE, IN(struct plan_batch, out) },
	{ "steps.#.crl.crl-days", PLAN_T_NUMBER, DAYS,
	    IN(struct plan_batch, crl_days) },
	{ "steps.#.crl.revoke", PLAN_T_SEQ, OPTIONAL, .min = 1,
	    .max = PLAN_REVOKE_MAX, .heap = true,
	    LIST(struct plan_batch, revoke, revoke_count) },
	{ "steps.#.crl.revoke.#", .type = PLAN_T_MAP },
	{ "steps.#.crl.revoke.#.id", PLAN_T_ID, OPTIONAL,
	    IN(struct plan_revoke, id) },
	{ "steps.#.crl.revoke.#.serial", PLAN_T_HEX, OPTIONAL,
	    IN(struct plan_revoke, serial) },
	{ "steps.#.crl.revoke.#.reason", PLAN_T_CHOICE, .choices = reasons,
	    IN(struct plan_revoke, reason) },

	{ "steps.#.quorum-change", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_step, u.quorum) },
	{ "steps.#.quorum-change.threshold", PLAN_T_NUMBER, .min = 2,
	    .max = PLAN_OPERATORS_MAX, IN(struct plan_quorum, threshold) },
	{ "steps.#.quorum-change.operators", PLAN_T_SEQ, .min = 2,
	    .max = PLAN_OPERATORS_MAX,
	    LIST(struct plan_quorum, operators, count) },
	{ "steps.#.quorum-change.operators.#", .type = PLAN_T_MAP },
	{ "steps.#.quorum-change.operators.#.id", PLAN_T_WORD,
	    IN(struct plan_operator, id) },
	{ "steps.#.quorum-change.operators.#.name", PLAN_T_TEXT,
	    IN(struct plan_operator, name) },
	{ "steps.#.quorum-change.operators.#.token", PLAN_T_TOKEN,
	    IN(struct plan_operator, token) },
	{ "steps.#.quorum-change.operators.#.card", PLAN_T_MARK, OPTIONAL,
	    .choices = "new", IN(struct plan_operator, new_card) },
	{ "steps.#.quorum-change.operators.#.was", PLAN_T_WORD, OPTIONAL,
	    IN(struct plan_operator, was) },
	{ "steps.#.quorum-change.operators.#.personalised", PLAN_T_MARK,
	    OPTIONAL, .choices = "elsewhere",
	    IN(struct plan_operator, elsewhere) },
	{ "steps.#.quorum-change.operators.#.sign-key", PLAN_T_TEXT, OPTIONAL,
	    IN(struct plan_operator, sign_key) },
	{ "steps.#.quorum-change.operators.#.derive-key", PLAN_T_TEXT, OPTIONAL,
	    IN(struct plan_operator, derive_key) },
	{ "steps.#.quorum-change.reason", PLAN_T_TEXT,
	    IN(struct plan_quorum, reason) },
	{ "steps.#.quorum-change.tokens", PLAN_T_SEQ, OPTIONAL, .min = 1,
	    .max = PLAN_ROTATE_MAX,
	    LIST(struct plan_quorum, rotate, rotate_count) },
	{ "steps.#.quorum-change.tokens.#", PLAN_T_TOKEN,
	    .size = sizeof(unsigned) },
	{ "steps.#.quorum-change.so", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_quorum, so) },
	{ "steps.#.quorum-change.so.threshold", PLAN_T_NUMBER, .min = 2,
	    .max = PLAN_OPERATORS_MAX, IN(struct plan_split, threshold) },
	{ "steps.#.quorum-change.so.custodians", PLAN_T_SEQ, .min = 2,
	    .max = PLAN_OPERATORS_MAX,
	    LIST(struct plan_split, custodians, count) },
	{ "steps.#.quorum-change.so.custodians.#", PLAN_T_TEXT,
	    .size = PLAN_NAME_MAX + 1 },
	{ "steps.#.quorum-change.backup", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_quorum, backup) },
	{ "steps.#.quorum-change.backup.threshold", PLAN_T_NUMBER, .min = 2,
	    .max = PLAN_OPERATORS_MAX, IN(struct plan_split, threshold) },
	{ "steps.#.quorum-change.backup.custodians", PLAN_T_SEQ, .min = 2,
	    .max = PLAN_OPERATORS_MAX,
	    LIST(struct plan_split, custodians, count) },
	{ "steps.#.quorum-change.backup.custodians.#", PLAN_T_TEXT,
	    .size = PLAN_NAME_MAX + 1 },

	{ "steps.#.recovery", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_step, u.recovery) },
	{ "steps.#.recovery.token", PLAN_T_TOKEN,
	    IN(struct plan_recovery, token) },
	{ "steps.#.recovery.reason", PLAN_T_TEXT,
	    IN(struct plan_recovery, reason) },

	{ "steps.#.backup", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_step, u.copy) },
	{ "steps.#.backup.token", PLAN_T_TOKEN, IN(struct plan_copy, token) },
	{ "steps.#.backup.out", PLAN_T_FILE, IN(struct plan_copy, file) },

	{ "steps.#.restore", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_step, u.copy) },
	{ "steps.#.restore.token", PLAN_T_TOKEN, IN(struct plan_copy, token) },
	{ "steps.#.restore.from", PLAN_T_FILE, IN(struct plan_copy, file) },

	{ "steps.#.destroy", PLAN_T_MAP, OPTIONAL,
	    IN(struct plan_step, u.end) },
	{ "steps.#.destroy.token", PLAN_T_TOKEN, IN(struct plan_end, token) },
	{ "steps.#.destroy.reason", PLAN_T_TEXT, IN(struct plan_end, reason) },
	{ "steps.#.destroy.last-copy", PLAN_T_MARK, OPTIONAL,
	    .choices = "accepted", IN(struct plan_end, last_copy) },

	{ "steps.#.retire", PLAN_T_MAP, OPTIONAL, IN(struct plan_step, u.end) },
	{ "steps.#.retire.token", PLAN_T_TOKEN, IN(struct plan_end, token) },
	{ "steps.#.retire.reason", PLAN_T_TEXT, IN(struct plan_end, reason) },
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROWS <= PLAN_ROWS_MAX, "raise PLAN_ROWS_MAX");

static const char *const kinds[PLAN_KIND_COUNT] = {
	[PLAN_QUORUM] = "quorum",
	[PLAN_ROOT] = "root",
	[PLAN_PRODUCT_CA] = "product-ca",
	[PLAN_INTERMEDIATE] = "intermediate",
	[PLAN_WORK_ORDER] = "work-order",
	[PLAN_BATCH] = "batch",
	[PLAN_CRL] = "crl",
	[PLAN_QUORUM_CHANGE] = "quorum-change",
	[PLAN_RECOVERY] = "recovery",
	[PLAN_BACKUP] = "backup",
	[PLAN_RESTORE] = "restore",
	[PLAN_DESTROY] = "destroy",
	[PLAN_RETIRE] = "retire",
};

const char *
plan_kind_name(enum plan_kind kind)
{
	if ((unsigned)kind >= PLAN_KIND_COUNT)
		return "unknown";
	return kinds[kind];
}

enum plan_kind
plan_kind_find(const char *name, size_t len)
{
	unsigned i;

	for (i = 0; i < PLAN_KIND_COUNT; i++) {
		if (strlen(kinds[i]) == len &&
		    strncmp(kinds[i], name, len) == 0)
			break;
	}
	return (enum plan_kind)i;
}

const struct plan_row *
plan_schema_root(void)
{
	return &rows[0];
}

const struct plan_row *
plan_schema_at(size_t i)
{
	return i < ROWS ? &rows[i] : NULL;
}

const char *
plan_schema_key(const struct plan_row *row)
{
	const char *dot = strrchr(row->path, '.');

	return dot != NULL ? dot + 1 : row->path;
}

bool
plan_schema_is_child(const struct plan_row *row, const struct plan_row *parent)
{
	const char *key = plan_schema_key(row);
	size_t len = strlen(parent->path);

	if (row == parent || key == row->path)
		return row != parent && len == 0;
	return (size_t)(key - row->path) == len + 1 &&
	    strncmp(row->path, parent->path, len) == 0;
}

bool
plan_schema_is_scalar(const struct plan_row *row)
{
	return row->type != PLAN_T_MAP && row->type != PLAN_T_STEP &&
	    row->type != PLAN_T_SEQ;
}

const struct plan_row *
plan_schema_child(const struct plan_row *parent, const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		const char *k = plan_schema_key(&rows[i]);

		if (strlen(k) == len && strncmp(k, key, len) == 0 &&
		    plan_schema_is_child(&rows[i], parent))
			return &rows[i];
	}
	return NULL;
}
