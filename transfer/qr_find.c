/* SPDX-License-Identifier: ISC */
#include "transfer/qr_find.h"

#include <stdlib.h>
#include <string.h>
#include <zbar.h>

#include "transfer/zbar_alone.h"

#define Y800 0x30303859 /* "Y800": an octet a pixel */
#define SIDE_MIN 21     /* modules of the smallest code */

struct qr_finder {
	zbar_image_scanner_t *scanner;
	zbar_image_t *image;
};

void
qr_finder_free(struct qr_finder *f)
{
	if (f == NULL)
		return;
	if (f->image != NULL)
		zbar_image_destroy(f->image);
	if (f->scanner != NULL)
		zbar_image_scanner_destroy(f->scanner);
	free(f);
}

struct qr_finder *
qr_finder_new(void)
{
	struct qr_finder *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	zbar_alone();
	f->scanner = zbar_image_scanner_create();
	f->image = zbar_image_create();
	if (f->scanner == NULL || f->image == NULL) {
		qr_finder_free(f);
		return NULL;
	}
	zbar_image_scanner_request_dbus(f->scanner, 0);
	zbar_image_scanner_set_config(f->scanner, ZBAR_NONE, ZBAR_CFG_ENABLE,
	    0);
	zbar_image_scanner_set_config(f->scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE,
	    1);
	/* octets as they are: without it they are guessed to be some charset */
	zbar_image_scanner_set_config(f->scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY,
	    1);
	zbar_image_set_format(f->image, Y800);
	return f;
}

unsigned
qr_find(struct qr_finder *f, const struct picture *p, qr_found *take, void *arg)
{
	unsigned count = 0;

	if (p->width < SIDE_MIN || p->height < SIDE_MIN)
		return 0;
	zbar_image_set_size(f->image, p->width, p->height);
	zbar_image_set_data(f->image, p->grey, (size_t)p->width * p->height,
	    NULL);
	if (zbar_scan_image(f->scanner, f->image) <= 0)
		return 0;
	for (const zbar_symbol_t *s = zbar_image_first_symbol(f->image);
	     s != NULL && count < QR_FIND_MAX; s = zbar_symbol_next(s)) {
		unsigned len = zbar_symbol_get_data_length(s);

		if (zbar_symbol_get_type(s) != ZBAR_QRCODE ||
		    len > QR_FIND_TEXT_MAX)
			continue;
		take(arg, zbar_symbol_get_data(s), len);
		count++;
	}
	return count;
}

enum transfer_error
qr_look(struct qr_finder *f, struct picture *p, enum qr_ways ways,
    qr_found *take, void *arg, unsigned *count)
{
	struct picture as_it_is = { .width = p->width, .height = p->height };
	size_t size = (size_t)p->width * p->height;
	unsigned found;

	if (ways != QR_ONE_WAY) {
		as_it_is.grey = malloc(size);
		if (as_it_is.grey == NULL)
			return TRANSFER_ERR_MEMORY;
		memcpy(as_it_is.grey, p->grey, size);
	}
	if (picture_smooth(p) != TRANSFER_OK) {
		picture_free(&as_it_is);
		return TRANSFER_ERR_MEMORY;
	}
	found = qr_find(f, p, take, arg);
	if (ways == QR_ALL_WAYS || (ways == QR_IF_NONE && found == 0)) {
		found += qr_find(f, &as_it_is, take, arg);
		picture_halve(p);
		found += qr_find(f, p, take, arg);
	}
	picture_free(&as_it_is);
	if (count != NULL)
		*count = found;
	return TRANSFER_OK;
}
