/* SPDX-License-Identifier: ISC */
#include "ceremony/record/plan_yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "ceremony/record/plan_scan.h"
#include "ceremony/record/plan_schema.h"

struct reading {
	struct plan_source source;
	yaml_document_t document;
	struct plan_field *fields;
	size_t count, room;
};

/* "path: text" at a node. */
static enum record_error
fail_node(struct reading *r, const yaml_node_t *node, const char *path,
    const char *text)
{
	return plan_fail(r->source.fault, (unsigned)node->start_mark.line + 1,
	    (unsigned)node->start_mark.column + 1, "%s%s%s", path,
	    path[0] != '\0' ? ": " : "", text);
}

static yaml_node_t *
node_get(struct reading *r, int index)
{
	return yaml_document_get_node(&r->document, index);
}

/* An empty value stands for a mapping or sequence. */
static enum record_error
add_field(struct reading *r, const yaml_node_t *node, const char *path,
    const char *value)
{
	struct plan_field *f = NULL;

	if (r->count == PLAN_FIELDS_MAX)
		return fail_node(r, node, "",
		    "more than 4096 fields; make two plans of it");
	if (r->count == r->room) {
		size_t room = r->room > 0 ? 2 * r->room : 128;
		void *p = realloc(r->fields, room * sizeof(*f));

		if (p == NULL)
			return RECORD_ERR_MEMORY;
		r->fields = p;
		r->room = room;
	}
	f = &r->fields[r->count++];
	memset(f, 0, sizeof(*f));
	(void)snprintf(f->path, sizeof(f->path), "%s", path);
	(void)snprintf(f->value, sizeof(f->value), "%s", value);
	f->line = (unsigned)node->start_mark.line + 1;
	f->column = (unsigned)node->start_mark.column + 1;
	return RECORD_OK;
}

/* "0755" reads as octal to some and as decimal to others. */
static bool
leading_zero(const yaml_node_t *node)
{
	const char *v = (const char *)node->data.scalar.value;

	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    v[0] == '0' && v[1] != '\0' &&
	    strspn(v, "0123456789_") == strlen(v);
}

static enum record_error
read_scalar(struct reading *r, const yaml_node_t *node, const char *path)
{
	const char *v = (const char *)node->data.scalar.value;
	const char *refusal = NULL;

	if (node->data.scalar.length == 0)
		refusal = "is empty; give a value or leave the key out";
	else if (node->data.scalar.length > PLAN_TEXT_MAX)
		refusal = "is longer than 512 characters";
	else if (leading_zero(node))
		refusal = "a number with a leading zero; leave the zero out, "
			  "or quote it if it is a name";
	else if (strchr(v, '\n') != NULL)
		refusal = "holds an empty line";
	if (refusal != NULL)
		return fail_node(r, node, path, refusal);
	return add_field(r, node, path, v);
}

static enum record_error read_node(struct reading *r, int index,
    const char *path, const struct plan_row *row);

/* path.key; every known key fits, so does every number of a sequence. */
static enum record_error
path_join(struct reading *r, const yaml_node_t *node, const char *path,
    const char *key, char out[PLAN_PATH_MAX + 1])
{
	int n = snprintf(out, PLAN_PATH_MAX + 1, "%s%s%s", path,
	    path[0] != '\0' ? "." : "", key);

	if (n < 0 || n > PLAN_PATH_MAX)
		return fail_node(r, node, "", "too long a path");
	return RECORD_OK;
}

static bool
key_earlier(struct reading *r, const yaml_node_t *map,
    const yaml_node_pair_t *pair)
{
	const char *key =
	    (const char *)node_get(r, pair->key)->data.scalar.value;
	const yaml_node_pair_t *p = NULL;

	for (p = map->data.mapping.pairs.start; p < pair; p++) {
		const yaml_node_t *k = node_get(r, p->key);

		if (strcmp((const char *)k->data.scalar.value, key) == 0)
			return true;
	}
	return false;
}

