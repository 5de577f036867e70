/* SPDX-License-Identifier: ISC */
#ifndef QR_PANEL_H
#define QR_PANEL_H

#include <stddef.h>
#include <stdint.h>

/* Narrow lines of text beside a code: where the stream is, and what it is. */
#define QR_PANEL_COLUMNS 26
#define QR_PANEL_LINES 24
struct qr_panel {
	char line[QR_PANEL_LINES][QR_PANEL_COLUMNS + 1];
	size_t count;
};

struct qr_panel_about {
	const char *name;
	size_t file_len, count; /* octets; fragments */
	uint32_t seq;           /* of the part that is shown */
	unsigned rate;
	uint8_t digest[32];
};
void qr_panel_write(const struct qr_panel_about *a, struct qr_panel *out);

#endif
