/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "transfer/qr_file.h"
#include "transfer/ur.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines of text, one after the other; what becomes whole is unpacked. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *why;
	enum ur_taken taken = UR_REFUSED;
	struct ur_decoder *d;
	uint8_t *file = NULL;
	size_t len, file_len;

	if (ur_decoder_new(UR_TYPE, &d) != TRANSFER_OK)
		return 0;
	while (at < end && taken != UR_COMPLETE) {
		const char *line = memchr(at, '\n', (size_t)(end - at));

		if (line == NULL)
			line = end;
		taken = ur_decoder_take(d, at, (size_t)(line - at), &why);
		at = line < end ? line + 1 : end;
	}
	if (taken == UR_COMPLETE) {
		const uint8_t *message = ur_decoder_message(d, &len);

		(void)qr_file_unpack(message, len, &file, &file_len, NULL);
		free(file);
	}
	ur_decoder_free(d);
	return 0;
}
