/* SPDX-License-Identifier: ISC */
#include "transfer/lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "transfer/sealed.h"
#include "transfer/text.h"

void
lines_init(struct lines *l, const char *data, size_t len,
    struct transfer_fault *fault)
{
	memset(fault, 0, sizeof(*fault));
	*l = (struct lines){ .data = data, .len = len, .fault = fault };
	if (len > SEALED_MAX)
		transfer_refuse(fault, TRANSFER_ERR_SIZE,
		    "the lines are over %u octets", SEALED_MAX);
}

bool
lines_refuse(const struct lines *l, enum transfer_error err, const char *fmt,
    ...)
{
	char why[sizeof(l->fault->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	transfer_refuse(l->fault, err, "line %u: %s", l->number, why);
	return false;
}

/* Cut the next line, LF included, and check its octets. */
static bool
cut_line(struct lines *l, const char **line, size_t *len)
{
	size_t left = l->len - l->at;
	size_t most = left < SEALED_LINE_MAX ? left : SEALED_LINE_MAX;
	const char *end;

	*line = l->data + l->at;
	l->number++;
	if ((end = memchr(*line, '\n', most)) == NULL)
		return left > SEALED_LINE_MAX
		    ? lines_refuse(l, TRANSFER_ERR_SIZE, "it is over %u octets",
			  SEALED_LINE_MAX)
		    : lines_refuse(l, TRANSFER_ERR_LINE, "it has no end");
	*len = (size_t)(end - *line);
	l->at += *len + 1;
	if (*len == 0)
		return lines_refuse(l, TRANSFER_ERR_LINE, "it is empty");
	for (size_t i = 0; i < *len; i++) {
		if ((*line)[i] < ' ' || (*line)[i] > '~')
			return lines_refuse(l, TRANSFER_ERR_LINE,
			    "octet %zu is not printable ASCII", i + 1);
	}
	return true;
}

/* jansson's position is behind the second of two equal keys. */
static bool
refuse_duplicate(const struct lines *l, const char *line,
    const json_error_t *error)
{
	size_t end = (size_t)error->position, start;

	if (end > 0)
		end--;
	for (start = end; start > 0 && line[start - 1] != '"'; start--)
		;
	return lines_refuse(l, TRANSFER_ERR_FIELD,
	    "key \"%.*s\" is there twice", (int)(end - start), line + start);
}

/* Say in our words why jansson would not load a line. */
static bool
refuse_syntax(const struct lines *l, const char *line,
    const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_duplicate_key:
		return refuse_duplicate(l, line, error);
	case json_error_numeric_overflow:
		return lines_refuse(l, TRANSFER_ERR_LINE,
		    "a number is out of range");
	case json_error_stack_overflow:
		return lines_refuse(l, TRANSFER_ERR_LINE,
		    "it nests too deeply");
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return lines_refuse(l, TRANSFER_ERR_LINE, "a text holds a NUL");
	case json_error_end_of_input_expected:
		return lines_refuse(l, TRANSFER_ERR_LINE,
		    "there is more behind the object");
	default:
		break;
	}
	if (error->text[0] == '\0')
		return lines_refuse(l, TRANSFER_ERR_MEMORY, "out of memory");
	return lines_refuse(l, TRANSFER_ERR_LINE,
	    "no JSON object (at octet %d)", error->position);
}

static bool check_value(const struct lines *l, const char *key, json_t *value,
    unsigned depth);

static bool
check_members(const struct lines *l, const char *key, json_t *value,
    unsigned depth)
{
	const char *name;
	json_t *member;
	size_t i;

	if (depth == LINES_DEPTH_MAX)
		return lines_refuse(l, TRANSFER_ERR_LINE,
		    "it nests too deeply");
	json_array_foreach(value, i, member)
	{
		if (!check_value(l, key, member, depth + 1))
			return false;
	}
	json_object_foreach(value, name, member)
	{
		if (*name != '\0' && !text_is_printable(name, SIZE_MAX))
			return lines_refuse(l, TRANSFER_ERR_LINE,
			    "a key is not printable ASCII");
		if (!check_value(l, name, member, depth + 1))
			return false;
	}
	return true;
}

/* What jansson lets pass but a line must not hold; key is the nearest. */
static bool
check_value(const struct lines *l, const char *key, json_t *value,
    unsigned depth)
{
	const char *text = json_string_value(value);
	json_int_t most = (json_int_t)LINES_NUMBER_MAX;

	if (json_is_real(value))
		return lines_refuse(l, TRANSFER_ERR_LINE,
		    "\"%.60s\" is not a whole number", key);
	if (json_is_integer(value) &&
	    (json_integer_value(value) > most ||
		json_integer_value(value) < -most))
		return lines_refuse(l, TRANSFER_ERR_LINE,
		    "\"%.60s\" is a number out of range", key);
	if (text != NULL && *text != '\0' && !text_is_printable(text, SIZE_MAX))
		return lines_refuse(l, TRANSFER_ERR_LINE,
		    "\"%.60s\" is not printable ASCII", key);
	if (json_is_array(value) || json_is_object(value))
		return check_members(l, key, value, depth);
	return true;
}

json_t *
lines_next(struct lines *l)
{
	json_error_t error = { .text = "" };
	const char *line;
	json_t *obj;
	size_t len = 0;

	if (l->fault->err != TRANSFER_OK || l->at == l->len)
		return NULL;
	if (!cut_line(l, &line, &len))
		return NULL;
	obj = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (obj == NULL) {
		refuse_syntax(l, line, &error);
		return NULL;
	}
	if (!json_is_object(obj))
		lines_refuse(l, TRANSFER_ERR_LINE, "it is not an object");
	else if (check_value(l, "", obj, 0))
		return obj;
	json_decref(obj);
	return NULL;
}

json_t *
lines_need(struct lines *l)
{
	json_t *obj = lines_next(l);

	if (obj == NULL && l->fault->err == TRANSFER_OK) {
		l->number++;
		lines_refuse(l, TRANSFER_ERR_LINE, "it is missing");
	}
	return obj;
}

bool
lines_end(struct lines *l)
{
	if (l->fault->err != TRANSFER_OK)
		return false;
	if (l->at == l->len)
		return true;
	l->number++;
	return lines_refuse(l, TRANSFER_ERR_LINE, "nothing may follow line %u",
	    l->number - 1);
}
