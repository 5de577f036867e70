/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/units.h"

#include <stdlib.h>
#include <string.h>

#include "ca/subject.h"

#define HEADING "id,serial"

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct unit *)a)->id,
	    ((const struct unit *)b)->id);
}

/* Ids and serials are of one alphabet; a comma is not in it. */
static bool
copy_field(const char *from, size_t len, char *to, size_t max)
{
	if (len > max)
		return false;
	memcpy(to, from, len);
	to[len] = '\0';
	return strlen(to) == len && subject_id_valid(to);
}

static bool
read_row(const char *line, size_t len, struct unit *row)
{
	const char *comma = memchr(line, ',', len);
	size_t id_len;

	if (comma == NULL)
		return false;
	id_len = (size_t)(comma - line);
	return copy_field(line, id_len, row->id, REQUEST_ID_MAX) &&
	    copy_field(comma + 1, len - id_len - 1, row->serial,
		REQUEST_HWSERIAL_MAX);
}

static bool
is_heading(const char *line, size_t len)
{
	return len == strlen(HEADING) && memcmp(line, HEADING, len) == 0;
}

static size_t
count_lines(const char *text, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* The next line's length without its end; *step leads to the one after. */
static size_t
line_length(const char *text, size_t len, size_t *step)
{
	const char *end = memchr(text, '\n', len);
	size_t n = end == NULL ? len : (size_t)(end - text);

	*step = end == NULL ? n : n + 1;
	return n > 0 && text[n - 1] == '\r' ? n - 1 : n;
}

static bool
read_rows(const char *text, size_t len, struct units *out, unsigned *line)
{
	size_t step = 0;

	for (size_t at = 0; at < len; at += step) {
		size_t n = line_length(text + at, len - at, &step);

		if (++*line == 1 && is_heading(text + at, n))
			continue;
		if (!read_row(text + at, n, &out->rows[out->count]))
			return false;
		out->count++;
	}
	return true;
}

/* The second of two rows with one id, as they stand in the file, or 0. */
static size_t
find_twice(const struct units *u)
{
	for (size_t i = 1; i < u->count; i++) {
		if (strcmp(u->rows[i - 1].id, u->rows[i].id) == 0)
			return i;
	}
	return 0;
}

/* The last line that begins with this id, from 1. */
static unsigned
line_of(const char *text, size_t len, const char *id)
{
	size_t step = 0, n = strlen(id);
	unsigned line = 0, found = 0;

	for (size_t at = 0; at < len; at += step) {
		size_t this = line_length(text + at, len - at, &step);

		line++;
		if (this > n && memcmp(text + at, id, n) == 0 &&
		    text[at + n] == ',')
			found = line;
	}
	return found;
}

bool
units_read(const char *text, size_t len, struct units *out, unsigned *line)
{
	size_t twice;

	*line = 0;
	out->count = 0;
	out->rows = calloc(count_lines(text, len), sizeof(*out->rows));
	if (out->rows == NULL)
		return false;
	if (!read_rows(text, len, out, line)) {
		units_clear(out);
		return false;
	}
	qsort(out->rows, out->count, sizeof(*out->rows), by_id);
	if ((twice = find_twice(out)) != 0) {
		*line = line_of(text, len, out->rows[twice].id);
		units_clear(out);
		return false;
	}
	return true;
}

const char *
units_serial(struct units *u, const char *id)
{
	struct unit key = { 0 }, *found;

	if (u->count == 0 || strlen(id) > REQUEST_ID_MAX)
		return NULL;
	strcpy(key.id, id);
	found = bsearch(&key, u->rows, u->count, sizeof(*u->rows), by_id);
	if (found == NULL)
		return NULL;
	found->used = true;
	return found->serial;
}

size_t
units_unused(const struct units *u)
{
	size_t n = 0;

	for (size_t i = 0; i < u->count; i++)
		n += !u->rows[i].used;
	return n;
}

void
units_clear(struct units *u)
{
	free(u->rows);
	memset(u, 0, sizeof(*u));
}
