/* SPDX-License-Identifier: ISC */
#include "transfer/order.h"

#include <stdio.h>
#include <string.h>

#include "transfer/lines.h"

static bool
read_order(struct lines *l, json_t *obj, struct order *o)
{
	const char *log, *factory, *line, *pattern, *subject, *profile;
	const char *expiry, *receipts;
	const struct line_field rows[] = {
		{ "log", LINE_TEXT, ORDER_SUBJECT_MAX, false, &log },
		{ "factory", LINE_TEXT, ORDER_NAME_MAX, false, &factory },
		{ "line", LINE_TEXT, ORDER_NAME_MAX, false, &line },
		{ "station", LINE_HEX32, 0, false, o->station },
		{ "pattern", LINE_TEXT, ORDER_PATTERN_MAX, false, &pattern },
		{ "subject", LINE_TEXT, ORDER_SUBJECT_MAX, false, &subject },
		{ "profile", LINE_TEXT, ORDER_NAME_MAX, false, &profile },
		{ "quota", LINE_NUMBER, ORDER_QUOTA_MAX, false, &o->quota },
		{ "expiry", LINE_DATE, 0, false, &expiry },
		{ "receipts", LINE_DATE, 0, false, &receipts },
	};

	if (!lines_read(l, obj, rows, sizeof(rows) / sizeof(rows[0])))
		return false;
	if (o->quota == 0)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"quota\" is not at least 1");
	snprintf(o->log, sizeof(o->log), "%s", log);
	snprintf(o->factory, sizeof(o->factory), "%s", factory);
	snprintf(o->line, sizeof(o->line), "%s", line);
	snprintf(o->pattern, sizeof(o->pattern), "%s", pattern);
	snprintf(o->subject, sizeof(o->subject), "%s", subject);
	snprintf(o->profile, sizeof(o->profile), "%s", profile);
	snprintf(o->expiry, sizeof(o->expiry), "%s", expiry);
	snprintf(o->receipts, sizeof(o->receipts), "%s", receipts);
	return lines_end(l);
}

enum transfer_error
order_read(const char *payload, size_t len, struct order *out,
    struct transfer_fault *fault)
{
	struct lines l;
	json_t *obj;

	memset(out, 0, sizeof(*out));
	lines_init(&l, payload, len, fault);
	obj = lines_header(&l, "order");
	if (obj == NULL || !read_order(&l, obj, out))
		memset(out, 0, sizeof(*out));
	json_decref(obj);
	return fault->err;
}
