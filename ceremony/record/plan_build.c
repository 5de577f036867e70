/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/record/plan_schema.h"

struct build {
	const struct plan_field *fields;
	size_t count;
	struct plan_fault *fault;
};

/* One key or item and all below it: fields begin..end-1, whose paths share
 * their first path_len characters. */
struct node {
	const struct plan_row *row;
	size_t begin, end;
	size_t path_len;
};

static const struct plan_field *
node_at(const struct build *b, const struct node *n)
{
	return &b->fields[n->begin];
}

/* Has the node a value of its own?  A mapping or list has an empty one, or
 * none. */
static bool
node_is_scalar(const struct build *b, const struct node *n)
{
	const struct plan_field *f = node_at(b, n);

	return n->path_len > 0 && f->path[n->path_len] == '\0' &&
	    f->value[0] != '\0';
}

static size_t
node_first_child(const struct build *b, const struct node *n)
{
	const struct plan_field *f = node_at(b, n);

	if (n->path_len > 0 && f->path[n->path_len] == '\0')
		return n->begin + 1;
	return n->begin;
}

/* "steps.2.root: text", at the node. */
static enum record_error
fail_node(const struct build *b, const struct node *n, const char *text)
{
	const struct plan_field *f = node_at(b, n);

	if (n->path_len == 0) /* the document has no field of its own */
		return plan_fail(b->fault, f->line != 0, f->line != 0, "%s",
		    text);
	return plan_fail(b->fault, f->line, f->column, "%.*s: %s",
	    (int)n->path_len, f->path, text);
}

static enum record_error
fail_shape(const struct build *b, const struct node *n)
{
	const struct plan_field *f = node_at(b, n);
	char path[PLAN_PATH_MAX + 1];

	(void)snprintf(path, sizeof(path), "%.*s", (int)n->path_len, f->path);
	return plan_fail_shape(b->fault, f->line, f->column, path, n->row);
}

/* Where the parent's child that begins at field pos ends; its key. */
static enum record_error
take_child(const struct build *b, const struct node *parent, size_t pos,
    struct node *child, const char **key, size_t *key_len)
{
	const struct plan_field *f = &b->fields[pos];
	size_t start = parent->path_len > 0 ? parent->path_len + 1 : 0;

	if (parent->path_len > 0 && f->path[parent->path_len] == '\0')
		return plan_fail(b->fault, f->line, f->column,
		    "%s: is there twice; leave one", f->path);
	*key = f->path + start;
	*key_len = strcspn(*key, ".");
	child->begin = pos;
	child->path_len = start + *key_len;
	if (*key_len == 0)
		return plan_fail(b->fault, f->line, f->column,
		    "\"%s\" is no path of a plan", f->path);
	for (pos++; pos < parent->end; pos++) {
		const char *path = b->fields[pos].path;

		if (strncmp(path, f->path, child->path_len) != 0 ||
		    (path[child->path_len] != '\0' &&
			path[child->path_len] != '.'))
			break;
	}
	child->end = pos;
	return RECORD_OK;
}

static enum record_error
build_node(const struct build *b, const struct node *n, char *member);

/* A label becomes its index among tokens:, which may come later. */
static enum record_error
store_token(const struct build *b, const struct plan_field *f, unsigned *member)
{
	unsigned index = 0;
	size_t i;

	for (i = 0; i < b->count; i++) {
		const char *path = b->fields[i].path;
		const char *key = strrchr(path, '.');

		if (strncmp(path, "tokens.", 7) != 0 ||
		    strcmp(key, ".label") != 0)
			continue;
		if (strcmp(b->fields[i].value, f->value) == 0) {
			*member = index;
			return RECORD_OK;
		}
		index++;
	}
	return plan_fail(b->fault, f->line, f->column,
	    "%s: no token under tokens: has the label \"%.32s\"", f->path,
	    f->value);
}

