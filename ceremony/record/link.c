/* SPDX-License-Identifier: ISC */
#include "ceremony/record/link.h"

#include <openssl/sha.h>
#include <string.h>

#include "ceremony/record/scan.h"

bool
link_read(const char *line, size_t len, struct link *out)
{
	struct scan s;

	memset(out, 0, sizeof(*out));
	if (len > LINK_LINE_MAX)
		return false;
	scan_begin(&s, line, len);
	scan_literal(&s, "{\"v\":1,\"log\":");
	scan_text(&s, NULL, 0);
	scan_literal(&s, ",\"cer\":");
	scan_text(&s, NULL, 0);
	scan_literal(&s, ",\"seq\":");
	scan_number(&s, &out->seq);
	scan_literal(&s, ",\"prev\":");
	scan_hex(&s, out->prev, sizeof(out->prev));
	scan_literal(&s, ",");
	if (s.failed || SHA256((const uint8_t *)line, len, out->hash) == NULL) {
		memset(out, 0, sizeof(*out));
		return false;
	}
	return true;
}

bool
link_follows(const struct link *a, const struct link *b)
{
	return b->seq == a->seq + 1 &&
	    memcmp(b->prev, a->hash, sizeof(a->hash)) == 0;
}
