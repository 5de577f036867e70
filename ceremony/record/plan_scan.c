/* SPDX-License-Identifier: ISC */
#include "ceremony/record/plan_scan.h"

#include <string.h>

#include "ceremony/record/plan_schema.h"

#define DEPTH_MAX 8

/* What the tokens so far have told. */
struct progress {
	int depth;
	bool content, ended;
};

enum record_error
plan_scan_fail(const struct plan_source *s, yaml_mark_t mark, const char *text)
{
	return plan_fail(s->fault, (unsigned)mark.line + 1,
	    (unsigned)mark.column + 1, "%s", text);
}

enum record_error
plan_scan_error(const struct plan_source *s, const yaml_parser_t *parser)
{
	const char *problem = parser->problem;
	unsigned line = (unsigned)parser->problem_mark.line + 1;
	unsigned column = (unsigned)parser->problem_mark.column + 1;

	if (parser->error == YAML_MEMORY_ERROR)
		return RECORD_ERR_MEMORY;
	if (problem == NULL)
		problem = "unreadable";
	if (parser->context == NULL)
		return plan_fail(s->fault, line, column, "not YAML: %s",
		    problem);
	return plan_fail(s->fault, line, column,
	    "not YAML: %s, %s that began in line %u", problem, parser->context,
	    (unsigned)parser->context_mark.line + 1);
}

/* Printable ASCII and LF only, in comments too: what a reviewer's screen
 * shows is what is read.  From here on an index is a number of octets. */
static enum record_error
check_octets(const struct plan_source *s)
{
	unsigned line = 1, column = 1;
	size_t i;

	if (s->len > PLAN_MAX)
		return plan_fail(s->fault, 0, 0,
		    "the plan is over %u octets; make two of it", PLAN_MAX);
	for (i = 0; i < s->len; i++, column++) {
		unsigned char c = (unsigned char)s->yaml[i];

		if (c == '\n') {
			line++;
			column = 0;
		} else if (c < 0x20 || c > 0x7e) {
			return plan_fail(s->fault, line, column,
			    "octet 0x%02x: a plan is printable ASCII with "
			    "lines ending in LF, no tabs",
			    c);
		}
	}
	return RECORD_OK;
}

static const char *
refuse_scalar(const struct plan_source *s, const yaml_token_t *t)
{
	size_t begin = t->start_mark.index;

	switch (t->data.scalar.style) {
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		return "a block text (| or >) is not taken; quote the value";
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		if (memchr(s->yaml + begin, '\\', t->end_mark.index - begin))
			return "an escape (\\) is not taken; write it out";
		return NULL;
	default:
		return NULL;
	}
}

/* What a plan must not use, by token. */
static const char *
refuse_token(const struct plan_source *s, const yaml_token_t *t)
{
	switch (t->type) {
	case YAML_ANCHOR_TOKEN:
		return "an anchor (&) is not taken; write the value out";
	case YAML_ALIAS_TOKEN:
		return "an alias (*) is not taken; write the value out";
	case YAML_TAG_TOKEN:
		return "a tag (!) is not taken; the schema knows the types";
	case YAML_VERSION_DIRECTIVE_TOKEN:
	case YAML_TAG_DIRECTIVE_TOKEN:
		return "a directive (%) is not taken";
	case YAML_SCALAR_TOKEN:
		return refuse_scalar(s, t);
	default:
		return NULL;
	}
}

/* One deeper or one back. */
static int
token_depth(yaml_token_type_t type)
{
	switch (type) {
	case YAML_BLOCK_SEQUENCE_START_TOKEN:
	case YAML_BLOCK_MAPPING_START_TOKEN:
	case YAML_FLOW_SEQUENCE_START_TOKEN:
	case YAML_FLOW_MAPPING_START_TOKEN:
		return 1;
	case YAML_BLOCK_END_TOKEN:
	case YAML_FLOW_SEQUENCE_END_TOKEN:
	case YAML_FLOW_MAPPING_END_TOKEN:
		return -1;
	default:
		return 0;
	}
}

/* Documents and depth; a list that is not indented brings no token of its
 * own, the schema bounds that. */
static const char *
refuse_place(struct progress *p, const yaml_token_t *t)
{
	p->depth += token_depth(t->type);
	if (p->depth > DEPTH_MAX)
		return "nested deeper than 8";
	if (t->type == YAML_STREAM_START_TOKEN ||
	    t->type == YAML_STREAM_END_TOKEN)
		return NULL;
	if (t->type == YAML_DOCUMENT_END_TOKEN) {
		p->ended = true;
		return NULL;
	}
	if (p->ended || (t->type == YAML_DOCUMENT_START_TOKEN && p->content))
		return "a second document; a plan is one";
	p->content = true;
	return NULL;
}

bool
plan_scan_begin(const struct plan_source *s, yaml_parser_t *parser)
{
	if (!yaml_parser_initialize(parser))
		return false;
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(parser, (const unsigned char *)s->yaml,
	    s->len);
	return true;
}

static enum record_error
check_tokens(const struct plan_source *s)
{
	struct progress progress = { 0 };
	enum record_error err = RECORD_OK;
	yaml_parser_t parser;
	bool last = false;

	if (!plan_scan_begin(s, &parser))
		return RECORD_ERR_MEMORY;
	while (err == RECORD_OK && !last) {
		const char *refusal = NULL;
		yaml_token_t token;

		if (!yaml_parser_scan(&parser, &token)) {
			err = plan_scan_error(s, &parser);
			break;
		}
		refusal = refuse_token(s, &token);
		if (refusal == NULL)
			refusal = refuse_place(&progress, &token);
		if (refusal != NULL)
			err = plan_scan_fail(s, token.start_mark, refusal);
		last = token.type == YAML_STREAM_END_TOKEN;
		yaml_token_delete(&token);
	}
	yaml_parser_delete(&parser);
	return err;
}

enum record_error
plan_scan(const struct plan_source *s)
{
	enum record_error err = check_octets(s);

	return err != RECORD_OK ? err : check_tokens(s);
}
