/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/bytewords.h"
#include "transfer/qr_file.h"
#include "transfer/ur.h"
#include "transfer/ur_part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One part behind the checksum that a text has: what is taken must be written
 * the same.  The octets serve as a message too. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ur_decoder *d = NULL;
	uint8_t head[UR_PART_HEAD_MAX], *file;
	struct ur_part p;
	const char *why;
	char *text;
	size_t len;

	(void)qr_file_unpack(data, size, &file, &len, NULL);
	free(file);
	if (ur_part_read(data, size, &p, &why) != TRANSFER_OK)
		return 0;
	len = ur_part_head_write(&p, head);
	if (len + p.data_len != size || memcmp(head, data, len) != 0)
		abort();
	text = malloc(64 + bytewords_length(size));
	if (text != NULL && ur_decoder_new(UR_TYPE, &d) == TRANSFER_OK) {
		int at = snprintf(text, 64, "ur:" UR_TYPE "/%u-%zu/", p.seq,
		    p.count);

		bytewords_write(data, size, text + at);
		(void)ur_decoder_take(d, text, strlen(text), &why);
		(void)ur_decoder_take(d, text, strlen(text), &why);
	}
	ur_decoder_free(d);
	free(text);
	return 0;
}
