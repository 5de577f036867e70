/* SPDX-License-Identifier: ISC */
#include "transfer/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "transfer/qr_file.h"

struct scanner {
	struct ur_decoder *decoder;
	unsigned plain;
	bool plain_differ;
	size_t plain_len;
	char plain_text[SCAN_TEXT_MAX];
};

void
scanner_free(struct scanner *s)
{
	if (s == NULL)
		return;
	ur_decoder_free(s->decoder);
	free(s);
}

enum transfer_error
scanner_new(struct scanner **out)
{
	struct scanner *s = calloc(1, sizeof(*s));
	enum transfer_error err;

	*out = NULL;
	if (s == NULL)
		return TRANSFER_ERR_MEMORY;
	err = ur_decoder_new(UR_TYPE, &s->decoder);
	if (err != TRANSFER_OK)
		scanner_free(s);
	else
		*out = s;
	return err;
}

static enum scan_taken
take_ur(struct scanner *s, const char *text, size_t len, char *out)
{
	size_t had;
	bool whole = ur_decoder_message(s->decoder, &had) != NULL;
	const char *why = NULL;

	switch (ur_decoder_take(s->decoder, text, len, &why)) {
	case UR_NEW:
		return SCAN_NEW;
	case UR_KNOWN:
		return SCAN_KNOWN;
	case UR_FOREIGN:
		return SCAN_FOREIGN;
	case UR_SWITCHED:
		return SCAN_SWITCHED;
	case UR_COMPLETE:
		return whole ? SCAN_KNOWN : SCAN_NEW;
	case UR_REFUSED:
		break;
	}
	snprintf(out, SCAN_WHY_MAX, "%s", why == NULL ? "refused" : why);
	return SCAN_REFUSED;
}

static enum scan_taken
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
	return SCAN_PLAIN;
}

enum scan_taken
scanner_code(struct scanner *s, const char *text, size_t len, char *why)
{
	why[0] = '\0';
	if (len == 0 || len > SCAN_TEXT_MAX)
		return SCAN_NOTHING;
	if (len >= 3 && strncasecmp(text, "ur:", 3) == 0)
		return take_ur(s, text, len, why);
	return take_plain(s, text, len);
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

enum scan_taken
scanner_line(struct scanner *s, const char *text, size_t len, char *why)
{
	why[0] = '\0';
	for (; len > 0 && is_space(*text); len--)
		text++;
	while (len > 0 && is_space(text[len - 1]))
		len--;
	return len == 0 ? SCAN_NOTHING : take_ur(s, text, len, why);
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
