/* SPDX-License-Identifier: ISC */
#include "ceremony/record/checkpoint.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A note that is read begins with exactly the text that we would write. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct checkpoint_sig sigs[CHECKPOINT_SIGS_MAX];
	char text[CHECKPOINT_TEXT_MAX];
	struct checkpoint c;
	size_t count, len;

	if (checkpoint_read((const char *)data, size, &c, sigs, &count, NULL) ==
		RECORD_OK &&
	    (checkpoint_text(&c, text, &len) != RECORD_OK ||
		memcmp(text, data, len) != 0))
		abort();
	return 0;
}
