/* SPDX-License-Identifier: ISC */
/*
 * Two jobs of the reader.  One looks at pictures and tells what the codes in
 * them hold, and keeps nothing: it can end on any picture, and another go on.
 * The other joins codes to the file, and never sees a picture.
 */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/process/reader.h"
#include "transfer/picture.h"
#include "transfer/qr_find.h"
#include "transfer/scan.h"

_Static_assert(MESSAGE_CODE_MAX == QR_FIND_TEXT_MAX, "a code fits");
_Static_assert(MESSAGE_UR_MAX == SCAN_TEXT_MAX, "a line fits");

/* ---- pictures --------------------------------------------------------------- */

static void
tell_code(void *arg, const char *text, size_t len)
{
	struct reader *r = arg;

	message_start(&r->out, MSG_CODE);
	message_put_octets(&r->out, text, len);
	reader_send(r); /* when nobody listens, SEEN will notice */
}

/* What was asked for, with numbers that there are. */
struct asked {
	enum picture_form form;
	uint32_t width, height;
	size_t offset;
	enum qr_ways ways;
};

static bool
hear_asked(struct reader *r, struct asked *a)
{
	uint64_t form = message_get_number(&r->in);
	uint64_t width = message_get_number(&r->in);
	uint64_t height = message_get_number(&r->in);
	uint64_t offset = message_get_number(&r->in);
	uint64_t ways = message_get_number(&r->in);

	if (!message_done(&r->in) || form >= PICTURE_FORM_COUNT ||
	    width > UINT32_MAX || height > UINT32_MAX ||
	    ways >= QR_WAYS_COUNT || offset >= r->len) {
		reader_fault(r, 0, 0, "reader: no such picture");
		return false;
	}
	a->form = (enum picture_form)form;
	/* what follows another one in a file can only be a row of JPEGs */
	if (a->form == PICTURE_ANY && offset > 0)
		a->form = PICTURE_JPEG;
	a->width = (uint32_t)width;
	a->height = (uint32_t)height;
	a->offset = (size_t)offset;
	a->ways = (enum qr_ways)ways;
	return true;
}

/* Codes, then SEEN. */
static bool
look(struct reader *r, struct qr_finder *finder, const struct asked *a)
{
	uint8_t preview[MESSAGE_PREVIEW];
	struct transfer_fault fault = { .text = "" };
	struct picture p;
	size_t used = 0, size = 0;
	enum transfer_error err = picture_read(a->form, r->file + a->offset,
	    r->len - a->offset, a->width, a->height, &p, &used, &fault);

	if (err == TRANSFER_OK) {
		size = sizeof(preview);
		picture_preview(&p, MESSAGE_PREVIEW_WIDTH,
		    MESSAGE_PREVIEW_HEIGHT, preview);
		err = qr_look(finder, &p, a->ways, tell_code, r, NULL);
		picture_free(&p);
		if (err != TRANSFER_OK)
			transfer_refuse(&fault, err, "out of memory");
	}
	for (char *c = fault.text; *c != '\0'; c++)
		*c = (char)(*c < 0x20 || *c > 0x7e ? '?' : *c);
	message_start(&r->out, MSG_SEEN);
	message_put_number(&r->out, a->offset + used);
	message_put_text(&r->out, fault.text);
	message_put_octets(&r->out, preview, size);
	return reader_send(r);
}

/* One picture; false when no other is looked at. */
static bool
look_once(struct reader *r, struct qr_finder *finder)
{
	struct asked asked;

	if (r->in.kind != MSG_PICTURE) {
		reader_fault(r, 0, 0, "reader: message of the wrong kind");
		return false;
	}
	if (!reader_map(r, PICTURE_FILE_MAX)) {
		reader_fault(r, 0, 0, "not a sealed memory file");
		return false;
	}
	if (!hear_asked(r, &asked) || !look(r, finder, &asked))
		return false;
	reader_unmap(r);
	return true;
}

void
reader_look(struct reader *r)
{
	struct qr_finder *finder = qr_finder_new();

	if (finder == NULL) {
		reader_fault(r, 0, 0, "out of memory");
		return;
	}
	while (look_once(r, finder) && reader_hear(r, STATE_OPEN))
		;
	qr_finder_free(finder);
}

/* ---- codes ------------------------------------------------------------------ */

static bool
take(struct reader *r, struct scanner *s)
{
	uint64_t line = message_get_number(&r->in);
	size_t len;
	const char *text =
	    (const char *)message_get_octets(&r->in, SCAN_TEXT_MAX, &len);
	struct scan_progress p;
	enum scan_taken taken;
	char why[SCAN_WHY_MAX];

	if (!message_done(&r->in)) {
		reader_fault(r, 0, 0, "reader: no such code");
		return false;
	}
	taken = line != 0 ? scanner_line(s, text, len, why)
			  : scanner_code(s, text, len, why);
	scanner_progress(s, &p);
	message_start(&r->out, MSG_SCANNED);
	message_put_number(&r->out, taken);
	message_put_number(&r->out, p.ur.needed);
	message_put_number(&r->out, p.ur.rank);
	message_put_number(&r->out, p.ur.received);
	message_put_number(&r->out, p.ur.checksum);
	message_put_number(&r->out, p.plain);
	message_put_number(&r->out, p.plain_differ);
	message_put_number(&r->out, p.complete);
	message_put_text(&r->out, why);
	return reader_send(r);
}

static void
give(struct reader *r, const struct scanner *s)
{
	struct transfer_fault fault = { .text = "" };
	uint8_t *file = NULL, digest[32];
	size_t len = 0;

	if (scanner_finish(s, &file, &len, &fault) != TRANSFER_OK) {
		reader_fault(r, 0, 0, fault.text);
		return;
	}
	if (SHA256(file, len, digest) == NULL) {
		free(file);
		reader_fault(r, 0, 0, "out of memory");
		return;
	}
	message_start(&r->out, MSG_SCAN_FILE);
	message_put_number(&r->out, len);
	message_put_octets(&r->out, digest, sizeof(digest));
	for (size_t at = 0; reader_send(r) && at < len;) {
		size_t n =
		    len - at < MESSAGE_PART_MAX ? len - at : MESSAGE_PART_MAX;

		message_start(&r->out, MSG_PART);
		message_put_octets(&r->out, file + at, n);
		at += n;
	}
	free(file);
}

void
reader_scan(struct reader *r)
{
	struct scanner *s;

	if (scanner_new(&s) != TRANSFER_OK) {
		reader_fault(r, 0, 0, "out of memory");
		return;
	}
	message_start(&r->out, MSG_OK);
	if (reader_send(r)) {
		while (reader_hear(r, STATE_OPEN)) {
			if (r->in.kind == MSG_UR && take(r, s))
				continue;
			if (r->in.kind == MSG_SCAN_END)
				give(r, s);
			else if (r->in.kind != MSG_UR)
				reader_fault(r, 0, 0,
				    "reader: message of the wrong kind");
			break;
		}
	}
	scanner_free(s);
}
