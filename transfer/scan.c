/* SPDX-License-Identifier: ISC */
#include "transfer/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "transfer/qr_file.h"
#include "transfer/qr_find.h"

struct scanner {
	struct ur_decoder *decoder;
	struct qr_finder *finder;
	bool thorough;
	unsigned plain;
	bool plain_differ;
	size_t plain_len;
	char plain_text[QR_FIND_TEXT_MAX];
	uint8_t preview[SCAN_PREVIEW_SIZE];
};

void
scanner_free(struct scanner *s)
{
	if (s == NULL)
		return;
	ur_decoder_free(s->decoder);
	qr_finder_free(s->finder);
	free(s);
}

enum transfer_error
scanner_new(bool thorough, struct scanner **out)
{
	struct scanner *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL)
		return TRANSFER_ERR_MEMORY;
	s->thorough = thorough;
	s->finder = qr_finder_new();
	if (s->finder == NULL ||
	    ur_decoder_new(UR_TYPE, &s->decoder) != TRANSFER_OK) {
		scanner_free(s);
		return TRANSFER_ERR_MEMORY;
	}
	*out = s;
	return TRANSFER_OK;
}

static bool
is_ur(const char *text, size_t len)
{
	return len >= 3 && strncasecmp(text, "ur:", 3) == 0;
}

static void
take_ur(struct scanner *s, const char *text, size_t len,
    struct scan_found *found)
{
	const char *why = NULL;

	switch (ur_decoder_take(s->decoder, text, len, &why)) {
	case UR_SWITCHED:
		found->switched = true;
		found->foreign++;
		break;
	case UR_NEW:
		found->fresh++;
		break;
	case UR_FOREIGN:
		found->foreign++;
		break;
	case UR_REFUSED:
		found->refused++;
		snprintf(found->why, sizeof(found->why), "%s",
		    why == NULL ? "" : why);
		break;
	case UR_KNOWN:
	case UR_COMPLETE:
		break;
	}
}

static void
take_plain(struct scanner *s, const char *text, size_t len)
{
	if (s->plain == 0) {
		memcpy(s->plain_text, text, len);
		s->plain_len = len;
	} else if (len != s->plain_len ||
	    memcmp(text, s->plain_text, len) != 0) {
		s->plain_differ = true;
	}
	s->plain++;
}

struct taking {
	struct scanner *scanner;
	struct scan_found *found;
};

static void
take_code(void *arg, const char *text, size_t len)
{
	struct taking *t = arg;

	t->found->codes++;
	if (is_ur(text, len))
		take_ur(t->scanner, text, len, t->found);
	else if (len > 0)
		take_plain(t->scanner, text, len);
}

static void
make_preview(struct scanner *s, const struct picture *p)
{
	for (size_t i = 0; i < SCAN_PREVIEW_SIZE; i++) {
		size_t x =
		    i % SCAN_PREVIEW_WIDTH * p->width / SCAN_PREVIEW_WIDTH;
		size_t y =
		    i / SCAN_PREVIEW_WIDTH * p->height / SCAN_PREVIEW_HEIGHT;

		s->preview[i] = p->grey[y * p->width + x];
	}
}

/* Smoothed, which is best for photographs; as it is, for small drawn ones;
 * smoothed and halved, for large ones that are noisy. */
static enum transfer_error
look(struct scanner *s, struct picture *p, bool one_way,
    struct scan_found *found)
{
	struct taking t = { s, found };
	struct picture as_it_is = { .width = p->width, .height = p->height };
	size_t size = (size_t)p->width * p->height;

	if (!one_way) {
		as_it_is.grey = malloc(size);
		if (as_it_is.grey == NULL)
			return TRANSFER_ERR_MEMORY;
		memcpy(as_it_is.grey, p->grey, size);
	}
	if (picture_smooth(p) != TRANSFER_OK) {
		picture_free(&as_it_is);
		return TRANSFER_ERR_MEMORY;
	}
	make_preview(s, p);
	qr_find(s->finder, p, take_code, &t);
	if (!one_way && (s->thorough || found->codes == 0)) {
		qr_find(s->finder, &as_it_is, take_code, &t);
		picture_halve(p);
		qr_find(s->finder, p, take_code, &t);
	}
	picture_free(&as_it_is);
	return TRANSFER_OK;
}

enum transfer_error
scanner_picture(struct scanner *s, enum picture_form form, const uint8_t *data,
    size_t len, uint32_t width, uint32_t height, size_t *used,
    struct scan_found *found, struct transfer_fault *fault)
{
	struct picture p;
	enum transfer_error err;

	memset(found, 0, sizeof(*found));
	err = picture_read(form, data, len, width, height, &p, used, fault);
	if (err == TRANSFER_OK &&
	    look(s, &p, form != PICTURE_ANY, found) != TRANSFER_OK)
		err = transfer_refuse(fault, TRANSFER_ERR_MEMORY,
		    "out of memory");
	picture_free(&p);
	return err;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void
scanner_text(struct scanner *s, const char *text, size_t len,
    struct scan_found *found)
{
	memset(found, 0, sizeof(*found));
	for (; len > 0 && is_space(*text); len--)
		text++;
	while (len > 0 && is_space(text[len - 1]))
		len--;
	if (len > 0)
		take_ur(s, text, len, found);
}

void
scanner_progress(const struct scanner *s, struct scan_progress *p)
{
	size_t len;

	memset(p, 0, sizeof(*p));
	ur_decoder_progress(s->decoder, &p->ur);
	p->complete = ur_decoder_message(s->decoder, &len) != NULL;
	p->plain = s->plain;
	p->plain_differ = s->plain_differ;
}

const uint8_t *
scanner_preview(const struct scanner *s)
{
	return s->preview;
}

static enum transfer_error
finish_plain(const struct scanner *s, uint8_t **out, size_t *len,
    struct transfer_fault *fault)
{
	if (s->plain == 0)
		return transfer_refuse(fault, TRANSFER_ERR_UR,
		    "no code was found");
	if (s->plain_differ)
		return transfer_refuse(fault, TRANSFER_ERR_UR,
		    "several codes, and none is a Uniform Resource: which one "
		    "is meant cannot be told");
	*out = malloc(s->plain_len);
	if (*out == NULL)
		return transfer_refuse(fault, TRANSFER_ERR_MEMORY,
		    "out of memory");
	memcpy(*out, s->plain_text, s->plain_len);
	*len = s->plain_len;
	return TRANSFER_OK;
}

enum transfer_error
scanner_finish(const struct scanner *s, uint8_t **out, size_t *len,
    struct transfer_fault *fault)
{
	struct ur_progress p;
	size_t message_len = 0;
	const uint8_t *message = ur_decoder_message(s->decoder, &message_len);

	*out = NULL;
	*len = 0;
	if (message != NULL)
		return qr_file_unpack(message, message_len, out, len, fault);
	ur_decoder_progress(s->decoder, &p);
	if (p.needed > 0)
		return transfer_refuse(fault, TRANSFER_ERR_UR,
		    "%zu of %zu parts are missing", p.needed - p.rank,
		    p.needed);
	if (p.refused > 0)
		return transfer_refuse(fault, TRANSFER_ERR_UR,
		    "nothing that was read is a part of a file");
	return finish_plain(s, out, len, fault);
}
