/* SPDX-License-Identifier: ISC */
#include "transfer/response_chunks.h"

#include <stdlib.h>
#include <string.h>

#include "transfer/sealed.h"
#include "transfer/text.h"

/* Parts of the largest object. */
#define PARTS_MAX                                                              \
	((RESPONSE_OBJECT_MAX + SEALED_CHUNK_RAW - 1) / SEALED_CHUNK_RAW)

/* Which chunk line is due; of is 0 while the first part is. */
struct due {
	const char *chunk;
	uint64_t index, part, of;
};

static bool
check_number(const struct lines *l, const char *key, uint64_t is,
    uint64_t should)
{
	if (is != should)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"%s\" is %ju, not %ju", key, (uintmax_t)is,
		    (uintmax_t)should);
	return true;
}

static bool
check_due(const struct lines *l, struct due *due, const struct due *is)
{
	if (strcmp(is->chunk, due->chunk) != 0)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"chunk\" is not \"%s\"", due->chunk);
	if (due->of == 0)
		due->of = is->of;
	if (due->of == 0)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"of\" is not at least 1");
	return check_number(l, "index", is->index, due->index) &&
	    check_number(l, "part", is->part, due->part) &&
	    check_number(l, "of", is->of, due->of);
}

/* Decode one part and put it behind the others. */
static bool
add_part(const struct lines *l, const char *text, struct text_buf *object)
{
	uint8_t *data;
	size_t len;

	if (!lines_base64(l, "data", text, SEALED_CHUNK_RAW, &data, &len))
		return false;
	if (object->len + len <= RESPONSE_OBJECT_MAX)
		text_buf_raw(object, data, len);
	else
		lines_refuse(l, TRANSFER_ERR_SIZE,
		    "the parts are over %u octets", RESPONSE_OBJECT_MAX);
	free(data);
	if (object->failed)
		lines_refuse(l, TRANSFER_ERR_MEMORY, "out of memory");
	return l->fault->err == TRANSFER_OK;
}

static bool
read_part(struct lines *l, json_t *obj, struct due *due,
    struct text_buf *object)
{
	struct due is = { 0 };
	const char *data;
	const struct line_field rows[] = {
		{ "chunk", LINE_TEXT, 16, false, &is.chunk },
		{ "index", LINE_NUMBER, LINES_NUMBER_MAX, false, &is.index },
		{ "part", LINE_NUMBER, LINES_NUMBER_MAX, false, &is.part },
		{ "of", LINE_NUMBER, PARTS_MAX, false, &is.of },
		{ "data", LINE_TEXT, SEALED_CHUNK_MAX, false, &data },
	};

	return lines_read(l, obj, rows, sizeof(rows) / sizeof(rows[0])) &&
	    check_due(l, due, &is) && add_part(l, data, object);
}

/* All parts of one object. */
static bool
read_object(struct lines *l, struct due *due, struct text_buf *object)
{
	do {
		json_t *obj = lines_need(l);
		bool read = obj != NULL && read_part(l, obj, due, object);

		json_decref(obj);
		if (!read)
			return false;
	} while (due->part++ < due->of);
	return true;
}

bool
response_chunks_read(struct lines *l, const char *chunk, struct blob *blobs,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct due due = { .chunk = chunk, .index = i + 1, .part = 1 };
		struct text_buf object = { 0 };

		if (!read_object(l, &due, &object)) {
			text_buf_free(&object);
			return false;
		}
		blobs[i].data =
		    (uint8_t *)text_buf_take(&object, &blobs[i].len);
		if (blobs[i].data == NULL)
			return lines_refuse(l, TRANSFER_ERR_MEMORY,
			    "out of memory");
	}
	return true;
}
