/* SPDX-License-Identifier: ISC */
#include "transfer/request.h"

#include <stdlib.h>
#include <string.h>

#include "transfer/sealed.h"
#include "transfer/text.h"

void
request_clear(struct request *r)
{
	for (size_t i = 0; r->entries != NULL && i < r->count; i++)
		free(r->entries[i].csr);
	free(r->entries);
	memset(r, 0, sizeof(*r));
}

/* The first request has no previous one, every other has. */
static bool
header_is_sound(const struct request *r)
{
	static const uint8_t none[32];
	bool first = memcmp(r->previous, none, sizeof(none)) == 0;

	return r->sequence >= 1 && r->sequence < UINT64_C(1) << 53 &&
	    (r->sequence == 1) == first && r->count >= 1;
}

static enum transfer_error
check_entry(const struct request_entry *e)
{
	if (!text_is_printable(e->id, REQUEST_ID_MAX) ||
	    (e->hwserial[0] != '\0' &&
		!text_is_printable(e->hwserial, REQUEST_HWSERIAL_MAX)) ||
	    e->csr_len == 0)
		return TRANSFER_ERR_ARGUMENT;
	if (e->csr_len > REQUEST_CSR_MAX)
		return TRANSFER_ERR_SIZE;
	if (request_is_private_key(e->csr, e->csr_len))
		return TRANSFER_ERR_PRIVATE;
	return TRANSFER_OK;
}

static void
add_header(struct text_buf *b, const struct request *r)
{
	text_buf_add(b, "{\"kind\":\"request\",\"v\":1,\"order\":\"");
	text_buf_hex(b, r->order, sizeof(r->order));
	text_buf_add(b, "\",\"bundle\":\"");
	text_buf_hex(b, r->bundle, sizeof(r->bundle));
	text_buf_add(b, "\",\"sequence\":%ju,\"previous\":\"",
	    (uintmax_t)r->sequence);
	text_buf_hex(b, r->previous, sizeof(r->previous));
	text_buf_add(b, "\",\"entries\":%zu}\n", r->count);
}

static void
add_entry(struct text_buf *b, const struct request_entry *e, size_t number)
{
	text_buf_add(b, "{\"entry\":%zu,\"id\":", number);
	text_buf_json(b, e->id);
	if (e->hwserial[0] != '\0') {
		text_buf_add(b, ",\"serial\":");
		text_buf_json(b, e->hwserial);
	}
	text_buf_add(b, ",\"csr\":\"");
	text_buf_base64(b, e->csr, e->csr_len);
	text_buf_add(b, "\"}\n");
}

static enum transfer_error
add_entries(struct text_buf *b, const struct request *r)
{
	enum transfer_error err;

	for (size_t i = 0; i < r->count; i++) {
		if ((err = check_entry(&r->entries[i])) != TRANSFER_OK)
			return err;
		add_entry(b, &r->entries[i], i + 1);
		if (b->len > SEALED_MAX)
			return TRANSFER_ERR_SIZE;
	}
	return TRANSFER_OK;
}

enum transfer_error
request_write(const struct request *r, char **payload, size_t *len)
{
	struct text_buf b = { 0 };
	enum transfer_error ret;

	*payload = NULL;
	*len = 0;
	if (!header_is_sound(r))
		return TRANSFER_ERR_ARGUMENT;
	if (r->count > SEALED_ENTRIES_MAX)
		return TRANSFER_ERR_SIZE;
	add_header(&b, r);
	if ((ret = add_entries(&b, r)) != TRANSFER_OK) {
		text_buf_free(&b);
		return ret;
	}
	*payload = text_buf_take(&b, len);
	return *payload == NULL ? TRANSFER_ERR_MEMORY : TRANSFER_OK;
}
