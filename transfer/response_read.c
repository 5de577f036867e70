/* SPDX-License-Identifier: ISC */
#include "transfer/response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/lines.h"
#include "transfer/response_chunks.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

#define CERT_TEXT_MAX (TEXT_BASE64_SIZE(RESPONSE_CERT_MAX) - 1)

/* What the header announces. */
struct counts {
	uint64_t entries, chain, crls;
	uint64_t of[RESPONSE_STATUSES];
};

static bool
read_header(const struct lines *l, json_t *obj, struct response *r,
    struct counts *c)
{
	const char *log;
	uint64_t sum = 0;
	const uint64_t most = SEALED_ENTRIES_MAX;
	const struct line_field rows[] = {
		{ "log", LINE_TEXT, sizeof(r->log) - 1, false, &log },
		{ "request", LINE_HEX32, 0, false, r->request },
		{ "order", LINE_HEX32, 0, false, r->order },
		{ "transcript", LINE_HEX32, 0, false, r->transcript },
		{ "entries", LINE_NUMBER, most, false, &c->entries },
		{ "issued", LINE_NUMBER, most, false, &c->of[RESPONSE_ISSUED] },
		{ "duplicate", LINE_NUMBER, most, false,
		    &c->of[RESPONSE_DUPLICATE] },
		{ "rejected", LINE_NUMBER, most, false,
		    &c->of[RESPONSE_REJECTED] },
		{ "deferred", LINE_NUMBER, most, false,
		    &c->of[RESPONSE_DEFERRED] },
		{ "tree_size", LINE_NUMBER, LINES_NUMBER_MAX, false,
		    &r->tree_size },
		{ "tree_root", LINE_HEX32, 0, false, r->tree_root },
		{ "chain", LINE_NUMBER, RESPONSE_CHAIN_MAX, false, &c->chain },
		{ "crls", LINE_NUMBER, RESPONSE_CRLS_MAX, false, &c->crls },
	};

	if (!lines_read(l, obj, rows, sizeof(rows) / sizeof(rows[0])))
		return false;
	for (size_t i = 0; i < RESPONSE_STATUSES; i++)
		sum += c->of[i];
	if (sum != c->entries)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"entries\" is %ju, but the counts add up to %ju",
		    (uintmax_t)c->entries, (uintmax_t)sum);
	snprintf(r->log, sizeof(r->log), "%s", log);
	return true;
}

/* Find the status and take it out of the object. */
static bool
read_status(const struct lines *l, json_t *obj, struct response_entry *e)
{
	const char *text = json_string_value(json_object_get(obj, "status"));

	for (unsigned i = 0; text != NULL && i < RESPONSE_STATUSES; i++) {
		e->status = (enum response_status)i;
		if (strcmp(text, response_status_name(e->status)) == 0)
			return json_object_del(obj, "status") == 0;
	}
	return lines_refuse(l, TRANSFER_ERR_FIELD,
	    "\"status\" is not issued, duplicate, rejected or deferred");
}

static bool
check_number(const struct lines *l, uint64_t entry, uint64_t number)
{
	if (entry != number)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"entry\" is %ju, not %ju", (uintmax_t)entry,
		    (uintmax_t)number);
	return true;
}

static bool
read_proof(const struct lines *l, json_t *proof, struct response_entry *e)
{
	size_t count = json_array_size(proof), i;
	json_t *hash;

	e->proof = calloc(count + 1, sizeof(e->proof[0]));
	if (e->proof == NULL)
		return lines_refuse(l, TRANSFER_ERR_MEMORY, "out of memory");
	json_array_foreach(proof, i, hash)
	{
		if (!lines_hex32(l, "proof", json_string_value(hash),
			e->proof[i]))
			return false;
	}
	e->proof_len = count;
	return true;
}

