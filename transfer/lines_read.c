/* SPDX-License-Identifier: ISC */
#include "transfer/lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/text.h"

static bool
read_text(const struct lines *l, const struct line_field *row, json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"%s\" is not a text", row->key);
	if (*text == '\0')
		return lines_refuse(l, TRANSFER_ERR_FIELD, "\"%s\" is empty",
		    row->key);
	if (json_string_length(value) > row->max)
		return lines_refuse(l, TRANSFER_ERR_SIZE,
		    "\"%s\" is over %" PRIu64 " characters", row->key,
		    row->max);
	*(const char **)row->out = text;
	return true;
}

static bool
read_hex(const struct lines *l, const char *key, const char *text, uint8_t *out,
    size_t len)
{
	if (text == NULL || !text_unhex(text, out, len))
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"%s\" is not %zu lower-case hex digits", key, 2 * len);
	return true;
}

static bool
read_number(const struct lines *l, const struct line_field *row, json_t *value)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 0)
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"%s\" is not a number from 0", row->key);
	if ((uint64_t)number > row->max)
		return lines_refuse(l, TRANSFER_ERR_SIZE,
		    "\"%s\" is over %" PRIu64, row->key, row->max);
	*(uint64_t *)row->out = (uint64_t)number;
	return true;
}

static bool
read_date(const struct lines *l, const struct line_field *row, json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || !text_is_date(text))
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"%s\" is not a date YYYYMMDDHHMMSSZ", row->key);
	*(const char **)row->out = text;
	return true;
}

static bool
read_array(const struct lines *l, const struct line_field *row, json_t *value)
{
	if (!json_is_array(value))
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"%s\" is not an array", row->key);
	if (json_array_size(value) > row->max)
		return lines_refuse(l, TRANSFER_ERR_SIZE,
		    "\"%s\" has over %" PRIu64 " elements", row->key, row->max);
	*(json_t **)row->out = value;
	return true;
}

static bool
read_field(const struct lines *l, const struct line_field *row, json_t *value)
{
	switch (row->type) {
	case LINE_TEXT:
		return read_text(l, row, value);
	case LINE_HEX32:
		return read_hex(l, row->key, json_string_value(value), row->out,
		    32);
	case LINE_HEX16:
		return read_hex(l, row->key, json_string_value(value), row->out,
		    16);
	case LINE_NUMBER:
		return read_number(l, row, value);
	case LINE_DATE:
		return read_date(l, row, value);
	case LINE_ARRAY:
		return read_array(l, row, value);
	}
	return lines_refuse(l, TRANSFER_ERR_ARGUMENT, "no such type of field");
}

static bool
row_exists(const struct line_field *rows, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].key, key) == 0)
			return true;
	}
	return false;
}

static bool
refuse_missing(const struct lines *l, const char *key)
{
	return lines_refuse(l, TRANSFER_ERR_FIELD, "key \"%s\" is missing",
	    key);
}

bool
lines_read(const struct lines *l, json_t *obj, const struct line_field *rows,
    size_t count)
{
	const char *key;
	json_t *value;

	json_object_foreach(obj, key, value)
	{
		if (!row_exists(rows, count, key))
			return lines_refuse(l, TRANSFER_ERR_FIELD,
			    "unknown key \"%.60s\"", key);
	}
	for (size_t i = 0; i < count; i++) {
		value = json_object_get(obj, rows[i].key);
		if (value == NULL && !rows[i].optional)
			return refuse_missing(l, rows[i].key);
		if (value != NULL && !read_field(l, &rows[i], value))
			return false;
	}
	return true;
}

static bool
check_kind(const struct lines *l, json_t *obj, const char *kind)
{
	json_t *value = json_object_get(obj, "kind");

	if (value == NULL)
		return refuse_missing(l, "kind");
	if (!json_is_string(value))
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"kind\" is not a text");
	if (strcmp(json_string_value(value), kind) != 0)
		return lines_refuse(l, TRANSFER_ERR_KIND,
		    "kind is \"%.60s\", not \"%s\"", json_string_value(value),
		    kind);
	return true;
}

static bool
check_version(const struct lines *l, json_t *obj)
{
	json_t *value = json_object_get(obj, "v");

	if (value == NULL)
		return refuse_missing(l, "v");
	if (!json_is_integer(value))
		return lines_refuse(l, TRANSFER_ERR_FIELD,
		    "\"v\" is not a number");
	if (json_integer_value(value) != 1)
		return lines_refuse(l, TRANSFER_ERR_KIND,
		    "version is %" JSON_INTEGER_FORMAT ", not 1",
		    json_integer_value(value));
	return true;
}

json_t *
lines_header(struct lines *l, const char *kind)
{
	json_t *obj = lines_need(l);

	if (obj == NULL)
		return NULL;
	if (!check_kind(l, obj, kind) || !check_version(l, obj)) {
		json_decref(obj);
		return NULL;
	}
	json_object_del(obj, "kind");
	json_object_del(obj, "v");
	return obj;
}

bool
lines_base64(const struct lines *l, const char *key, const char *text,
    size_t max, uint8_t **out, size_t *len)
{
	enum transfer_error err = text_unbase64(text, max, out, len);

	if (err == TRANSFER_OK && *len == 0) {
		free(*out);
		*out = NULL;
		err = TRANSFER_ERR_FIELD;
	}
	switch (err) {
	case TRANSFER_OK:
		return true;
	case TRANSFER_ERR_SIZE:
		return lines_refuse(l, err, "\"%s\" is over %zu octets", key,
		    max);
	case TRANSFER_ERR_FIELD:
		return lines_refuse(l, err, "\"%s\" is not canonical base64",
		    key);
	default:
		return lines_refuse(l, err, "%s", transfer_strerror(err));
	}
}

bool
lines_hex32(const struct lines *l, const char *key, const char *text,
    uint8_t out[32])
{
	return read_hex(l, key, text, out, 32);
}
