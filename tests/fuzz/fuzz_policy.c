/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ceremony/quorum/approval.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A policy that reads must write to the same octets. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct policy p;
	char *text = NULL;
	size_t text_len = 0;

	if (policy_read((const char *)data, len, &p) == QUORUM_OK &&
	    (policy_write(&p, &text, &text_len) != QUORUM_OK ||
		text_len != len || memcmp(text, data, len) != 0))
		__builtin_trap();
	approval_text_valid((const char *)data, len, "op-01");
	free(text);
	return 0;
}
