/* SPDX-License-Identifier: ISC */
#include "transfer/response.h"

#include <string.h>

#include "transfer/sealed.h"
#include "transfer/text.h"

_Static_assert(TEXT_BASE64_SIZE(RESPONSE_CERT_MAX) +
	    RESPONSE_PROOF_MAX * (2 * 32 + 3) + 2 * REQUEST_ID_MAX + 128 <
	SEALED_LINE_MAX,
    "the longest entry must fit into a line");

static bool
carries_certificate(const struct response_entry *e)
{
	return e->status == RESPONSE_ISSUED || e->status == RESPONSE_DUPLICATE;
}

static enum transfer_error
check_entry(const struct response *r, const struct response_entry *e)
{
	if (response_status_name(e->status) == NULL)
		return TRANSFER_ERR_ARGUMENT;
	if (!carries_certificate(e))
		return text_is_printable(e->rule, sizeof(e->rule) - 1) &&
			text_is_printable(e->reason, sizeof(e->reason) - 1)
		    ? TRANSFER_OK
		    : TRANSFER_ERR_ARGUMENT;
	if (!text_is_printable(e->id, REQUEST_ID_MAX) ||
	    e->certificate_len == 0 || e->leaf >= r->tree_size)
		return TRANSFER_ERR_ARGUMENT;
	if (e->certificate_len > RESPONSE_CERT_MAX ||
	    e->proof_len > RESPONSE_PROOF_MAX)
		return TRANSFER_ERR_SIZE;
	return TRANSFER_OK;
}

static enum transfer_error
check_blobs(const struct blob *blobs, size_t count, size_t max)
{
	if (count > max)
		return TRANSFER_ERR_SIZE;
	for (size_t i = 0; i < count; i++) {
		if (blobs[i].len == 0)
			return TRANSFER_ERR_ARGUMENT;
		if (blobs[i].len > RESPONSE_OBJECT_MAX)
			return TRANSFER_ERR_SIZE;
	}
	return TRANSFER_OK;
}

static enum transfer_error
check_response(const struct response *r)
{
	enum transfer_error err;

	if (!text_is_printable(r->log, sizeof(r->log) - 1) ||
	    r->tree_size >= UINT64_C(1) << 53)
		return TRANSFER_ERR_ARGUMENT;
	if (r->count > SEALED_ENTRIES_MAX)
		return TRANSFER_ERR_SIZE;
	for (size_t i = 0; i < r->count; i++) {
		if ((err = check_entry(r, &r->entries[i])) != TRANSFER_OK)
			return err;
	}
	err = check_blobs(r->chain, r->chain_count, RESPONSE_CHAIN_MAX);
	if (err != TRANSFER_OK)
		return err;
	return check_blobs(r->crls, r->crl_count, RESPONSE_CRLS_MAX);
}

static void
add_hex32(struct text_buf *b, const char *key, const uint8_t value[32])
{
	text_buf_add(b, ",\"%s\":\"", key);
	text_buf_hex(b, value, 32);
	text_buf_add(b, "\"");
}

static void
add_counts(struct text_buf *b, const struct response *r)
{
	size_t counts[RESPONSE_STATUSES] = { 0 };

	for (size_t i = 0; i < r->count; i++)
		counts[r->entries[i].status]++;
	text_buf_add(b, ",\"entries\":%zu", r->count);
	for (unsigned i = 0; i < RESPONSE_STATUSES; i++)
		text_buf_add(b, ",\"%s\":%zu",
		    response_status_name((enum response_status)i), counts[i]);
}

static void
add_header(struct text_buf *b, const struct response *r)
{
	text_buf_add(b, "{\"kind\":\"response\",\"v\":1,\"log\":");
	text_buf_json(b, r->log);
	add_hex32(b, "request", r->request);
	add_hex32(b, "order", r->order);
	add_hex32(b, "transcript", r->transcript);
	add_counts(b, r);
	text_buf_add(b, ",\"tree_size\":%ju", (uintmax_t)r->tree_size);
	add_hex32(b, "tree_root", r->tree_root);
	text_buf_add(b, ",\"chain\":%zu,\"crls\":%zu}\n", r->chain_count,
	    r->crl_count);
}

static void
add_certificate(struct text_buf *b, const struct response_entry *e)
{
	text_buf_add(b, ",\"id\":");
	text_buf_json(b, e->id);
	text_buf_add(b, ",\"certificate\":\"");
	text_buf_base64(b, e->certificate, e->certificate_len);
	text_buf_add(b, "\",\"leaf\":%ju,\"proof\":[", (uintmax_t)e->leaf);
	for (size_t i = 0; i < e->proof_len; i++) {
		text_buf_add(b, "%s\"", i == 0 ? "" : ",");
		text_buf_hex(b, e->proof[i], 32);
		text_buf_add(b, "\"");
	}
	text_buf_add(b, "]");
}

static void
add_entry(struct text_buf *b, const struct response_entry *e, size_t number)
{
	text_buf_add(b, "{\"entry\":%zu,\"status\":\"%s\"", number,
	    response_status_name(e->status));
	if (carries_certificate(e)) {
		add_certificate(b, e);
	} else {
		text_buf_add(b, ",\"rule\":");
		text_buf_json(b, e->rule);
		text_buf_add(b, ",\"reason\":");
		text_buf_json(b, e->reason);
	}
	text_buf_add(b, "}\n");
}

/* One object as chunk lines, all full but the last. */
static void
add_chunks(struct text_buf *b, const char *chunk, size_t index,
    const struct blob *blob)
{
	size_t of = (blob->len + SEALED_CHUNK_RAW - 1) / SEALED_CHUNK_RAW;

	for (size_t part = 0; part < of; part++) {
		size_t at = part * SEALED_CHUNK_RAW;
		size_t len = blob->len - at;

		if (len > SEALED_CHUNK_RAW)
			len = SEALED_CHUNK_RAW;
		text_buf_add(b,
		    "{\"chunk\":\"%s\",\"index\":%zu,\"part\":%zu,"
		    "\"of\":%zu,\"data\":\"",
		    chunk, index, part + 1, of);
		text_buf_base64(b, blob->data + at, len);
		text_buf_add(b, "\"}\n");
	}
}

/* False when the payload grows over its limit. */
static bool
add_lines(struct text_buf *b, const struct response *r)
{
	add_header(b, r);
	for (size_t i = 0; i < r->count && b->len <= SEALED_MAX; i++)
		add_entry(b, &r->entries[i], i + 1);
	for (size_t i = 0; i < r->chain_count && b->len <= SEALED_MAX; i++)
		add_chunks(b, "chain", i + 1, &r->chain[i]);
	for (size_t i = 0; i < r->crl_count && b->len <= SEALED_MAX; i++)
		add_chunks(b, "crl", i + 1, &r->crls[i]);
	return b->len <= SEALED_MAX;
}

enum transfer_error
response_write(const struct response *r, char **payload, size_t *len)
{
	struct text_buf b = { 0 };
	enum transfer_error ret;

	*payload = NULL;
	*len = 0;
	if ((ret = check_response(r)) != TRANSFER_OK)
		return ret;
	if (!add_lines(&b, r)) {
		text_buf_free(&b);
		return TRANSFER_ERR_SIZE;
	}
	*payload = text_buf_take(&b, len);
	return *payload == NULL ? TRANSFER_ERR_MEMORY : TRANSFER_OK;
}
