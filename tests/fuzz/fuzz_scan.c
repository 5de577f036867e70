/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "transfer/qr_find.h"
#include "transfer/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define SIDE 64 /* pixels of a raw frame */

struct room {
	struct scanner *scanner;
	char why[SCAN_WHY_MAX];
};

static void
take(void *arg, const char *text, size_t len)
{
	struct room *r = arg;

	if (scanner_code(r->scanner, text, len, r->why) >= SCAN_TAKEN_COUNT)
		abort();
}

static void
show(struct room *r, const uint8_t *data, size_t len)
{
	struct qr_finder *finder = qr_finder_new();
	struct transfer_fault fault;
	struct picture p;
	size_t used;

	if (finder != NULL &&
	    picture_read(PICTURE_GREY, data, len, SIDE, SIDE, &p, &used,
		&fault) == TRANSFER_OK) {
		if (qr_look(finder, &p, QR_ALL_WAYS, take, r, NULL) !=
		    TRANSFER_OK)
			abort();
		picture_free(&p);
	}
	qr_finder_free(finder);
}

/* The file cannot come out twice differently, nor empty. */
static void
finish(const struct scanner *s)
{
	struct transfer_fault fault;
	uint8_t *file, *again;
	size_t len, again_len;

	if (scanner_finish(s, &file, &len, &fault) == TRANSFER_OK) {
		if (len == 0 ||
		    scanner_finish(s, &again, &again_len, &fault) !=
			TRANSFER_OK ||
		    again_len != len || memcmp(file, again, len) != 0)
			abort();
		free(again);
	}
	free(file);
}

/* Lines of text; one that begins with P is a raw frame for zbar, one with C
 * what a code holds. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct room r;
	struct scan_progress p;

	if (scanner_new(&r.scanner) != TRANSFER_OK)
		return 0;
	while (len > 0) {
		const uint8_t *end = memchr(data, '\n', len);
		size_t n = end == NULL ? len : (size_t)(end - data);

		if (*data == 'P' && len > SIDE * SIDE) {
			n = SIDE * SIDE;
			show(&r, data + 1, n);
		} else if (*data == 'C' && n <= SCAN_TEXT_MAX) {
			take(&r, (const char *)data + 1, n - 1);
		} else if (n <= SCAN_TEXT_MAX) {
			scanner_line(r.scanner, (const char *)data, n, r.why);
		}
		scanner_progress(r.scanner, &p);
		if (p.ur.rank > p.ur.needed)
			abort();
		n = n < len ? n + 1 : len;
		data += n;
		len -= n;
	}
	finish(r.scanner);
	scanner_free(r.scanner);
	return 0;
}
