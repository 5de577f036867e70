/* SPDX-License-Identifier: ISC */
#ifndef RECORD_CHECKPOINT_H
#define RECORD_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "ceremony/quorum/approval.h"
#include "ceremony/quorum/policy.h"
#include "ceremony/record/error.h"

#define CHECKPOINT_TEXT_MAX 1024
#define CHECKPOINT_NOTE_MAX 32768
#define CHECKPOINT_SIGS_MAX 32

/*
 * A signed head: a C2SP signed note (c2sp.org/signed-note) whose text is a
 * C2SP checkpoint: origin, tree size, root in base64, and one extension line
 * "transcript <seq> <head hex>"; each line ends in LF.  Signature lines are
 * "— <origin>/<id> <base64 of key id (4 octets) || signature>", the signature
 * over the text with its final LF.  An EC key's is of type 0x02: DER
 * ECDSA-Sig with SHA-256.  RSA has no type of its own, so an RSA key's is
 * of type 0xff, which a name follows: RSASSA-PKCS1-v1_5 with SHA-256.
 */
struct checkpoint {
	char origin[POLICY_LOG_MAX + 1];
	uint64_t tree_size;
	uint8_t tree_root[32];
	uint64_t seq;
	uint8_t head[32];
};
struct checkpoint_sig {
	char id[POLICY_ID_MAX + 1];
	uint8_t der[APPROVAL_SIG_MAX];
	size_t len;
	uint8_t key_id[4];
};

/* The text that is signed; out has room for CHECKPOINT_TEXT_MAX, a NUL stands
 * beyond *len.  ARGUMENT: the origin is no key name of a note (empty, a blank,
 * '+', not printable ASCII). */
enum record_error
checkpoint_text(const struct checkpoint *c, char *out, size_t *len);
/* Whole note from text and signatures; *out new, free().  ARGUMENT: origin as
 * above, no or too many signatures, an id or signature out of form. */
enum record_error checkpoint_note(const struct checkpoint *c,
    const struct checkpoint_sig *sigs, size_t count, char **out, size_t *len);
/* Parse strictly; sigs has room for CHECKPOINT_SIGS_MAX.  Nothing is verified.
 * Well-formed signatures whose key name is no "<origin>/<id>" are passed over.
 * Errors: FORM, MEMORY. */
enum record_error
checkpoint_read(const char *note, size_t len, struct checkpoint *out,
    struct checkpoint_sig *sigs, size_t *count, struct record_fault *fault);
/* Verify: every signature by an operator or witness of the policy must be
 * good, nobody's may stand twice; *operators and *witnesses count them (both 0
 * on error): whether they are enough is the caller's question.  Unknown names
 * are passed over, as the note format wants.  Errors: SIGNATURE, OTHER_LOG
 * (the policy is another log's), ARGUMENT. */
enum record_error checkpoint_verify(const struct checkpoint *c,
    const struct checkpoint_sig *sigs, size_t count, const struct policy *p,
    unsigned *operators, unsigned *witnesses, struct record_fault *fault);
#define CHECKPOINT_RSA_TYPE "anchorite/rsa-pkcs1-v1_5-sha256"
/*
 * Key id of the key of <origin>/<id>: the first 4 octets of SHA-256 of the SPKI
 * DER; for an RSA key of SHA-256(<origin>/<id> || 0x0a || 0xff ||
 * CHECKPOINT_RSA_TYPE || SPKI DER).
 */
void checkpoint_key_id(const char *origin, const char *id,
    const struct policy_spki *spki, uint8_t out[4]);

#endif
