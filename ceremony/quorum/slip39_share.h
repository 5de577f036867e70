/* SPDX-License-Identifier: ISC */
#ifndef QUORUM_SLIP39_SHARE_H
#define QUORUM_SLIP39_SHARE_H

#include <stdbool.h>

#include "ceremony/quorum/error.h"
#include "smartcard/secret.h"

/* What all shares of one master secret have in common (SLIP-0039, "Format of
 * the share mnemonic"). */
struct slip39_set {
	unsigned id; /* 15 bits */
	bool extendable;
	unsigned exponent; /* of the iteration count, 4 bits */
	unsigned group_threshold, group_count; /* 1..16 */
};
struct slip39_share {
	struct slip39_set set;
	unsigned group, member;    /* indices 0..15 */
	unsigned member_threshold; /* 1..16 */
	struct secret *value;
};

/* Read one mnemonic.  out->value new, secret_free(); NULL on error.
 * Errors: WORD, CHECKSUM, MNEMONIC, MEMORY. */
enum quorum_error
slip39_share_read(const struct secret *mnemonic, struct slip39_share *out);
/* Write one mnemonic.  *mnemonic new, secret_free(); NULL on error.
 * Errors: MNEMONIC (the words do not fit a secret), MEMORY. */
enum quorum_error
slip39_share_write(const struct slip39_share *share, struct secret **mnemonic);

#endif
