/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_OBJECT_H
#define SMARTCARD_OBJECT_H

#include "smartcard/session.h"

/* Finding and reading objects of a token, for the files of smartcard/. */

#define OBJECT_MATCH_MAX 16   /* objects looked at under one label */
#define OBJECT_VALUE_MAX 8192 /* octets of an attribute */
#define OBJECT_LABEL_MAX 64
#define OBJECT_ID_MAX 30 /* octets of a CKA_ID that people write */

/* What a key is looked for by: its label, or "id=<hex>". */
struct key_name {
	uint8_t id[OBJECT_ID_MAX];
	CK_ATTRIBUTE match; /* borrows the label, or id above */
};
/* False when it is neither. */
bool key_name_read(const char *name, struct key_name *out);

/* Is this a label we give to an object: 1 to OBJECT_LABEL_MAX octets? */
bool token_label_ok(const char *label);
/* Handles of the objects that match; *count may be 0. */
enum card_error
token_find_objects(struct token *t, CK_ATTRIBUTE *match, CK_ULONG match_count,
    CK_OBJECT_HANDLE out[OBJECT_MATCH_MAX], CK_ULONG *count);
/* The one key (or certificate) of a class and label on the token.
 * Errors: KEY_MISSING, KEY_AMBIGUOUS, MODULE, ... */
enum card_error token_find_key(struct token *t, CK_OBJECT_CLASS class,
    const char *label, CK_OBJECT_HANDLE *out);
/* Errors: KEY_AMBIGUOUS when a private key has this label or this CKA_ID: two
 * of one label could not be told apart, and libp11 takes the public half by
 * the id. */
enum card_error
token_name_is_free(struct token *t, const char *label, uint8_t id);
/* One attribute; *data new, OPENSSL_free(), never NULL on success. */
enum card_error token_read_attribute(struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, uint8_t **data, size_t *len);
/* Destroy them all; goes on after an error and returns the first. */
enum card_error token_destroy_objects(struct token *t,
    const CK_OBJECT_HANDLE *objects, CK_ULONG count);

#endif
