/* SPDX-License-Identifier: ISC */
#ifndef RECORD_PLAN_H
#define RECORD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/record/error.h"

#define PLAN_MAX (256u << 10) /* octets of a plan file */
#define PLAN_FIELDS_MAX 4096
#define PLAN_PATH_MAX 95
#define PLAN_TEXT_MAX 512
#define PLAN_STEPS_MAX 64
#define PLAN_TOKENS_MAX 64
#define PLAN_OPERATORS_MAX 16
#define PLAN_PEOPLE_MAX 32
#define PLAN_REVOKE_MAX 1000
#define PLAN_HOLDERS_MAX 8 /* tokens that hold one CA key */
#define PLAN_ROTATE_MAX 32 /* tokens keyed for a new quorum: all of a log */
#define PLAN_AT_ONCE_MAX 8 /* of them, in the group that agrees on it */
#define PLAN_NAME_MAX 64
#define PLAN_STATED_MAX 16 /* names, uses or policies of an intermediate */
#define PLAN_NAMES_MAX 255 /* characters of a subtree of names */

/*
 * A plan comes out of the reader as flat fields in document order, path and
 * scalar: ("steps.2.root.subject", "CN=Example Root CA"); sequences count
 * from 1.  A mapping or sequence stands before its contents with an empty
 * value ("steps.2.root", ""), for the place of faults; plan_build() does
 * without.  plan_build() turns fields into a plan by the schema's rows, in the
 * reader (where the file was YAML) and again in the operator's process.
 */
struct plan_field {
	char path[PLAN_PATH_MAX + 1];
	char value[PLAN_TEXT_MAX + 1];
	unsigned line, column; /* from 1; 0 when not known */
};

enum plan_kind {
	PLAN_QUORUM,
	PLAN_ROOT,
	PLAN_PRODUCT_CA,
	PLAN_INTERMEDIATE,
	PLAN_WORK_ORDER,
	PLAN_BATCH,
	PLAN_CRL,
	PLAN_QUORUM_CHANGE,
	PLAN_RECOVERY,
	PLAN_BACKUP,
	PLAN_RESTORE,
	PLAN_DESTROY,
	PLAN_RETIRE,
	PLAN_KIND_COUNT
};
/* "quorum", "root", "product-ca", "intermediate", "work-order", "batch",
 * "crl", "quorum-change", "recovery", "backup", "restore", "destroy",
 * "retire"; total. */
const char *plan_kind_name(enum plan_kind kind);

