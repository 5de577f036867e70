/* SPDX-License-Identifier: ISC */
#include "ceremony/record/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "transfer/text.h"

#define DATE_SIZE sizeof("2026-01-31T23:59:59Z")
#define DUMP_FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER)
#define INTEGER_MAX ((INT64_C(1) << 53) - 1) /* jq keeps no more */
#define TEXT_MAX 256                         /* log, cer, type, an actor */
#define DEPTH_MAX 16                         /* of a body */

/* The fields of a line, in their order. */
static const struct field {
	const char *name;
	json_type type;
} fields[] = {
	{ "v", JSON_INTEGER },
	{ "log", JSON_STRING },
	{ "cer", JSON_STRING },
	{ "seq", JSON_INTEGER },
	{ "prev", JSON_STRING },
	{ "t", JSON_STRING },
	{ "up", JSON_INTEGER },
	{ "type", JSON_STRING },
	{ "actor", JSON_ARRAY },
	{ "body", JSON_OBJECT },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* RFC 3339 in UTC, whole seconds.  False outside the years 0 to 9999. */
static bool
date_write(int64_t utc, char out[DATE_SIZE])
{
	time_t when = (time_t)utc;
	struct tm tm;
	size_t n;

	if (gmtime_r(&when, &tm) == NULL || tm.tm_year < -1900 ||
	    tm.tm_year > 9999 - 1900)
		return false;
	n = strftime(out, DATE_SIZE, "0000-%m-%dT%H:%M:%SZ", &tm);
	for (int i = 3, year = tm.tm_year + 1900; i >= 0; i--, year /= 10)
		out[i] = (char)('0' + year % 10);
	return n == DATE_SIZE - 1;
}

/* Whether a date is one, written as we write it. */
static bool
date_check(const char *t)
{
	char again[DATE_SIZE];
	struct tm tm = { 0 };
	const char *end = strptime(t, "%Y-%m-%dT%H:%M:%SZ", &tm);

	return end != NULL && *end == '\0' &&
	    date_write((int64_t)timegm(&tm), again) && strcmp(t, again) == 0;
}

static bool
type_check(const char *type)
{
	return *type != '\0' &&
	    type[strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789.-")] ==
	    '\0';
}

/* Whether a value holds no float, no integer beyond 2^53, and is not nested
 * deeper than depth. */
static bool
value_check(json_t *value, unsigned depth)
{
	const char *key;
	json_t *child;
	size_t i;

	if (json_is_real(value) || depth == 0)
		return false;
	if (json_is_integer(value))
		return json_integer_value(value) <= INTEGER_MAX &&
		    json_integer_value(value) >= -INTEGER_MAX;
	json_array_foreach(value, i, child)
	{
		if (!value_check(child, depth - 1))
			return false;
	}
	json_object_foreach(value, key, child)
	{
		if (!value_check(child, depth - 1))
			return false;
	}
	return true;
}

static bool
actor_check(json_t *actor)
{
	json_t *name;
	size_t i;

	json_array_foreach(actor, i, name)
	{
		if (!json_is_string(name) ||
		    !text_is_printable(json_string_value(name), TEXT_MAX))
			return false;
	}
	return true;
}

/* Exactly our fields, in our order (jansson keeps that of the text). */
static enum record_error
fields_check(json_t *root, struct record_fault *fault)
{
	const char *key;
	json_t *value;
	size_t i = 0;

	json_object_foreach(root, key, value)
	{
		if (i == FIELDS || strcmp(key, fields[i].name) != 0)
			return record_fail(fault, RECORD_ERR_FORM,
			    "field \"%.40s\" does not belong here", key);
		if (json_typeof(value) != fields[i].type)
			return record_fail(fault, RECORD_ERR_FORM,
			    "field \"%s\" is of another type", key);
		i++;
	}
	if (i != FIELDS)
		return record_fail(fault, RECORD_ERR_FORM,
		    "field \"%s\" is missing", fields[i].name);
	return RECORD_OK;
}

/* The rules on the values that fields_check() does not see. */
static enum record_error
values_check(const struct event *e, struct record_fault *fault)
{
	if (!text_is_printable(e->log, TEXT_MAX) ||
	    !text_is_printable(e->cer, TEXT_MAX))
		return record_fail(fault, RECORD_ERR_FORM,
		    "\"log\" or \"cer\" is no name");
	if (!date_check(e->t))
		return record_fail(fault, RECORD_ERR_FORM, "\"t\" is no date");
	if (!type_check(e->type))
		return record_fail(fault, RECORD_ERR_FORM,
		    "\"type\" is no name");
	if (!actor_check(e->actor))
		return record_fail(fault, RECORD_ERR_FORM,
		    "\"actor\" is no list of names");
	if (!value_check(e->root, DEPTH_MAX + 1) ||
	    json_integer_value(json_object_get(e->root, "up")) < 0)
		return record_fail(fault, RECORD_ERR_FORM,
		    "a float, a number out of range, or too deep");
	return RECORD_OK;
}

static enum record_error
parse(const char *line, size_t len, json_t **root, struct record_fault *fault)
{
	json_error_t error = { 0 };

	*root = json_loadb(line, len - 1, JSON_REJECT_DUPLICATES, &error);
	if (*root != NULL)
		return RECORD_OK;
	/* what is wrong with a text has a code; want of memory may have none */
	if (json_error_code(&error) == json_error_unknown ||
	    json_error_code(&error) == json_error_out_of_memory)
		return record_fail(fault, RECORD_ERR_MEMORY, "out of memory");
	return record_fail(fault, RECORD_ERR_FORM,
	    "not JSON as we write it: %s", error.text);
}

static const char *
text_of(json_t *root, const char *key)
{
	return json_string_value(json_object_get(root, key));
}

static void
take_apart(struct event *e)
{
	e->log = text_of(e->root, "log");
	e->cer = text_of(e->root, "cer");
	e->t = text_of(e->root, "t");
	e->type = text_of(e->root, "type");
	e->seq = e->link.seq;
	e->up = (uint64_t)json_integer_value(json_object_get(e->root, "up"));
	e->actor = json_object_get(e->root, "actor");
	e->body = json_object_get(e->root, "body");
}

enum record_error
event_read(const char *line, size_t len, struct event *out,
    struct record_fault *fault)
{
	struct event e = { 0 };
	enum record_error ret;

	memset(out, 0, sizeof(*out));
	if (!link_read(line, len, &e.link))
		return record_fail(fault, RECORD_ERR_FORM,
		    "does not begin or end as a line of a transcript");
	ret = parse(line, len, &e.root, fault);
	if (ret == RECORD_OK)
		ret = fields_check(e.root, fault);
	if (ret == RECORD_OK) {
		take_apart(&e);
		ret = values_check(&e, fault);
	}
	if (ret == RECORD_OK)
		*out = e;
	else
		event_clear(&e);
	return ret;
}

void
event_clear(struct event *e)
{
	json_decref(e->root);
	memset(e, 0, sizeof(*e));
}

/* ,"actor":["..","..",..] */
static void
add_actor(struct text_buf *b, const char *const *actor)
{
	text_buf_add(b, ",\"actor\":[");
	for (size_t i = 0; actor[i] != NULL; i++) {
		if (i > 0)
			text_buf_raw(b, ",", 1);
		text_buf_json(b, actor[i]);
	}
	text_buf_raw(b, "]", 1);
}

static void
add_line(struct text_buf *b, const struct event *e, const char *t, uint64_t up,
    const char *const *actor, const char *body)
{
	text_buf_add(b, "{\"v\":1,\"log\":");
	text_buf_json(b, e->log);
	text_buf_add(b, ",\"cer\":");
	text_buf_json(b, e->cer);
	text_buf_add(b, ",\"seq\":%llu,\"prev\":\"",
	    (unsigned long long)e->seq);
	text_buf_hex(b, e->link.prev, sizeof(e->link.prev));
	text_buf_add(b, "\",\"t\":\"%s\",\"up\":%llu,\"type\":", t,
	    (unsigned long long)up);
	text_buf_json(b, e->type);
	add_actor(b, actor);
	text_buf_add(b, ",\"body\":%s}\n", body);
}

/* What text_buf_json() would refuse; its failure then means memory only. */
static bool
names_check(const struct event *e, const char *const *actor)
{
	for (size_t i = 0; actor[i] != NULL; i++) {
		if (!text_is_printable(actor[i], TEXT_MAX))
			return false;
	}
	return text_is_printable(e->log, TEXT_MAX) &&
	    text_is_printable(e->cer, TEXT_MAX) && type_check(e->type);
}

/* What we write must be what we read. */
static enum record_error
read_back(const char *line, size_t len)
{
	struct event again;
	enum record_error ret = event_read(line, len, &again, NULL);

	event_clear(&again);
	return ret;
}

enum record_error
event_write(const struct event *e, struct moment when, const char *const *actor,
    char **out, size_t *len)
{
	struct text_buf b = { 0 };
	char t[DATE_SIZE], *line, *body;
	enum record_error ret;

	*out = NULL;
	*len = 0;
	if (!names_check(e, actor) || !date_write(when.utc, t) ||
	    !json_is_object(e->body) || !value_check(e->body, DEPTH_MAX))
		return RECORD_ERR_FORM;
	if ((body = json_dumps(e->body, DUMP_FLAGS)) == NULL)
		return RECORD_ERR_MEMORY;
	add_line(&b, e, t, when.up, actor, body);
	free(body);
	if ((line = text_buf_take(&b, len)) == NULL)
		return RECORD_ERR_MEMORY;
	ret = read_back(line, *len);
	if (ret == RECORD_OK)
		*out = line;
	else
		free(line);
	return ret;
}
