/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ceremony/record/history_line.h"
#include "transfer/sealed.h"

static enum record_error
check_batch_step(const struct history_line *l)
{
	if (strcmp(l->g->kinds[l->g->step], "batch") != 0)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "belongs in a batch step");
	return RECORD_OK;
}

/* A request that was recorded and not answered may come again, word for word:
 * its batch was void. */
static enum record_error
check_again(const struct history_line *l, const struct history_request *old,
    const struct history_request *new)
{
	if (old->answered)
		return history_refuse(l, RECORD_ERR_RULE,
		    "it was answered before: request.repeat");
	if (memcmp(old->file, new->file, 32) != 0 ||
	    memcmp(old->order, new->order, 32) != 0 ||
	    memcmp(old->bundle, new->bundle, 16) != 0 ||
	    old->sequence != new->sequence)
		return history_refuse(l, RECORD_ERR_RULE,
		    "it was recorded otherwise before");
	return RECORD_OK;
}

static enum record_error
add_request(struct history_line *l, const struct history_request *r)
{
	struct history *h = l->h;
	struct history_order *order = history_order_at(h, r->order);

	for (size_t i = 0; i < h->request_count; i++)
		if (memcmp(h->requests[i].bundle, r->bundle, 16) == 0)
			return history_refuse(l, RECORD_ERR_RULE,
			    "this bundle id came with another payload before");
	if (r->sequence <= order->sequence)
		return history_refuse(l, RECORD_ERR_RULE,
		    "sequence %llu after %llu", (unsigned long long)r->sequence,
		    (unsigned long long)order->sequence);
	if (!history_grow(&h->requests, h->request_count, sizeof(*h->requests)))
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	h->requests[h->request_count++] = *r;
	order->sequence = r->sequence;
	memcpy(order->newest, r->request, 32);
	return RECORD_OK;
}

enum record_error
history_do_request(struct history_line *l)
{
	struct history_request r = { 0 };
	const struct history_request *old;
	uint64_t entries;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "file", FIELD_HEX32, 0, r.file, NULL },
		{ "request", FIELD_HEX32, 0, r.request, NULL },
		{ "order", FIELD_HEX32, 0, r.order, NULL },
		{ "bundle", FIELD_HEX16, 0, r.bundle, NULL },
		{ "sequence", FIELD_NUMBER, UINT64_MAX, &r.sequence, NULL },
		{ "entries", FIELD_NUMBER, SEALED_ENTRIES_MAX, &entries, NULL },
	};

	if ((ret = check_batch_step(l)) != RECORD_OK ||
	    (ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (history_order(l->h, r.order) == NULL)
		return history_refuse(l, RECORD_ERR_RULE,
		    "of an order that is not in the log");
	if ((ret = history_exists(l, r.file, "file")) != RECORD_OK)
		return ret;
	if ((old = history_request(l->h, r.request)) != NULL)
		return check_again(l, old, &r);
	return add_request(l, &r);
}

enum record_error
history_do_repeat(struct history_line *l)
{
	const struct history_request *r;
	uint8_t request[32], response[32];
	enum record_error ret;
	const struct history_field rows[] = {
		{ "request", FIELD_HEX32, 0, request, NULL },
		{ "response", FIELD_HEX32, 0, response, NULL },
	};

	if ((ret = check_batch_step(l)) != RECORD_OK ||
	    (ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	r = history_request(l->h, request);
	if (r == NULL || !r->answered)
		return history_refuse(l, RECORD_ERR_RULE,
		    "of a request that was not answered");
	if (memcmp(r->response, response, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "not the response that was given");
	return RECORD_OK;
}
