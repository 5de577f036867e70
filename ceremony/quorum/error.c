/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/error.h"

const char *
quorum_strerror(enum quorum_error err)
{
	switch (err) {
	case QUORUM_OK:
		return "no error";
	case QUORUM_ERR_MEMORY:
		return "out of memory, or memory cannot be locked";
	case QUORUM_ERR_ARGUMENT:
		return "argument out of range";
	case QUORUM_ERR_THRESHOLD:
		return "threshold out of range, or too few shares";
	case QUORUM_ERR_SHARE:
		return "shares do not belong together";
	case QUORUM_ERR_DIGEST:
		return "digest of the combined secret is wrong";
	case QUORUM_ERR_WORD:
		return "word is not on the list";
	case QUORUM_ERR_CHECKSUM:
		return "checksum of the words is wrong";
	case QUORUM_ERR_MNEMONIC:
		return "words are out of form";
	case QUORUM_ERR_TEXT:
		return "policy or approval text is out of form";
	case QUORUM_ERR_DUPLICATE:
		return "operator or key is named twice";
	case QUORUM_ERR_OPERATOR:
		return "not an operator of this policy";
	case QUORUM_ERR_SIGNATURE:
		return "signature of the approval does not verify";
	case QUORUM_ERR_WRAP:
		return "share cannot be wrapped";
	case QUORUM_ERR_UNWRAP:
		return "blob does not open with this key";
	case QUORUM_ERR_BLOB:
		return "blob is for another token, epoch or share";
	case QUORUM_ERR_COMMITMENT:
		return "share is not the one committed to";
	}
	return "unknown error";
}
