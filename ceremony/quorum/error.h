/* SPDX-License-Identifier: ISC */
#ifndef QUORUM_ERROR_H
#define QUORUM_ERROR_H

/* What a function of ceremony/quorum/ returns; 0 is success. */
enum quorum_error {
	QUORUM_OK = 0,
	QUORUM_ERR_MEMORY,
	QUORUM_ERR_ARGUMENT,
	QUORUM_ERR_THRESHOLD,  /* m or n out of range, or too few shares */
	QUORUM_ERR_SHARE,      /* shares that do not belong together */
	QUORUM_ERR_DIGEST,     /* the combined secret's digest is wrong */
	QUORUM_ERR_WORD,       /* a word that is not on the list */
	QUORUM_ERR_CHECKSUM,   /* a mnemonic's checksum is wrong */
	QUORUM_ERR_MNEMONIC,   /* length, padding or header out of form */
	QUORUM_ERR_TEXT,       /* a policy or approval text out of form */
	QUORUM_ERR_DUPLICATE,  /* the same operator or key twice */
	QUORUM_ERR_OPERATOR,   /* not an operator of this policy */
	QUORUM_ERR_SIGNATURE,  /* an approval that does not verify */
	QUORUM_ERR_WRAP,       /* a share cannot be wrapped */
	QUORUM_ERR_UNWRAP,     /* a blob does not open with this key */
	QUORUM_ERR_BLOB,       /* opened, but for another token, epoch or x */
	QUORUM_ERR_COMMITMENT, /* opened, but not what was committed to */
};

/* A short English text for an error; total, never NULL. */
const char *quorum_strerror(enum quorum_error err);

#endif