static enum record_error
build_scalar(const struct build *b, const struct node *n, char *member)
{
	const struct plan_field *f = node_at(b, n);
	char expects[160];

	if (f->path[n->path_len] == '\0' && f->value[0] == '\0')
		return fail_node(b, n, "is empty; give a value");
	if (!node_is_scalar(b, n))
		return fail_shape(b, n);
	if (n->end - n->begin != 1)
		return fail_node(b, n, "is there twice; leave one");
	if (strchr(f->value, '<') != NULL && strchr(f->value, '>') != NULL)
		return fail_node(b, n, "fill in what stands between < and >");
	if (!plan_type_valid(n->row, f->value)) {
		plan_type_expects(n->row, expects, sizeof(expects));
		return plan_fail(b->fault, f->line, f->column,
		    "%s: \"%.32s%s\" should be %s", f->path, f->value,
		    strlen(f->value) > 32 ? "..." : "", expects);
	}
	if (n->row->type == PLAN_T_TOKEN)
		return store_token(b, f, (unsigned *)(void *)member);
	plan_type_store(n->row, f->value, member);
	return RECORD_OK;
}

/* Every key that is not optional has been seen. */
static enum record_error
check_missing(const struct build *b, const struct node *n, const bool *seen)
{
	const struct plan_row *row = NULL;
	char text[64];
	size_t i;

	for (i = 0; (row = plan_schema_at(i)) != NULL; i++) {
		if (row->optional || seen[i] ||
		    !plan_schema_is_child(row, n->row))
			continue;
		(void)snprintf(text, sizeof(text), "key \"%s\" is missing",
		    plan_schema_key(row));
		return fail_node(b, n, text);
	}
	return RECORD_OK;
}

/* What is known of a step before its keys: which kind, which line. */
static enum record_error
begin_step(const struct build *b, const struct node *step,
    const struct node *child, struct plan_step *out)
{
	if (child->end != step->end)
		return fail_node(b, step,
		    "a step is of one kind; begin each with a dash");
	out->kind = plan_kind_find(plan_schema_key(child->row),
	    strlen(plan_schema_key(child->row)));
	out->line = node_at(b, step)->line;
	return RECORD_OK;
}

static enum record_error
build_map(const struct build *b, const struct node *n, char *base)
{
	enum record_error err = RECORD_OK;
	bool seen[PLAN_ROWS_MAX] = { false };
	struct node child = { 0 };
	const char *key = NULL;
	size_t pos, key_len = 0;

	for (pos = node_first_child(b, n); pos < n->end; pos = child.end) {
		const struct plan_field *f = &b->fields[pos];
		bool *mine = NULL;

		err = take_child(b, n, pos, &child, &key, &key_len);
		if (err != RECORD_OK)
			return err;
		child.row = plan_schema_child(n->row, key, key_len);
		if (child.row == NULL)
			return plan_fail_key(b->fault, f->line, f->column,
			    n->row, key, key_len);
		mine = &seen[child.row - plan_schema_root()];
		if (*mine)
			return fail_node(b, &child,
			    "is there twice; leave one");
		*mine = true;
		if (n->row->type == PLAN_T_STEP)
			err = begin_step(b, n, &child,
			    (struct plan_step *)(void *)base);
		if (err == RECORD_OK)
			err = build_node(b, &child, base + child.row->offset);
		if (err != RECORD_OK)
			return err;
	}
	return check_missing(b, n, seen);
}

/* Items are numbered from 1 without a gap; how many there are. */
static enum record_error
count_items(const struct build *b, const struct node *n, size_t *out)
{
	enum record_error err = RECORD_OK;
	struct node child = { 0 };
	const char *key = NULL;
	size_t pos, key_len = 0, count = 0;
	char number[24];

	for (pos = node_first_child(b, n); pos < n->end; pos = child.end) {
		err = take_child(b, n, pos, &child, &key, &key_len);
		if (err != RECORD_OK)
			return err;
		count++;
		(void)snprintf(number, sizeof(number), "%zu", count);
		if (strlen(number) != key_len ||
		    strncmp(number, key, key_len) != 0)
			return fail_shape(b, n);
	}
	if (count < n->row->min || count > n->row->max) {
		char text[64];

		(void)snprintf(text, sizeof(text),
		    "has %zu, but %u to %u are allowed", count, n->row->min,
		    n->row->max);
		return fail_node(b, n, text);
	}
	*out = count;
	return RECORD_OK;
}

/* member is the sequence's array, or the pointer to it; base the structure
 * that has the count. */
