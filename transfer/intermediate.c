/* SPDX-License-Identifier: ISC */
#include "transfer/intermediate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/lines.h"
#include "transfer/request.h"
#include "transfer/text.h"

#define CHAIN_MIN 2
#define CERT_TEXT_MAX (TEXT_BASE64_SIZE(INTERMEDIATE_CERT_MAX) - 1)

static bool
is_sound(const struct intermediate *i)
{
	if (!text_is_printable(i->log, INTERMEDIATE_LOG_MAX) ||
	    i->count < CHAIN_MIN || i->count > INTERMEDIATE_CHAIN_MAX)
		return false;
	for (size_t k = 0; k < i->count; k++) {
		if (i->chain[k].len == 0 ||
		    i->chain[k].len > INTERMEDIATE_CERT_MAX)
			return false;
	}
	return true;
}

static void
add_digest(struct text_buf *b, const char *key, const uint8_t digest[32])
{
	text_buf_add(b, ",\"%s\":\"", key);
	text_buf_hex(b, digest, 32);
	text_buf_add(b, "\"");
}

enum transfer_error
intermediate_write(const struct intermediate *i, char **payload, size_t *len)
{
	struct text_buf b = { 0 };

	*payload = NULL;
	*len = 0;
	if (!is_sound(i))
		return TRANSFER_ERR_ARGUMENT;
	text_buf_add(&b, "{\"kind\":\"intermediate\",\"v\":1,\"log\":");
	text_buf_json(&b, i->log);
	add_digest(&b, "csr", i->csr);
	add_digest(&b, "key", i->key);
	text_buf_add(&b, ",\"certificates\":%zu}\n", i->count);
	for (size_t k = 0; k < i->count; k++) {
		text_buf_add(&b, "{\"certificate\":\"");
		text_buf_base64(&b, i->chain[k].der, i->chain[k].len);
		text_buf_add(&b, "\"}\n");
	}
	*payload = text_buf_take(&b, len);
	return *payload == NULL ? TRANSFER_ERR_MEMORY : TRANSFER_OK;
}

static bool
read_header(const struct lines *l, json_t *obj, struct intermediate *i)
{
	const char *log;
	uint64_t count;
	const struct line_field rows[] = {
		{ "log", LINE_TEXT, INTERMEDIATE_LOG_MAX, false, &log },
		{ "csr", LINE_HEX32, 0, false, i->csr },
		{ "key", LINE_HEX32, 0, false, i->key },
		{ "certificates", LINE_NUMBER, INTERMEDIATE_CHAIN_MAX, false,
		    &count },
	};

	if (!lines_read(l, obj, rows, sizeof(rows) / sizeof(rows[0])))
		return false;
	if (count < CHAIN_MIN)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"certificates\" is not at least %d", CHAIN_MIN);
	snprintf(i->log, sizeof(i->log), "%s", log);
	i->count = (size_t)count;
	return true;
}

static bool
read_certificate(const struct lines *l, json_t *obj, uint8_t **der, size_t *len)
{
	const char *text;
	const struct line_field rows[] = {
		{ "certificate", LINE_TEXT, CERT_TEXT_MAX, false, &text },
	};

	if (!lines_read(l, obj, rows, sizeof(rows) / sizeof(rows[0])) ||
	    !lines_base64(l, "certificate", text, INTERMEDIATE_CERT_MAX, der,
		len))
		return false;
	if (request_is_private_key(*der, *len))
		return lines_refuse(l, TRANSFER_ERR_PRIVATE,
		    "\"certificate\" holds a private key");
	return true;
}

static bool
read_all(struct lines *l, struct intermediate *i)
{
	json_t *obj = lines_header(l, "intermediate");
	bool ok = obj != NULL && read_header(l, obj, i);

	json_decref(obj);
	for (size_t k = 0; ok && k < i->count; k++) {
		obj = lines_need(l);
		ok = obj != NULL &&
		    read_certificate(l, obj, &i->chain[k].der,
			&i->chain[k].len);
		json_decref(obj);
	}
	return ok && lines_end(l);
}

enum transfer_error
intermediate_read(const char *payload, size_t len, struct intermediate *out,
    struct transfer_fault *fault)
{
	struct lines l;

	memset(out, 0, sizeof(*out));
	lines_init(&l, payload, len, fault);
	if (!read_all(&l, out))
		intermediate_clear(out);
	return fault->err;
}

void
intermediate_clear(struct intermediate *i)
{
	for (size_t k = 0; k < INTERMEDIATE_CHAIN_MAX; k++)
		free(i->chain[k].der);
	memset(i, 0, sizeof(*i));
}