/* An entry that carries a certificate. */
static bool
read_issued(const struct lines *l, json_t *obj, uint64_t number,
    uint64_t tree_size, struct response_entry *e)
{
	const char *id, *certificate;
	uint64_t entry;
	json_t *proof;
	const struct line_field rows[] = {
		{ "entry", LINE_NUMBER, SEALED_ENTRIES_MAX, false, &entry },
		{ "id", LINE_TEXT, REQUEST_ID_MAX, false, &id },
		{ "certificate", LINE_TEXT, CERT_TEXT_MAX, false,
		    &certificate },
		{ "leaf", LINE_NUMBER, LINES_NUMBER_MAX, false, &e->leaf },
		{ "proof", LINE_ARRAY, RESPONSE_PROOF_MAX, false, &proof },
	};

	if (!lines_read(l, obj, rows, sizeof(rows) / sizeof(rows[0])) ||
	    !check_number(l, entry, number))
		return false;
	if (e->leaf >= tree_size)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"leaf\" is not below \"tree_size\"");
	snprintf(e->id, sizeof(e->id), "%s", id);
	return lines_base64(l, "certificate", certificate, RESPONSE_CERT_MAX,
		   &e->certificate, &e->certificate_len) &&
	    read_proof(l, proof, e);
}

/* An entry that carries none, and says why. */
static bool
read_refused(const struct lines *l, json_t *obj, uint64_t number,
    struct response_entry *e)
{
	const char *rule, *reason;
	uint64_t entry;
	const struct line_field rows[] = {
		{ "entry", LINE_NUMBER, SEALED_ENTRIES_MAX, false, &entry },
		{ "rule", LINE_TEXT, sizeof(e->rule) - 1, false, &rule },
		{ "reason", LINE_TEXT, sizeof(e->reason) - 1, false, &reason },
	};

	if (!lines_read(l, obj, rows, sizeof(rows) / sizeof(rows[0])) ||
	    !check_number(l, entry, number))
		return false;
	snprintf(e->rule, sizeof(e->rule), "%s", rule);
	snprintf(e->reason, sizeof(e->reason), "%s", reason);
	return true;
}

static bool
read_entry(const struct lines *l, json_t *obj, uint64_t number,
    uint64_t tree_size, struct response_entry *e)
{
	if (!read_status(l, obj, e))
		return false;
	return e->status == RESPONSE_ISSUED || e->status == RESPONSE_DUPLICATE
	    ? read_issued(l, obj, number, tree_size, e)
	    : read_refused(l, obj, number, e);
}

/* r->entries holds room for r->count entries, all empty. */
static bool
read_entries(struct lines *l, struct response *r, const struct counts *c)
{
	struct counts seen = { 0 };

	for (size_t i = 0; i < r->count; i++) {
		json_t *obj = lines_need(l);
		bool read = obj != NULL &&
		    read_entry(l, obj, i + 1, r->tree_size, &r->entries[i]);

		json_decref(obj);
		if (!read)
			return false;
		seen.of[r->entries[i].status]++;
	}
	for (unsigned i = 0; i < RESPONSE_STATUSES; i++) {
		if (seen.of[i] != c->of[i])
			return lines_refuse(l, TRANSFER_ERR_FIELD,
			    "\"%s\" is %ju in line 1, but there are %ju",
			    response_status_name((enum response_status)i),
			    (uintmax_t)c->of[i], (uintmax_t)seen.of[i]);
	}
	return true;
}

static bool
read_response(struct lines *l, struct response *out)
{
	json_t *obj = lines_header(l, "response");
	struct counts c = { 0 };
	bool read = obj != NULL && read_header(l, obj, out, &c);

	json_decref(obj);
	if (!read)
		return false;
	out->entries = calloc((size_t)c.entries + 1, sizeof(out->entries[0]));
	if (out->entries == NULL)
		return lines_refuse(l, TRANSFER_ERR_MEMORY, "out of memory");
	out->count = (size_t)c.entries;
	out->chain_count = (size_t)c.chain;
	out->crl_count = (size_t)c.crls;
	return read_entries(l, out, &c) &&
	    response_chunks_read(l, "chain", out->chain, out->chain_count) &&
	    response_chunks_read(l, "crl", out->crls, out->crl_count) &&
	    lines_end(l);
}

enum transfer_error
response_read(const char *payload, size_t len, struct response *out,
    struct transfer_fault *fault)
{
	struct lines l;

	memset(out, 0, sizeof(*out));
	lines_init(&l, payload, len, fault);
	if (!read_response(&l, out))
		response_clear(out);
	return fault->err;
}
