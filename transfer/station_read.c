/* SPDX-License-Identifier: ISC */
#include "transfer/order.h"

#include <stdio.h>
#include <string.h>

#include "transfer/lines.h"
#include "transfer/request.h"
#include "transfer/text.h"

#define CERT_TEXT_MAX (TEXT_BASE64_SIZE(STATION_CERT_MAX) - 1)

static bool
read_station(struct lines *l, json_t *obj, struct station *s)
{
	const char *factory, *line, *certificate;
	const struct line_field rows[] = {
		{ "factory", LINE_TEXT, ORDER_NAME_MAX, false, &factory },
		{ "line", LINE_TEXT, ORDER_NAME_MAX, false, &line },
		{ "certificate", LINE_TEXT, CERT_TEXT_MAX, false,
		    &certificate },
	};

	if (!lines_read(l, obj, rows, sizeof(rows) / sizeof(rows[0])) ||
	    !lines_base64(l, "certificate", certificate, STATION_CERT_MAX,
		&s->certificate, &s->certificate_len))
		return false;
	if (request_is_private_key(s->certificate, s->certificate_len))
		return lines_refuse(l, TRANSFER_ERR_PRIVATE,
		    "\"certificate\" holds a private key");
	snprintf(s->factory, sizeof(s->factory), "%s", factory);
	snprintf(s->line, sizeof(s->line), "%s", line);
	return lines_end(l);
}

enum transfer_error
station_read(const char *payload, size_t len, struct station *out,
    struct transfer_fault *fault)
{
	struct lines l;
	json_t *obj;

	memset(out, 0, sizeof(*out));
	lines_init(&l, payload, len, fault);
	obj = lines_header(&l, "station");
	if (obj == NULL || !read_station(&l, obj, out))
		station_clear(out);
	json_decref(obj);
	return fault->err;
}
