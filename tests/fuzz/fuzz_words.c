/* SPDX-License-Identifier: ISC */
#include "ceremony/record/words.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Words that are read mean a digest that is written and read the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	char words[WORDS_TEXT_MAX];
	uint8_t digest[32], again[32];
	unsigned bad;

	if (text != NULL && words_read(text, digest, &bad)) {
		words_write(digest, words);
		if (!words_read(words, again, NULL) ||
		    memcmp(digest, again, 32) != 0)
			abort();
	}
	free(text);
	return 0;
}
