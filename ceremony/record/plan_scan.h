/* SPDX-License-Identifier: ISC */
#ifndef RECORD_PLAN_SCAN_H
#define RECORD_PLAN_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "ceremony/record/plan.h"

/* For plan_*.c only: what is refused in a plan's text before its document is
 * built.  The document no longer shows anchors, aliases, most tags and
 * escapes; the tokens do, and an alias is refused before it is expanded. */

struct plan_source {
	const char *yaml;
	size_t len;
	struct plan_fault *fault;
};

/* Octets, then tokens.  Errors: RECORD_ERR_PLAN, MEMORY. */
enum record_error plan_scan(const struct plan_source *s);
/* A parser over the source, yaml_parser_delete(); false: no memory. */
bool plan_scan_begin(const struct plan_source *s, yaml_parser_t *parser);
/* libyaml's own error as a fault, where it saw it. */
enum record_error
plan_scan_error(const struct plan_source *s, const yaml_parser_t *parser);
/* A fault at a mark, which counts from 0. */
enum record_error
plan_scan_fail(const struct plan_source *s, yaml_mark_t mark, const char *text);

#endif
