/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_ATTRIBUTES_H
#define SMARTCARD_ATTRIBUTES_H

#include "smartcard/session.h"

/*
 * What a private key must be.  A module may have late flags: OpenSC reads
 * SENSITIVE, ALWAYS_SENSITIVE, NEVER_EXTRACTABLE and LOCAL as false from
 * C_GenerateKeyPair until the module is loaded again.  Those four are then
 * not judged at generation; token_check_key() judges them all, later.
 *
 * OpenSC has no key that signs without CKA_SIGN_RECOVER either, whatever the
 * template says (its x509 usage "digitalSignature" is both).  No mechanism of
 * an EC key does anything by it, so beside CKA_SIGN it is let pass there, and
 * there alone.
 */
enum attributes_excuse {
	ATTRIBUTES_LATE = 1,
	ATTRIBUTES_RECOVER = 2,
	/* what a key that has copies cannot be: of the one that is made,
	 * EXTRACTABLE and NEVER_EXTRACTABLE, since it is wrapped; of a copy also
	 * LOCAL and ALWAYS_SENSITIVE, since it was made elsewhere.  The use of
	 * the key gives these excuses, and nothing else does. */
	ATTRIBUTES_LEAVES = 4,
	ATTRIBUTES_CAME = 8,
	/* of a key that others made: only what keeps it on its token for its
	 * holder alone is judged, its use is tried */
	ATTRIBUTES_FOREIGN = 16
};

/* The first rule that attributes break, as text; NULL when they break none.
 * excuses: what is not judged, of LATE and RECOVER. */
const char *attributes_fault(const struct key_attributes *attrs,
    enum key_use use, unsigned excuses);
/* Read them.  What the module does not tell counts as what it must not be, or
 * as false where the use excuses it. */
enum card_error attributes_read(struct token *t, CK_OBJECT_HANDLE key,
    enum key_use use, struct key_attributes *out);
/* Both, with the excuses of the token's module, for a key just made and for
 * one met again. */
enum card_error attributes_check(struct token *t, CK_OBJECT_HANDLE key,
    enum key_use use, bool made, struct key_attributes *attrs);

#endif
