/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/record/plan_schema.h"

enum record_error
plan_fail(struct plan_fault *f, unsigned line, unsigned column, const char *fmt,
    ...)
{
	va_list ap;

	f->line = line;
	f->column = column;
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	return RECORD_ERR_PLAN;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance between two keys of at most PLAN_KEY_MAX. */
static unsigned
distance(const char *a, size_t alen, const char *b)
{
	unsigned row[PLAN_KEY_MAX + 1] = { 0 };
	size_t i, j, blen = strlen(b);

	for (j = 0; j <= blen; j++)
		row[j] = (unsigned)j;
	for (i = 1; i <= alen; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (j = 1; j <= blen; j++) {
			unsigned above = row[j];
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);

			row[j] = least(change, least(above, row[j - 1]) + 1);
			diagonal = above;
		}
	}
	return row[blen];
}

/* The key of the mapping that is most like this one, if one is. */
static const char *
nearest(const struct plan_row *parent, const char *key, size_t len)
{
	const struct plan_row *row = NULL;
	const char *best = NULL;
	/* further off, or another in more than half, is no slip of the pen */
	unsigned best_distance = 4;
	size_t i;

	for (i = 0; (row = plan_schema_at(i)) != NULL; i++) {
		const char *k = plan_schema_key(row);
		unsigned d = 0;

		if (!plan_schema_is_child(row, parent))
			continue;
		d = distance(key, len, k);
		if (d < best_distance && 2 * d <= len) {
			best = k;
			best_distance = d;
		}
	}
	return best;
}

static void
list_keys(const struct plan_row *parent, char *out, size_t size)
{
	const struct plan_row *row = NULL;
	size_t i, len = 0;

	out[0] = '\0';
	for (i = 0; (row = plan_schema_at(i)) != NULL; i++) {
		int n = 0;

		if (!plan_schema_is_child(row, parent))
			continue;
		n = snprintf(out + len, size - len, "%s%s", len > 0 ? ", " : "",
		    plan_schema_key(row));
		if (n < 0 || (size_t)n >= size - len)
			return;
		len += (size_t)n;
	}
}

enum record_error
plan_fail_key(struct plan_fault *f, unsigned line, unsigned column,
    const struct plan_row *parent, const char *key, size_t len)
{
	const char *near = NULL;
	char known[128];
	int show = (int)(len > PLAN_KEY_MAX ? PLAN_KEY_MAX : len);

	list_keys(parent, known, sizeof(known));
	if (parent->type == PLAN_T_STEP)
		return plan_fail(f, line, column,
		    "unknown step kind \"%.*s\"; known: %s", show, key, known);
	if (len <= PLAN_KEY_MAX)
		near = nearest(parent, key, len);
	if (near != NULL)
		return plan_fail(f, line, column,
		    "unknown key \"%.*s\"; did you mean \"%s\"?", show, key,
		    near);
	return plan_fail(f, line, column,
	    "unknown key \"%.*s\"; known here: %s", show, key, known);
}

enum record_error
plan_fail_shape(struct plan_fault *f, unsigned line, unsigned column,
    const char *path, const struct plan_row *row)
{
	const char *shape = "one value";

	if (row->type == PLAN_T_SEQ)
		shape = "a list, each item after a dash";
	else if (row->type == PLAN_T_STEP)
		shape = "a mapping with one key, the kind of step";
	else if (row->type == PLAN_T_MAP)
		shape = "a mapping of keys to values";
	return plan_fail(f, line, column, "%s%sshould be %s", path,
	    path[0] != '\0' ? ": " : "the plan ", shape);
}
