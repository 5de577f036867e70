/* SPDX-License-Identifier: ISC */
#include <stdint.h>

#include "ceremony/quorum/slip39_share.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* One mnemonic; combining would only add seconds of PBKDF2.  What reads well
 * must write to itself, but for case and words cut to four letters. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct secret *text = secret_from(data, len), *again = NULL;
	struct slip39_share share = { 0 };

	if (text != NULL && slip39_share_read(text, &share) == QUORUM_OK &&
	    slip39_share_write(&share, &again) == QUORUM_OK &&
	    again->len < text->len)
		__builtin_trap();
	secret_free(share.value);
	secret_free(again);
	secret_free(text);
	return 0;
}