struct plan_sandbox {    /* what every process must reach; see level.h */
	char minimum[8]; /* "full", "seccomp", "basic"; "": full */
	char reason[PLAN_TEXT_MAX + 1]; /* for less than full */
};
struct plan_shell { /* open on the third console while the ceremony lasts */
	char reason[PLAN_TEXT_MAX + 1]; /* "": there is none */
};
struct plan_person { /* roles: */
	char role[PLAN_NAME_MAX + 1];
	char name[PLAN_NAME_MAX + 1];
};
struct plan_token {
	char label[33];
	char module[256]; /* "softhsm", "opensc" or a path */
	char serial[17];  /* "" when left out */
	char owner[33];   /* operator id; "" for a CA token */
};
struct plan_operator {
	char id[33];
	char name[PLAN_NAME_MAX + 1];
	unsigned token; /* index into tokens */
	/* quorum-change */
	bool new_card; /* made and enrolled in this step */
	char was[33];  /* the id until now, or "" */
	/* a token personalised elsewhere, and its keys: labels or "id=<hex>",
	 * "" for "sign" and "derive" */
	bool elsewhere;
	char sign_key[PLAN_NAME_MAX + 1], derive_key[PLAN_NAME_MAX + 1];
};
struct plan_split { /* words on paper */
	unsigned threshold;
	size_t count; /* 0: there are none in this step */
	char custodians[PLAN_OPERATORS_MAX][PLAN_NAME_MAX + 1];
};
struct plan_quorum { /* quorum and quorum-change */
	unsigned threshold;
	size_t count;
	struct plan_operator operators[PLAN_OPERATORS_MAX];
	struct plan_split so;     /* quorum-change: none when S stays */
	struct plan_split backup; /* B; none when no key is to be copied */
	/* quorum-change */
	size_t rotate_count;
	unsigned rotate[PLAN_ROTATE_MAX]; /* CA tokens keyed in this step */
	char reason[PLAN_TEXT_MAX + 1];
};
struct plan_ca { /* root and product-ca */
	char subject[PLAN_TEXT_MAX + 1];
	char sealer_subject[PLAN_TEXT_MAX + 1]; /* product-ca */
	char key[8];                            /* "p256" or "p384" */
	unsigned years;
	unsigned crl_days; /* nextUpdate after thisUpdate */
	size_t holder_count;
	unsigned holders[PLAN_HOLDERS_MAX];  /* indices into tokens */
	char single_copy[PLAN_TEXT_MAX + 1]; /* reason, or "" */
	unsigned issuer;  /* product-ca: index of the root's token */
	unsigned pathlen; /* product-ca: CAs that may stand below it */
};
struct plan_intermediate { /* a CA that others run */
	unsigned token;    /* that certifies it */
	unsigned sealer;   /* of a product CA, whose sealer seals the chain */
	char csr[PLAN_NAME_MAX + 1];    /* file name in --in */
	char out[PLAN_NAME_MAX + 1];    /* chain, PEM, in --out */
	char sealed[PLAN_NAME_MAX + 1]; /* the same, sealed */
	char subject[PLAN_TEXT_MAX + 1];
	char key[8];         /* "p256", "p384" or "rsa" */
	char key_sha256[65]; /* of its SPKI, if it was told; or "" */
	unsigned years, pathlen;
	size_t permitted_count, excluded_count, eku_count, policy_count;
	char permitted[PLAN_STATED_MAX][PLAN_NAMES_MAX + 1];
	char excluded[PLAN_STATED_MAX][PLAN_NAMES_MAX + 1];
	char eku[PLAN_STATED_MAX][PLAN_NAME_MAX + 1];
	char policies[PLAN_STATED_MAX][PLAN_NAME_MAX + 1];
};
struct plan_order {
	unsigned token;
	char station[PLAN_NAME_MAX + 1]; /* file name in --in */
	char out[PLAN_NAME_MAX + 1];     /* file name in --out */
	char pattern[129];
	char subject[PLAN_TEXT_MAX + 1];
	char profile[PLAN_NAME_MAX + 1];
	uint64_t quota;
	int64_t expiry, receipts;
};
struct plan_revoke {
	char id[65];     /* of the unit, or "" */
	char serial[41]; /* lower-case hex, or "" */
	char reason[24]; /* RFC 5280 name: "keyCompromise" */
};
struct plan_batch {     /* batch and crl */
	unsigned token; /* the first of these */
	/* batch: that sign it side by side, one CA key on each */
	size_t token_count;
	unsigned tokens[PLAN_HOLDERS_MAX];
	char request[PLAN_NAME_MAX + 1]; /* batch: file name in --in */
	char out[PLAN_NAME_MAX + 1];     /* response, or CRL (PEM) */
	unsigned years;    /* batch: validity; 0 with a profile for ever */
	unsigned crl_days; /* 0: no CRL in this batch */
	size_t revoke_count;
	struct plan_revoke *revoke;
	char accept_gap[PLAN_TEXT_MAX + 1]; /* reason, or "" */
};
struct plan_recovery {
	unsigned token; /* of a CA */
	char reason[PLAN_TEXT_MAX + 1];
};
struct plan_copy { /* backup and restore */
	unsigned token;
	char file[PLAN_NAME_MAX + 1]; /* in --out, or in --in */
};
struct plan_end { /* destroy and retire */
	unsigned token;
	char reason[PLAN_TEXT_MAX + 1];
	bool last_copy; /* destroy: of its key, and that is accepted */
};
struct plan_step {
	enum plan_kind kind;
	unsigned line; /* in the file */
	union {
		struct plan_quorum quorum;
		struct plan_ca ca;
		struct plan_intermediate intermediate;
		struct plan_order order;
		struct plan_batch batch;
		struct plan_recovery recovery;
		struct plan_copy copy;
		struct plan_end end;
	} u;
};
struct plan {
	char log[129];
	char ceremony[PLAN_NAME_MAX + 1]; /* [a-z0-9-] */
	int64_t date;
	char title[PLAN_TEXT_MAX + 1];
	/* of cards, see vendor.h: "" for any; the file of the vendor's root, ""
	 * when vendor is an issuer's certificate */
	char vendor[65], vendor_file[PLAN_NAME_MAX + 1];
	struct plan_sandbox sandbox;
	struct plan_shell shell;
	size_t people_count;
	struct plan_person people[PLAN_PEOPLE_MAX];
	size_t token_count;
	struct plan_token tokens[PLAN_TOKENS_MAX];
	size_t step_count;
	struct plan_step *steps;
};

/* What is wrong and where: line and column are 0 when not known; text is
 * one line: object, rule, next step. */
struct plan_fault {
	unsigned line, column;
	char text[200];
};

/* Check fields against the schema rows and build the plan; *out new,
 * plan_free().  Errors: RECORD_ERR_PLAN (fault says), MEMORY. */
enum record_error plan_build(const struct plan_field *fields, size_t count,
    struct plan **out, struct plan_fault *fault);
void plan_free(struct plan *p);
/* A rehearsal's plan: origin prefixed "rehearsal/", every subject gets
 * OU=REHEARSAL, tokens personalised elsewhere become cards that are made, serials of soft tokens are dropped.  Every token is of that
 * module; NULL: of the one that the plan names.  Errors: RECORD_ERR_PLAN (too long), ARGUMENT (a
 * rehearsal's plan already, or no name or path of a module). */
enum record_error plan_rehearse(struct plan *p, const char *module);
/* "softhsm", "opensc" or the path of a module? */
bool plan_module_valid(const char *name);
/* Members of a quorum-change who come with a new card; 0 for a quorum. */
size_t plan_new_cards(const struct plan_quorum *q);
/* Those of them whose card is made, and thus needs S. */
size_t plan_made_cards(const struct plan_quorum *q);
/* What the keys of an operator's card go by. */
#define PLAN_SIGN_KEY "sign"
#define PLAN_DERIVE_KEY "derive"
const char *plan_sign_key(const struct plan_operator *o);
const char *plan_derive_key(const struct plan_operator *o);
/* What limits an intermediate, as stated_parse() (ca/stated.h) reads it; false
 * when it is too long.  out: STATED_TEXT_MAX + 1. */
bool plan_stated(const struct plan_intermediate *i, char *out);
/* The same of a product CA; "" for the pathLen of 0 that its profile has. */
void plan_stated_product(const struct plan_ca *ca, char *out);
/* Does the plan list this card, with an owner?  Others are not asked for. */
bool plan_lists_card(const struct plan *p, const char *label);
/* What a plan needs: card readers, visits of operators in all (from m of the
 * present quorum) and of one who comes every time, estimated minutes, and how
 * often custodians type the words of S, and of B. */
struct plan_needs {
	unsigned readers, visits, rounds, minutes, words, backup_words;
};
void plan_needs(const struct plan *p, unsigned m, struct plan_needs *out);

#endif
