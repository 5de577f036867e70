/* SPDX-License-Identifier: ISC */
#include "transfer/order.h"

#include <stdlib.h>
#include <string.h>

#include "transfer/text.h"

void
station_clear(struct station *s)
{
	free(s->certificate);
	memset(s, 0, sizeof(*s));
}

enum transfer_error
station_write(const struct station *s, char **payload, size_t *len)
{
	struct text_buf b = { 0 };

	*payload = NULL;
	*len = 0;
	if (!text_is_printable(s->factory, ORDER_NAME_MAX) ||
	    !text_is_printable(s->line, ORDER_NAME_MAX) ||
	    s->certificate_len == 0 || s->certificate_len > STATION_CERT_MAX)
		return TRANSFER_ERR_ARGUMENT;
	text_buf_add(&b, "{\"kind\":\"station\",\"v\":1,\"factory\":");
	text_buf_json(&b, s->factory);
	text_buf_add(&b, ",\"line\":");
	text_buf_json(&b, s->line);
	text_buf_add(&b, ",\"certificate\":\"");
	text_buf_base64(&b, s->certificate, s->certificate_len);
	text_buf_add(&b, "\"}\n");
	*payload = text_buf_take(&b, len);
	return *payload == NULL ? TRANSFER_ERR_MEMORY : TRANSFER_OK;
}
