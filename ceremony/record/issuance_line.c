/* SPDX-License-Identifier: ISC */
#include "ceremony/record/issuance_line.h"

#include <stdlib.h>
#include <string.h>

#include "ceremony/record/scan.h"
#include "transfer/text.h"

#define TEXT_MAX 64
#define ACT_MAX ((UINT64_C(1) << 53) - 1)

static void
scan_intent(struct scan *s, struct issuance_line *out)
{
	struct intent *i = &out->intent;

	out->type = ISSUANCE_INTENT;
	scan_number(s, &out->act);
	scan_literal(s, ",\"profile\":");
	scan_text(s, i->profile, sizeof(i->profile));
	scan_literal(s, ",\"id\":");
	scan_text(s, i->id, sizeof(i->id));
	scan_literal(s, ",\"hwserial\":");
	scan_text(s, i->hwserial, sizeof(i->hwserial));
	scan_literal(s, ",\"spki_sha256\":");
	scan_hex(s, i->spki_sha256, sizeof(i->spki_sha256));
	scan_literal(s, ",\"serial\":");
	scan_hex(s, i->serial, sizeof(i->serial));
	scan_literal(s, ",\"tbs_sha256\":");
	scan_hex(s, i->tbs_sha256, sizeof(i->tbs_sha256));
}

static void
scan_result(struct scan *s, struct issuance_line *out, uint8_t **cert)
{
	out->type = ISSUANCE_RESULT;
	scan_number(s, &out->act);
	scan_literal(s, ",\"certificate\":");
	scan_base64(s, ISSUANCE_CERT_MAX, cert, &out->cert_len);
	out->cert = *cert;
}

static void
scan_void(struct scan *s, struct issuance_line *out)
{
	out->type = ISSUANCE_VOID;
	scan_number(s, &out->act);
	scan_literal(s, ",\"serial\":");
	scan_hex(s, out->intent.serial, sizeof(out->intent.serial));
	scan_literal(s, ",\"reason\":");
	scan_text(s, out->reason, sizeof(out->reason));
}

/* What writer and reader both ask of the texts. */
static bool
texts_check(const struct issuance_line *line)
{
	const struct intent *i = &line->intent;

	switch (line->type) {
	case ISSUANCE_INTENT:
		return text_is_printable(i->profile, TEXT_MAX) &&
		    text_is_printable(i->id, TEXT_MAX) &&
		    (i->hwserial[0] == '\0' ||
			text_is_printable(i->hwserial, TEXT_MAX));
	case ISSUANCE_RESULT:
		return line->cert_len > 0 &&
		    line->cert_len <= ISSUANCE_CERT_MAX;
	case ISSUANCE_VOID:
		return text_is_printable(line->reason, TEXT_MAX);
	}
	return false;
}

bool
issuance_line_read(const char *line, size_t len, struct issuance_line *out,
    uint8_t **cert)
{
	struct scan s;

	memset(out, 0, sizeof(*out));
	*cert = NULL;
	scan_begin(&s, line, len);
	if (scan_try(&s, "{\"type\":\"intent\",\"act\":"))
		scan_intent(&s, out);
	else if (scan_try(&s, "{\"type\":\"result\",\"act\":"))
		scan_result(&s, out, cert);
	else if (scan_try(&s, "{\"type\":\"void\",\"act\":"))
		scan_void(&s, out);
	scan_literal(&s, "}");
	if (scan_ok(&s) && texts_check(out))
		return true;
	free(*cert);
	*cert = NULL;
	memset(out, 0, sizeof(*out));
	return false;
}

static void
add_hex(struct text_buf *b, const char *key, const uint8_t *in, size_t len)
{
	text_buf_add(b, ",\"%s\":\"", key);
	text_buf_hex(b, in, len);
	text_buf_raw(b, "\"", 1);
}

static void
add_text(struct text_buf *b, const char *key, const char *text)
{
	text_buf_add(b, ",\"%s\":", key);
	text_buf_json(b, text);
}

static void
add_type(struct text_buf *b, const char *type, uint64_t act)
{
	text_buf_add(b, "{\"type\":\"%s\",\"act\":%llu", type,
	    (unsigned long long)act);
}

static void
add_line(struct text_buf *b, const struct issuance_line *line)
{
	const struct intent *i = &line->intent;

	switch (line->type) {
	case ISSUANCE_INTENT:
		add_type(b, "intent", line->act);
		add_text(b, "profile", i->profile);
		add_text(b, "id", i->id);
		add_text(b, "hwserial", i->hwserial);
		add_hex(b, "spki_sha256", i->spki_sha256, 32);
		add_hex(b, "serial", i->serial, sizeof(i->serial));
		add_hex(b, "tbs_sha256", i->tbs_sha256, 32);
		break;
	case ISSUANCE_RESULT:
		add_type(b, "result", line->act);
		text_buf_add(b, ",\"certificate\":\"");
		text_buf_base64(b, line->cert, line->cert_len);
		text_buf_raw(b, "\"", 1);
		break;
	case ISSUANCE_VOID:
		add_type(b, "void", line->act);
		add_hex(b, "serial", i->serial, sizeof(i->serial));
		add_text(b, "reason", line->reason);
		break;
	}
	text_buf_raw(b, "}\n", 2);
}

enum record_error
issuance_line_write(const struct issuance_line *line, char **out, size_t *len)
{
	struct text_buf b = { 0 };

	*out = NULL;
	*len = 0;
	if (!texts_check(line) || line->act > ACT_MAX)
		return RECORD_ERR_FORM;
	add_line(&b, line);
	*out = text_buf_take(&b, len);
	return *out != NULL ? RECORD_OK : RECORD_ERR_MEMORY;
}
