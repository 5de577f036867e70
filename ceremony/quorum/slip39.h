/* SPDX-License-Identifier: ISC */
#ifndef QUORUM_SLIP39_H
#define QUORUM_SLIP39_H

#include <stddef.h>
#include <stdint.h>

#include "ceremony/quorum/error.h"
#include "smartcard/secret.h"

/* SLIP-0039: words for shares on paper. */
#define SLIP39_WORDS_MAX 33        /* of a 256-bit secret */
#define SLIP39_TEXT_MAX SECRET_MAX /* characters of a mnemonic */
#define SLIP39_MNEMONICS_MAX 16

/* The word of a value 0..1023, or NULL. */
const char *slip39_word(unsigned value);
/* The value of a word (exact, or its unique first four letters; case
 * ignored), or -1. */
int slip39_value(const char *word, size_t len);

/*
 * Combine mnemonics (texts of words parted by single blanks, held in secrets)
 * to the master secret under a passphrase (ASCII, may be "").  Groups,
 * extendable flag and iteration exponent as the standard says; exactly the
 * needed number of shares, all valid.  On WORD, CHECKSUM and MNEMONIC *bad (may
 * be NULL) is the index of the mnemonic.  *out new, secret_free().
 * Errors: WORD, CHECKSUM, MNEMONIC, SHARE, THRESHOLD, DIGEST, ARGUMENT (a
 * passphrase that is not printable ASCII or too long), MEMORY.
 */
enum quorum_error slip39_combine(struct secret *const *mnemonics, size_t count,
    const char *passphrase, struct secret **out, size_t *bad);
/*
 * Split a master secret of 16 or 32 octets into n mnemonics of one group, any
 * m of them enough: extendable, iteration exponent 0, empty passphrase.  m = 1
 * goes with n = 1 only, as the standard says.
 * mnemonics[0..n-1] new, secret_free().
 * Errors: THRESHOLD, ARGUMENT, MNEMONIC (words too long for a secret),
 * MEMORY.
 */
enum quorum_error slip39_split(const struct secret *secret, unsigned m,
    unsigned n, struct secret *mnemonics[]);

#endif