static enum record_error
build_seq(const struct build *b, const struct node *n, char *member)
{
	enum record_error err = RECORD_ERR_MEMORY;
	struct node child = { 0 };
	char *base = member - n->row->offset;
	const char *key = NULL;
	size_t pos, key_len = 0, count = 0, i = 0;

	err = count_items(b, n, &count);
	if (err != RECORD_OK)
		return err;
	if (n->row->heap) {
		char *array = calloc(count, n->row->size);

		if (array == NULL)
			return RECORD_ERR_MEMORY;
		memcpy(member, &array, sizeof(array));
		member = array;
	}
	memcpy(base + n->row->count, &count, sizeof(count));
	for (pos = node_first_child(b, n); pos < n->end; pos = child.end) {
		err = take_child(b, n, pos, &child, &key, &key_len);
		if (err != RECORD_OK)
			return err;
		child.row = plan_schema_child(n->row, "#", 1);
		err = build_node(b, &child, member + i++ * n->row->size);
		if (err != RECORD_OK)
			return err;
	}
	return RECORD_OK;
}

static enum record_error
build_node(const struct build *b, const struct node *n, char *member)
{
	if (plan_schema_is_scalar(n->row))
		return build_scalar(b, n, member);
	if (node_is_scalar(b, n))
		return fail_shape(b, n);
	if (node_first_child(b, n) == n->end)
		return fail_node(b, n, "is empty; leave it out or fill it in");
	if (n->row->type == PLAN_T_SEQ)
		return build_seq(b, n, member);
	return build_map(b, n, member);
}

static bool
printable(const char *s, size_t size)
{
	size_t i;

	for (i = 0; i < size && s[i] != '\0'; i++) {
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	}
	return i < size;
}

/* Before anything of a field is shown: it may come from a hostile reader. */
static enum record_error
check_fields(const struct build *b)
{
	size_t i;

	if (b->count == 0)
		return plan_fail(b->fault, 0, 0, "the plan is empty");
	if (b->count > PLAN_FIELDS_MAX)
		return plan_fail(b->fault, 0, 0,
		    "the plan has more than %d fields; make two of it",
		    PLAN_FIELDS_MAX);
	for (i = 0; i < b->count; i++) {
		const struct plan_field *f = &b->fields[i];

		if (!printable(f->path, sizeof(f->path)) ||
		    !printable(f->value, sizeof(f->value)))
			return plan_fail(b->fault, f->line, f->column,
			    "field %zu is not printable ASCII", i + 1);
	}
	return RECORD_OK;
}

/* One token is a list of one. */
static void
settle_batches(struct plan *p)
{
	size_t i;

	for (i = 0; p->steps != NULL && i < p->step_count; i++) {
		struct plan_batch *b = &p->steps[i].u.batch;

		if (p->steps[i].kind != PLAN_BATCH &&
		    p->steps[i].kind != PLAN_CRL)
			continue;
		if (b->token_count > 0) {
			b->token = b->tokens[0];
		} else {
			b->tokens[0] = b->token;
			b->token_count = 1;
		}
	}
}

enum record_error
plan_build(const struct plan_field *fields, size_t count, struct plan **out,
    struct plan_fault *fault)
{
	struct build b = { .fields = fields, .count = count, .fault = fault };
	struct node all = { .row = plan_schema_root(), .end = count };
	enum record_error err = RECORD_ERR_MEMORY;
	struct plan *p = NULL;

	*out = NULL;
	memset(fault, 0, sizeof(*fault));
	if ((err = check_fields(&b)) != RECORD_OK)
		return err;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return RECORD_ERR_MEMORY;
	err = build_map(&b, &all, (char *)p);
	settle_batches(p);
	if (err == RECORD_OK)
		err = plan_check(p, fields, count, fault);
	if (err != RECORD_OK) {
		plan_free(p);
		return err;
	}
	*out = p;
	return RECORD_OK;
}

void
plan_free(struct plan *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->step_count; i++) {
		struct plan_step *s = &p->steps[i];

		if (s->kind == PLAN_BATCH || s->kind == PLAN_CRL)
			free(s->u.batch.revoke);
	}
	free(p->steps);
	free(p);
}
