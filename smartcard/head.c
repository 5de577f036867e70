/* SPDX-License-Identifier: ISC */
#include "smartcard/head.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_LINE_MAX 120 /* 18 + 20 + 1 + 64 + 1 and a NUL */

static const char *const labels[2] = { "head-0", "head-1" };
static const char magic[] = "anchorite-head/v1 ";

static size_t
head_format(const struct head *head, char line[HEAD_LINE_MAX])
{
	int n;
	size_t len;

	n = snprintf(line, HEAD_LINE_MAX, "%s%" PRIu64 " ", magic, head->seq);
	len = (size_t)n;
	for (size_t i = 0; i < sizeof(head->hash); i++, len += 2)
		snprintf(line + len, 3, "%02x", head->hash[i]);
	line[len++] = '\n';
	return len;
}

/* Only what head_format() writes is a head: read the fields without care, then
 * write them again and compare. */
static bool
head_parse(const uint8_t *data, size_t len, struct head *out)
{
	char text[HEAD_LINE_MAX + 1], again[HEAD_LINE_MAX];
	char *p;

	if (len >= sizeof(text) || len < sizeof(magic))
		return false;
	memcpy(text, data, len);
	text[len] = '\0';
	memset(out, 0, sizeof(*out));
	out->seq = strtoull(text + sizeof(magic) - 1, &p, 10);
	if (*p++ != ' ' || strlen(p) != 2 * sizeof(out->hash) + 1)
		return false;
	for (size_t i = 0; i < sizeof(out->hash); i++, p += 2)
		if (sscanf(p, "%2" SCNx8, &out->hash[i]) != 1)
			return false;
	return head_format(out, again) == len && memcmp(again, data, len) == 0;
}

/* Two objects under one label are a write that was broken off: that slot is
 * passed over like a torn one. */
static enum card_error
read_slot(struct token *t, const char *label, struct head *out, bool *valid)
{
	uint8_t *data = NULL;
	size_t len = 0;
	enum card_error ret;

	*valid = false;
	ret = token_read_object(t, label, &data, &len);
	if (ret == CARD_OK)
		*valid = head_parse(data, len, out);
	free(data);
	if (ret == CARD_ERR_OBJECT_MISSING || ret == CARD_ERR_AMBIGUOUS)
		return CARD_OK;
	return ret;
}

/* The present head and where it is; OBJECT_MISSING when there is none. */
static enum card_error
find_present(struct token *t, struct head *out, size_t *slot)
{
	struct head head[2];
	bool valid[2];
	enum card_error ret;

	for (size_t i = 0; i < 2; i++) {
		ret = read_slot(t, labels[i], &head[i], &valid[i]);
		if (ret != CARD_OK)
			return ret;
	}
	if (!valid[0] && !valid[1])
		return CARD_ERR_OBJECT_MISSING;
	*slot = !valid[0] || (valid[1] && head[1].seq > head[0].seq);
	*out = head[*slot];
	return CARD_OK;
}

enum card_error
head_read(struct token *t, struct head *out)
{
	size_t slot = 0;

	memset(out, 0, sizeof(*out));
	return find_present(t, out, &slot);
}

enum card_error
head_write(struct token *t, const struct head *head)
{
	char line[HEAD_LINE_MAX];
	struct head present, back;
	size_t slot = 1, len;
	enum card_error ret;
	bool valid = false;

	ret = find_present(t, &present, &slot);
	if (ret != CARD_OK && ret != CARD_ERR_OBJECT_MISSING)
		return ret;
	if (ret == CARD_OK && head->seq <= present.seq)
		return CARD_ERR_ARGUMENT;
	slot = 1 - slot;
	len = head_format(head, line);
	ret = token_write_object(t, labels[slot], line, len);
	if (ret == CARD_OK)
		ret = read_slot(t, labels[slot], &back, &valid);
	if (ret != CARD_OK)
		return ret;
	if (!valid || back.seq != head->seq ||
	    memcmp(back.hash, head->hash, sizeof(back.hash)) != 0)
		return CARD_ERR_SELFTEST;
	return CARD_OK;
}