/* A key must be a scalar, known to the schema, and there once. */
static enum record_error
check_key(struct reading *r, const yaml_node_t *map,
    const yaml_node_pair_t *pair, const struct plan_row *row)
{
	const yaml_node_t *node = node_get(r, pair->key);
	unsigned line = (unsigned)node->start_mark.line + 1;
	unsigned column = (unsigned)node->start_mark.column + 1;
	const char *key = NULL;
	size_t len = 0;

	if (node->type != YAML_SCALAR_NODE)
		return fail_node(r, node, "", "a key must be one word");
	key = (const char *)node->data.scalar.value;
	len = node->data.scalar.length;
	if (len == 0)
		return fail_node(r, node, "", "a key is missing here");
	if (plan_schema_child(row, key, len) == NULL)
		return plan_fail_key(r->source.fault, line, column, row, key,
		    len);
	if (key_earlier(r, map, pair))
		return plan_fail(r->source.fault, line, column,
		    "key \"%s\" is there twice; leave one", key);
	return RECORD_OK;
}

static enum record_error
read_mapping(struct reading *r, const yaml_node_t *node, const char *path,
    const struct plan_row *row)
{
	enum record_error err = RECORD_OK;
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start;

	for (; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = node_get(r, pair->key);
		const char *name = (const char *)key->data.scalar.value;
		char child[PLAN_PATH_MAX + 1];

		if ((err = check_key(r, node, pair, row)) != RECORD_OK)
			return err;
		if ((err = path_join(r, key, path, name, child)) != RECORD_OK)
			return err;
		err = read_node(r, pair->value, child,
		    plan_schema_child(row, name, strlen(name)));
		if (err != RECORD_OK)
			return err;
	}
	return RECORD_OK;
}

static enum record_error
read_sequence(struct reading *r, const yaml_node_t *node, const char *path,
    const struct plan_row *row)
{
	enum record_error err = RECORD_OK;
	const yaml_node_item_t *start = node->data.sequence.items.start;
	const yaml_node_item_t *item = start;

	for (; item < node->data.sequence.items.top; item++) {
		char child[PLAN_PATH_MAX + 1], number[24];

		(void)snprintf(number, sizeof(number), "%zu",
		    (size_t)(item - start) + 1);
		err = path_join(r, node, path, number, child);
		if (err == RECORD_OK)
			err = read_node(r, *item, child,
			    plan_schema_child(row, "#", 1));
		if (err != RECORD_OK)
			return err;
	}
	return RECORD_OK;
}

/* Recursion ends with the schema's rows: a node of another shape than its row
 * is refused before anything below it is read. */
static enum record_error
read_node(struct reading *r, int index, const char *path,
    const struct plan_row *row)
{
	enum record_error err = RECORD_ERR_PLAN;
	const yaml_node_t *node = node_get(r, index);
	bool list = row->type == PLAN_T_SEQ;
	bool fits = false;

	if (node->type == YAML_SCALAR_NODE) {
		fits = plan_schema_is_scalar(row);
		if (fits || node->data.scalar.length == 0)
			return read_scalar(r, node, path);
	} else if (!plan_schema_is_scalar(row)) {
		fits = list == (node->type == YAML_SEQUENCE_NODE);
	}
	if (!fits)
		return plan_fail_shape(r->source.fault,
		    (unsigned)node->start_mark.line + 1,
		    (unsigned)node->start_mark.column + 1, path, row);
	if (path[0] != '\0' &&
	    (err = add_field(r, node, path, "")) != RECORD_OK)
		return err;
	return list ? read_sequence(r, node, path, row)
		    : read_mapping(r, node, path, row);
}

static enum record_error
read_document(struct reading *r)
{
	enum record_error err = RECORD_ERR_PLAN;
	yaml_parser_t parser;

	if (!plan_scan_begin(&r->source, &parser))
		return RECORD_ERR_MEMORY;
	if (!yaml_parser_load(&parser, &r->document)) {
		err = plan_scan_error(&r->source, &parser);
		yaml_parser_delete(&parser);
		return err;
	}
	yaml_parser_delete(&parser);
	if (yaml_document_get_root_node(&r->document) == NULL)
		err = plan_fail(r->source.fault, 1, 1, "the plan is empty");
	else
		err = read_node(r, 1, "", plan_schema_root());
	yaml_document_delete(&r->document);
	return err;
}

enum record_error
plan_yaml_fields(const char *yaml, size_t len, struct plan_field **out,
    size_t *count, struct plan_fault *fault)
{
	struct reading r = { .source = { yaml, len, fault } };
	enum record_error err = RECORD_ERR_PLAN;

	*out = NULL;
	*count = 0;
	memset(fault, 0, sizeof(*fault));
	if ((err = plan_scan(&r.source)) != RECORD_OK ||
	    (err = read_document(&r)) != RECORD_OK) {
		free(r.fields);
		return err;
	}
	*out = r.fields;
	*count = r.count;
	return RECORD_OK;
}
