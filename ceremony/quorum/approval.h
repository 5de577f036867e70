/* SPDX-License-Identifier: ISC */
#ifndef QUORUM_APPROVAL_H
#define QUORUM_APPROVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/quorum/error.h"
#include "ceremony/quorum/policy.h"

#define APPROVAL_USES_MAX 8
#define APPROVAL_NAME_MAX 64
#define APPROVAL_TEXT_MAX 4096
#define APPROVAL_SIG_MAX 512 /* octets: DER ECDSA-Sig, or RSA-4096 */

/* One kind of use of a key and how often: <profile | crl | seal-order |
 * seal-response | self-test> <n>. */
struct approval_use {
	char name[APPROVAL_NAME_MAX + 1];
	uint32_t count;
};

/*
 * An act as operators approve it.  Values that may be absent ("-" in the
 * text) have a flag; resumes 0 means absent; epoch 0 means absent.
 */
struct approval {
	char log[POLICY_LOG_MAX + 1];
	char ceremony[APPROVAL_NAME_MAX + 1];
	uint64_t act;
	uint64_t resumes;
	unsigned step; /* index from 1 */
	char kind[APPROVAL_NAME_MAX + 1];
	char token[33]; /* serial, or label before C_InitToken, or "-" */
	uint32_t epoch;
	uint8_t policy_sha256[32];
	uint8_t plan_sha256[32];
	uint8_t input_sha256[32];
	size_t use_count;
	struct approval_use uses[APPROVAL_USES_MAX];
	bool has_issuer, has_nonce;
	uint8_t issuer_spki_sha256[32];
	uint8_t head[32]; /* SHA-256 of the act.propose line */
	uint8_t nonce[16];
};

/* The text an operator's card signs; the layout is the design's, octet for
 * octet.  out has room for APPROVAL_TEXT_MAX; *len without NUL.
 * Errors: TEXT (a member holds blanks, controls or is out of range). */
enum quorum_error approval_text(const struct approval *a,
    const char *operator_id, char *out, size_t *len);
/* Whether text has the form of an approval by operator_id: what an operator's
 * signer checks before its card signs anything. */
bool approval_text_valid(const char *text, size_t len, const char *operator_id);
/* Verify an approval's signature over SHA-256 of the text: DER ECDSA-Sig, or
 * RSASSA-PKCS1-v1_5.
 * Errors: OPERATOR, TEXT, SIGNATURE, MEMORY. */
enum quorum_error
approval_verify(const struct approval *a, const struct policy *policy,
    const char *operator_id, const uint8_t *sig, size_t sig_len);

#endif
