/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ceremony/record/backup_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A file that reads must write to the same octets. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct record_fault fault = { .text = "" };
	struct backup_file b;
	char *text = NULL;
	size_t text_len = 0;

	if (backup_file_read((const char *)data, len, &b, &fault) ==
		RECORD_OK &&
	    (backup_file_write(&b, &text, &text_len) != RECORD_OK ||
		text_len != len || memcmp(text, data, len) != 0))
		__builtin_trap();
	free(text);
	return 0;
}
