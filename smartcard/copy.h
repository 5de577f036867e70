/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_COPY_H
#define SMARTCARD_COPY_H

#include "smartcard/token.h"

/*
 * The same key on more than one token.  It leaves the one it was made on
 * wrapped under a device key encryption key (DKEK), which a process of ours
 * knows while it lasts and no token keeps longer than it has to.  Whoever has
 * the DKEK and the wrapped key has the key in clear.
 */
#define COPY_DKEK_SIZE 32
#define COPY_BLOB_MAX 2048

/*
 * Wrap the private key of that label.  It must have been made as a
 * KEY_SIGN_ORIGINAL or be a KEY_SIGN_COPY.  Needs login.
 *
 * dkek  borrowed, COPY_DKEK_SIZE octets.
 * blob  new, 1 to COPY_BLOB_MAX octets in the form of the token's kind, free().
 *
 * SoftHSM: CKM_AES_KEY_WRAP_PAD (RFC 5649) of PKCS #8, under a session key.
 * SmartCard-HSM: the card wraps under the DKEK that it was initialised with,
 * which must be this one; a SEQUENCE of that, the key's description (PKCS #15)
 * and what stands beside the key, as sc-hsm-tool has it.
 *
 * Errors: MAY_NOT (made to stay), KEY_MISSING, NO_COPIES, ARGUMENT, MODULE, ...
 */
enum card_error token_export_key(struct token *t, const char *label,
    const struct secret *dkek, uint8_t **blob, size_t *len);

/*
 * Take a wrapped key in, as a KEY_SIGN_COPY of that label and id with the
 * public key spki beside it.  The key has to sign a text that verifies with
 * spki, and its attributes are judged; on any error nothing of it stays on the
 * token.  Needs login.  attrs (may be NULL) gets what was read.
 *
 * Errors: KEY_AMBIGUOUS (label or id is taken), UNWRAP (another DKEK, or the
 * blob was changed), SELFTEST (the key of another spki), ATTRIBUTES,
 * NO_COPIES, ARGUMENT, FULL, MODULE, ...
 */
enum card_error token_import_key(struct token *t, const char *label, uint8_t id,
    const uint8_t *spki, size_t spki_len, const struct secret *dkek,
    const uint8_t *blob, size_t len, struct key_attributes *attrs);

#endif
