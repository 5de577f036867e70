/* SPDX-License-Identifier: ISC */
#include "transfer/order.h"

#include "transfer/text.h"

static bool
order_is_sound(const struct order *o)
{
	return text_is_printable(o->log, ORDER_SUBJECT_MAX) &&
	    text_is_printable(o->factory, ORDER_NAME_MAX) &&
	    text_is_printable(o->line, ORDER_NAME_MAX) &&
	    text_is_printable(o->pattern, ORDER_PATTERN_MAX) &&
	    text_is_printable(o->subject, ORDER_SUBJECT_MAX) &&
	    text_is_printable(o->profile, ORDER_NAME_MAX) && o->quota >= 1 &&
	    o->quota <= ORDER_QUOTA_MAX && text_is_date(o->expiry) &&
	    text_is_date(o->receipts);
}

static void
add_text(struct text_buf *b, const char *key, const char *text)
{
	text_buf_add(b, ",\"%s\":", key);
	text_buf_json(b, text);
}

enum transfer_error
order_write(const struct order *o, char **payload, size_t *len)
{
	struct text_buf b = { 0 };

	*payload = NULL;
	*len = 0;
	if (!order_is_sound(o))
		return TRANSFER_ERR_ARGUMENT;
	text_buf_add(&b, "{\"kind\":\"order\",\"v\":1");
	add_text(&b, "log", o->log);
	add_text(&b, "factory", o->factory);
	add_text(&b, "line", o->line);
	text_buf_add(&b, ",\"station\":\"");
	text_buf_hex(&b, o->station, sizeof(o->station));
	text_buf_add(&b, "\"");
	add_text(&b, "pattern", o->pattern);
	add_text(&b, "subject", o->subject);
	add_text(&b, "profile", o->profile);
	text_buf_add(&b, ",\"quota\":%ju", (uintmax_t)o->quota);
	add_text(&b, "expiry", o->expiry);
	add_text(&b, "receipts", o->receipts);
	text_buf_add(&b, "}\n");
	*payload = text_buf_take(&b, len);
	return *payload == NULL ? TRANSFER_ERR_MEMORY : TRANSFER_OK;
}
