/* SPDX-License-Identifier: ISC */
#include "transfer/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/lines.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

#define CSR_TEXT_MAX (TEXT_BASE64_SIZE(REQUEST_CSR_MAX) - 1)

/* Sequence 1 follows nothing, every other follows something. */
static bool
check_chaining(const struct lines *l, const struct request *r)
{
	static const uint8_t none[32];
	bool first = memcmp(r->previous, none, sizeof(none)) == 0;

	if (r->sequence == 0)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"sequence\" is not at least 1");
	if ((r->sequence == 1) != first)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"previous\" must be zeros in sequence 1, and only there");
	return true;
}

static bool
read_header(const struct lines *l, json_t *obj, struct request *r,
    uint64_t *entries)
{
	const struct line_field rows[] = {
		{ "order", LINE_HEX32, 0, false, r->order },
		{ "bundle", LINE_HEX16, 0, false, r->bundle },
		{ "sequence", LINE_NUMBER, LINES_NUMBER_MAX, false,
		    &r->sequence },
		{ "previous", LINE_HEX32, 0, false, r->previous },
		{ "entries", LINE_NUMBER, SEALED_ENTRIES_MAX, false, entries },
	};

	if (!lines_read(l, obj, rows, sizeof(rows) / sizeof(rows[0])) ||
	    !check_chaining(l, r))
		return false;
	if (*entries == 0)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"entries\" is not at least 1");
	return true;
}

/* The text itself first: a key in PEM is not base64 as a whole. */
static bool
read_csr(const struct lines *l, const char *text, struct request_entry *e)
{
	if (request_is_private_key((const uint8_t *)text, strlen(text)))
		return lines_refuse(l, TRANSFER_ERR_PRIVATE,
		    "\"csr\" holds a private key");
	if (!lines_base64(l, "csr", text, REQUEST_CSR_MAX, &e->csr,
		&e->csr_len))
		return false;
	if (request_is_private_key(e->csr, e->csr_len))
		return lines_refuse(l, TRANSFER_ERR_PRIVATE,
		    "\"csr\" holds a private key");
	return true;
}

static bool
read_entry(const struct lines *l, json_t *obj, uint64_t number,
    struct request_entry *e)
{
	const char *id, *hwserial = "", *csr;
	uint64_t entry;
	const struct line_field rows[] = {
		{ "entry", LINE_NUMBER, SEALED_ENTRIES_MAX, false, &entry },
		{ "id", LINE_TEXT, REQUEST_ID_MAX, false, &id },
		{ "serial", LINE_TEXT, REQUEST_HWSERIAL_MAX, true, &hwserial },
		{ "csr", LINE_TEXT, CSR_TEXT_MAX, false, &csr },
	};

	if (!lines_read(l, obj, rows, sizeof(rows) / sizeof(rows[0])))
		return false;
	if (entry != number)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"entry\" is %ju, not %ju", (uintmax_t)entry,
		    (uintmax_t)number);
	snprintf(e->id, sizeof(e->id), "%s", id);
	snprintf(e->hwserial, sizeof(e->hwserial), "%s", hwserial);
	return read_csr(l, csr, e);
}

/* out->entries holds room for out->count entries, all empty. */
static bool
read_entries(struct lines *l, struct request *out)
{
	for (size_t i = 0; i < out->count; i++) {
		json_t *obj = lines_need(l);
		bool read =
		    obj != NULL && read_entry(l, obj, i + 1, &out->entries[i]);

		json_decref(obj);
		if (!read)
			return false;
	}
	return lines_end(l);
}

static bool
read_request(struct lines *l, struct request *out)
{
	json_t *obj = lines_header(l, "request");
	uint64_t entries = 0;
	bool read = obj != NULL && read_header(l, obj, out, &entries);

	json_decref(obj);
	if (!read)
		return false;
	out->entries = calloc((size_t)entries, sizeof(out->entries[0]));
	if (out->entries == NULL)
		return lines_refuse(l, TRANSFER_ERR_MEMORY, "out of memory");
	out->count = (size_t)entries;
	return read_entries(l, out);
}

enum transfer_error
request_read(const char *payload, size_t len, struct request *out,
    struct transfer_fault *fault)
{
	struct lines l;

	memset(out, 0, sizeof(*out));
	lines_init(&l, payload, len, fault);
	if (!read_request(&l, out))
		request_clear(out);
	return fault->err;
}
