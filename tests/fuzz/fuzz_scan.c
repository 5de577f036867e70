/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "transfer/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
show(struct scanner *s, const uint8_t *data, size_t len)
{
	struct scan_found found;
	struct transfer_fault fault;
	size_t used;

	(void)scanner_picture(s, PICTURE_GREY, data, len, 64, 64, &used, &found,
	    &fault);
}

/* Lines of text; those that begin with P are raw frames, so that zbar sees
 * octets too.  What comes out has a length, and nothing comes out twice
 * differently. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct scan_progress p;
	struct scan_found found;
	struct transfer_fault fault;
	struct scanner *s;
	uint8_t *file, *again;
	size_t file_len, again_len;

	if (scanner_new(false, &s) != TRANSFER_OK)
		return 0;
	while (len > 0) {
		const uint8_t *end = memchr(data, '\n', len);
		size_t n = end == NULL ? len : (size_t)(end - data);

		if (*data == 'P' && len > 64 * 64) {
			n = 64 * 64;
			show(s, data + 1, n);
		} else if (n <= SCAN_TEXT_MAX) {
			scanner_text(s, (const char *)data, n, &found);
		}
		scanner_progress(s, &p);
		if (p.ur.rank > p.ur.needed)
			abort();
		n = n < len ? n + 1 : len;
		data += n;
		len -= n;
	}
	if (scanner_finish(s, &file, &file_len, &fault) == TRANSFER_OK) {
		if (file_len == 0 ||
		    scanner_finish(s, &again, &again_len, &fault) !=
			TRANSFER_OK ||
		    again_len != file_len || memcmp(file, again, file_len) != 0)
			abort();
		free(again);
	}
	free(file);
	scanner_free(s);
	return 0;
}
