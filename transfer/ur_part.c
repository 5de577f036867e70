/* SPDX-License-Identifier: ISC */
#include "transfer/ur_part.h"

#include "transfer/cbor.h"
#include "transfer/ur.h"

#define FIELDS 5

size_t
ur_part_head_length(const struct ur_part *p)
{
	return cbor_head_length(FIELDS) + cbor_head_length(p->seq) +
	    cbor_head_length(p->count) + cbor_head_length(p->message_len) +
	    cbor_head_length(p->checksum) + cbor_head_length(p->data_len);
}

size_t
ur_part_head_write(const struct ur_part *p, uint8_t *out)
{
	size_t at = cbor_head_write(out, CBOR_ARRAY, FIELDS);

	at += cbor_head_write(out + at, CBOR_UINT, p->seq);
	at += cbor_head_write(out + at, CBOR_UINT, p->count);
	at += cbor_head_write(out + at, CBOR_UINT, p->message_len);
	at += cbor_head_write(out + at, CBOR_UINT, p->checksum);
	return at + cbor_head_write(out + at, CBOR_BYTES, p->data_len);
}

static enum transfer_error
refuse(const char **why, const char *text)
{
	*why = text;
	return TRANSFER_ERR_UR;
}

/* One row a number of a part: what it may be, and what to say. */
static const struct number {
	uint64_t min, max;
	const char *form, *range;
} numbers[] = {
	{ 1, UINT32_MAX, "part: seqNum is no shortest-form integer",
	    "part: seqNum is not 1 to 4294967295" },
	{ 1, UR_FRAGMENTS_MAX, "part: seqLen is no shortest-form integer",
	    "part: seqLen is not 1 to 8192" },
	{ 1, UR_MESSAGE_MAX, "part: messageLen is no shortest-form integer",
	    "part: messageLen is not 1 to 4194304" },
	{ 0, UINT32_MAX, "part: checksum is no shortest-form integer",
	    "part: checksum is over 32 bits" },
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static enum transfer_error
read_numbers(struct cbor *c, uint64_t value[NUMBERS], const char **why)
{
	for (size_t i = 0; i < NUMBERS; i++) {
		if (!cbor_head(c, CBOR_UINT, &value[i]))
			return refuse(why, numbers[i].form);
		if (value[i] < numbers[i].min || value[i] > numbers[i].max)
			return refuse(why, numbers[i].range);
	}
	return TRANSFER_OK;
}

/* Whether count fragments are as many as the message needs. */
static bool
lengths_fit(const struct ur_part *p)
{
	return p->data_len <= UR_MESSAGE_MAX &&
	    (p->count - 1) * p->data_len < p->message_len &&
	    p->message_len <= p->count * p->data_len;
}

/* The last fragment sent as it is shows its padding. */
static bool
padding_is_zero(const struct ur_part *p)
{
	if (p->seq != p->count)
		return true;
	for (size_t i = p->message_len - (p->count - 1) * p->data_len;
	     i < p->data_len; i++) {
		if (p->data[i] != 0)
			return false;
	}
	return true;
}

enum transfer_error
ur_part_read(const uint8_t *cbor, size_t len, struct ur_part *p,
    const char **why)
{
	struct cbor c = { .data = cbor, .len = len };
	uint64_t value[NUMBERS], fields;

	if (!cbor_head(&c, CBOR_ARRAY, &fields) || fields != FIELDS)
		return refuse(why, "part: not an array of five");
	if (read_numbers(&c, value, why) != TRANSFER_OK)
		return TRANSFER_ERR_UR;
	*p = (struct ur_part){
		.seq = (uint32_t)value[0],
		.count = (size_t)value[1],
		.message_len = (size_t)value[2],
		.checksum = (uint32_t)value[3],
	};
	if (!cbor_bytes(&c, &p->data, &p->data_len))
		return refuse(why, "part: data is no whole byte string");
	if (!cbor_end(&c))
		return refuse(why, "part: octets behind the array");
	if (p->data_len < 1)
		return refuse(why, "part: data is empty");
	if (!lengths_fit(p))
		return refuse(why, "part: the lengths do not fit together");
	if (!padding_is_zero(p))
		return refuse(why, "part: the padding is not zero");
	return TRANSFER_OK;
}

bool
ur_part_same(const struct ur_part *a, const struct ur_part *b)
{
	return a->count == b->count && a->message_len == b->message_len &&
	    a->checksum == b->checksum && a->data_len == b->data_len;
}
