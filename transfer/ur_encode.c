/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "transfer/bytewords.h"
#include "transfer/fountain.h"
#include "transfer/ur.h"
#include "transfer/ur_part.h"

/* "ur:", type, "/", two numbers with their marks, NUL */
#define PREFIX_MAX (UR_TYPE_MAX + 32)

struct ur_encoder {
	char type[UR_TYPE_MAX + 1];
	uint8_t *message; /* padded with zeros to whole fragments */
	struct ur_part whole;
	struct fountain *fountain;
};

static size_t
divide_up(size_t a, size_t b)
{
	return (a + b - 1) / b;
}

enum transfer_error
ur_encoder_new(const char *type, const uint8_t *message, size_t len,
    size_t fragment_len, struct ur_encoder **out)
{
	enum transfer_error ret = TRANSFER_ERR_MEMORY;
	struct ur_encoder *e;
	size_t count;

	*out = NULL;
	if (!ur_type_valid(type) || len < 1 || fragment_len < 1)
		return TRANSFER_ERR_ARGUMENT;
	if (len > UR_MESSAGE_MAX)
		return TRANSFER_ERR_SIZE;
	if (fragment_len > len)
		fragment_len = len;
	count = divide_up(len, fragment_len);
	if (count > UR_FRAGMENTS_MAX)
		return TRANSFER_ERR_SIZE;
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return TRANSFER_ERR_MEMORY;
	snprintf(e->type, sizeof(e->type), "%s", type);
	e->whole.count = count;
	e->whole.message_len = len;
	e->whole.data_len = fragment_len;
	e->whole.checksum = (uint32_t)crc32_z(0, message, len);
	e->message = calloc(count, fragment_len);
	if (e->message == NULL)
		goto out;
	memcpy(e->message, message, len);
	ret = fountain_new(count, e->whole.checksum, &e->fountain);
	if (ret != TRANSFER_OK)
		goto out;
	*out = e;
	e = NULL;
out:
	ur_encoder_free(e);
	return ret;
}

static void
to_upper(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text >= 'a' && *text <= 'z')
			*text = (char)(*text - 'a' + 'A');
	}
}

/* What stands before the bytewords; how many characters. */
static size_t
prefix(const struct ur_encoder *e, uint32_t seq, char text[PREFIX_MAX])
{
	int n = e->whole.count == 1
	    ? snprintf(text, PREFIX_MAX, "ur:%s/", e->type)
	    : snprintf(text, PREFIX_MAX, "ur:%s/%u-%zu/", e->type, seq,
		  e->whole.count);

	return (size_t)n;
}

/* Octets behind the prefix, before bytewords. */
static size_t
body_length(const struct ur_part *whole, uint32_t seq)
{
	struct ur_part p = *whole;

	if (p.count == 1)
		return p.message_len;
	p.seq = seq;
	return ur_part_head_length(&p) + p.data_len;
}

/* XOR of the fragments of part seq. */
static enum transfer_error
mix(const struct ur_encoder *e, uint32_t seq, uint8_t *out)
{
	size_t len = e->whole.data_len, d;
	uint16_t *list = calloc(e->whole.count, sizeof(*list));

	if (list == NULL)
		return TRANSFER_ERR_MEMORY;
	d = fountain_choose(e->fountain, seq, list);
	memset(out, 0, len);
	for (size_t k = 0; k < d; k++) {
		const uint8_t *from = e->message + list[k] * len;

		for (size_t i = 0; i < len; i++)
			out[i] ^= from[i];
	}
	free(list);
	return TRANSFER_OK;
}

static enum transfer_error
write_body(const struct ur_encoder *e, uint32_t seq, char *text)
{
	size_t len = body_length(&e->whole, seq);
	uint8_t *body = malloc(len);
	struct ur_part p = e->whole;
	enum transfer_error ret;
	size_t at = 0;

	if (body == NULL)
		return TRANSFER_ERR_MEMORY;
	p.seq = seq;
	if (p.count > 1)
		at = ur_part_head_write(&p, body);
	ret = mix(e, p.count > 1 ? seq : 1, body + at);
	if (ret == TRANSFER_OK)
		bytewords_write(body, len, text);
	free(body);
	return ret;
}

enum transfer_error
ur_encoder_part(const struct ur_encoder *e, uint32_t seq, char *text,
    size_t size)
{
	char before[PREFIX_MAX];
	enum transfer_error ret;
	size_t head;

	if (size > 0)
		text[0] = '\0';
	if (seq == 0)
		return TRANSFER_ERR_ARGUMENT;
	head = prefix(e, seq, before);
	if (size <= head + bytewords_length(body_length(&e->whole, seq)))
		return TRANSFER_ERR_SIZE;
	memcpy(text, before, head);
	ret = write_body(e, seq, text + head);
	if (ret != TRANSFER_OK)
		text[0] = '\0';
	to_upper(text);
	return ret;
}

size_t
ur_encoder_count(const struct ur_encoder *e)
{
	return e->whole.count;
}

size_t
ur_encoder_degree(const struct ur_encoder *e, uint32_t seq)
{
	uint16_t *list = calloc(e->whole.count, sizeof(*list));
	size_t d = 0;

	if (list != NULL)
		d = fountain_choose(e->fountain, seq, list);
	free(list);
	return d;
}

uint32_t
ur_encoder_checksum(const struct ur_encoder *e)
{
	return e->whole.checksum;
}

size_t
ur_encoder_longest(const struct ur_encoder *e)
{
	char before[PREFIX_MAX];

	return prefix(e, UR_SEQ_LAST, before) +
	    bytewords_length(body_length(&e->whole, UR_SEQ_LAST));
}

void
ur_encoder_free(struct ur_encoder *e)
{
	if (e == NULL)
		return;
	fountain_free(e->fountain);
	free(e->message);
	free(e);
}

size_t
ur_fragment_len(size_t message_len, size_t least, size_t most)
{
	size_t most_parts = least == 0 ? message_len : message_len / least;
	size_t len = message_len;

	for (size_t count = 1; count <= most_parts; count++) {
		len = divide_up(message_len, count);
		if (len <= most)
			break;
	}
	return len;
}

/* Characters of the longest part, when cut into fragments of fragment_len. */
static size_t
longest(size_t type_len, size_t message_len, size_t fragment_len)
{
	struct ur_part p = {
		.count = divide_up(message_len, fragment_len),
		.message_len = message_len,
		.checksum = UINT32_MAX,
		.data_len = fragment_len,
	};
	size_t head = strlen("ur:/") + type_len;
	char numbers[PREFIX_MAX];

	if (p.count > 1)
		head += (size_t)snprintf(numbers, sizeof(numbers), "%u-%zu/",
		    UR_SEQ_LAST, p.count);
	return head + bytewords_length(body_length(&p, UR_SEQ_LAST));
}

size_t
ur_fragment_fit(size_t type_len, size_t message_len, size_t text_max)
{
	for (size_t count = 1; count <= UR_FRAGMENTS_MAX; count++) {
		size_t len = divide_up(message_len, count);

		if (longest(type_len, message_len, len) <= text_max)
			return len;
		if (len == 1)
			break;
	}
	return 0;
}
